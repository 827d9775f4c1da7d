"""Rule 1: what the app may do at all."""

from suppression.decision import Reason, Refuse
from suppression.model import ALL, App, Channel, Facts, Request
from suppression.purposes import SYSTEM, Catalogue, Purpose


def access(request: Request, _facts: Facts, catalogue: Catalogue) -> Refuse | None:
    """The purpose is one of ours, exists on the channel, and this app may use both."""
    purpose, channel = request.purpose, request.channel
    if not catalogue.knows(purpose) or channel not in purpose.channels:
        return Refuse(Reason.NOT_PERMITTED, "access")
    if not (_own_answer(request) or _app_may(request.app, purpose, channel)):
        return Refuse(Reason.NOT_PERMITTED, "access")
    return None


def _own_answer(request: Request) -> bool:
    """The gateway itself, with a purpose that is for nothing but its own answers."""
    return request.system and request.purpose.class_ == SYSTEM


def _app_may(app: App, purpose: Purpose, channel: Channel) -> bool:
    if purpose.class_ == SYSTEM or (app.channels and channel not in app.channels):
        return False
    path = purpose.path
    return any(node in (ALL, path) or path.startswith(node + "/") for node in app.purposes)
