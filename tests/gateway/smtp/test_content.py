"""What came between 354 and the final dot, whatever its bytes and however it was cut up on the way."""

import asyncio
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.email.smtp_relay import wire_form
from gateway.smtp import content, replies
from gateway.smtp.content import Heap, collect, sound, with_sound_lines
from gateway.smtp.limits import Memory

LINES = st.lists(st.binary(max_size=20).map(lambda line: line.translate(None, b"\r\n\0")), max_size=10)
DOTTED = st.lists(st.sampled_from([b".", b"..", b"", b"a", b".a", b"a."]), max_size=10)


async def taken(
    wire: bytes, cuts: list[int], rest: bytes = b"QUIT\r\n", limit: int = 10_000
) -> tuple[object, bytes]:
    """What is collected from these bytes in these pieces, and what is left for the next command."""
    reader = asyncio.StreamReader(limit=64)
    memory = Memory(20_000)

    async def feed() -> None:
        edges = [0, *sorted(cut % (len(wire) + 1) for cut in cuts), len(wire)]
        for start, end in pairwise(edges):
            reader.feed_data(wire[start:end])
            await asyncio.sleep(0)
        reader.feed_data(rest)
        reader.feed_eof()

    feeding = asyncio.create_task(feed())
    found = await collect(reader, Heap(memory, limit))
    await feeding
    return found, await reader.read()


@given(st.one_of(LINES, DOTTED), st.lists(st.integers(0, 500), max_size=6))
def test_what_a_client_stuffs_comes_out_as_it_was(lines: list[bytes], cuts: list[int]) -> None:
    """Dots, empty lines, nothing at all; in any segments; what follows is left alone."""
    raw = b"".join(line + b"\r\n" for line in lines)
    wire = (wire_form(raw) if raw else b"") + b".\r\n"

    found, left = asyncio.run(taken(wire, cuts))

    assert isinstance(found, bytes)
    assert sound(found, 10_000, "normalise") == raw
    assert left == b"QUIT\r\n"


@given(st.binary(max_size=60))
def test_what_leaves_is_sound_or_refused(raw: bytes) -> None:
    """Whatever bytes come: CRLF lines only, no NUL; and our own relay takes them."""
    lines = with_sound_lines(raw, "normalise")

    if isinstance(lines, bytes):
        assert lines.count(b"\n") == lines.count(b"\r\n") == lines.count(b"\r")
        wire_form(lines)
    else:
        assert lines is replies.BARE_CR


@pytest.mark.parametrize(
    ("raw", "normalised", "refused"),
    [
        (b"a\r\nb\r\n", b"a\r\nb\r\n", b"a\r\nb\r\n"),
        (b"a\nb\r\n", b"a\r\nb\r\n", replies.BARE_LF),
        (b"\n.\n", b"\r\n.\r\n", replies.BARE_LF),
        (b"a\n..b\n.c\n...d\n", b"a\r\n.b\r\n.c\r\n..d\r\n", replies.BARE_LF),
        (b"a\r\n..b\r\n", b"a\r\n..b\r\n", b"a\r\n..b\r\n"),
        (b"a\rb", replies.BARE_CR, replies.BARE_CR),
        (b"a\r\r\n", replies.BARE_CR, replies.BARE_CR),
        (b"a\0b", replies.BARE_CR, replies.BARE_CR),
    ],
)
def test_line_ends_by_setting(raw: bytes, normalised: object, refused: object) -> None:
    """FAULTS.md, aiosmtpd 5."""
    assert with_sound_lines(raw, "normalise") == normalised
    assert with_sound_lines(raw, "refuse") == refused


@pytest.mark.parametrize(
    ("head", "reply"),
    [
        (b"A: b\r\n" * 400_000 + b"\r\nbody\r\n", replies.HEADER_TOO_BIG),
        (b"A: b\r\n" * 400_000, replies.HEADER_TOO_BIG),
        (b"A: " + b"b" * (3 << 20) + b"\r\n\r\nbody\r\n", replies.HEADER_TOO_BIG),
        (b"A: b\n" * 600_000 + b"\nbody\n", replies.HEADER_TOO_BIG),
        (b"A: " + b"b" * (1 << 20) + b"\r\n\r\n" + b"body\r\n" * 1_000_000, None),
        (b"\r\n" + b"body\r\n" * 1_000_000, None),
    ],
)
def test_a_header_of_megabytes_is_refused(head: bytes, reply: replies.Reply | None) -> None:
    """A body may be as long as it likes."""
    found = sound(b"\r\n" + head + b".\r\n", 1 << 26, "normalise")
    assert found == (head if reply is None else reply)


async def test_content_too_big_is_read_to_its_end() -> None:
    """The client hears why, and goes on."""
    found, left = await taken(b"x" * 1000 + b"\r\n.\r\n", [], limit=500)

    assert found is replies.TOO_BIG
    assert left == b"QUIT\r\n"


async def test_content_of_any_size_is_not_read_on_for_ever() -> None:
    """Four times the limit: the connection ends."""
    found, _ = await taken(b"x" * 9000 + b"\r\n.\r\n", [], limit=500)

    assert isinstance(found, replies.Reply)
    assert found.closes
    assert found.code == 552


def test_memory_is_given_back_when_content_is_dropped() -> None:
    """Also that of the chunks that had fitted."""
    memory = Memory(100)
    heap = Heap(memory, 1000)
    heap.add(b"x" * 80)
    heap.add(b"x" * 80)

    assert heap.problem is replies.NO_MEMORY
    assert memory.take(100)
    assert content.END.startswith(content.BEFORE)
