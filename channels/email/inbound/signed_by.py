"""Whether a mail that came in is signed by the domain of its From (DKIM, RFC 6376): keys are asked of the DNS first,
then the signature is verified, which takes time but waits for nothing.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping

from channels.email.broken_signatures import tags
from channels.email.inbound.received import Received
from channels.email.inbound.report_parts import address_list

MOST_SIGNATURES = 5  # that are looked at
MOST_BYTES = 1 << 21  # a report larger than that is taken for unsigned
SMALLEST_KEY = 1024  # RFC 8301 3.2
_FIELD = "dkim-signature"

TextRecord = Callable[[str], Awaitable[bytes | None]]
"""The TXT record of a name; None where there is none. DnsUnavailable."""


class DnsUnavailable(Exception):
    """No answer for now."""


async def signed_by_its_author(raw: bytes, text_record: TextRecord) -> bool:
    """A valid signature over From, by its domain or one above it (RFC 9477 3: a complaint must have one).

    DnsUnavailable only where no other signature was found good.
    """
    received = Received(raw)
    senders = address_list(received.value("from"))
    if len(raw) > MOST_BYTES or len(received.values("from")) != 1 or len(senders) != 1:
        return False
    places = _own_signatures(received, senders[0].rpartition("@")[2].lower())
    keys: dict[str, bytes | None] = {}
    missing: DnsUnavailable | None = None
    for name in places.values():
        try:
            keys[name] = await text_record(name)
        except DnsUnavailable as error:
            missing = error
    known = [place for place, name in places.items() if keys.get(name)]
    verified: bool = await asyncio.to_thread(_verified, received.raw, known, keys)
    if missing is not None and not verified:
        raise missing
    return verified


def aligned(domain: str, author: str) -> bool:
    """Whether `domain` may speak for the domain of From: it is that, or one above it with a dot in it."""
    return domain == author or ("." in domain and author.endswith("." + domain))


def _own_signatures(received: Received, author: str) -> dict[int, str]:
    """Places of the signatures of the author's domain, each with the name of its key."""
    found = {}
    for place, field in enumerate(received.header.named(_FIELD.encode())[:MOST_SIGNATURES]):
        told = tags(received.header.value(field))
        domain = told.get(b"d", b"").decode("ascii", "replace").lower()
        selector = told.get(b"s", b"").decode("ascii", "replace").lower()
        # l= leaves a body open to what others append (RFC 6376 8.2).
        if selector and b"l" not in told and aligned(domain, author):
            found[place] = f"{selector}._domainkey.{domain}"
    return found


def _verified(raw: bytes, places: list[int], keys: Mapping[str, bytes | None]) -> bool:
    import dkim  # noqa: PLC0415 - heavy, and seldom needed

    def answer(name: bytes, timeout: float = 0) -> bytes | None:  # noqa: ARG001 - as dkimpy asks
        return keys.get(name.decode("ascii", "replace").rstrip(".").lower())

    for place in places:
        try:
            if dkim.DKIM(raw, minkey=SMALLEST_KEY).verify(idx=place, dnsfunc=answer):
                return True
        except Exception:  # noqa: BLE001, S112 - what a library trips over in a stranger's signature and key
            continue
    return False
