"""Hostile messages: no exception, one block of our fields, what came still there, links where they are said to be."""

import re

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from channels.email.compose import Original, WaysOut
from channels.email.dkim import Signer
from tests.channels.email.byte_checks import header_and_rest, kept_fields, name_of
from tests.channels.email.samples import RECEIVED, WAYS, ways
from tests.dkim_keys import new_ed25519_key

KEY = new_ed25519_key("example.com", "fuzz")
HEADER_LINES = [
    b"Content-Type: multipart/mixed; boundary=b",
    b"Content-Type: multipart/alternative; boundary=c",
    b'Content-Type: multipart/related; boundary="b"; start="<i>"',
    b"Content-Type: multipart/digest; boundary=b",
    b"Content-Type: multipart/signed; boundary=b",
    b"Content-Type: multipart/mixed; boundary=",
    b"Content-Type: text/plain",
    b"Content-Type: text/html; charset=utf-8",
    b"Content-Type: text/plain; charset=utf-16",
    b"Content-Type: text/html; charset=iso-2022-jp",
    b"Content-Type: message/rfc822",
    b"Content-Type:",
    b"Content-Type: x",
    b"Content-Transfer-Encoding: base64",
    b"Content-Transfer-Encoding: quoted-printable",
    b"Content-Transfer-Encoding: 8bit",
    b"Content-Disposition: attachment",
    b"Content-Disposition: inline; filename=x",
    b"Content-ID: <i>",
    b"MIME-Version: 1.0",
    b"From: a@b.example",
    b"Bcc: c@d.example",
    b"List-Unsubscribe: <x:>",
    b"List-Id: <x>",
    b"X-Gateway-Purpose: y",
    b"DKIM-Signature: d=x; h=from:list-id; b=",
    b"no field",
    b": x",
    b"From a",
    b" continued",
]
DELIMITERS = [b"--b", b"--b--", b"--b ", b"--bb", b"--c", b"--c--", b"--", b"--b--junk"]
CONTENT = [
    b"SGVsbG8=",
    b"SGVsbG8",
    b"a=3Db=",
    b"a=",
    b"==",
    b"=C3=9C",
    "Grüße".encode(),
    b"\xff\xfe",
    b"\x1b$BF|K\\",
    b"\x00",
    b"<body>",
    b"</body>",
    b"</html>",
    b"<!--",
    b"-->",
    b"<script>",
    b"{{unsubscribe_url}}",
    b"%%postal_address%%",
    b"{{",
    b"x" * 1200,
    b"https://mail.example/u/ABCDEFGHIJKLMN",
    b"-----BEGIN PGP MESSAGE-----",
]
LINES = st.sampled_from([b"", b"", b"", *HEADER_LINES, *DELIMITERS, *CONTENT])
MESSAGES = st.lists(LINES, max_size=40).map(b"\r\n".join) | st.binary(max_size=300).map(
    lambda raw: re.sub(rb"\r\n|\r|\n", b"\r\n", raw)
)
WAYS_OUT = st.sampled_from(
    [
        WAYS,
        ways(footer=False),
        ways(sender_name="Müller", postal_address="東京"),
        ways(mailto=None),
        ways(page_url=""),
    ]
)


RELABELLED = ("content-transfer-encoding", "mime-version")
PLACEHOLDERS = re.compile(rb"\{\{unsubscribe_url\}\}|%%postal_address%%")


def is_within(few: bytes, many: bytes) -> bool:
    """Whether all bytes of the one are in the other, in order."""
    rest = iter(many)
    return all(byte in rest for byte in few)


@settings(max_examples=1500, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(MESSAGES, WAYS_OUT)
def test_a_copy_of_any_bytes_keeps_the_header_fields_that_came(raw: bytes, way: WaysOut) -> None:
    copy = Original.parse(raw).with_way_out(way, RECEIVED)
    before, _ = header_and_rest(raw)
    after, rest = header_and_rest(copy.raw)
    kept = [f.rstrip() for f in kept_fields(before, list_headers=True) if name_of(f) not in RELABELLED]

    assert copy.raw == copy.header + copy.separator + b"".join(copy.body)
    assert Signer([KEY]).sign(copy).startswith(b"DKIM-Signature: ")
    names = [name_of(field) for field in after]
    assert names.count("list-unsubscribe") == names.count("list-unsubscribe-post") == 1
    assert rest[:2] in (b"", b"\r\n")
    if not raw.startswith((b" ", b"\t")):
        ours = 3 if "list-id" in [name_of(field) for field in before] else 4
        theirs = [f.rstrip() for f in after[ours:] if name_of(f) not in (*RELABELLED, "dkim-signature")]
        assert theirs == kept


@settings(max_examples=1500, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(MESSAGES, WAYS_OUT)
def test_a_copy_of_any_bytes_keeps_the_body_that_came(raw: bytes, way: WaysOut) -> None:
    """All of it, but for filled placeholders and for what had to be encoded anew."""
    copy = Original.parse(raw).with_way_out(way, RECEIVED)
    body = header_and_rest(raw)[1]
    if not copy.body_touched:
        assert header_and_rest(copy.raw)[1] == body
    elif b"base64" not in raw and b"x" * 1200 not in raw and "ü" not in way.sender_name:
        assert all(is_within(piece, copy.raw) for piece in PLACEHOLDERS.split(body.replace(b"=", b"")))


@settings(max_examples=500, deadline=None)
@given(MESSAGES)
def test_untouched_mail_of_any_bytes_loses_listed_fields_only(raw: bytes) -> None:
    copy = Original.parse(raw).untouched(RECEIVED)
    listed = (b"bcc", b"x-gateway-", b"dkim-signature")
    if not any(name in raw.lower() for name in listed):
        assert copy.raw == RECEIVED + raw
    assert copy.raw.startswith(RECEIVED)
    assert not copy.body_touched


@settings(max_examples=800, deadline=None)
@given(MESSAGES)
def test_relaying_any_bytes_twice_adds_nothing_to_the_body(raw: bytes) -> None:
    once = Original.parse(raw).with_way_out(WAYS, RECEIVED)
    twice = Original.parse(once.raw).with_way_out(WAYS, RECEIVED)

    if once.visible_way_out and Original.parse(raw).sound_header:
        assert b"".join(twice.body) == b"".join(once.body)


@settings(max_examples=500, deadline=None)
@given(st.binary(max_size=400))
def test_everything_that_a_message_says_of_itself_can_be_asked_of_any_bytes(raw: bytes) -> None:
    original = Original.parse(raw)

    assert len(original.digest) == 32
    assert original.received_count >= 0
    assert original.from_count >= 0
    assert isinstance(original.from_addresses, list)
    assert isinstance(original.is_automatic, bool)
    assert isinstance(original.untouched(b"").signature_domains, frozenset)
    assert [original.message_id, original.purpose_header, original.message_key, original.legal_notice]
