"""One recipient's stops and consents, made again of the log's lines in their order. Pure.

Not the store's own code on purpose: this is what checks it. The rules are in `after_stops`.
"""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NamedTuple

from suppression.decision import Reason
from suppression.errors import UnknownPurpose
from suppression.model import ALL, Channel, Consent, Scope, Way
from suppression.purposes import SYSTEM, Catalogue, Purpose
from suppression.records import RecordKind
from suppression.store import codec
from suppression.store.written import read_writes

_PHONE = frozenset({Channel.SMS, Channel.VOICE})
_TRANSACTIONAL = "transactional"


class Line(NamedTuple):
    """A change or a hand-over, as far as it matters here. Times are DuckDB's: without a zone, in UTC."""

    who: bytes
    ms: int
    seq: int
    shard: int
    kind: str
    time: datetime
    exact: str
    channel: str
    purpose: str
    sender: str
    app: str
    fact: str
    legal_notice: str
    reason: str
    way: str
    entry: str
    scope: str
    until: datetime | None
    writes: str


@dataclass(frozen=True, slots=True)
class Stop:
    line: Line
    scope: Scope

    @property
    def over_all(self) -> bool:
        return self.line.reason == Reason.ERASED


@dataclass(frozen=True, slots=True)
class Yes:
    """`written`: what the record says that it wrote; None where it does not."""

    line: Line
    scope: Scope
    written: Consent | None


class Recipient:
    """What the lines so far come to."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._stops: dict[str, Stop] = {}
        self._consents: dict[str, Yes] = {}

    def change(self, line: Line) -> None:
        match line.kind:
            case RecordKind.SUPPRESSED:
                self._stop(line)
            case RecordKind.ERASED:
                self._end(Reason.IN_REVIEW)
                self._stop(line)
                self._consents.clear()
            case RecordKind.RETURNED:
                self._end(Reason.ERASED)
                self._stop(line)
            case RecordKind.LIFTED:
                self._stops.pop(line.entry, None)
            case RecordKind.CONSENTED:
                self._consents[line.entry] = Yes(line, _scope(line.scope), _written(line))
            case RecordKind.WITHDRAWN:
                self._consents.pop(line.entry, None)
            case _:  # who belongs to whom stops nothing by itself
                pass

    def _stop(self, line: Line) -> None:
        if line.reason not in {Reason.UNDELIVERABLE, Reason.UNUSABLE_ADDRESS}:
            self._stops[line.entry] = Stop(line, _scope(line.scope))

    def _end(self, reason: Reason) -> None:
        self._stops = {entry: stop for entry, stop in self._stops.items() if stop.line.reason != reason}

    def stop_against(self, hand_over: Line) -> Stop | None:
        """The oldest stop that should have kept it from leaving."""
        purpose = purpose_of(self._catalogue, hand_over.purpose)
        against = (
            stop
            for stop in self._stops.values()
            if (stop.line.until is None or hand_over.time < stop.line.until)
            and covers(stop, hand_over, purpose)
            and not any(_allows(yes, stop, hand_over, purpose) for yes in self._consents.values())
        )
        return min(against, key=lambda stop: (stop.line.ms, stop.line.seq), default=None)


def covers(stop: Stop, hand_over: Line, purpose: Purpose) -> bool:
    if stop.over_all:
        return True
    required = purpose.required and (not purpose.legal_notice or bool(hand_over.legal_notice.strip()))
    if stop.line.reason == Reason.COMPLAINED:
        on_channel = not stop.scope.channels or hand_over.channel in stop.scope.channels
        return on_channel and not required and purpose.class_ != _TRANSACTIONAL
    if not _falls_under(stop.scope, hand_over, purpose):
        return False
    return not required or _binds_required(stop, hand_over, purpose)


def _binds_required(stop: Stop, hand_over: Line, purpose: Purpose) -> bool:
    if purpose.class_ != SYSTEM and stop.line.way == Way.PROVIDER and hand_over.channel in _PHONE:
        return True
    return stop.line.reason == Reason.BLOCKED and stop.scope.purpose in purpose.paths


def _falls_under(scope: Scope, hand_over: Line, purpose: Purpose) -> bool:
    channel = Channel(hand_over.channel)
    return any(scope.covers(channel, path, hand_over.sender, hand_over.app) for path in purpose.paths)


def _allows(yes: Yes, stop: Stop, hand_over: Line, purpose: Purpose) -> bool:
    if stop.line.reason != Reason.UNSUBSCRIBED or yes.line[1:3] < stop.line[1:3]:
        return False
    if yes.line.exact != hand_over.exact or yes.scope.sender != hand_over.sender:
        return False
    if not _falls_under(yes.scope, hand_over, purpose):
        return False
    if yes.written is None:
        return hand_over.fact == yes.line.entry
    at = hand_over.time.replace(tzinfo=UTC)
    return yes.written.in_force(at) and (yes.written.direct or stop.line.entry in yes.written.overrides)


def purpose_of(catalogue: Catalogue, path: str) -> Purpose:
    """One that the catalogue has no more is nothing but its path: not `required`."""
    try:
        return catalogue.find(path)
    except UnknownPurpose:
        return Purpose(path, path, {})


def _scope(text: str) -> Scope:
    """codec.scope_text, read back; what cannot be read covers everything."""
    parts = text.split("|")
    if len(parts) != 4:
        return Scope()
    try:
        channels = (
            frozenset(Channel(name) for name in parts[0].split(",")) if parts[0] != ALL else frozenset()
        )
    except ValueError:
        channels = frozenset()
    return Scope(channels, *parts[1:])


def _written(line: Line) -> Consent | None:
    try:
        fields = read_writes(json.loads(line.writes or "{}"), f"{line.ms}-{line.seq}")
        value = fields.get(codec.consent_field(line.entry))
        return None if value is None else codec.decode_consent(line.entry, value.decode())
    except (ValueError, KeyError):
        return None
