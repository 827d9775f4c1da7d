"""What happened with a recipient, told line by line in plain words. Pure."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from gateway.console.recipients import handles, words
from gateway.http.record_words import meaning
from suppression.decision import Reason
from suppression.errors import UnknownPurpose
from suppression.model import ALL, Channel, Scope, Sender, Way
from suppression.purposes import Catalogue
from suppression.records import Record, RecordKind
from suppression.store.keys import parse_record_id


@dataclass(frozen=True, slots=True)
class Names:
    """What paths and names mean to a reader."""

    catalogue: Catalogue
    senders: Mapping[str, Sender]

    def sender(self, name: str) -> str:
        return self.senders[name].title if name in self.senders else name

    def purpose(self, path: str) -> str:
        try:
            return self.catalogue.find(path).title
        except UnknownPurpose:
            return path


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that happened. `kind`: how it is marked: stop, go, talk, note; `why`: the page that explains it."""

    at: datetime
    title: str
    detail: str
    by: str
    kind: str
    why: str
    id: str


_STOPS = {RecordKind.SUPPRESSED, RecordKind.ERASED, RecordKind.WITHDRAWN}
_GOES = {RecordKind.HANDING_OVER, RecordKind.SENT, RecordKind.DELIVERED, RecordKind.QUEUED}
_NOT = {
    RecordKind.REJECTED,
    RecordKind.BOUNCED,
    RecordKind.UNDELIVERED,
    RecordKind.DEAD,
    RecordKind.CANCELLED,
    RecordKind.POSTPONED,
    RecordKind.UNKNOWN,
}
CHANGES = frozenset(
    {
        RecordKind.SUPPRESSED,
        RecordKind.LIFTED,
        RecordKind.CONSENTED,
        RecordKind.WITHDRAWN,
        RecordKind.ERASED,
        RecordKind.RETURNED,
        RecordKind.LINKED,
        RecordKind.UNLINKED,
    }
)


def line(record: Record, names: Names) -> Line:
    title, detail = _TOLD.get(record.kind, _other)(record, names)
    decided = record.kind in {RecordKind.DECIDED, RecordKind.HANDING_OVER, RecordKind.QUEUED}
    if record.repeated:
        title += " again"
    return Line(
        record.time,
        title,
        detail,
        words.who(record.actor, record.source) if record.actor else "",
        _kind(record),
        handles.why_decision(record.id if decided else record.decision) if decided or record.decision else "",
        record.id,
    )


def _kind(record: Record) -> str:
    if record.kind in _STOPS or (record.kind is RecordKind.DECIDED and record.outcome == "refuse"):
        return "stop"
    if record.kind in _GOES:
        return "go"
    return "fault" if record.kind in _NOT else "note"


def _message(record: Record, names: Names) -> str:
    """Promotions by mail, from The Shop (app shop)."""
    parts = [names.purpose(record.purpose)] if record.purpose else []
    if record.channel:
        channel = f"by {words.CHANNELS[Channel(record.channel)]}"
        parts = [f"{parts[0]} {channel}" if parts else channel]
    if record.sender and record.sender != ALL:
        parts.append(f"from {names.sender(record.sender)}")
    told = ", ".join(parts)
    return f"{told} (app {record.app})" if record.app and record.app != ALL else told


def _decided(record: Record, names: Names) -> tuple[str, str]:
    title = {"send": "Might be sent", "defer": "Had to wait"}.get(record.outcome, "Refused")
    until = f" until {words.minute(datetime.fromtimestamp(record.until / 1000, UTC))}" if record.until else ""
    return f"{title}{until}: {_reason(record)}", _message(record, names)


def _handing_over(record: Record, names: Names) -> tuple[str, str]:
    return f"Allowed, and being handed over: {_reason(record)}", _message(record, names)


def _queued(record: Record, names: Names) -> tuple[str, str]:
    return "Accepted, to go when it is due", _message(record, names)


def _reason(record: Record) -> str:
    try:
        return words.SHORT[Reason(record.reason)]
    except (ValueError, KeyError):
        return record.reason


def _outcome(title: str) -> Callable[[Record, Names], tuple[str, str]]:
    def told(record: Record, names: Names) -> tuple[str, str]:
        said = record.text or record.details.get("fault", "")
        code = " ".join(str(part) for part in (record.code or "", record.status) if part)
        words_of_it = ": ".join(part for part in (code, said) if part)
        about = _message(record, names)
        return title, " · ".join(part for part in (about, words_of_it) if part)

    return told


def _scope(record: Record) -> Scope | None:
    """Of a change's record: email,sms|marketing|shop|*."""
    parts = record.scope.split("|")
    if len(parts) != 4:
        return None
    named = [] if parts[0] == ALL else parts[0].split(",")
    return Scope(frozenset(Channel(name) for name in named), *parts[1:])


