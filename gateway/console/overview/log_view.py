"""Which records a page of the log shows, as its URL says; and how they read. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import NamedTuple
from urllib.parse import urlencode

from gateway.archive.questions import Question
from gateway.http.render import moment
from suppression.decision import Reason
from suppression.model import Channel
from suppression.records import CHANGES, Record, RecordKind
from suppression.store import codec
from suppression.store.newest import EVER

LOG = "/console/log"
_LONGEST = 200


class Sort(NamedTuple):
    """Records that belong together for a reader."""

    label: str
    kinds: frozenset[RecordKind] = frozenset()
    outcome: str = ""
    reason: str = ""
    channel: str = ""


def _kinds(*kinds: RecordKind) -> frozenset[RecordKind]:
    return frozenset(kinds)


_DECISIONS = _kinds(RecordKind.DECIDED, RecordKind.QUEUED)
SORTS: Mapping[str, Sort] = {
    "": Sort("Everything"),
    "sent": Sort("Sent", _kinds(RecordKind.SENT)),
    "refused": Sort("Refused", _DECISIONS, "refuse"),
    "deferred": Sort("Put off", _DECISIONS, "defer"),
    "complaints": Sort("Complaints", _kinds(RecordKind.SUPPRESSED), reason=Reason.COMPLAINED.value),
    "bounces": Sort(
        "Bounced or rejected mail",
        _kinds(RecordKind.BOUNCED, RecordKind.REJECTED),
        channel=Channel.EMAIL.value,
    ),
    "unsubscribed": Sort("Unsubscribed", _kinds(RecordKind.SUPPRESSED), reason=Reason.UNSUBSCRIBED.value),
    "changes": Sort("Stops, consents and other changes", CHANGES),
    "queued": Sort("Taken into the outbox", _kinds(RecordKind.QUEUED)),
    "handing_over": Sort("Handing over", _kinds(RecordKind.HANDING_OVER)),
    "held": Sort("Could not leave, or may have left", _kinds(RecordKind.DEAD, RecordKind.UNKNOWN)),
}


@dataclass(frozen=True, slots=True)
class Filter:
    """As it was asked for; `problems` by field. `purpose` is also a change's, by its scope."""

    what: str = ""
    reason: str = ""
    purpose: str = ""
    channel: str = ""
    app: str = ""
    since: str = ""
    until: str = ""
    before: str = ""
    problems: Mapping[str, str] = field(default_factory=dict)

    @property
    def label(self) -> str:
        return SORTS[self.what].label

    def link(self, before: str = "") -> str:
        names = ("what", "reason", "purpose", "channel", "app", "since", "until")
        asked = {name: getattr(self, name) for name in names}
        return f"{LOG}?{urlencode({name: value for name, value in {**asked, 'before': before}.items() if value})}"

    def question(self) -> Question:
        sort = SORTS[self.what]
        return Question(
            kinds=sort.kinds,
            outcome=sort.outcome,
            reason=self.reason or sort.reason,
            channel=self.channel or sort.channel,
            app=self.app,
            purpose="" if self.of_scopes else self.purpose,
            since=_milliseconds(self.since, 0),
            until=_milliseconds(self.until, EVER),
            before=self.before,
        )

    @property
    def of_scopes(self) -> bool:
        """A change has its purpose in its scope: the log is not asked by that, but what it gives is looked through."""
        return bool(self.purpose) and bool(SORTS[self.what].kinds) and SORTS[self.what].kinds <= CHANGES

    def keeps(self, record: Record) -> bool:
        if not self.of_scopes:
            return True
        scope = record.scope.split("|")
        return len(scope) == 4 and _is_under(scope[1], self.purpose)


def _is_under(purpose: str, node: str) -> bool:
    """Of "*" only what is about everything: that is how it was counted."""
    return purpose == node or (node != "*" and purpose.startswith(node + "/"))


def filtered(given: Mapping[str, str]) -> Filter:
    """What cannot be is told, and not asked for."""
    known = {
        name: given.get(name, "").strip()[:_LONGEST]
        for name in Filter.__dataclass_fields__
        if name != "problems"
    }
    problems: dict[str, str] = {}
    allowed = {
        "what": set(SORTS),
        "reason": {"", *Reason},
        "channel": {"", *Channel},
    }
    for name, values in allowed.items():
        if known[name] not in values:
            problems[name], known[name] = "There is no such thing.", ""
    for name in ("since", "until"):
        at = _moment(known[name])
        if known[name] and at is None:
            problems[name], known[name] = "A time is written like 2026-12-31T14:05Z.", ""
        elif at is not None:
            known[name] = moment(at)
    return Filter(**known, problems=problems)


def _moment(text: str) -> datetime | None:
    """In UTC, where it names no zone."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at


def _milliseconds(text: str, otherwise: int) -> int:
    at = _moment(text)
    return otherwise if at is None else max(0, codec.milliseconds(at))
