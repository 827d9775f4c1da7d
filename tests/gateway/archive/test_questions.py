"""What matches in Python matches in SQL, over the archive's own columns."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.archive import columns, questions
from gateway.archive.questions import Question, matches
from suppression.errors import NotFound
from suppression.records import CHANGES, Record, RecordKind, concerns
from suppression.store.hot import Line
from suppression.store.keys import record_id
from suppression.store.newest import EVER
from suppression.store.record_lines import encode_record

KEYS = ("aa" * 16, "0b" * 16)
TIME = 1_795_000_000_000
_names = st.sampled_from(["", "shop", "other", "*"])
_purposes = st.sampled_from(
    ["", "*", "marketing", "marketing/promotions", "marketingx/promotions", "service"]
)
_ids = st.builds(
    lambda ms, seq, shard: record_id(shard, f"{TIME + ms}-{seq}"),
    st.integers(0, 3), st.integers(0, 2), st.integers(0, 2),
)  # fmt: skip
_scopes = st.sampled_from(["", "*|marketing|shop|*", "email|*|*|*", "*|*|other|crm", "broken", "a|b"])


def records() -> st.SearchStrategy[Record]:
    return st.builds(
        Record,
        kind=st.sampled_from([RecordKind.DECIDED, RecordKind.SENT, RecordKind.SUPPRESSED, RecordKind.ERASED]),
        at=st.just(TIME),
        id=_ids,
        recipient=st.sampled_from(["", *KEYS]),
        sender=_names,
        app=_names,
        scope=_scopes,
        outcome=st.sampled_from(["", "send", "refuse"]),
        reason=st.sampled_from(["", "unsubscribed", "no_consent"]),
        channel=st.sampled_from(["", "email", "sms"]),
        purpose=_purposes,
        message=st.sampled_from(["", "m1"]),
        decision=st.sampled_from(["", record_id(0, f"{TIME}-0")]),
    )


def asked() -> st.SearchStrategy[Question]:
    return st.builds(
        Question,
        recipient=st.sampled_from(["", *KEYS]),
        senders=st.sampled_from([None, frozenset({"shop", "*"}), frozenset({"*"}), frozenset[str]()]),
        app=_names,
        kinds=st.sampled_from([frozenset(), frozenset({RecordKind.SENT, RecordKind.ERASED}), CHANGES]),
        outcome=st.sampled_from(["", "", "send"]),
        reason=st.sampled_from(["", "", "unsubscribed"]),
        channel=st.sampled_from(["", "", "email"]),
        purpose=st.sampled_from(["", "", "marketing", "marketing/promotions"]),
        message=st.sampled_from(["", "", "m1"]),
        decision=st.sampled_from(["", "", record_id(0, f"{TIME}-0")]),
        since=st.sampled_from([0, TIME + 1]),
        until=st.sampled_from([EVER, TIME + 3]),
        before=st.one_of(st.just(""), _ids),
    )


@pytest.fixture(scope="module")
def database() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        for macro in columns.MACROS:
            connection.execute(macro)
        yield connection


@settings(max_examples=60)
@given(found=st.lists(records(), max_size=30, unique_by=lambda record: record.id), question=asked())
def test_python_and_sql_say_the_same(
    found: list[Record],
    question: Question,
    database: duckdb.DuckDBPyConnection,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    path = tmp_path_factory.mktemp("lines") / "lines.ndjson"
    path.write_bytes(b"".join(line(record) for record in found))
    said, bound = questions.condition(question)
    rows = database.execute(f"SELECT * FROM ({columns.read_lines(str(path))}) WHERE {said}", bound).fetchall()
    by_sql = {columns.record_of(row).id for row in rows}
    assert by_sql == {record.id for record in found if matches(question, record)}


def line(record: Record) -> bytes:
    place = questions.place_of(record.id)
    stored = (b"r", encode_record(replace(record, id="")).encode())
    return columns.json_line(place.shard, Line(place.ms, place.seq, stored))


@given(records(), asked())
def test_no_class_is_passed_over_that_holds_what_is_asked(record: Record, question: Question) -> None:
    if record.kind in CHANGES:
        class_name = "changes"
    else:
        class_name = "other" if record.purpose in ("", "*") else record.purpose.partition("/")[0]
    if matches(question, record):
        assert questions.may_hold(question, class_name)


def test_classes_that_cannot_hold_it_are_passed_over() -> None:
    asks_changes = Question(kinds=frozenset({RecordKind.LIFTED}))
    asks_others = Question(kinds=frozenset({RecordKind.SENT}), purpose="marketing/promotions")
    classes = ("changes", "marketing", "service", "other")
    assert [name for name in classes if questions.may_hold(asks_changes, name)] == ["changes"]
    assert [name for name in classes if questions.may_hold(asks_others, name)] == ["marketing", "other"]
    assert all(questions.may_hold(Question(), name) for name in classes)


def test_ids_sort_as_what_was_logged() -> None:
    places = [(1, 0, 5), (1, 1, 0), (2, 0, 0), (2, 0, 31), (2, 11, 3), (300, 2, 1)]
    ids = [record_id(shard, f"{ms}-{seq}") for ms, seq, shard in places]
    assert ids == sorted(ids)
    assert [tuple(questions.place_of(text)) for text in ids] == places
    with pytest.raises(NotFound):
        questions.place_of("nonsense")


def test_a_change_concerns_the_sender_of_its_scope() -> None:
    assert concerns(Record(RecordKind.SUPPRESSED, 1, sender="a", scope="*|marketing|shop|*")) == "shop"
    assert concerns(Record(RecordKind.SENT, 1, sender="a")) == "a"
    assert concerns(Record(RecordKind.SUPPRESSED, 1, scope="cut")) == ""


def test_the_path_is_no_part_of_what_is_bound(tmp_path: Path) -> None:
    """A quote in a folder's name ends no string of SQL."""
    folder = tmp_path / "it's"
    folder.mkdir()
    from gateway.archive.database import connect, relation

    with connect(tmp_path / "scratch") as connection:
        connection.execute(f"COPY (SELECT 5::BIGINT AS ms) TO {columns.quoted(str(folder / 'a.parquet'))}")
        assert connection.execute(f"SELECT ms FROM {relation([folder / 'a.parquet'])}").fetchall() == [(5,)]
