"""Extras: what settings ask for and nobody installed is told, and nothing else."""

from pathlib import Path

from gateway.config.extras import installed, missing
from gateway.config.settings import load

HERE = Path(__file__).parent


def test_each_that_settings_ask_for_is_told_with_its_command(base: Path) -> None:
    (base / "gateway.toml").write_bytes((HERE / "full.toml").read_bytes())
    given = load(base / "gateway.toml", {}).given
    told = missing(given, lambda _: False)
    assert [line.partition(":")[0] for line in told] == ["traces.endpoint", "archive.s3", "console.oidc"]
    assert all("pip install 'suppression-gateway[" in line for line in told)
    assert missing(given, lambda _: True) == []


def test_who_asks_for_none_is_told_of_none(base: Path) -> None:
    (base / "gateway.toml").write_bytes((HERE / "minimal.toml").read_bytes())
    assert missing(load(base / "gateway.toml", {}).given, lambda _: False) == []


def test_a_module_in_a_package_that_is_not_there_is_not_installed() -> None:
    assert installed("json.decoder")
    assert not installed("no_such_package.of_it")
