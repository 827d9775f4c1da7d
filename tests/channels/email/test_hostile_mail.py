"""The worst mail that fits through the door: bounded work, no byte lost, and the word where no way out was seen."""

import base64
import time
import tracemalloc

import pytest

from channels.email.addresses import addresses
from channels.email.compose import Copy, Original
from channels.email.dkim import Signer
from tests.channels.email.samples import LINK, RECEIVED, WAYS, body_of, mail, multipart, text_mail
from tests.dkim_keys import new_ed25519_key

SIGNER = Signer([new_ed25519_key("example.com", "e"), new_ed25519_key("example.com", "f")])
WITHIN = 5.0  # seconds of CPU; a tenth of it is what they take
PLAIN = b"Content-Type: text/plain\r\n\r\n"
WORD = b"Subject: =?utf-8?q?a=0D=0ABcc:_x@example.net?=\r\n =?utf-8?b?DQoNCg==?=\r\n"


def nested(kind: bytes, depth: int) -> bytes:
    """Parts in parts, or messages in messages."""
    inner = PLAIN + b"Hi\r\n"
    for level in range(depth):
        if kind == b"message/rfc822":
            inner = b"Content-Type: message/rfc822\r\n\r\n" + inner
            continue
        mark = b"b%d" % level
        inner = b"Content-Type: %b; boundary=%b\r\n\r\n--%b\r\n%b\r\n--%b--\r\n" % (
            kind,
            mark,
            mark,
            inner,
            mark,
        )
    return b"From: shop@example.com\r\n" + inner


def in_base64(text: bytes, *lines: bytes) -> bytes:
    return text_mail(
        b"\r\n".join([base64.b64encode(text), *lines]) + b"\r\n", b"text/plain; charset=utf-8", b"base64"
    )


# By name: the message, and whether a reader finds the way out in its text.
HOSTILE = {
    "10,000 parts": (multipart(*[PLAIN + b"Hi"] * 10_000, kind=b"mixed"), True),
    "20,000 parts": (multipart(*[PLAIN + b"Hi"] * 20_000, kind=b"mixed"), True),
    "10,000 attachments": (multipart(PLAIN + b"Hi", *[b"Content-Type: image/png\r\n\r\nx"] * 9_999), True),
    "100 messages within each other": (nested(b"message/rfc822", 100), False),
    "99 multiparts within each other": (nested(b"multipart/mixed", 99), True),
    "3,000 multiparts within each other": (nested(b"multipart/mixed", 3_000), False),
    "50,000 quoted lines": (mail(b"> > quoted\r\n" * 50_000), True),
    "a header of 1 MB in one line": (mail(b"Hi\r\n", b"X-Long: " + b"a" * 1_000_000), True),
    "a header of 1 MB, folded": (mail(b"Hi\r\n", b"X-Long: " + b"\r\n ".join([b"a" * 70] * 14_000)), True),
    "60,000 fields": (mail(b"Hi\r\n", *[b"X-A: b"] * 60_000), True),
    "2,000,000 fields in a part": (multipart(b"A:\r\n" * 2_000_000 + b"\r\nHi", kind=b"mixed"), False),
    "10,000 parts of 200 fields": (multipart(*[b"A:\r\n" * 200 + b"\r\nHi"] * 10_000, kind=b"mixed"), True),
    "a type of 10 MB": (mail(b"Hi\r\n", b'Content-Type: text/plain; charset="' + b"\\\\" * 5_000_000), False),
    "a type of 1,000,000 parameters": (mail(b"Hi", b"Content-Type: text/plain;" + b' a="b";' * 1_000_000), False),
    "an encoding of 10 MB": (mail(b"Hi\r\n", b"Content-Transfer-Encoding: " + b"(" * 10_000_000), False),
    "a disposition of 10 MB": (mail(b"Hi\r\n", b"Content-Disposition: inline" + b"; a=b" * 2_000_000), False),
    "delimiters that are none": (
        mail(b"\r\n--b junk" * 500_000, b"Content-Type: multipart/mixed; boundary=b"), False,
    ),
    "a charset that does not exist, in ASCII": (text_mail(b"Hi\r\n", b"text/plain; charset=x-none"), True),
    "a charset that does not exist": (text_mail(b"\xff\xfe\r\n", b"text/plain; charset=x-none", b"8bit"), True),
    "base64 with garbage": (in_base64(b"Hello", b"%%%garbage%%%"), False),
    "base64 that ends in the middle": (in_base64(b"Hello", b"AAAAA"), False),
    "encoded words with line ends": (WORD + mail(b"Hi\r\n"), True),
    "a boundary that is not closed": (mail(b"--b\r\n\r\nHi", b"Content-Type: multipart/mixed; boundary=b"), True),
    "no boundary": (mail(b"--b\r\n\r\nHi\r\n--b--\r\n", b"Content-Type: multipart/mixed"), False),
    "an empty boundary": (mail(b"--\r\n\r\nHi\r\n----\r\n", b'Content-Type: multipart/mixed; boundary=""'), False),
    "nothing": (b"", True),
    "an empty line": (b"\r\n", True),
    "NUL and lone CR": (mail(b"a\0b\rc\r\n"), True),
    "no header": (b"Just a text without one\r\nand another line\r\n", False),
    "a delimiter and nothing more": (
        mail(b"--b", b"Content-Type: multipart/mixed; boundary=b"), True,
    ),
}  # fmt: skip


