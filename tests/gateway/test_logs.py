"""What a log line shows of an exception: where it was, and words only if they are ours."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = """
import structlog
from gateway import logs
from suppression.errors import StoreUnavailable

logs.configure(people={people})
log = structlog.get_logger()
log.info("began", count=1)
for error in (ValueError("ann@example.net is odd"), StoreUnavailable("no answer")):
    try:
        raise error
    except Exception:
        log.exception("failed")
log.error("failed_later", exc_info=error)
log.debug("never")
"""


def lines(*, people: bool) -> list[str]:
    run = subprocess.run(
        [sys.executable, "-c", PROGRAM.format(people=people)],
        capture_output=True, text=True, check=True, cwd=Path(__file__).parents[2],
    )  # fmt: skip
    assert run.stdout == ""
    return run.stderr.splitlines()


def test_lines_are_json_with_time_and_level() -> None:
    began, *_ = map(json.loads, lines(people=False))
    assert (began["event"], began["level"], began["count"]) == ("began", "info", 1)
    assert began["timestamp"].endswith("Z")


@pytest.mark.parametrize("people", [True, False])
def test_an_exception_is_shown_by_class_and_place_and_quotes_nobody(*, people: bool) -> None:
    text = "\n".join(lines(people=people))
    assert "ann@example.net" not in text
    assert "ValueError" in text
    assert "<string>:" in text
    assert text.count("StoreUnavailable: no answer") == 2
    assert "never" not in text
