"""The address of who is looked at, as an agent typed it: it waits, sealed, in his session, and never in a URL.

The store keeps the first spelling of an address, and none of somebody who is not known yet; consents, and what does
not arrive, are of one very spelling. So what was typed is kept beside it for as long as the session lasts.
"""

import json
from collections.abc import Mapping

from gateway.console.doors import Console
from gateway.console.recipients import handles
from gateway.console.visit import Visit
from suppression import address
from suppression.address import Address
from suppression.errors import StoreUnavailable, UnusableAddress
from suppression.model import Recipient

_NOTE = "spelled:"
_MOST = 20  # of one session; the oldest go


def _bound_to(handle: str) -> bytes:
    return b"console|spelled|" + handle.encode()


async def remember(console: Console, visit: Visit, recipient: Recipient) -> None:
    """What the next pages about the recipient are to call it."""
    typed = recipient.address
    if typed is None:
        return
    handle = handles.of(recipient)
    stored = await console.doors.address(recipient.key)
    if stored is not None and stored.text == typed.text:
        await console.sessions.forget(visit.session, _NOTE + handle)
        return
    now = console.clock().isoformat()
    note = console.sealer.evidence(
        {"text": typed.text, "kind": typed.kind.value, "at": now}, _bound_to(handle)
    )
    await console.sessions.note(visit.session, _NOTE + handle, note)
    await console.sessions.forget(visit.session, *_too_many(console, visit.session.notes))


def _too_many(console: Console, notes: Mapping[str, bytes]) -> list[str]:
    """The oldest, with room for one more; what cannot be read goes first."""
    written = {name: _opened(console, name, note) for name, note in notes.items() if name.startswith(_NOTE)}
    oldest = sorted(written, key=lambda name: written[name].get("at", ""))
    return oldest[: max(0, len(oldest) - _MOST + 1)]


def _opened(console: Console, name: str, note: bytes) -> Mapping[str, str]:
    try:
        return console.sealer.open_evidence(note, _bound_to(name.removeprefix(_NOTE)))
    except (StoreUnavailable, json.JSONDecodeError):
        return {}


async def forget(console: Console, visit: Visit, recipient: Recipient) -> None:
    """Who was erased is not called by the address any more."""
    await console.sessions.forget(visit.session, _NOTE + handles.of(recipient))


def typed(console: Console, visit: Visit, recipient: Recipient) -> Address | None:
    """As it was typed in this session, if it was, and differs from what is stored."""
    handle = handles.of(recipient)
    note = visit.session.notes.get(_NOTE + handle)
    if note is None:
        return None
    read = _opened(console, _NOTE + handle, note)
    try:
        found = address.parse(read["text"], "email" if read["kind"] == "email" else "sms")
    except (UnusableAddress, KeyError):
        return None
    return found if console.doors.recipient(found).key == recipient.key else None


async def named(console: Console, visit: Visit, text: str) -> tuple[Recipient, Address | None]:
    """Who a handle is, with the address that is acted on, and the one that is stored. NotFound."""
    bare = handles.parse(text)
    stored = await console.doors.address(bare.key)
    return known_as(console, visit, bare, stored), stored


def known_as(console: Console, visit: Visit, bare: Recipient, stored: Address | None) -> Recipient:
    """With the address that acts are about: what was typed, else what is stored."""
    found = typed(console, visit, bare) or stored
    return bare if found is None else console.doors.recipient(found)
