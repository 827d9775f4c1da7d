"""The log's schema is described where it is defined, and to auditors."""

import inspect
import re

from gateway.archive.columns import NAMES
from suppression import records
from tests.documents import readme

PAGE = readme.AUDITING
_FIRST_COLUMN = re.compile(r"^([a-z_]+(?:, [a-z_]+)*)  +\S", re.MULTILINE)


def test_every_field_of_a_record_is_described_and_no_other() -> None:
    lines = _FIRST_COLUMN.findall(inspect.getdoc(records.Record) or "")
    assert sorted(name for line in lines for name in line.split(", ")) == sorted(records.FIELDS)


def test_every_kind_of_record_is_named_and_no_other() -> None:
    assert readme.names("What was logged", page=PAGE) == [kind.value for kind in records.RecordKind]


def test_every_field_of_a_record_is_told_and_no_other() -> None:
    assert sorted(readme.names("What a record says", page=PAGE)) == sorted(records.FIELDS)


def test_every_field_is_told_with_its_meaning_its_kinds_and_an_example() -> None:
    rows = readme.rows("What a record says", page=PAGE)
    assert all(len(row) == 4 and all(row) for row in rows)
    named = {name for row in rows for name in re.findall(r"`([a-z_]+)`", row[2])}
    assert named <= {kind.value for kind in records.RecordKind}


def test_every_column_of_the_view_for_sql_is_told() -> None:
    columns = {*NAMES, "id", "recipient_key"} - {*records.FIELDS}
    told = set(re.findall(r"`([a-z_]+)`", readme.section("Asking the log", PAGE)))
    assert columns - told == set()
