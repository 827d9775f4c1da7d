"""`gateway import`, as a process."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.gateway.cli.test_commands import config

__all__ = ["config"]
Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def prepared(gateway: Run, config: Path) -> Path:
    assert gateway("init", "--config", config).returncode == 0
    return config


@pytest.fixture
def listed(tmp_path: Path) -> Path:
    path = tmp_path / "list.csv"
    path.write_text("address,shoe size\nann@example.net,42\n=nobody,1\n")
    return path


def test_a_list_is_tried_put_in_and_the_same_again_changes_nothing(
    gateway: Run, prepared: Path, listed: Path, tmp_path: Path
) -> None:
    tried = gateway("import", listed, "--dry-run", "--config", prepared)
    about = ("--channel", "email", "--purpose", "transactional/orders", "--config", prepared)
    asked = ("explain", "ann@example.net", *about)
    before = gateway(*asked)
    rejects = tmp_path / "rejects.csv"
    done = gateway("import", listed, "--label", "old shop", "--rejects", rejects, "--config", prepared)
    after = gateway(*asked)
    again = gateway("import", listed, "--label", "old shop", "--config", prepared)

    assert "1 would change, 0 known, 1 rejected." in tried.stdout, tried.stderr
    assert "Columns that are not read: shoe size" in tried.stdout
    assert before.stdout.startswith("send no_consent_needed")
    assert "1 changed, 0 known, 1 rejected." in done.stdout, done.stderr
    assert after.stdout.startswith("refuse unsubscribed")
    assert again.stdout == done.stdout
    assert rejects.read_text().splitlines()[1].endswith('"\'=nobody,1"')
    assert listed.exists()


def test_a_list_of_which_nothing_can_be_read_is_told_in_a_line(
    gateway: Run, prepared: Path, tmp_path: Path
) -> None:
    path = tmp_path / "list.csv"
    path.write_text("shoe size\n42\n")
    told = gateway("import", path, "--config", prepared)
    assert told.returncode == 1
    assert (
        told.stderr == "gateway: no heading that is understood: `address`, or that of a provider's export\n"
    )


def test_an_option_that_cannot_be_is_told(gateway: Run, prepared: Path, listed: Path) -> None:
    told = gateway("import", listed, "--purpose", "pigeons", "--config", prepared)
    assert (told.returncode, told.stderr) == (1, "gateway: no such purpose\n")
