"""What the pages of Bulk tell of one list, in plain words. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from gateway.console.recipients import words
from gateway.imports.rows import Rejected, Row
from gateway.state.imports import MOST_REJECTS, Import, State
from suppression.model import Sender
from suppression.purposes import Catalogue
from suppression.store.codec import moment

FORMAT_TITLES: Mapping[str, str] = {
    "plain": "our own columns",
    "sendgrid": "SendGrid",
    "mailgun": "Mailgun",
    "postmark": "Postmark",
    "ses": "Amazon SES",
    "mailchimp": "Mailchimp",
}
REASONS = (
    ("", "They asked for it"),
    ("undeliverable", "Messages do not arrive"),
    ("complained", "They reported a message as spam"),
    ("blocked", "We block them"),
)
_WAYS: Mapping[State, tuple[str, str]] = {
    State.WAITING: ("waits", "attention"),
    State.RUNNING: ("being put in", "attention"),
    State.DONE: ("put in", "good"),
    State.TRIED: ("tried only", ""),
    State.FAILED: ("failed", "bad"),
    State.INTERRUPTED: ("stopped halfway", "bad"),
    State.UNDOING: ("being taken back", "attention"),
    State.UNDONE: ("taken back", ""),
}
_TAKEN_BACK = frozenset({State.DONE, State.INTERRUPTED, State.FAILED})
_LONGEST_ROW = 300  # characters of a rejected one


@dataclass(frozen=True, slots=True)
class Sample:
    """A row that was understood."""

    line: int
    address: str
    what: str
    why: str
    note: str


@dataclass(frozen=True, slots=True)
class ListView:
    """One list. `can_start`, `can_undo`: whether there is something to."""

    id: str
    label: str
    by: str
    at: datetime
    state: str
    badge: str
    sentence: str
    dry_run: bool
    moves: bool
    per_cent: int
    format: str
    ignored: Sequence[str]
    rows: int
    changed: int
    known: int
    rejected: int
    why: Sequence[tuple[str, int]]
    all_rejects: bool
    undone: int
    undone_by: str
    can_start: bool
    can_undo: bool

    @property
    def path(self) -> str:
        return f"/console/bulk/{self.id}"


def list_view(one: Import, *, kept: bool = False) -> ListView:
    """`kept`: its file is still here."""
    state, badge = (
        ("being tried", "attention") if one.dry_run and one.state is State.RUNNING else _WAYS[one.state]
    )
    return ListView(
        id=one.id,
        label=one.source,
        by=words.who(one.actor, one.own_sender),
        at=moment(one.at),
        state=state,
        badge=badge,
        sentence=sentence(one, kept=kept),
        dry_run=one.dry_run,
        moves=not one.ended,
        per_cent=one.per_cent,
        format=FORMAT_TITLES.get(one.format, one.format),
        ignored=one.ignored,
        rows=one.rows,
        changed=one.changed,
        known=one.known,
        rejected=one.rejected,
        why=sorted(one.why.items(), key=lambda pair: (-pair[1], pair[0])),
        all_rejects=one.rejected <= MOST_REJECTS,
        undone=one.undone,
        undone_by=words.who(one.undone_by) if one.undone_by else "",
        can_start=one.state is State.TRIED and kept and one.changed > 0,
        can_undo=one.state in _TAKEN_BACK and not one.dry_run and one.changed > 0,
    )


def sentence(one: Import, *, kept: bool) -> str:  # noqa: PLR0911 - a table, with names in it
    """How it stands, all in one."""
    match one.state:
        case State.WAITING:
            return "It waits for its turn. Nothing has been changed yet."
        case State.RUNNING:
            return f"{'Being read; nothing is changed' if one.dry_run else 'Being put in'}: {_rows(one.rows)} so far."
        case State.TRIED:
            return _tried(one, kept=kept)
        case State.DONE:
            return f"Put in: {count(one.changed, 'stop')} {_were(one.changed)} added; {_others(one)}."
        case State.FAILED if one.rows:
            return f"It failed after {_rows(one.rows)}: {one.fault}. {count(one.changed, 'stop')} were added."
        case State.FAILED:
            return f"Nothing of it could be used: {one.fault}."
        case State.INTERRUPTED:
            return f"It stopped halfway, after {_rows(one.rows)}: {one.fault}."
        case State.UNDOING:
            return f"Being taken back: {count(one.undone, 'stop')} ended so far."
        case State.UNDONE:
            return f"Taken back: {count(one.undone, 'stop')} ended. What recipients said otherwise stays."


def _tried(one: Import, *, kept: bool) -> str:
    if one.changed == 0:
        return f"Nothing in it is new: {_others(one)}. There is nothing to put in."
    told = f"{count(one.changed, 'row')} of {number(one.rows)} would stop something new; {_others(one)}."
    if kept:
        return f"{told} Nothing has been changed yet."
    return f"{told} Nothing was changed by this; its file is not kept any more."


def _others(one: Import) -> str:
    return f"{_rows(one.known)} {_were(one.known)} known already, {number(one.rejected)} {_were(one.rejected)} rejected"


def _were(many: int) -> str:
    return "was" if many == 1 else "were"


def _rows(many: int) -> str:
    return count(many, "row")


def number(many: int) -> str:
    return f"{many:,}"


def count(many: int, what: str) -> str:
    return f"{many:,} {what}{'' if many == 1 else 's'}"


def size(octets: int) -> str:
    return f"{octets / (1 << 30):.3g} GB" if octets >= 1 << 30 else f"{octets >> 20} MB"


def progress(one: Import) -> Mapping[str, object]:
    """For the bar: what the script shows."""
    return {"done": one.per_cent, "total": 100, "text": f"{one.per_cent} %. {sentence(one, kept=True)}"}


def samples(rows: Sequence[Row], catalogue: Catalogue, senders: Mapping[str, Sender]) -> Sequence[Sample]:
    return [
        Sample(
            row.number,
            row.address.text,
            words.scope(row.terms.scope, catalogue, senders)
            + (f", until {words.minute(row.terms.until)}" if row.terms.until else ""),
            words.SHORT[row.terms.reason],
            row.note,
        )
        for row in rows
    ]


def shortened(rows: Sequence[Rejected]) -> Sequence[Rejected]:
    return [Rejected(row.number, row.reason, _short(row.text)) for row in rows]


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST_ROW else text[:_LONGEST_ROW] + "…"
