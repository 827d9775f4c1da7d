"""Rule 11: how many messages a recipient gets within a time. The commit counts; this reads what was counted."""

from collections.abc import Iterable
from datetime import UTC, datetime

from suppression.decision import SKIP, Defer, Reason, Refuse, Skip
from suppression.limits import Cap, Limits, covers_any
from suppression.model import Facts, Request
from suppression.purposes import SYSTEM, Catalogue
from suppression.rules.reach import is_required
from suppression.rules.stops import TRANSACTIONAL

NAME = "caps"


def capping(request: Request, limits: Limits) -> tuple[Cap, ...]:
    """The caps that count the request's message. None for `required` and transactions: they must arrive."""
    if not limits.caps or request.purpose.class_ in {TRANSACTIONAL, SYSTEM} or is_required(request):
        return ()
    return tuple(
        cap
        for cap in limits.caps
        if (not cap.channels or request.channel in cap.channels)
        and covers_any((cap.purpose,), request.purpose.paths)
    )


def caps(request: Request, facts: Facts, catalogue: Catalogue) -> Refuse | Defer | Skip | None:
    """Every cap must have room; of several that have none, the one whose room comes last is named."""
    mine = capping(request, catalogue.limits)
    if not mine or request.message is None:  # at RCPT: it may be a message that was counted already
        return SKIP
    counted = {entry.cap: entry.messages for entry in facts.counted}
    now = round(request.at.timestamp() * 1000)
    full = [(_opens(cap, counted.get(cap.name, ()), request.message, now), cap) for cap in mine]
    return _answer(((until, cap) for until, cap in full if until > now), now)


def _opens(cap: Cap, messages: tuple[tuple[str, int], ...], message: str, now: int) -> int:
    """When the cap has room again for the message; 0 if it has now. A message that was counted has its place."""
    if any(known == message for known, _ in messages):
        return 0
    inside = [at for _, at in messages if at + cap.per * 1000 > now]
    return inside[-cap.count] + cap.per * 1000 if len(inside) >= cap.count else 0


def _answer(full: Iterable[tuple[int, Cap]], now: int) -> Refuse | Defer | None:
    last: tuple[int, Cap] | None = None
    for until, cap in full:
        if until > now + cap.defer * 1000:
            return Refuse(Reason.CAPPED, NAME, cap.name)
        if last is None or until > last[0]:
            last = until, cap
    if last is None:
        return None
    return Defer(Reason.CAPPED, datetime.fromtimestamp(last[0] / 1000, UTC), NAME, last[1].name)
