"""`gateway log` in its forms, over records that are hot and archived."""

import csv
import io
import json
import subprocess
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from gateway.cli import moments
from gateway.cli.formats import Format, tell
from tests.gateway.cli.conftest import Running

Run = Callable[..., "subprocess.CompletedProcess[str]"]
Start = Callable[..., Running]


@pytest.fixture
def log(start: Start, data: Path, gateway: Run) -> Run:
    """`gateway log` of a development gateway that runs: it has some records of its own."""
    start("dev", data, "--data-dir", data).ready()

    def ask(*arguments: str) -> "subprocess.CompletedProcess[str]":
        return gateway("log", *arguments, "--data-dir", data)

    return ask


def lines(told: "subprocess.CompletedProcess[str]") -> list[dict[str, Any]]:
    assert told.returncode == 0, told.stderr
    return [json.loads(line) for line in told.stdout.splitlines()]


def test_the_log_is_told_as_table_json_and_csv(log: Run) -> None:
    table = log("--kind", "consented")
    found = lines(log("--kind", "consented", "--format", "json"))
    rows = list(csv.DictReader(io.StringIO(log("--kind", "consented", "--format", "csv").stdout)))
    assert len(table.stdout.splitlines()) == len(found) == len(rows) > 0
    assert [row["id"] for row in rows] == [record["id"] for record in found]
    assert {record["kind"] for record in found} == {"consented"}
    assert found == lines(log("--kind", "consented", "--json"))
    assert rows[0]["scope"] == found[0]["scope"]


def test_the_log_is_chosen_by_what_is_asked(log: Run) -> None:
    everything = lines(log("--since", "7d", "--limit", "0", "--json"))
    ids = [record["id"] for record in everything]
    assert ids == sorted(ids)
    assert [record["id"] for record in lines(log("--until", "2h", "--json"))] == []
    assert {record["kind"] for record in lines(log("--outcome", "send", "--json"))} <= {
        "decided", "handing_over", "queued", "sent",
    }  # fmt: skip
    assert lines(log("--app", "nobody", "--json")) == []
    assert lines(log("--reason", "unsubscribed", "--channel", "sms", "--json")) == []
    of_ann = lines(log("--recipient", "ann@example.net", "--purpose", "marketing", "--json"))
    assert of_ann == []
    one = ids[0]
    assert [record["id"] for record in lines(log("--decision", one, "--json"))] == [one]
    assert lines(log("--decision", one, "--kind", "viewed", "--json")) == []


def test_a_limit_that_cuts_says_so(log: Run) -> None:
    whole = lines(log("--since", "1d", "--json"))
    cut = log("--since", "1d", "--limit", "1", "--json")
    assert [record["id"] for record in lines(cut)] == [whole[-1]["id"]]
    assert "--limit 0" in cut.stderr
    assert "limit" not in log("--since", "1d", "--limit", str(len(whole)), "--json").stderr


@pytest.mark.parametrize(
    "wrong",
    [
        ["--kind", "told"],
        ["--outcome", "maybe"],
        ["--reason", "because"],
        ["--channel", "pigeon"],
        ["--since", "yesterday"],
        ["--until", "12"],
        ["--limit", "-1", "--app", "x"],
        ["--format", "xml", "--app", "x"],
        ["--format", "json"],
        ["--decision", "x", "--recipient", "ann@example.net"],
        ["--app", "x", "sql", "SELECT 1"],
        ["sql"],
    ],
)
def test_what_cannot_be_asked_so_is_said(gateway: Run, wrong: list[str]) -> None:
    assert gateway("log", *wrong).returncode == 2


def test_sql_reads_the_log(log: Run) -> None:
    (row,) = lines(log("sql", "SELECT count(*) AS many, min(time) AS first FROM log", "--format", "json"))
    assert row["many"] > 0
    assert row["first"].startswith("20")
    told = log("sql", "SELECT kind, count(*) AS n FROM log GROUP BY kind ORDER BY kind", "--format", "csv")
    assert told.stdout.startswith("kind,n\n")
    assert told.stderr == ""
    assert log("sql", "SELECT 1", "--since", "1h").stdout == "1\n"


