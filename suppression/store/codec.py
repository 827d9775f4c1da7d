"""How entries, consents and what else is known of a recipient look in Redis, both ways. Nothing else knows it.

A recipient's hash has the fields
    v          id of the last change's log record (the version)
    l          ids of the last 6 log records, 8 bytes each
    b          birth year, or "c" for a child's mark
    p          key of the person that it belongs to, 16 bytes
    k          language|zone|country, empty where not known
    o          ids of evidence kept of what was lifted, 6 bytes each
    q          numbers of what waits for it in the outbox, 8 bytes each
    s<6 bytes> a suppression     c<6 bytes>  a consent
Entry values are `|`-separated, short codes for the vocabularies, times in base 36, empty for "all" and "none";
the last part is the order: the step script appends the id of the record that it logs.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from suppression.decision import Reason
from suppression.errors import StoreUnavailable
from suppression.model import ALL, Basis, Channel, Consent, Facts, Scope, Suppression, Way

# Codes are data: never reuse one, never change one (a golden test freezes them).
_CHANNELS = {Channel.EMAIL: "e", Channel.SMS: "s", Channel.VOICE: "v", Channel.AUDIENCE: "a"}
_REASONS = {
    Reason.UNSUBSCRIBED: "u",
    Reason.BLOCKED: "b",
    Reason.COMPLAINED: "c",
    Reason.UNDELIVERABLE: "d",
    Reason.UNUSABLE_ADDRESS: "i",
    Reason.ERASED: "e",
    Reason.LISTED: "l",
    Reason.IN_REVIEW: "r",
}
_WAYS = {way: chr(ord("a") + n) for n, way in enumerate(Way)}
_BASES = {basis: chr(ord("a") + n) for n, basis in enumerate(Basis)}
_FROM_CHANNEL = {code: channel for channel, code in _CHANNELS.items()}
_FROM_REASON = {code: reason for reason, code in _REASONS.items()}
_FROM_WAY = {code: way for way, code in _WAYS.items()}
_FROM_BASIS = {code: basis for basis, code in _BASES.items()}
_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"

SUPPRESSION = b"s"
CONSENT = b"c"


def milliseconds(at: datetime) -> int:
    return round(at.timestamp() * 1000)


def moment(ms: int) -> datetime:
    return datetime.fromtimestamp(ms / 1000, UTC)


def _base36(number: int) -> str:
    # Apps give times before 1970 too. Python's division rounds down: without the sign it would never end.
    digits, rest = "", abs(number)
    while rest:
        rest, digit = divmod(rest, 36)
        digits = _DIGITS[digit] + digits
    return ("-" if number < 0 else "") + (digits or "0")


def _time(at: datetime | None) -> str:
    return "" if at is None else _base36(milliseconds(at))


def _from_time(text: str) -> datetime | None:
    return moment(int(text, 36)) if text else None


def _name(text: str) -> str:
    """Names are free text of ours and of apps: what separates parts, or would end a line, is replaced."""
    return "".join("_" if c == "|" or not c.isprintable() else c for c in text)[:64]


def _scope(scope: Scope) -> list[str]:
    channels = "".join(sorted(_CHANNELS[channel] for channel in scope.channels))
    return [
        channels,
        *("" if part == ALL else _name(part) for part in (scope.purpose, scope.sender, scope.app)),
    ]


def _from_scope(channels: str, purpose: str, sender: str, app: str) -> Scope:
    return Scope(
        frozenset(_FROM_CHANNEL[code] for code in channels), purpose or ALL, sender or ALL, app or ALL
    )


def scope_codes(scope: Scope) -> tuple[str, str, str, str]:
    """For step.lua's `cancel`: channels' codes, purpose, sender, app; "" for all."""
    channels, purpose, sender, app = _scope(scope)
    return channels, purpose, sender, app


def channel_code(channel: Channel) -> str:
    return _CHANNELS[channel]


def channel_of(code: str) -> Channel:
    return _FROM_CHANNEL[code]


def scope_text(scope: Scope) -> str:
    """For the log: email,sms|marketing|shop|*."""
    channels = ",".join(sorted(scope.channels)) or ALL
    return f"{channels}|{scope.purpose}|{scope.sender}|{scope.app}"


def suppression_field(entry_id: str) -> bytes:
    return SUPPRESSION + bytes.fromhex(entry_id)


def consent_field(entry_id: str) -> bytes:
    return CONSENT + bytes.fromhex(entry_id)


def encode_suppression(entry: Suppression) -> str:
    """The field's value, but for the order."""
    parts = [
        *_scope(entry.scope),
        _REASONS[entry.reason],
        _WAYS[entry.way],
        _name(entry.source),
        _name(entry.actor),
        _time(entry.at),
        _time(entry.until),
        _name(entry.batch),
        entry.exact or "",
    ]
    return "|".join(parts) + "|"


