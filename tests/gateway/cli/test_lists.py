"""`gateway lists`: what is in registers and lists, from a file to a decision."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.gateway.cli.test_commands import config

__all__ = ["config"]
Run = Callable[..., "subprocess.CompletedProcess[str]"]
DNC = '[registers.dnc]\nkind = "dnc"\n'


@pytest.fixture
def registered(gateway: Run, config: Path) -> Path:
    config.write_text(config.read_text() + DNC)
    assert gateway("init", "--config", config).returncode == 0
    return config


def test_a_file_is_loaded_shown_and_decided_by(gateway: Run, registered: Path, tmp_path: Path) -> None:
    (tmp_path / "dnc.txt").write_text("number\n202,5550143\n202,5550144\n\n")
    before = gateway("lists", "show", "--config", registered)
    loaded = gateway("lists", "load", "dnc", tmp_path / "dnc.txt", "--config", registered)
    after = gateway("lists", "show", "--config", registered)
    asked = ("--channel", "sms", "--purpose", "marketing/promotions", "--config", registered)
    explained = gateway("explain", "+12025550143", *asked)

    assert before.stdout == "dnc\tdnc\t0\tnever\trefuses\n"
    assert loaded.stdout == "dnc: 2 entries are in force.\n", loaded.stderr
    assert after.stdout.split("\t")[2] == "2"
    assert after.stdout.endswith("in force\n")
    assert explained.stdout.startswith("refuse registered by rule registers")
    assert "registers\trefuse\tregistered\tdnc" in explained.stdout


def test_a_file_with_a_line_that_is_no_entry_changes_nothing(
    gateway: Run, registered: Path, tmp_path: Path
) -> None:
    (tmp_path / "dnc.txt").write_text("202,5550143\nsomebody\n")
    told = gateway("lists", "load", "dnc", tmp_path / "dnc.txt", "--config", registered)
    assert told.returncode != 0
    assert "line 2" in told.stderr
    assert "somebody" not in told.stderr
    assert "never" in gateway("lists", "show", "--config", registered).stdout


def test_a_name_that_is_not_configured_is_refused(gateway: Run, registered: Path, tmp_path: Path) -> None:
    (tmp_path / "x.txt").write_text("+12025550143\n")
    told = gateway("lists", "load", "tps", tmp_path / "x.txt", "--config", registered)
    assert told.returncode != 0
    assert "no register or list tps" in told.stderr
