"""The lists that are understood: our own plain one, and what five providers export. Each is known by its heading.

Names of columns are as the providers' consoles and interfaces write them: SendGrid (suppressions downloaded as CSV),
Mailgun (its suppression tables), Postmark (suppression dump), Amazon SES (account-level suppression list), Mailchimp
(audience export: unsubscribed, cleaned, subscribed).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from channels.email.inbound.bounce_codes import Action, Kind, kind_of
from gateway.imports.rows import FileRefused, Given

TIGHTENS_ONLY = "an import never gives a consent or lifts"
_MAIL = "email"
_UNDELIVERABLE, _COMPLAINED, _UNSUBSCRIBED = "undeliverable", "complained", "unsubscribed"

_NO_FAULT = frozenset({Kind.SENDER, Kind.NETWORK, Kind.TEMPORARY, Kind.MAILBOX_FULL})

_CONSENTS = ("subscribed", "consent", "opted_in", "opt_in")
_YES = frozenset({"1", "true", "yes", "y", "t", "subscribed", "granted"})

Cells = Mapping[str, str]
Meaning = Callable[[Cells], Given | str]
"""Of one row: what it says, or why it is rejected."""


@dataclass(frozen=True, slots=True)
class Format:
    """`address`: the heading's name for it (in lower case); `marks`: others that tell the format, some of them."""

    name: str
    address: str
    marks: tuple[frozenset[str], ...]
    columns: frozenset[str]
    meaning: Meaning

    def fits(self, heading: frozenset[str]) -> bool:
        return self.address in heading and any(mark <= heading for mark in self.marks)


def _plain(row: Cells) -> Given | str:
    if any(row.get(name, "").strip().lower() in _YES for name in _CONSENTS):
        return TIGHTENS_ONLY
    address = next((row[name] for name in ADDRESSES if row.get(name)), "")
    return Given(
        address,
        row.get("channels") or row.get("channel", ""),
        row.get("purpose", ""),
        row.get("sender", ""),
        row.get("app", ""),
        row.get("reason") or row.get("status", ""),
        row.get("note", ""),
        row.get("until", ""),
    )


def _sendgrid(row: Cells) -> Given | str:
    """Bounces and blocks look alike but for their status; invalid addresses have none; spam reports have an `ip`."""
    if "ip" in row:
        return Given(row["email"], _MAIL, reason=_COMPLAINED)
    if "reason" not in row:
        return Given(row["email"], _MAIL, reason=_UNSUBSCRIBED)
    return _bounced(row["email"], row.get("status", ""), row["reason"])


def _bounced(address: str, status: str, said: str) -> Given | str:
    """What was for the moment, or the sender's own fault, says nothing of the address."""
    if kind_of(Action.FAILED, status.strip(), said) in _NO_FAULT:
        return "a block or a delay: not a fault of the address"
    return Given(address, _MAIL, reason=_UNDELIVERABLE, note=said)


def _mailgun(row: Cells) -> Given | str:
    """Bounces have a `code`, unsubscribes `tags`, complaints neither."""
    if "code" in row:
        if row["code"][:1] == "4":
            return "a delay: not a fault of the address"
        return Given(row["address"], _MAIL, reason=_UNDELIVERABLE, note=row.get("error", ""))
    reason = _UNSUBSCRIBED if "tags" in row or "tag" in row else _COMPLAINED
    return Given(row["address"], _MAIL, reason=reason)


_POSTMARK = {
    "hardbounce": _UNDELIVERABLE,
    "spamcomplaint": _COMPLAINED,
    "manualsuppression": _UNSUBSCRIBED,
}


def _postmark(row: Cells) -> Given | str:
    reason = _POSTMARK.get(row.get("suppressionreason", "").strip().lower())
    if reason is None:
        return "a SuppressionReason that is not known"
    return Given(row["emailaddress"], _MAIL, reason=reason)


_SES = {"bounce": _UNDELIVERABLE, "complaint": _COMPLAINED}


def _ses(row: Cells) -> Given | str:
    reason = _SES.get(row.get("reason", "").strip().lower())
    if reason is None:
        return "a reason that is neither BOUNCE nor COMPLAINT"
    return Given(row["emailaddress"], _MAIL, reason=reason)


