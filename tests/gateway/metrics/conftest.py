"""A process that counts, as a worker does after it was forked."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from gateway.metrics import families, joined

Samples = dict[tuple[str, tuple[tuple[str, str], ...]], float]


def parsed(text: str) -> Samples:
    """By name and labels."""
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


@pytest.fixture
def counting(tmp_path: Path) -> Iterator[Callable[[], Samples]]:
    """Gives what was counted since."""
    families.begin(tmp_path, 0)
    try:
        yield lambda: parsed(joined.text(tmp_path, {}, "")[0].decode())
    finally:
        families.end()
