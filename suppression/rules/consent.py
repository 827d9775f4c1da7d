"""Rule 10: the yes that a purpose needs on a channel. Consents hold for the exact address and one named sender."""

from suppression.decision import SKIP, Reason, Refuse, Send, Skip
from suppression.model import Basis, Consent, Facts, Request, position
from suppression.purposes import Catalogue, ConsentNeed
from suppression.rules.reach import covers, is_required

NAME = "consent"


def consent(request: Request, facts: Facts, _catalogue: Catalogue) -> Send | Refuse | Skip:
    """The ground on which the message may go, or that there is none."""
    need = request.purpose.channels.get(request.channel)
    if need is None:
        return SKIP  # no such message: rule `access` has said so
    if need is ConsentNeed.NONE:
        return Send(Reason.REQUIRED if is_required(request) else Reason.NO_CONSENT_NEEDED, NAME)
    records = _records(request, facts)
    if need is ConsentNeed.OPT_OUT:
        return _unless_objected(records, request)
    return _if_given(records, request)


def written(request: Request, facts: Facts) -> Consent | None:
    """A signed permission of this address to this sender, not withdrawn since: registers yield to it."""
    told = [
        record
        for record in _records(request, facts)
        if record.basis is Basis.OPT_IN_WRITTEN or record.withdrawn is not None
    ]
    return _yes(told, request)


def _records(request: Request, facts: Facts) -> list[Consent]:
    """What this address ever said to this sender about such messages, oldest first."""
    found = [
        record
        for record in facts.consents
        if record.exact == request.recipient.exact
        and record.scope.sender == request.app.sender
        and covers(record.scope, request)
    ]
    return sorted(found, key=lambda record: (position(record.order), record.id))


def _yes(records: list[Consent], request: Request) -> Consent | None:
    """The latest consent in force, unless one was withdrawn after it."""
    for record in reversed(records):
        if record.withdrawn is not None:
            return None
        if record.in_force(request.at):
            return record
    return None


def _unless_objected(records: list[Consent], request: Request) -> Send | Refuse:
    withdrawn = [record for record in records if record.withdrawn is not None]
    if withdrawn and _yes(records, request) is None:
        return Refuse(Reason.NO_CONSENT, NAME, withdrawn[-1].id)
    return Send(Reason.NOT_OBJECTED, NAME)


def _if_given(records: list[Consent], request: Request) -> Send | Refuse:
    yes = _yes(records, request)
    if yes is not None:
        soft = yes.basis is Basis.SOFT_OPT_IN
        return Send(Reason.SOFT_OPT_IN if soft else Reason.CONSENTED, NAME, yes.id)
    if records and all(record.withdrawn is None for record in records):
        return Refuse(Reason.CONSENT_EXPIRED, NAME, records[-1].id)
    return Refuse(Reason.NO_CONSENT, NAME)
