"""DKIM keys and signatures, verified by dkimpy."""

import re
from base64 import b64decode

import dkim
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1
from cryptography.hazmat.primitives.asymmetric.ec import generate_private_key as generate_ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes

from channels.email.canonical import relaxed_header
from channels.email.compose import Original
from channels.email.dkim import DkimKey, Signer
from suppression.errors import ConfigurationError
from tests.channels.email.conftest import DnsAnswer
from tests.channels.email.samples import RECEIVED, given_way_out, mail, multipart, part
from tests.dkim_keys import new_ed25519_key

SIGNED_AT = 1700000000
HTML = b"<body><p>Hello\t  you</p></body>\r\n\r\n\r\n"
NEWS = multipart(part(b"Hello  \r\n", b"text/plain"), part(HTML, b"text/html"))


def signed(raw: bytes, *keys: DkimKey, unsigned: frozenset[str] = frozenset()) -> bytes:
    copy = given_way_out(raw)
    return copy.signed(Signer(keys, unsigned).sign(copy, at=SIGNED_AT))


def verifies(raw: bytes, dns: DnsAnswer, index: int = 0) -> bool:
    try:
        return bool(dkim.DKIM(raw).verify(idx=index, dnsfunc=dns))
    except dkim.ValidationError:  # how it says that a body has another hash
        return False


def names(raw: bytes) -> list[bytes]:
    """The h= tag of the first signature, in lower case."""
    found = re.search(rb"\bh=([^;]*);", raw)
    assert found
    return re.sub(rb"\s", b"", found[1]).lower().split(b":")


def test_both_signatures_verify(rsa_key: DkimKey, ed25519_key: DkimKey, dns: DnsAnswer) -> None:
    raw = signed(NEWS, rsa_key, ed25519_key)

    assert [verifies(raw, dns, index) for index in (0, 1)] == [True, True]
    assert raw.count(b"DKIM-Signature:") == 2
    assert raw.startswith(
        b"DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed;\r\n d=example.com;\r\n s=r1; t=1700000000"
    )


@pytest.mark.parametrize(
    "raw",
    [
        mail(b""),
        mail(b"\r\n\r\n"),
        mail(b" \t \r\n"),
        mail(b"x"),
        mail(b"a\r\n" * 60_000),
        mail(b"x" * 900 + b"\r\n", b"Subject:  folded\r\n\t and \t spaced ", b"X-Empty:"),
        b"From: a@example.com\r\n\r\nx\r\n",
        b"From: a@example.com\r\n",
        mail(b"x\r\n", *[b"References: <%d@example.com>" % n for n in range(40)]),
    ],
)
def test_signatures_of_odd_messages_verify(raw: bytes, rsa_key: DkimKey, dns: DnsAnswer) -> None:
    untouched = Original.parse(raw).untouched(RECEIVED)

    assert verifies(signed(raw, rsa_key), dns)
    assert verifies(untouched.signed(Signer([rsa_key]).sign(untouched)), dns)


@pytest.mark.parametrize(
    "injected",
    [
        b"List-Unsubscribe: <https://evil.example/>",
        b"List-Unsubscribe-Post: List-Unsubscribe=One-Click",
        b"Subject: other",
        b"From: eve@evil.example",
        b"To: everybody@example.net",
        b"Date: Tue, 24 Nov 2026 10:00:01 +0000",
        b"Content-Type: text/html",
        b"Content-Transfer-Encoding: base64",
        b"Reply-To: eve@evil.example",
        b"Cc: eve@evil.example",
        b"Message-ID: <other@evil.example>",
        b"List-Id: <other.example>",
        b"MIME-Version: 1.0",
    ],
)
def test_a_second_field_put_on_top_breaks_the_signature(
    injected: bytes, rsa_key: DkimKey, dns: DnsAnswer
) -> None:
    raw = signed(NEWS, rsa_key)

    assert verifies(raw, dns)
    assert not verifies(injected + b"\r\n" + raw, dns)


def test_what_mail_servers_add_on_the_way_breaks_nothing(rsa_key: DkimKey, dns: DnsAnswer) -> None:
    raw = signed(b"From: a@example.com\r\n\r\nx\r\n", rsa_key)
    added = b"Received: from a by b\r\nMessage-ID: <added@example.com>\r\nDate: Tue, 24 Nov 2026 10:00:01 +0000\r\n"

    assert verifies(added + raw, dns)


def test_what_one_click_needs_is_signed(rsa_key: DkimKey) -> None:
    """RFC 8058 3.1: both list fields, here once more than they occur."""
    listed = names(signed(NEWS, rsa_key))

    for name in (
        b"from",
        b"subject",
        b"to",
        b"date",
        b"list-unsubscribe",
        b"list-unsubscribe-post",
        b"content-type",
    ):
        assert listed.count(name) == 2
    assert b"received" not in listed
    assert b"dkim-signature" not in listed


def test_the_body_is_signed_in_full(rsa_key: DkimKey, dns: DnsAnswer) -> None:
    raw = signed(NEWS, rsa_key)

    assert b" l=" not in raw
    assert not verifies(raw + b"more\r\n", dns)


