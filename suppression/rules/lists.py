"""Rule 9: lists of recipients that a partner, or we, keep out of some purposes."""

from suppression.decision import SKIP, Reason, Refuse, Skip
from suppression.limits import covers_any
from suppression.model import Facts, Request
from suppression.purposes import Catalogue
from suppression.rules.reach import is_required

NAME = "lists"


def lists(request: Request, facts: Facts, catalogue: Catalogue) -> Refuse | Skip | None:
    """A list that was never loaded, or is too old, says nothing: that is no."""
    limits = catalogue.limits
    if not limits.lists or is_required(request):
        return SKIP
    asked = [
        entry
        for entry in limits.lists
        if (not entry.channels or request.channel in entry.channels)
        and covers_any(entry.purposes, request.purpose.paths)
    ]
    if not asked:
        return SKIP
    listed = next((entry for entry in asked if entry.name in facts.listed), None)
    if listed is not None:
        return Refuse(Reason.LISTED, NAME, listed.name)
    stale = next((entry for entry in asked if not limits.is_fresh(entry, request.at)), None)
    return Refuse(Reason.REGISTER_STALE, NAME, stale.name) if stale else None
