"""Offsets of header fields, in sound and in broken blocks."""

import time

import pytest

from channels.email.header_block import HeaderBlock


def names(raw: bytes) -> list[bytes]:
    return [field.name for field in HeaderBlock(raw).fields]


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b"A: 1\r\nB: 2\r\n\r\nC: 3\r\n", [b"a", b"b"]),
        (b"A: 1\r\n more\r\n\tmore\r\nB: 2\r\n", [b"a", b"b"]),
        (b"Subject \t: obsolete blanks\r\n\r\n", [b"subject"]),
        (b"A:\r\nB:\r\n\r\n", [b"a", b"b"]),
        (b"A: 1\r\n \r\nB: after a line of blanks\r\n\r\n", [b"a", b"b"]),
        (b"A: ends without a line end", [b"a"]),
        (b"\r\nA: body\r\n", []),
        (b"", []),
    ],
)
def test_fields_end_at_the_first_empty_line(raw: bytes, expected: list[bytes]) -> None:
    assert names(raw) == expected


def test_offsets_cover_the_block_without_gaps() -> None:
    raw = b"A: 1\r\n 2\r\nB:3\r\n\r\nbody"
    block = HeaderBlock(raw)

    assert [raw[f.start : f.end] for f in block.fields] == [b"A: 1\r\n 2\r\n", b"B:3\r\n"]
    assert [raw[f.value : f.end] for f in block.fields] == [b" 1\r\n 2\r\n", b"3\r\n"]
    assert (block.end, raw[block.body :], block.separated) == (15, b"body", True)


def test_values_are_unfolded_and_keep_their_order() -> None:
    block = HeaderBlock(b"To: a,\r\n b\r\nX: 1\r\nTO:  c \r\n\r\n")

    assert block.values(b"to") == [b"a, b", b"c"]


@pytest.mark.parametrize(
    ("raw", "at"),
    [
        (b"A: 1\r\nno field\r\nB: 2\r\n\r\n", 6),
        (b"no field at all\r\n\r\nbody", 0),
        (b" continues nothing\r\nA: 1\r\n\r\n", 0),
        (b"A: 1\r\n: no name\r\n\r\n", 6),
        (b"A: 1\r\nIn\xe9: name\r\n\r\n", 6),
        (b"A: 1\r\nlast", 6),
    ],
)
def test_a_line_that_is_no_field_breaks_the_block(raw: bytes, at: int) -> None:
    assert HeaderBlock(raw).broken_at == at


@pytest.mark.parametrize(
    "raw",
    [
        b"From ann Mon Jan 1\r\nA: 1\r\n\r\n",
        b">From ann\r\nA: 1\r\n\r\n",
        b"A: 1\r\nFrom ann\r\nB: 2\r\n\r\n",
    ],
)
def test_lines_left_by_mailbox_files_break_nothing(raw: bytes) -> None:
    block = HeaderBlock(raw)

    assert block.broken_at is None
    assert block.named(b"a")


def test_work_grows_linearly_with_the_size_of_the_block() -> None:
    """Two megabytes of fields, of continuation lines, of blanks and of lines that are no field."""
    started = time.process_time()
    for unit in (
        b"A: 1\r\n",
        b" more\r\n",
        b"no field\r\n",
        b"A" * 50,
        b" " * 50,
        b"A: " + b"\t" * 1000 + b"\r\n",
    ):
        HeaderBlock(b"Subject: x\r\n" + unit * (2_000_000 // len(unit)) + b"\r\n\r\n")

    assert time.process_time() - started < 10