def decode_suppression(entry_id: str, value: str) -> Suppression:
    channels, purpose, sender, app, reason, way, source, actor, at, until, batch, exact, order = value.split(
        "|"
    )
    return Suppression(
        id=entry_id,
        scope=_from_scope(channels, purpose, sender, app),
        reason=_FROM_REASON[reason],
        way=_FROM_WAY[way],
        source=source,
        actor=actor,
        at=moment(int(at, 36)),
        order=order,
        until=_from_time(until),
        batch=batch,
        exact=exact or None,
    )


def encode_consent(entry: Consent) -> str:
    """The field's value, but for the order."""
    parts = [
        *_scope(entry.scope),
        _BASES[entry.basis],
        _name(entry.source),
        _name(entry.actor),
        _time(entry.at),
        _time(entry.expires),
        entry.exact,
        "1" if entry.direct else "",
        ",".join(sorted(entry.overrides)),
        _time(entry.withdrawn),
    ]
    return "|".join(parts) + "|"


def decode_consent(entry_id: str, value: str) -> Consent:
    parts = value.split("|")
    (
        channels,
        purpose,
        sender,
        app,
        basis,
        source,
        actor,
        at,
        expires,
        exact,
        direct,
        overrides,
        gone,
        order,
    ) = parts
    return Consent(
        id=entry_id,
        scope=_from_scope(channels, purpose, sender, app),
        basis=_FROM_BASIS[basis],
        source=source,
        actor=actor,
        at=moment(int(at, 36)),
        order=order,
        exact=exact,
        expires=_from_time(expires),
        direct=bool(direct),
        overrides=frozenset(overrides.split(",")) if overrides else frozenset(),
        withdrawn=_from_time(gone),
    )


def unpack_orders(packed: bytes) -> tuple[str, ...]:
    """Ids of log records, 8 bytes each."""
    ids = (packed[at : at + 8] for at in range(0, len(packed), 8))
    return tuple(f"{int.from_bytes(raw[:6], 'big')}-{int.from_bytes(raw[6:], 'big')}" for raw in ids)


def encode_known(language: str | None, zone: str | None, country: str | None) -> str:
    """Field k: what is known of who the recipient is."""
    return "|".join((language or "", zone or "", country or ""))


def _known(value: bytes) -> dict[str, Any]:
    language, zone, country = value.decode().split("|")
    return {"language": language or None, "zone": zone or None, "country": country or None}


def _birth(value: bytes) -> dict[str, Any]:
    return {"child": True} if value == b"c" else {"birth_year": int(value)}


_KNOWN: Mapping[bytes, Callable[[bytes], dict[str, Any]]] = {
    b"v": lambda value: {"version": value.decode()},
    b"l": lambda value: {"recent": unpack_orders(value)},
    b"b": _birth,
    b"p": lambda value: {"person": value.hex()},
    b"k": _known,
    b"o": lambda value: {"lifted": tuple(value[at : at + 6].hex() for at in range(0, len(value), 6))},
    b"q": lambda value: {"waiting": len(value) // 8},
}


def decode_facts(fields: Iterable[bytes], generation: str) -> Facts:
    """Facts of HGETALL's flat reply. What this version cannot read it cannot decide on: StoreUnavailable."""
    flat = iter(fields)
    facts = Facts(generation=generation)
    suppressions: list[Suppression] = []
    consents: list[Consent] = []
    known: dict[str, Any] = {}
    try:
        for name in flat:
            value = next(flat)
            if name[:1] == SUPPRESSION:
                suppressions.append(decode_suppression(name[1:].hex(), value.decode()))
            elif name[:1] == CONSENT:
                consents.append(decode_consent(name[1:].hex(), value.decode()))
            elif name in _KNOWN:
                known |= _KNOWN[name](value)
            else:
                raise StoreUnavailable("a recipient has a field of a newer version")
    except (KeyError, ValueError, UnicodeDecodeError) as error:
        raise StoreUnavailable("a recipient has an entry that cannot be read") from error
    if not known and not suppressions and not consents:
        return facts
    return replace(facts, suppressions=tuple(suppressions), consents=tuple(consents), **known)
