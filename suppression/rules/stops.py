"""Rules 6 and 7: what recipients, agents and providers said against being written to."""

from collections.abc import Iterable
from datetime import datetime

from suppression.decision import SKIP, Reason, Refuse, Skip
from suppression.model import ALL, Channel, Consent, Facts, Request, Scope, Suppression, Way, position
from suppression.purposes import Catalogue
from suppression.rules.reach import by_age, covering, covers, is_required, oldest, on_channel

TRANSACTIONAL = "transactional"
# Reasons that rules of their own judge, in wider or narrower scopes than the entry's.
_JUDGED_ELSEWHERE = (Reason.ERASED, Reason.UNDELIVERABLE, Reason.UNUSABLE_ADDRESS, Reason.COMPLAINED)
_COMPLAINED = Reason.COMPLAINED
_PHONE = frozenset({Channel.SMS, Channel.VOICE})


def complaint(request: Request, facts: Facts, _catalogue: Catalogue) -> Refuse | Skip | None:
    """Who complained of one message gets none of the kind on that channel: nothing but transactions."""
    if request.purpose.class_ == TRANSACTIONAL or is_required(request):
        return SKIP
    entry = oldest(
        entry
        for entry in facts.suppressions
        if entry.reason is _COMPLAINED and on_channel(entry.scope, request) and entry.in_force(request.at)
    )
    return Refuse(Reason.COMPLAINED, "complaint", entry.id) if entry else None


def suppression(request: Request, facts: Facts, _catalogue: Catalogue) -> Refuse | None:
    """Any entry that covers the request and that no consent overrides; the narrowest, then oldest, is named."""
    against = [
        entry
        for entry in covering(facts.suppressions, request)
        if entry.reason not in _JUDGED_ELSEWHERE and entry.in_force(request.at)
    ]
    if against and facts.consents:
        consents = _overriding(request, facts.consents)
        against = [entry for entry in against if not any(_overrides(yes, entry) for yes in consents)]
    if against and is_required(request):
        against = [entry for entry in against if _binds_required(entry, request)]
    if not against:
        return None
    narrowest = max(entry.scope.specificity for entry in against)
    named = min((entry for entry in against if entry.scope.specificity == narrowest), key=by_age)
    return Refuse(named.reason, "suppression", named.id)


def _binds_required(entry: Suppression, request: Request) -> bool:
    """An agent's block that names the purpose, or a carrier's block on the number, holds for all messages."""
    if entry.reason is Reason.BLOCKED and entry.scope.purpose in request.purpose.paths:
        return True
    return entry.way is Way.PROVIDER and request.channel in _PHONE


def _overriding(request: Request, consents: Iterable[Consent]) -> list[Consent]:
    """Every yes of this very address to this sender that covers the request and can override a stop."""
    return [
        consent
        for consent in consents
        if (consent.direct or consent.overrides)
        and consent.exact == request.recipient.exact
        and consent.scope.sender == request.app.sender
        and covers(consent.scope, request)
        and consent.in_force(request.at)
    ]


def _overrides(consent: Consent, entry: Suppression) -> bool:
    """Only a stop of the recipient's own can be overridden: by itself, or named with evidence."""
    return (
        entry.reason is Reason.UNSUBSCRIBED
        and (consent.direct or entry.id in consent.overrides)
        and position(consent.order) > position(entry.order)
    )


def stands_against(
    consent: Consent, facts: Facts, now: datetime, catalogue: Catalogue | None = None
) -> tuple[str, ...]:
    """Ids of the entries in force that keep the consent, or a part of it, from having effect.

    The catalogue tells of older paths under which an entry may mean the same purpose.
    """
    names = catalogue.names_below(consent.scope.purpose) if catalogue else (consent.scope.purpose,)
    return tuple(
        entry.id
        for entry in facts.suppressions
        if entry.in_force(now) and _meets(entry, consent, names) and not _overrides(consent, entry)
    )


def _meets(entry: Suppression, consent: Consent, names: Iterable[str]) -> bool:
    """Whether some request under the consent could be refused for the entry: as its rule reads its scope."""
    mine, theirs = consent.scope, entry.scope
    if entry.reason is Reason.ERASED:
        return True
    if mine.channels and theirs.channels and not mine.channels & theirs.channels:
        return False
    match entry.reason:
        case Reason.UNDELIVERABLE | Reason.UNUSABLE_ADDRESS:
            return entry.exact in (None, consent.exact)
        case Reason.COMPLAINED:
            return mine.purpose.partition("/")[0] != TRANSACTIONAL
        case _:
            return (
                (ALL in (mine.sender, theirs.sender) or mine.sender == theirs.sender)
                and (ALL in (mine.app, theirs.app) or mine.app == theirs.app)
                and any(_one_within_other(theirs, name) for name in names)
            )


def _one_within_other(scope: Scope, name: str) -> bool:
    return scope.covers_purpose(name) or name == ALL or scope.purpose.startswith(name + "/")
