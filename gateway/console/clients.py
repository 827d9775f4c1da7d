"""Where a browser is, for limits: its address, or what the proxies that we know say of it."""

import ipaddress
from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network

from starlette.requests import Request

_NOWHERE = IPv4Address(0)

Network = IPv4Network | IPv6Network


def client_of(request: Request, proxies: Sequence[Network]) -> IPv4Address | IPv6Address:
    """The last address that no proxy of ours has: what stands before it anybody may have written."""
    found = _parsed(request.client.host if request.client else "") or _NOWHERE
    for hop in reversed(request.headers.get("x-forwarded-for", "").split(",")):
        told = _parsed(hop.strip())
        if told is None or not any(found in network for network in proxies):
            break
        found = told
    return found


def limited_as(client: IPv4Address | IPv6Address) -> str:
    """Who has one address of IPv6 has all of its /64."""
    if isinstance(client, IPv6Address):
        return str(IPv6Network((client, 64), strict=False))
    return str(client)


def _parsed(text: str) -> IPv4Address | IPv6Address | None:
    try:
        found = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return getattr(found, "ipv4_mapped", None) or found
