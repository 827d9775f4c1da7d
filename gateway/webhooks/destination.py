"""Where an event may go: a host's addresses are looked up here, checked, and one of them is connected to as it is.

So a name that a stranger's settings or DNS points at a machine inside (or at a cloud's metadata) leads nowhere, and
one that changes between check and connection is not asked again.
"""

import asyncio
import ipaddress
import socket
import time
from collections.abc import Awaitable, Callable, Sequence
from ipaddress import IPv4Address, IPv6Address

from gateway.webhooks.subscriptions import Network
from suppression.errors import CarrierUnavailable

Address = IPv4Address | IPv6Address
Resolve = Callable[[str, int], Awaitable[Sequence[str]]]
"""The addresses of a host. OSError."""

REMEMBERED = 10.0  # seconds that what was looked up and checked is used

_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")  # RFC 6052 2.1
_PROTOCOLS = ipaddress.IPv4Network("192.0.0.0/24")  # RFC 6890: a cloud has its metadata there


class Forbidden(CarrierUnavailable):
    """A receiver in a network that events may not go to."""


async def resolve(host: str, port: int) -> Sequence[str]:
    """As the system knows it."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(address[0]) for *_, address in found]


class Destinations:
    """`allow`: networks of our own that receivers may be in."""

    def __init__(self, allow: Sequence[Network] = (), resolve: Resolve = resolve) -> None:
        self._allow = tuple(allow)
        self._resolve = resolve
        self._known: dict[str, tuple[float, list[Address]]] = {}

    async def addresses(self, host: str, port: int) -> list[Address]:
        """To connect to, one or the other. Forbidden if any address of the host is; CarrierUnavailable."""
        until, found = self._known.get(host, (0.0, []))
        if time.monotonic() >= until:
            found = await self._checked(host, port)
            self._known[host] = (time.monotonic() + REMEMBERED, found)
        return found

    async def _checked(self, host: str, port: int) -> list[Address]:
        try:
            found = [ipaddress.ip_address(text) for text in await self._resolve(host, port)]
        except (OSError, ValueError) as error:  # ValueError: an address with a zone, of this link only
            raise CarrierUnavailable("the receiver's name is not known") from error
        if not found:
            raise CarrierUnavailable("the receiver's name has no address")
        if not all(self._may_be(address) for address in found):
            raise Forbidden("the receiver is in a network that events do not go to")
        return list(dict.fromkeys(found))

    def _may_be(self, address: Address) -> bool:
        return any(
            address in network for network in self._allow if network.version == address.version
        ) or _is_public(address)


def _is_public(address: Address) -> bool:
    """An address that leads to another one is as good as that."""
    if isinstance(address, IPv4Address):
        return address.is_global and not address.is_multicast and address not in _PROTOCOLS
    inner = address.ipv4_mapped or _translated(address)
    if inner is not None:
        return _is_public(inner)
    if address.sixtofour is not None and not _is_public(address.sixtofour):
        return False
    return address.is_global and not (address.is_multicast or address.is_reserved or address.is_site_local)


def _translated(address: IPv6Address) -> IPv4Address | None:
    return IPv4Address(int(address) & 0xFFFF_FFFF) if address in _NAT64 else None
