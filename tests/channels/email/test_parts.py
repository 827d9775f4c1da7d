"""The tree of parts, and its bounds."""

import time

import pytest

from channels.email import parts
from channels.email.header_block import HeaderBlock
from channels.email.parts import Part
from tests.channels.email.samples import mail, multipart, part


def tree(raw: bytes) -> Part:
    return parts.parse(raw, HeaderBlock(raw))


def bodies(raw: bytes) -> list[bytes]:
    return [raw[child.body : child.end] for child in tree(raw).children]


def test_mail_without_mime_fields_is_plain_text() -> None:
    raw = mail(b"Hello\r\n")

    assert tree(raw).media.name == "text/plain"
    assert raw[tree(raw).body :] == b"Hello\r\n"


def test_parts_end_before_the_line_end_of_the_next_delimiter() -> None:
    raw = multipart(part(b"one\r\n", b"text/plain"), part(b"two", b"text/html"))

    assert bodies(raw) == [b"one\r\n", b"two"]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"--b1\r\n\r\none\r\n--b1--\r\n", [b"one"]),
        (b"preamble\r\n--b1\r\n\r\none\r\n--b1--\r\nepilogue\r\n--b1\r\n\r\nno part\r\n", [b"one"]),
        (b"--b1\r\n\r\none\r\n", [b"one\r\n"]),
        (b"--b1  \t\r\n\r\none\r\n--b1-- \r\n", [b"one"]),
        (b"--b1\r\n\r\none\r\n--b12\r\n--b1--", [b"one\r\n--b12"]),
        (b"--b1x\r\n\r\nno part\r\n", []),
        (b"no delimiter\r\n", []),
        (b"", []),
        (b"--\r\n\r\nstray\r\n--b1\r\n\r\none\r\n--b1--", [b"one"]),
    ],
)
def test_delimiters(body: bytes, expected: list[bytes]) -> None:
    raw = mail(body, b'Content-Type: multipart/mixed; boundary="b1"')

    assert bodies(raw) == expected


def test_an_outer_delimiter_ends_inner_parts_that_were_never_closed() -> None:
    inner = part(b"--b2\r\n\r\ninner\r\n", b"multipart/alternative; boundary=b2")
    raw = multipart(inner, part(b"outer", b"text/plain"))
    first, second = tree(raw).children

    assert [raw[c.body : c.end] for c in first.children] == [b"inner\r\n"]
    assert raw[second.body : second.end] == b"outer"


def test_a_boundary_that_begins_like_an_outer_one_is_its_own() -> None:
    inner = part(b"--b11\r\n\r\ninner\r\n--b11--", b"multipart/alternative; boundary=b11")
    raw = multipart(inner, part(b"outer", b"text/plain"))

    assert [child.media.name for child in tree(raw).children] == ["multipart/alternative", "text/plain"]
    assert tree(raw).children[0].children[0].sure


@pytest.mark.parametrize(
    "child",
    [
        b"Content-Type: text/plain\r\nno field\r\n\r\ntext",
        b"Content-Type: text/plain\r\nContent-Type: text/html\r\n\r\ntext",
        b"Content-Type: text/plain\r\nContent-Transfer-Encoding: base64\r\nContent-Transfer-Encoding: 7bit\r\n\r\nx",
        b"Content-Type: text/plain\r\n\r\ntext\r\n--b1junk\r\n",
    ],
)
def test_a_part_that_two_readers_could_read_differently_is_not_sure(child: bytes) -> None:
    assert not tree(multipart(child)).children[0].sure


def test_children_of_a_digest_are_messages_by_default() -> None:
    raw = multipart(b"\r\nSubject: one\r\n\r\ntext", kind=b"digest")

    assert tree(raw).children[0].media.name == "message/rfc822"


@pytest.mark.parametrize(
    ("header", "sure"),
    [
        (b"From: a@b.example\r\nno field\r\nTo: c@d.example\r\n\r\ntext\r\n", True),
        (b"From: a@b.example\r\nno field\r\nContent-Type: text/html\r\n\r\ntext\r\n", False),
        (b"Content-Transfer-Encoding: base64\r\nno field\r\n\r\ndGV4dA==\r\n", False),
        (b"Content-Type: multipart/mixed; boundary=b\r\n--b\r\nX: 1\r\n\r\ntext\r\n--b--\r\n", True),
    ],
)
def test_a_broken_header_is_sure_where_all_readers_find_the_same_text(header: bytes, sure: bool) -> None:  # noqa: FBT001
    assert tree(header).sure is sure


def test_nesting_is_followed_a_hundred_deep() -> None:
    raw = mail(b"", b"Content-Type: multipart/mixed; boundary=b0")
    for depth in range(1, 300):
        raw += b"--b%d\r\nContent-Type: multipart/mixed; boundary=b%d\r\n\r\n" % (depth - 1, depth)
    deepest, depth = tree(raw), 0
    while deepest.children:
        deepest, depth = deepest.children[0], depth + 1

    assert depth == parts.MAX_DEPTH
    assert not deepest.sure


def test_ten_thousand_parts_are_considered() -> None:
    raw = multipart(*[b"\r\nx"] * 12_000)

    assert len(tree(raw).children) == parts.MAX_PARTS


@pytest.mark.parametrize(
    "body",
    [
        b"--b0\r\n" * 200_000,
        b"--b0x\r\n" * 200_000,
        b"--b0\r\nContent-Type: multipart/mixed; boundary=b0\r\n\r\n" * 20_000,
        b"".join(
            b"--b%d\r\nContent-Type: multipart/mixed; boundary=b%d\r\n\r\n" % (d, d + 1) for d in range(100)
        )
        + b"x" * 8_000_000,
        b"--b0\r\nContent-Type: multipart/mixed; boundary=nowhere\r\n\r\nx\r\n" * 20_000,
    ],
    ids=["delimiters", "near-delimiters", "same-boundary", "deep", "wide"],
)
def test_work_is_bounded(body: bytes) -> None:
    raw = mail(body, b"Content-Type: multipart/mixed; boundary=b0")
    started = time.process_time()
    tree(raw)

    assert time.process_time() - started < 5