def test_fields_that_the_next_hop_rewrites_are_not_signed(rsa_key: DkimKey, dns: DnsAnswer) -> None:
    raw = signed(NEWS, rsa_key, unsigned=frozenset({"date", "Message-ID"}))

    assert not {b"date", b"message-id"}.intersection(names(raw))
    assert verifies(raw.replace(b"\r\nDate: Tue", b"\r\nDate: Wed").replace(b"<1@", b"<2@"), dns)


def test_from_is_always_signed(rsa_key: DkimKey) -> None:
    with pytest.raises(ConfigurationError):
        Signer([rsa_key], frozenset({"From"}))


def test_signature_lines_are_short_and_begin_with_their_value(rsa_key: DkimKey, ed25519_key: DkimKey) -> None:
    raw = signed(NEWS, rsa_key, ed25519_key)
    lines = raw[: raw.index(b"Received:")].split(b"\r\n")

    assert max(map(len, lines)) <= 78
    assert all(line.startswith((b"DKIM-Signature: v=1;", b" ")) for line in lines if line)


def test_a_header_with_countless_fields_of_one_name_gets_a_signature_of_bounded_size(
    rsa_key: DkimKey,
) -> None:
    raw = mail(b"x\r\n", *[b"Subject: %d" % n for n in range(50_000)])

    assert len(Signer([rsa_key]).sign(given_way_out(raw))) < 3_000


def test_the_ed25519_signature_of_rfc_8463_appendix_a() -> None:
    """Ed25519 is deterministic: the RFC's key over our canonical form gives the RFC's signature."""
    private = Ed25519PrivateKey.from_private_bytes(b64decode("nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A="))
    key = DkimKey("football.example.com", "brisbane", private)
    signature = (
        b" v=1; a=ed25519-sha256; c=relaxed/relaxed; d=football.example.com; i=@football.example.com;\r\n"
        b" q=dns/txt; s=brisbane; t=1528637909;\r\n"
        b" h=from : to : subject : date : message-id : from : subject : date;\r\n"
        b" bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;\r\n b="
    )
    fields = [
        (b"From", b" Joe SixPack <joe@football.example.com>\r\n"),
        (b"To", b" Suzie Q <suzie@shopping.example.net>\r\n"),
        (b"Subject", b" Is dinner ready?\r\n"),
        (b"Date", b" Fri, 11 Jul 2003 21:00:37 -0700 (PDT)\r\n"),
        (b"Message-ID", b" <20030712040037.46341.5F8J@football.example.com>\r\n"),
        (b"DKIM-Signature", signature),
    ]
    data = b"".join(relaxed_header(name, value) for name, value in fields)[:-2]

    assert key.dns_txt() == "v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="
    assert key.signature(data) == b64decode(
        "/gCrinpcQOoIfuHNQIbq4pgh9kyIK3AQUdt9OdqQehSwhEIug4D11BusFa3bT3FY5OsU7ZbnKELq+eXdp1Q1Dw=="
    )


@pytest.mark.parametrize("kind", ["rsa", "ed25519"])
def test_a_key_survives_its_pem(kind: str, rsa_key: DkimKey, ed25519_key: DkimKey) -> None:
    key = rsa_key if kind == "rsa" else ed25519_key
    again = DkimKey.from_pem(key.domain, key.selector, key.pem().decode())

    assert again.dns_txt() == key.dns_txt()
    assert again.algorithm == f"{kind}-sha256"
    assert again.name == f"{key.selector}._domainkey.example.com"


def test_a_key_never_shows_its_private_half(rsa_key: DkimKey) -> None:
    assert "private" not in repr(rsa_key).lower()


def pem_of(key: PrivateKeyTypes, password: bytes | None = None) -> bytes:
    encryption = serialization.BestAvailableEncryption(password) if password else serialization.NoEncryption()
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, encryption)


@pytest.mark.parametrize("kind", ["short", "elliptic", "encrypted", "nonsense"])
def test_keys_that_cannot_be_used_are_refused(kind: str) -> None:
    pem = {
        "short": pem_of(generate_private_key(65537, 1024)),  # noqa: S505 - what is refused
        "elliptic": pem_of(generate_ec(SECP256R1())),
        "encrypted": pem_of(Ed25519PrivateKey.generate(), b"secret"),
        "nonsense": b"nonsense",
    }[kind]
    with pytest.raises(ConfigurationError):
        DkimKey.from_pem("example.com", "s", pem)


@pytest.mark.parametrize(
    ("domain", "selector"),
    [
        ("Example.com", "s"),
        ("exa mple.com", "s"),
        ("example.com;", "s"),
        ("", "s"),
        ("example.com", "s;h=x"),
        ("a..b", "s"),
    ],
)
def test_names_that_could_break_the_field_are_refused(domain: str, selector: str) -> None:
    with pytest.raises(ConfigurationError):
        new_ed25519_key(domain, selector)
