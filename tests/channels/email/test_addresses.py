"""From fields, as RFC 5322 and people write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.email.addresses import addresses


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (b"ann@example.com", ["ann@example.com"]),
        (b"Ann <ann@example.com>", ["ann@example.com"]),
        (b'"Ann, the \\"first\\"" <ann@example.com>', ["ann@example.com"]),
        (b"Ann <ann@example.com>, bob@example.net", ["ann@example.com", "bob@example.net"]),
        (b"ann@example.com (Ann (the first) \\) of us)", ["ann@example.com"]),
        (b"John <jdoe@machine(comment).  example>", ["jdoe@machine.example"]),
        (b"pete(his account) @ silly . test", ["pete@silly.test"]),
        (b'"joe q"@example.com', ['"joe q"@example.com']),
        (b'"a@b" <ann@example.com>', ["ann@example.com"]),
        (b"Group: ann@example.com, Bob <bob@example.net>;", ["ann@example.com", "bob@example.net"]),
        (b"Undisclosed recipients:;", []),
        (b"Ann <@relay.example,@other.example:ann@example.com>", ["ann@example.com"]),
        (b"ann@[192.0.2.1]", ["ann@[192.0.2.1]"]),
        (b"=?utf-8?q?J=C3=B6rg?= <j@example.com>", ["j@example.com"]),
        ("Jörg <jörg@exämple.com>".encode(), ["jörg@exämple.com"]),
        (b"shop@example.com <noreply@example.com>", ["noreply@example.com"]),
        (b"Ann <ann@example.com", ["ann@example.com"]),
        (b",, ann@example.com ,", ["ann@example.com"]),
        (b"<ann@example.com> <eve@example.net>", ["ann@example.com", "eve@example.net"]),
        (b"Ann <ann@example.com> eve@example.net", ["ann@example.com"]),
        (b"ann", []),
        (b"", []),
        (b"<>", []),
        (b"@example.com", []),
        (b"ann@", []),
        (b"a b@example.com", []),
        (b"ann@exam ple.com", []),
        (b"ann@eve@example.com", []),
        (b"\xff@\xfe", ["\ufffd@\ufffd"]),
    ],
)
def test_addresses_of_a_field(value: bytes, expected: list[str]) -> None:
    assert addresses(value) == expected


@given(st.binary(max_size=300) | st.text('<>@,;:()"\\[] ab.', max_size=300).map(str.encode))
def test_no_value_raises(value: bytes) -> None:
    assert all("@" in address for address in addresses(value))
