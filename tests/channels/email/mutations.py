"""Mail as it should not be: real messages, broken in one or several of the ways in which mail is broken."""

import re
from collections.abc import Callable

from hypothesis import strategies as st

Mutation = Callable[[bytes, int], bytes]
CHARSETS = [b"x-unknown", b"utf-7", b"utf-32", b"us-ascii-1", b"", b"'\"", b"iso-2022-jp-9", b"\xff"]
WORDS = [
    b"=?utf-8?q?a=0D=0Ab?=",
    b"=?utf-8?b?DQo=?=",
    b"=?x-none?q?a?=",
    b"=?utf-8?q?" + b"a" * 2000 + b"?=",
    b"=?utf-8?b?====?=",
]
GARBAGE = [
    b"!!!",
    b"=",
    b"====",
    b"\xff\xfe",
    b"%%%%",
    b"AAA",
    b"\x80" * 9,
    b"--",
    b" \t",
    b"-----BEGIN X-----",
]
LINES = [
    b"no field",
    b" ",
    b"\t",
    b"--",
    b".",
    b"..",
    b"From x",
    b": x",
    b"a" * 1500,
    b"</body>",
    b"<!--",
    b"<script>",
]


def _at(raw: bytes, where: int) -> int:
    return where % (len(raw) + 1)


def truncated(raw: bytes, where: int) -> bytes:
    return raw[: _at(raw, where)]


def beheaded(raw: bytes, where: int) -> bytes:
    return raw[_at(raw, where) :]


def with_a_hole(raw: bytes, where: int) -> bytes:
    at = _at(raw, where)
    return raw[:at] + raw[at + 1 + where % 97 :]


def with_a_line_twice(raw: bytes, where: int) -> bytes:
    """Fields, delimiters and lines of text alike."""
    lines = raw.split(b"\r\n")
    at = where % len(lines)
    return b"\r\n".join([*lines[:at], lines[at], *lines[at:]])


def with_all_fields_twice(raw: bytes, _: int) -> bytes:
    head, blank, body = raw.partition(b"\r\n\r\n")
    return head + b"\r\n" + head + blank + body


def with_broken_boundaries(raw: bytes, where: int) -> bytes:
    """The parameter says something else than the delimiters."""
    return re.sub(
        rb'(boundary="?)([^\s";]*)', rb"\1" + [b"", b"x", b"\xff", b'"', b" "][where % 5], raw, count=1
    )


def with_other_delimiters(raw: bytes, where: int) -> bytes:
    return re.sub(
        rb"\r\n--", [b"\r\n-- ", b"\r\n-", b"\n--", b"\r\n--x", b"--"][where % 5], raw, count=1 + where % 3
    )


def with_unknown_charsets(raw: bytes, where: int) -> bytes:
    return re.sub(rb'(charset="?)[^\s";]*', lambda m: m[1] + CHARSETS[where % len(CHARSETS)], raw)


def with_another_encoding(raw: bytes, where: int) -> bytes:
    said = [b"base64", b"quoted-printable", b"8bit", b"x-uuencode", b"7bit, base64", b""][where % 6]
    return re.sub(
        rb"(?i)(content-transfer-encoding:[ \t]*)[^\r\n]*", lambda m: m[1] + said, raw, count=1 + where % 2
    )


def with_garbage(raw: bytes, where: int) -> bytes:
    at = _at(raw, where)
    return raw[:at] + GARBAGE[where % len(GARBAGE)] + raw[at:]


def with_encoded_words(raw: bytes, where: int) -> bytes:
    word = WORDS[where % len(WORDS)]
    return b"Subject: " + word + b"\r\nFrom: " + word + b" <a@example.com>\r\n" + raw


def with_a_strange_line(raw: bytes, where: int) -> bytes:
    lines = raw.split(b"\r\n")
    lines.insert(where % len(lines), LINES[where % len(LINES)])
    return b"\r\n".join(lines)


def with_stray_control(raw: bytes, where: int) -> bytes:
    at = _at(raw, where)
    return raw[:at] + [b"\r", b"\n", b"\0", b"\x1b", b"\r\r\n", b"\n\r"][where % 6] + raw[at:]


def with_upside_down_halves(raw: bytes, where: int) -> bytes:
    at = _at(raw, where)
    return raw[at:] + raw[:at]


def in_a_message(raw: bytes, where: int) -> bytes:
    kind = [b"message/rfc822", b'multipart/mixed; boundary=""', b"message/partial", b"text/html"][where % 4]
    return b"From: a@example.com\r\nContent-Type: " + kind + b"\r\n\r\n" + raw


MUTATIONS: list[Mutation] = [
    truncated,
    beheaded,
    with_a_hole,
    with_a_line_twice,
    with_all_fields_twice,
    with_broken_boundaries,
    with_other_delimiters,
    with_unknown_charsets,
    with_another_encoding,
    with_garbage,
    with_encoded_words,
    with_a_strange_line,
    with_stray_control,
    with_upside_down_halves,
    in_a_message,
]
STEPS = st.lists(st.tuples(st.sampled_from(MUTATIONS), st.integers(0, 1 << 20)), min_size=1, max_size=4)


def mutated(raw: bytes, steps: list[tuple[Mutation, int]]) -> bytes:
    """In CRLF lines, as the front takes mail in; it refuses lone CR and NUL, which are left here all the same."""
    for mutation, where in steps:
        raw = mutation(raw, where)
    return re.sub(rb"(?<!\r)\n", b"\r\n", raw)
