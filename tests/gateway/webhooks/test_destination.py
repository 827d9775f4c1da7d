"""Where events may go: no address inside, however it is written and whatever name leads to it."""

from collections.abc import Sequence
from ipaddress import ip_address, ip_network

import pytest

from gateway.webhooks.destination import Destinations, Forbidden
from suppression.errors import CarrierUnavailable

PUBLIC = ["8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808", "2002:808:808::1"]
INSIDE = [
    *("127.0.0.1", "127.255.255.254", "::1", "0.0.0.0", "::"),
    *("10.0.0.1", "172.16.0.1", "192.168.1.1", "fc00::1", "fdff::1", "fec0::1"),
    *("169.254.169.254", "fd00:ec2::254", "100.100.100.200", "192.0.0.192", "169.254.170.2"),
    *("fe80::1", "169.254.0.1", "100.64.0.1", "192.0.2.1", "198.51.100.1", "203.0.113.1", "2001:db8::1"),
    *("198.18.0.1", "224.0.0.1", "239.255.255.255", "ff02::1", "ff0e::1", "240.0.0.1", "255.255.255.255"),
    *("::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "::127.0.0.1", "::10.0.0.1"),
    *("64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::1", "2002:7f00:1::", "2002:a9fe:a9fe::1"),
    *("2001::1", "2001:0:a00:1::1"),
]


def named(*addresses: str) -> Destinations:
    async def resolve(_host: str, _port: int) -> Sequence[str]:
        return addresses

    return Destinations(resolve=resolve)


@pytest.mark.parametrize("text", PUBLIC)
async def test_a_public_address_is_connected_to(text: str) -> None:
    found = [await named(text).addresses("app.example.com", 443), await Destinations().addresses(text, 443)]
    assert found == [[ip_address(text)]] * 2


@pytest.mark.parametrize("text", INSIDE)
async def test_an_address_inside_is_not(text: str) -> None:
    """Whether a name leads there or the URL names it."""
    with pytest.raises(Forbidden):
        await named(text).addresses("app.example.com", 443)
    with pytest.raises(CarrierUnavailable):
        await Destinations().addresses(text, 443)


async def test_one_address_inside_spoils_the_others() -> None:
    with pytest.raises(Forbidden):
        await named("8.8.8.8", "10.0.0.1").addresses("app.example.com", 443)


@pytest.mark.parametrize("text", ["2130706433", "0x7f000001", "127.1", "0177.0.0.1", "localhost"])
async def test_other_ways_to_write_loopback_lead_nowhere(text: str) -> None:
    """As this system resolves them."""
    with pytest.raises(CarrierUnavailable):
        await Destinations().addresses(text, 80)


async def test_an_address_of_one_link_only_leads_nowhere() -> None:
    with pytest.raises(CarrierUnavailable):
        await named("fe80::1%eth0").addresses("app.example.com", 443)


async def test_a_network_of_ours_that_settings_name_is_connected_to_and_no_other() -> None:
    allowing = Destinations([ip_network("10.1.0.0/16"), ip_network("fd00:1::/32")])
    assert await allowing.addresses("10.1.2.3", 443) == [ip_address("10.1.2.3")]
    assert await allowing.addresses("fd00:1::5", 443) == [ip_address("fd00:1::5")]
    for text in ("10.2.0.1", "127.0.0.1", "fd00:2::1", "::ffff:10.1.2.3"):
        with pytest.raises(Forbidden):
            await allowing.addresses(text, 443)


async def test_what_was_checked_is_not_looked_up_again_at_once() -> None:
    asked = 0

    async def resolve(_host: str, _port: int) -> Sequence[str]:
        nonlocal asked
        asked += 1
        return ["8.8.8.8", "9.9.9.9", "8.8.8.8"]

    destinations = Destinations(resolve=resolve)
    found = [await destinations.addresses("app.example.com", 443) for _ in range(3)]
    assert found == [[ip_address("8.8.8.8"), ip_address("9.9.9.9")]] * 3
    assert asked == 1


async def test_a_name_that_is_unknown_is_tried_again_later() -> None:
    async def resolve(_host: str, _port: int) -> Sequence[str]:
        raise OSError("no such name")

    with pytest.raises(CarrierUnavailable):
        await Destinations(resolve=resolve).addresses("app.example.com", 443)
    with pytest.raises(CarrierUnavailable):
        await named().addresses("app.example.com", 443)