def _mailchimp(row: Cells) -> Given | str:
    if row.get("clean_time") or row.get("clean_campaign_id"):
        return Given(row["email address"], _MAIL, reason=_UNDELIVERABLE)
    if row.get("unsub_time") or row.get("unsub_campaign_id"):
        return Given(row["email address"], _MAIL, "marketing", reason=_UNSUBSCRIBED, note=_said(row))
    return TIGHTENS_ONLY


def _said(row: Cells) -> str:
    return row.get("unsub_reason_other") or row.get("unsub_reason", "")


def _marks(*sets: str) -> tuple[frozenset[str], ...]:
    return tuple(frozenset(one.split()) for one in sets)


ADDRESSES = ("address", "email", "e-mail", "phone", "number")
PLAIN = Format(
    "plain",
    "address",
    (),
    frozenset((*ADDRESSES, *_CONSENTS, *Given._fields, "channel", "status")),
    _plain,
)
# The first that fits is meant: those with names that nobody else uses come first.
PROVIDERS = (
    Format(
        "postmark",
        "emailaddress",
        _marks("suppressionreason"),
        frozenset({"emailaddress", "suppressionreason", "origin", "createdat"}),
        _postmark,
    ),
    Format(
        "ses",
        "emailaddress",
        _marks("reason"),
        frozenset({"emailaddress", "reason", "lastupdatetime"}),
        _ses,
    ),
    Format(
        "mailchimp",
        "email address",
        _marks("leid", "euid", "member_rating", "unsub_time", "clean_time"),
        frozenset(
            [
                "unsub_time",
                "unsub_campaign_id",
                "unsub_reason",
                "unsub_reason_other",
                "clean_time",
                "clean_campaign_id",
            ]
        )
        | {"email address"},
        _mailchimp,
    ),
    Format(
        "sendgrid",
        "email",
        _marks("created"),
        frozenset({"email", "created", "status", "reason", "ip"}),
        _sendgrid,
    ),
    Format(
        "mailgun",
        "address",
        _marks("created_at"),
        frozenset({"address", "code", "error", "tags", "tag", "created_at"}),
        _mailgun,
    ),
)
FORMATS: Mapping[str, Format] = {known.name: known for known in (PLAIN, *PROVIDERS)}


def names_of(heading: Sequence[str]) -> list[str]:
    return [cell.strip().strip('"').lower() for cell in heading]


def format_of(heading: Sequence[str], declared: str) -> Format:
    """FileRefused for a heading that is not understood, or of another format than was said."""
    names = frozenset(names_of(heading))
    if declared and declared not in FORMATS:
        raise FileRefused(f"format: one of {', '.join(FORMATS)}")
    if declared and declared != PLAIN.name:
        if not FORMATS[declared].fits(names):
            raise FileRefused(f"the heading is not that of {declared}")
        return FORMATS[declared]
    found = None if declared else next((known for known in PROVIDERS if known.fits(names)), None)
    if found is None and not names.isdisjoint(ADDRESSES):
        found = PLAIN
    if found is None:
        raise FileRefused("no heading that is understood: `address`, or that of a provider's export")
    return found


class Meant:
    """What the rows of a list of this heading say."""

    def __init__(self, known: Format, heading: Sequence[str]) -> None:
        names = names_of(heading)
        wanted = [place for place, name in enumerate(names) if name in known.columns]
        self.format = known
        self.width = len(names)
        self.ignored = tuple(name for name in names if name not in known.columns)
        self._names = [names[place] for place in wanted]
        self._wanted = wanted

    def of(self, cells: list[str]) -> Given | str:
        if len(cells) != self.width:
            return f"half a row, or one too long: {len(cells)} of {self.width} columns"
        picked = cells if len(self._wanted) == self.width else [cells[place] for place in self._wanted]
        return self.format.meaning(dict(zip(self._names, picked, strict=True)))

    def of_object(self, values: Mapping[str, object]) -> Given | str:
        """Of a line of NDJSON, whose names may be written in any case."""
        cells = {name.lower(): _cell(value) for name, value in values.items()}
        if not cells.get(self.format.address) and self.format is not PLAIN:
            return "no address"
        return self.format.meaning(cells)


def _cell(value: object) -> str:
    if isinstance(value, list):
        return " ".join(map(str, value))
    return "" if value is None else str(value)
