"""Whose tries are counted together: a client is what our own proxies say, and nothing that it says itself."""

from ipaddress import ip_network

import pytest
from starlette.requests import Request

from gateway.console.clients import client_of, limited_as

PROXIES = (ip_network("10.0.0.0/8"), ip_network("fd00::/8"))


def request(peer: str, forwarded: str = "") -> Request:
    headers = [(b"x-forwarded-for", forwarded.encode())] if forwarded else []
    return Request({"type": "http", "client": (peer, 1) if peer else None, "headers": headers})


@pytest.mark.parametrize(
    ("peer", "forwarded", "client"),
    [
        ("203.0.113.7", "", "203.0.113.7"),
        ("203.0.113.7", "198.51.100.1", "203.0.113.7"),  # no proxy of ours: it may say what it likes
        ("10.0.0.1", "198.51.100.1", "198.51.100.1"),
        ("10.0.0.1", "192.0.2.9, 198.51.100.1", "198.51.100.1"),  # what it was told, it passes on
        ("10.0.0.1", "192.0.2.9, 198.51.100.1, 10.0.0.2", "198.51.100.1"),
        ("10.0.0.1", "192.0.2.9, nonsense", "10.0.0.1"),
        ("10.0.0.1", "", "10.0.0.1"),
        ("::ffff:10.0.0.1", "198.51.100.1", "198.51.100.1"),
        ("fd00::1", "2001:db8::5", "2001:db8::5"),
        ("fe80::1%eth0", "", "fe80::1"),
        ("", "", "0.0.0.0"),
    ],
)
def test_the_last_address_that_is_not_ours(peer: str, forwarded: str, client: str) -> None:
    assert str(client_of(request(peer, forwarded), PROXIES)) == client


def test_a_network_of_ipv6_is_one_client() -> None:
    first, second = (client_of(request(f"2001:db8::{at}"), ()) for at in (1, 2))
    assert limited_as(first) == limited_as(second) == "2001:db8::/64"
    assert limited_as(client_of(request("203.0.113.7"), ())) == "203.0.113.7"