def rewritten(raw: bytes) -> Copy:
    copy = Original.parse(raw).with_way_out(WAYS, RECEIVED)
    assert SIGNER.sign(copy).count(b"DKIM-Signature: ") == 2
    return copy


@pytest.mark.parametrize(("raw", "visible"), HOSTILE.values(), ids=HOSTILE.keys())
def test_it_is_kept_whole_and_says_whether_a_way_out_is_seen(raw: bytes, visible: bool) -> None:  # noqa: FBT001
    began = time.process_time()
    copy = rewritten(raw)
    assert copy.visible_way_out == visible
    assert (LINK in copy.raw) == visible
    assert copy.raw.count(b"\r\nList-Unsubscribe: ") + copy.raw.startswith(b"List-Unsubscribe: ") == 1
    if not copy.body_touched:
        assert body_of(copy.raw) == body_of(raw)
    assert Original.parse(raw).untouched(RECEIVED).raw == RECEIVED + raw
    assert time.process_time() - began < WITHIN


def test_a_part_after_a_delimiter_that_ends_the_mail_begins_with_an_empty_line() -> None:
    """Found by mutation: else the footer was the header of the part."""
    raw, _ = HOSTILE["a delimiter and nothing more"]
    assert b"--b\r\n\r\n___" in rewritten(raw).raw


def test_nothing_inside_a_message_that_is_passed_on_is_touched() -> None:
    raw, _ = HOSTILE["100 messages within each other"]
    assert not rewritten(raw).body_touched


@pytest.mark.parametrize("value", [b"<a@b.example>, " * 600_000, b"a " * 1_000_000, b"(" * 1_000_000])
def test_a_from_of_megabytes_names_nobody(value: bytes) -> None:
    assert addresses(value) == []


@pytest.mark.parametrize("first", [b"text/plain", b"text/html"])
def test_mail_with_a_large_attachment_takes_no_more_than_three_times_its_size(first: bytes) -> None:
    """The message itself included, and the signed bytes that leave."""
    content = b"\r\n".join([b"QUJD" * 19] * 130_000)
    file = b"Content-Type: application/pdf\r\nContent-Transfer-Encoding: base64\r\n\r\n" + content
    raw = multipart(b"Content-Type: " + first + b"\r\n\r\nHello\r\n", file, kind=b"mixed")
    assert len(raw) > 10_000_000
    tracemalloc.start()
    try:
        copy = rewritten(raw)
        out = copy.signed(SIGNER.sign(copy))
        peak = tracemalloc.get_traced_memory()[1] + len(raw)
    finally:
        tracemalloc.stop()
    assert copy.visible_way_out
    assert len(out) > len(raw)
    assert peak <= 3 * len(raw)
