"""Each folder of tests/bad_configs is refused for its stated reason, word by word."""

from pathlib import Path

import pytest

from gateway.config.settings import load
from suppression.errors import ConfigurationError

FOLDERS = sorted((Path(__file__).parents[2] / "bad_configs").iterdir())


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_a_bad_configuration_is_refused_for_its_reason(folder: Path, base: Path) -> None:
    (base / "gateway.toml").write_bytes((folder / "gateway.toml").read_bytes())
    with pytest.raises(ConfigurationError) as refused:
        load(base / "gateway.toml", {})
    told = str(refused.value).replace(str(base), "BASE")
    assert told.splitlines() == (folder / "expected").read_text().splitlines()


def test_there_are_enough_of_them() -> None:
    assert len(FOLDERS) >= 20