def test_sql_that_is_refused_is_told_on_stderr(log: Run) -> None:
    for question in ("COPY log TO 'x'", "SELECT 1; SELECT 2", "SELECT * FROM read_text('/etc/passwd')"):
        told = log("sql", question)
        assert (told.returncode, told.stdout) == (1, "")
        assert told.stderr.startswith("gateway: ")
        assert "Traceback" not in told.stderr


def test_verify_tells_by_its_exit_code_whether_the_archive_is_whole(log: Run, data: Path) -> None:
    first = data / "archive" / "manifests" / "0000000" / "0000000001.json"
    deadline = time.monotonic() + 90
    while not first.exists():
        assert time.monotonic() < deadline
        time.sleep(0.2)
    assert log("verify").returncode == 0
    first.write_bytes(first.read_bytes().replace(b'"by":"', b'"by":"x'))
    told = log("verify")
    assert told.returncode == 1
    assert "altered" in told.stdout


def test_without_an_archive_there_is_nothing_to_verify(gateway: Run, tmp_path: Path) -> None:
    assert gateway("log", "verify", "--config", tmp_path / "nowhere.toml").returncode == 2


NOW = datetime(2026, 11, 24, 18, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-11-24T18:00:00Z", "2026-11-24T18:00:00+00:00"),
        ("2026-11-24T18:00:00+02:00", "2026-11-24T16:00:00+00:00"),
        ("2026-11-24T18:00:00", "2026-11-24T18:00:00+00:00"),
        ("2026-11-24", "2026-11-24T00:00:00+00:00"),
        ("2h", "2026-11-24T16:00:00+00:00"),
        ("7d", "2026-11-17T18:00:00+00:00"),
        ("90s", "2026-11-24T17:58:30+00:00"),
        ("2W", "2026-11-10T18:00:00+00:00"),
    ],
)
def test_a_time_is_a_moment_or_how_long_ago(text: str, expected: str) -> None:
    assert moments.milliseconds(text, NOW) == datetime.fromisoformat(expected).timestamp() * 1000


@pytest.mark.parametrize("text", ["", "soon", "7", "7y", "-2h", "2026-13-01", "999999d", "٢h"])
def test_what_is_no_time_is_said(text: str) -> None:
    with pytest.raises(ValueError, match="no point in time"):
        moments.milliseconds(text, NOW)


@pytest.mark.parametrize("begin", ["=", "+", "-", "@", "\t", "\r"])
def test_a_cell_of_csv_is_no_formula(begin: str, capsys: pytest.CaptureFixture[str]) -> None:
    tell(Format.CSV, ["text"], [[begin + "HYPERLINK(1)"]])
    (row,) = csv.DictReader(io.StringIO(capsys.readouterr().out, newline=""))
    assert row["text"] == "'" + begin + "HYPERLINK(1)"


def test_values_of_all_types_are_told(capsys: pytest.CaptureFixture[str]) -> None:
    values = [None, True, -5, 1.5, b"\x0f", datetime(2026, 11, 24, 18), {"a": 1}, ["x"], "é\x1b[2J"]  # noqa: DTZ001
    names = [f"v{number}" for number in range(len(values))]
    tell(Format.CSV, names, [values])
    assert capsys.readouterr().out.splitlines()[1].startswith(",true,-5,1.5,0f,2026-11-24T18:00:00.000Z,")
    tell(Format.JSON, names, [values])
    told = json.loads(capsys.readouterr().out)
    assert "v0" not in told
    assert (told["v4"], told["v6"]) == ("0f", {"a": 1})
    tell(Format.TABLE, names, [values])
    assert "\x1b" not in capsys.readouterr().out
