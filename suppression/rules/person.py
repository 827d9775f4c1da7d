"""Rules 3 and 4: who the recipient is, as far as that forbids writing."""

from datetime import datetime

from suppression.decision import SKIP, Reason, Refuse, Skip
from suppression.model import Facts, Request
from suppression.purposes import Catalogue
from suppression.rules.reach import is_required, oldest

_ERASED = Reason.ERASED


def erased(request: Request, facts: Facts, _catalogue: Catalogue) -> Refuse | None:
    """An erasure is of the whole recipient, whatever its scope says; `required` does not pass it."""
    entry = oldest(
        entry for entry in facts.suppressions if entry.reason is _ERASED and entry.in_force(request.at)
    )
    return Refuse(Reason.ERASED, "erased", entry.id) if entry else None


def child(request: Request, facts: Facts, _catalogue: Catalogue) -> Refuse | Skip | None:
    """Of a year of birth alone the younger age is taken: the birthday may be still to come."""
    if is_required(request):
        return SKIP
    return Refuse(Reason.CHILD, "child") if is_child(facts, request.at, request.minimum_age) else None


def is_child(facts: Facts, now: datetime, minimum_age: int) -> bool:
    """Marked as one, or perhaps still under that age."""
    year = facts.birth_year
    return facts.child or (year is not None and now.year - year <= minimum_age)
