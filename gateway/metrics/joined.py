"""What all processes of a gateway counted, as one text for whoever scrapes it."""

from collections.abc import Iterable, Mapping
from pathlib import Path

from prometheus_client import CollectorRegistry
from prometheus_client.exposition import choose_encoder
from prometheus_client.metrics_core import GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector

from gateway.metrics.families import Asked

Values = Mapping[Asked, Mapping[tuple[str, ...], float]]
"""Of each gauge that was asked for: a value for each of its labels' values."""


class _Found:
    def __init__(self, found: Values) -> None:
        self._found = found

    def collect(self) -> Iterable[Metric]:
        for asked, values in self._found.items():
            family = GaugeMetricFamily(asked.name, asked.about, labels=asked.labels)
            for labels, value in values.items():
                family.add_metric(labels, value)
            yield family


def text(folder: Path | None, found: Values, accept: str) -> tuple[bytes, str]:
    """The text and its media type, as the scraper wants it. Reads files: called in a thread."""
    registry = CollectorRegistry(auto_describe=False)
    if folder is not None:
        MultiProcessCollector(registry, path=str(folder))  # type: ignore[no-untyped-call]
    registry.register(_Found(found))
    encode, media_type = choose_encoder(accept)
    return encode(registry), media_type
