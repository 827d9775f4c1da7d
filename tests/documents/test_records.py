"""The log's schema is described where it is defined."""

import inspect
import re

from suppression import records
from tests.documents import readme

_FIRST_COLUMN = re.compile(r"^([a-z_]+(?:, [a-z_]+)*)  +\S", re.MULTILINE)


def test_every_field_of_a_record_is_described_and_no_other() -> None:
    lines = _FIRST_COLUMN.findall(inspect.getdoc(records.Record) or "")
    assert sorted(name for line in lines for name in line.split(", ")) == sorted(records.FIELDS)


def test_every_kind_of_record_is_named_in_readme() -> None:
    named = set(re.findall(r"`([a-z_]+)`", readme.section("Quick start")))
    assert {kind.value for kind in records.RecordKind} - named == set()
