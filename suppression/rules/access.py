"""Rule 1: what the app may do at all."""

from datetime import timedelta

from suppression.decision import Reason, Refuse
from suppression.model import ALL, App, Channel, Facts, Request
from suppression.purposes import STOP_CONFIRMATION, SYSTEM, Catalogue, Purpose

CONFIRMED_WITHIN = timedelta(minutes=5)  # RULES 2.1, (a)(12): then it is presumed to be within the consent
_PHONE = frozenset({Channel.SMS, Channel.VOICE})


def access(request: Request, facts: Facts, catalogue: Catalogue) -> Refuse | None:
    """The purpose is one of ours, exists on the channel, and this app may use both."""
    purpose, channel = request.purpose, request.channel
    if not catalogue.knows(purpose) or channel not in purpose.channels:
        return Refuse(Reason.NOT_PERMITTED, "access")
    if not (_own_answer(request, facts) or _app_may(request.app, purpose, channel)):
        return Refuse(Reason.NOT_PERMITTED, "access")
    return None


def _own_answer(request: Request, facts: Facts) -> bool:
    """The gateway itself, with a purpose that is for nothing but its own answers. A text says what it answers."""
    if not request.system or request.purpose.class_ != SYSTEM:
        return False
    if request.purpose.path == STOP_CONFIRMATION:
        return _stopped_just_now(request, facts)
    return request.channel not in _PHONE or bool(request.answers)


def _stopped_just_now(request: Request, facts: Facts) -> bool:
    """The stop that is to be confirmed stands, and came a few minutes ago at most."""
    return any(
        entry.id == request.answers
        and entry.reason is Reason.UNSUBSCRIBED
        and entry.in_force(request.at)
        and request.at - entry.at <= CONFIRMED_WITHIN
        for entry in facts.suppressions
    )


def _app_may(app: App, purpose: Purpose, channel: Channel) -> bool:
    if purpose.class_ == SYSTEM or (app.channels and channel not in app.channels):
        return False
    path = purpose.path
    return any(node in (ALL, path) or path.startswith(node + "/") for node in app.purposes)
