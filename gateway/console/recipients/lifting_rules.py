"""Which stops support may end, and what a page says of the others. Pure."""

from suppression.changes import LIFTABLE
from suppression.decision import Reason
from suppression.model import Consent, Facts, Suppression

_WHY_NOT = {
    Reason.COMPLAINED: "A complaint is lifted by a supervisor only, who has the recipient's wish in writing.",
    Reason.ERASED: "An erasure is never lifted: it ends when the person becomes a customer again.",
    Reason.IN_REVIEW: "It ends by itself once the review of what they wrote is decided.",
}
_OTHERWISE = "This comes from elsewhere and ends there: it cannot be lifted here."


def why_not(entry: Suppression, *, complaints: bool) -> str:
    """Empty for what may be lifted. `complaints`: by somebody who may lift those."""
    if entry.reason in LIFTABLE or (complaints and entry.reason is Reason.COMPLAINED):
        return ""
    return _WHY_NOT.get(entry.reason, _OTHERWISE)


def overridable(facts: Facts) -> list[Suppression]:
    """Stops that the recipient can take back with a consent: only those that were his own word."""
    return [stop for stop in facts.suppressions if stop.reason is Reason.UNSUBSCRIBED]


def above(facts: Facts, consent: Consent) -> list[Suppression]:
    """Stops that the consent names."""
    return [stop for stop in facts.suppressions if stop.id in consent.overrides]