def _change(title: str) -> Callable[[Record, Names], tuple[str, str]]:
    def told(record: Record, names: Names) -> tuple[str, str]:
        scope = _scope(record)
        detail = words.scope(scope, names.catalogue, names.senders) if scope else ""
        return title, " · ".join(part for part in (detail, _way(record)) if part)

    return told


def _way(record: Record) -> str:
    """By which way it came, through what."""
    told = []
    if record.reason and record.reason != Reason.UNSUBSCRIBED:
        told.append(_reason(record))
    if record.way:
        told.append(WAYS.get(Way(record.way), record.way))
    elif record.source:
        told.append(f"source {record.source}")
    if record.until:
        told.append(f"until {words.day(datetime.fromtimestamp(record.until / 1000, UTC))}")
    return ", ".join(told)


WAYS: Mapping[Way, str] = {
    Way.ONE_CLICK: "unsubscribed in a mail program",
    Way.LINK: "by the link in a message",
    Way.PREFERENCES: "on the preference page",
    Way.MAILTO: "by an unsubscribe mail",
    Way.MAILBOX: "by a mail to the opt-out mailbox",
    Way.SMS: "by a text",
    Way.KEY_PRESS: "by a key in a call",
    Way.PHONE_LINE: "on the opt-out line",
    Way.APP_REMOVED: "by removing the software",
    Way.AGENT: "by support",
    Way.PROVIDER: "told by the provider",
    Way.IMPORT: "by an imported list",
}


def _viewed(record: Record, names: Names) -> tuple[str, str]:
    return "A link was opened, and nothing changed", " · ".join(
        part for part in (_message(record, names), "by a person or a scanner: they look alike") if part
    )


def _reviewed(record: Record, _: Names) -> tuple[str, str]:
    return "What they wrote was decided on", record.outcome or record.details.get("decision", "")


def _plain(title: str) -> Callable[[Record, Names], tuple[str, str]]:
    return lambda record, names: (title, _message(record, names))


def _other(record: Record, names: Names) -> tuple[str, str]:
    return meaning(record).rstrip("."), _message(record, names)


_TOLD: Mapping[RecordKind, Callable[[Record, Names], tuple[str, str]]] = {
    RecordKind.DECIDED: _decided,
    RecordKind.HANDING_OVER: _handing_over,
    RecordKind.QUEUED: _queued,
    RecordKind.SENT: _outcome("Handed over"),
    RecordKind.REJECTED: _outcome("Rejected by the next server"),
    RecordKind.POSTPONED: _outcome("Put off by the next server"),
    RecordKind.UNKNOWN: _outcome("Not known whether it was taken"),
    RecordKind.BOUNCED: _outcome("Came back"),
    RecordKind.DELIVERED: _outcome("Arrived"),
    RecordKind.UNDELIVERED: _outcome("Did not arrive"),
    RecordKind.DEAD: _outcome("Could not be handed over in time"),
    RecordKind.CANCELLED: _outcome("Cancelled before it left"),
    RecordKind.SUPPRESSED: _change("Stopped"),
    RecordKind.LIFTED: _change("A stop was lifted"),
    RecordKind.CONSENTED: _change("Consent"),
    RecordKind.WITHDRAWN: _change("Consent withdrawn"),
    RecordKind.ERASED: _change("Erased"),
    RecordKind.RETURNED: _change("Became a customer again"),
    RecordKind.LINKED: _plain("Linked to a person, or told about"),
    RecordKind.UNLINKED: _plain("Not linked to the person any more"),
    RecordKind.EXPORTED: _plain("All that is held was given out"),
    RecordKind.RECEIVED: _outcome("They wrote or called, and it was no stop"),
    RecordKind.REVIEW_OPENED: _outcome("They wrote something unclear: it waits for a review"),
    RecordKind.VIEWED: _viewed,
    RecordKind.REVIEWED: _reviewed,
}


def since(records: Sequence[Record], seen: str, *, own: str) -> list[Record]:
    """Changes that came after what a page showed, without one's own; oldest first.

    seen  version of the facts that it showed; own: id of the record of what was just done
    """
    after = _place(seen)
    changed = [line for line in records if line.kind in CHANGES and line.id != own]
    return sorted(
        (line for line in changed if _place(parse_record_id(line.id)[1]) > after),
        key=lambda line: _place(parse_record_id(line.id)[1]),
    )


def _place(order: str) -> tuple[int, int]:
    ms, _, sequence = order.partition("-")
    try:
        return int(ms or 0), int(sequence or 0)
    except ValueError:
        return 0, 0
