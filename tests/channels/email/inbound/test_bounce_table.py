"""Every bounce of the corpora against bounces.csv, which says what is expected and why.

The table was written by reading the files. Rows whose reason begins with NOT UNDERSTOOD are the exceptions: what a
reader makes of them stands there, and the test says that we make something harmless of them.
"""

import csv
from pathlib import Path

import pytest

from channels.email.inbound.classify import Nature, Report, classify
from tests.channels.email.corpora import FOLDER, as_sent, files

TABLE = Path(__file__).with_name("bounces.csv")
ROWS = list(csv.DictReader(TABLE.read_text(encoding="utf-8").splitlines()))
EXCEPTION = "NOT UNDERSTOOD"
UNDERSTOOD = [row for row in ROWS if not row["why"].startswith(EXCEPTION)]
EXCEPTIONS = [row for row in ROWS if row["why"].startswith(EXCEPTION)]

pytestmark = [pytest.mark.corpus, pytest.mark.usefixtures("corpora_here")]


def report_of(row: dict[str, str]) -> Report:
    return classify(as_sent(FOLDER / "bounces" / row["file"]))


def as_row(report: Report) -> dict[str, str]:
    """The report in the words of the table."""
    if report.complaint:
        complaint = report.complaint
        said = [(" ".join(complaint.recipients) or "-", complaint.type.value, False, complaint.suppresses())]
    else:
        said = [
            ("|".join(b.recipients) or "-", b.kind.value, b.permanent, b.kind.suppresses)
            for b in report.bounces
        ]
    said = said or [("-", "-", False, False)]
    who, kinds, permanent, suppresses = zip(*said, strict=True)
    return {
        "nature": report.nature.value,
        "recipients": " ".join(who),
        "kind": " ".join(kinds),
        "permanent": " ".join("yes" if one else "no" for one in permanent),
        "suppresses": " ".join("yes" if one else "no" for one in suppresses),
    }


@pytest.mark.parametrize("row", UNDERSTOOD, ids=lambda row: row["file"])
def test_a_bounce_is_read_as_the_table_says(row: dict[str, str]) -> None:
    expected = {name: row[name] for name in ("nature", "recipients", "kind", "permanent", "suppresses")}

    assert as_row(report_of(row)) == expected, row["why"]


@pytest.mark.parametrize("row", EXCEPTIONS, ids=lambda row: row["file"])
def test_what_is_not_understood_suppresses_nobody(row: dict[str, str]) -> None:
    report = report_of(row)

    assert not any(bounce.kind.suppresses for bounce in report.bounces)
    assert report.complaint is None


def test_the_table_has_one_row_for_each_file() -> None:
    listed = [row["file"] for row in ROWS]

    assert sorted(listed) == sorted(str(path.relative_to(FOLDER / "bounces")) for path in files("bounces"))
    assert len(set(listed)) == len(listed)


def test_at_least_95_of_100_files_are_understood() -> None:
    assert len(UNDERSTOOD) / len(ROWS) >= 0.95


def test_apples_unsubscribe_mail_is_somebodys_word_though_it_calls_itself_automatic() -> None:
    report = classify(as_sent(FOLDER / "bounces" / "sisimai" / "arf-26.eml"))

    assert report.nature is Nature.WRITTEN
    assert report.apple_unsubscribe
    assert report.written is not None
    assert report.written.auto_submitted == "auto-replied"
    assert report.written.subject == "unsubscribe"
    assert not report.null_return_path
