"""What a decision says: Send, Refuse or Defer, each with a reason from one vocabulary."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Reason(StrEnum):
    """Why. One enum for log, API, SMTP replies, metrics and documents."""

    __hash__ = str.__hash__  # Enum's own is slow, and every decision asks for many

    # To send.
    NO_CONSENT_NEEDED = "no_consent_needed"
    CONSENTED = "consented"
    SOFT_OPT_IN = "soft_opt_in"
    NOT_OBJECTED = "not_objected"
    REQUIRED = "required"
    # To refuse or defer.
    NOT_PERMITTED = "not_permitted"
    UNUSABLE_ADDRESS = "unusable_address"
    ERASED = "erased"
    CHILD = "child"
    UNDELIVERABLE = "undeliverable"
    COMPLAINED = "complained"
    UNSUBSCRIBED = "unsubscribed"
    BLOCKED = "blocked"
    REGISTERED = "registered"
    REGISTER_STALE = "register_stale"
    LISTED = "listed"
    NO_CONSENT = "no_consent"
    CONSENT_EXPIRED = "consent_expired"
    CAPPED = "capped"
    OUTSIDE_HOURS = "outside_hours"
    ZONE_UNKNOWN = "zone_unknown"
    IN_REVIEW = "in_review"
    NO_VISIBLE_WAY_OUT = "no_visible_way_out"


@dataclass(frozen=True, slots=True)
class Send:
    """May go now. `rule` names the rule that decided, `fact` the consent's id where one did."""

    reason: Reason
    rule: str = ""
    fact: str | None = None


@dataclass(frozen=True, slots=True)
class Refuse:
    """May not go. `fact` is the id of the entry that stands against it, where one does."""

    reason: Reason
    rule: str = ""
    fact: str | None = None


@dataclass(frozen=True, slots=True)
class Defer:
    """May go from `until` (aware, UTC) on, if nothing changes."""

    reason: Reason
    until: datetime
    rule: str = ""
    fact: str | None = None


Decision = Send | Refuse | Defer


@dataclass(frozen=True, slots=True)
class Skip:
    """A rule's answer, never a decision: it does not concern this request."""


SKIP = Skip()


class Verdict(StrEnum):
    """What one rule said of a request."""

    PASS = "pass"  # noqa: S105 - a verdict
    REFUSE = "refuse"
    DEFER = "defer"
    SKIP = "skip"


@dataclass(frozen=True, slots=True)
class RuleVerdict:
    """A line of `explain`: the rule's name, its verdict, and the fact that decided."""

    rule: str
    verdict: Verdict
    reason: Reason | None = None
    fact: str | None = None
    until: datetime | None = None
