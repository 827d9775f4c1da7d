"""Rules 3 and 4: who the recipient is, as far as that forbids writing."""

from suppression.decision import SKIP, Reason, Refuse, Skip
from suppression.model import Facts, Request
from suppression.purposes import Catalogue
from suppression.rules.reach import is_required, oldest


def erased(request: Request, facts: Facts, _catalogue: Catalogue) -> Refuse | None:
    """An erasure is of the whole recipient, whatever its scope says; `required` does not pass it."""
    entry = oldest(
        entry for entry in facts.suppressions if entry.reason is Reason.ERASED and entry.in_force(request.at)
    )
    return Refuse(Reason.ERASED, "erased", entry.id) if entry else None


def child(request: Request, facts: Facts, _catalogue: Catalogue) -> Refuse | Skip | None:
    """Of a year of birth alone the younger age is taken: the birthday may be still to come."""
    if is_required(request):
        return SKIP
    year = facts.birth_year
    if facts.child or (year is not None and request.at.year - year <= request.minimum_age):
        return Refuse(Reason.CHILD, "child")
    return None
