"""Authentication-Results: only the topmost field, only of the server whose word is taken, only for the From."""

import pytest

from channels.email.inbound.authentication import is_authors
from channels.email.inbound.received import Received

HOST = "mx.example.com"


def said(*fields: str, sender: str = "From: Ann <ann@example.net>\r\n") -> bool:
    head = "".join(f"Authentication-Results: {field}\r\n" for field in fields)
    return is_authors(Received(f"{head}{sender}Subject: x\r\n\r\nHi\r\n".encode()), HOST)


PASS = (
    f"{HOST}; dmarc=pass header.from=example.net",
    f"{HOST}; dkim=pass header.d=example.net",
    f"{HOST}; dkim=pass header.i=@example.net",
    f"{HOST}; spf=pass smtp.mailfrom=bounce@example.net",
    f"{HOST}; spf=pass smtp.mailfrom=example.net",
    f"{HOST} 1; spf=fail smtp.mailfrom=other.example; dkim=pass (2048-bit key; secure) header.d=example.net header.b=x",
    "MX.EXAMPLE.COM;\r\n\tdkim=pass header.d=EXAMPLE.net",
    f'"{HOST}"; dkim = pass reason="good; very" header . d = example.net',
    f"{HOST} (our (own) host); dmarc=pass (p=REJECT) header.from=example.net",
)
NOT = (
    "",
    HOST,
    f"{HOST}; none",
    f"{HOST}; dmarc=fail header.from=example.net",
    f"{HOST}; dkim=pass header.d=evil.example",
    f"{HOST}; dkim=pass header.d=net",
    f"{HOST}; dkim=pass header.d=ample.net",
    f"{HOST}; dkim=pass header.d=mail.example.net",
    f"{HOST}; dmarc=pass header.from=evil.example",
    f"{HOST}; dkim=fail (dkim=pass header.d=example.net) header.d=example.net",
    f'{HOST}; dkim=fail reason="; dkim=pass header.d=example.net" header.d=example.net',
    f"{HOST}; spf=pass smtp.helo=example.net",
    f"{HOST}; auth=pass smtp.auth=ann@example.net",
    f"{HOST}; iprev=pass policy.iprev=192.0.2.1",
    f"{HOST}; arc=pass header.d=example.net",
    "evil.example; dkim=pass header.d=example.net",
    f"{HOST}.evil.example; dkim=pass header.d=example.net",
    f"evil.example ({HOST}); dkim=pass header.d=example.net",
)


@pytest.mark.parametrize("field", PASS)
def test_a_pass_for_the_domain_of_from_is_its_authors(field: str) -> None:
    assert said(field)


@pytest.mark.parametrize("field", NOT)
def test_anything_else_is_not(field: str) -> None:
    assert not said(field)


def test_a_field_below_the_topmost_is_a_strangers() -> None:
    assert not said(f"{HOST}; dkim=fail header.d=example.net", PASS[0])
    assert not said("relay.example; dkim=pass header.d=example.net", PASS[0])
    assert said(PASS[0], f"{HOST}; dkim=fail header.d=example.net")


def test_without_the_field_or_one_from_it_is_nobodys() -> None:
    assert not said()
    assert not said(PASS[0], sender="")
    assert not said(PASS[0], sender="From: ann@example.net\r\nFrom: bob@example.net\r\n")
    assert not said(PASS[0], sender="From: ann@example.net, bob@example.net\r\n")


def test_an_author_below_a_domain_that_signs_is_its() -> None:
    assert said(f"{HOST}; dkim=pass header.d=example.net", sender="From: ann@mail.example.net\r\n")


@pytest.mark.parametrize(
    "field", ["(" * 5000, '"' * 4999, "a=" * 4000, ";" * 8000, "(\\" * 4000, 'x="' * 2500]
)
def test_a_field_made_to_take_long_does_not(field: str) -> None:
    assert not said(f"{HOST}; {field}")
