"""A filter never hides what is there; and what is no whole filter of the very file hides nothing."""

import random
import struct
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.archive.filters import PAGE, Filters, content_of, file_name, is_whole
from gateway.archive.manifest import File

SHA = "5a" * 32
FILE = File("records/class=a/day=2026-11-02/0000000001-00.parquet", SHA, 1, 1, "a", "2026-11-02", 0, 1, 2)
MANY = 30_000


@pytest.fixture(scope="module")
def recipients() -> list[bytes]:
    told = random.Random(5)
    return [told.randbytes(16) for _ in range(MANY)]


@pytest.fixture
def filters(tmp_path: Path, recipients: list[bytes]) -> Filters:
    (tmp_path / file_name(FILE)).write_bytes(content_of(b"".join(recipients), SHA))
    return Filters(tmp_path)


def absent(filters: Filters) -> str:
    """A recipient whom the filter knows not to be there."""
    told = random.Random(6)
    return next(key for _ in range(1000) if not filters.may_hold(FILE, key := told.randbytes(16).hex()))


def test_it_holds_all_that_are_there_and_few_others(filters: Filters, recipients: list[bytes]) -> None:
    assert all(filters.may_hold(FILE, recipient.hex()) for recipient in recipients)
    told = random.Random(7)
    wrong = sum(filters.may_hold(FILE, told.randbytes(16).hex()) for _ in range(MANY))
    assert wrong / MANY <= 0.005


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.one_of(st.binary(min_size=16, max_size=16), st.integers(0, 9).map(lambda n: n.to_bytes(16))),
        max_size=300,
    )
)
def test_nobody_is_ever_hidden(tmp_path_factory: pytest.TempPathFactory, keys: list[bytes]) -> None:
    folder = tmp_path_factory.mktemp("filters")
    (folder / file_name(FILE)).write_bytes(content_of(b"".join(keys), SHA))
    assert all(Filters(folder).may_hold(FILE, key.hex()) for key in keys)


def test_it_takes_two_bytes_a_recipient_at_most(recipients: list[bytes]) -> None:
    content = content_of(b"".join(recipients), SHA)
    assert len(content) <= 2 * MANY
    assert is_whole(content, SHA)


def test_one_of_nobody_holds_nobody(tmp_path: Path) -> None:
    (tmp_path / file_name(FILE)).write_bytes(content_of(b"", SHA))
    assert not Filters(tmp_path).may_hold(FILE, "ab" * 16)


@pytest.mark.parametrize(
    "damage",
    [
        lambda content: content[:0],
        lambda content: content[: PAGE - 1],
        lambda content: content[:-1],
        lambda content: content[:-PAGE],
        lambda content: content + content[:PAGE],
        lambda content: bytes(len(content)),
        lambda content: content[4:] + content[:4],
        lambda content: content_of(content[: 16 * MANY], "a5" * 32),
    ],
    ids=["empty", "short", "one byte less", "a page less", "a page more", "zeros", "moved", "another file's"],
)
def test_what_is_no_filter_of_this_file_hides_nothing(
    tmp_path: Path, filters: Filters, damage: Callable[[bytes], bytes]
) -> None:
    key, path = absent(filters), tmp_path / file_name(FILE)
    damaged = damage(path.read_bytes())
    path.write_bytes(damaged)
    assert not is_whole(damaged, SHA)
    assert filters.may_hold(FILE, key)


def test_a_page_that_is_altered_anywhere_hides_nothing(tmp_path: Path, filters: Filters) -> None:
    key, path = absent(filters), tmp_path / file_name(FILE)
    content = path.read_bytes()
    page = struct.unpack_from(">I", bytes.fromhex(key))[0] * (len(content) // PAGE) >> 32
    told = random.Random(8)
    for place in (*range(48), *(told.randrange(48, PAGE) for _ in range(200)), *range(PAGE - 4, PAGE)):
        altered = bytearray(content)
        altered[page * PAGE + place] ^= 1 << told.randrange(8)
        path.write_bytes(altered)
        assert filters.may_hold(FILE, key), place
        assert not is_whole(altered, SHA)


def test_without_a_filter_all_may_be_there(tmp_path: Path, filters: Filters) -> None:
    key = absent(filters)
    for folder in (None, tmp_path / "none", Path(__file__)):
        assert Filters(folder).may_hold(FILE, key)
    (tmp_path / file_name(FILE)).unlink()
    assert filters.may_hold(FILE, key)
    (tmp_path / file_name(FILE)).mkdir()
    assert filters.may_hold(FILE, key)


@pytest.mark.parametrize("recipient", ["", "ab", "ab" * 15, "ab" * 17, "zz" * 16])
def test_what_is_no_keyed_hash_may_be_anywhere(filters: Filters, recipient: str) -> None:
    assert filters.may_hold(FILE, recipient)
