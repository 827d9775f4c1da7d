"""`gateway report`: from a gateway's own archive to a file."""

import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.gateway.cli.conftest import Running
from tests.gateway.cli.test_commands import Run, Start


@pytest.fixture
def archived(start: Start, data: Path) -> Running:
    """A `gateway dev` whose archive has one refusal."""
    running: Running = start("dev", data, "--data-dir", str(data), "--workers", "1")
    facts: dict[str, Any] = running.ready()
    key = {"Authorization": f"Bearer {facts['http']['api_key']}"}
    asked = {"requests": [{"channel": "email", "to": "eve@example.net", "purpose": "marketing/surveys"}]}
    httpx.post(f"{facts['http']['url']}/v1/decisions", json=asked, headers=key).raise_for_status()
    deadline = time.monotonic() + 60
    while not any("class=marketing" in file.read_text() for file in data.rglob("manifests/*/*.json")):
        assert time.monotonic() < deadline, "nothing was archived"
        time.sleep(0.2)
    return running


@pytest.mark.usefixtures("archived")
def test_a_month_is_written_as_one_file(gateway: Run, data: Path, tmp_path: Path) -> None:
    file, month = tmp_path / "page.html", f"{datetime.now(UTC):%Y-%m}"
    told = gateway("report", "--month", month, "--out", str(file), "--data-dir", str(data))
    assert (told.returncode, told.stderr) == (0, "")
    assert str(file) in told.stdout
    html = file.read_text("utf-8")
    assert html.startswith("<!doctype html>")
    assert "no consent" in html
    assert "eve@example.net" not in html


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--month", "October"], "a month is written as its year and its number"),
        (["--month", "2026-10", "--sender", "nobody"], "name one of the senders with --sender"),
    ],
)
def test_what_it_is_asked_wrongly_it_says(
    arguments: list[str], said: str, gateway: Run, data: Path, start: Start
) -> None:
    start("dev", data, "--data-dir", str(data), "--workers", "1").ready()
    told = gateway("report", *arguments, "--data-dir", str(data))
    assert told.returncode == 1
    assert said in told.stderr
    assert "Traceback" not in told.stderr
