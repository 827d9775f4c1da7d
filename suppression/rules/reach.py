"""What a scope reaches, and which requests stops do not reach: the same for every rule."""

from collections.abc import Iterable

from suppression.model import ALL, Channel, Request, Scope, Suppression, position


def covers(scope: Scope, request: Request) -> bool:
    """Whether the request falls under the scope, by its purpose's path of today or by one it had before."""
    channel, purpose, app = request.channel, request.purpose, request.app
    if scope.covers(channel, purpose.path, app.sender, app.name):
        return True
    if not purpose.replaces:
        return False
    return any(scope.covers(channel, old, app.sender, app.name) for old in purpose.replaces)


def covering(entries: Iterable[Suppression], request: Request) -> list[Suppression]:
    """Those whose scope covers the request. Most are about other purposes: that is seen first, and cheaply."""
    purpose = request.purpose
    if not purpose.replaces:
        path = purpose.path
        entries = [
            entry for entry in entries if (node := entry.scope.purpose) == ALL or path.startswith(node)
        ]
    return [entry for entry in entries if covers(entry.scope, request)]


def on_channel(scope: Scope, request: Request) -> bool:
    return not scope.channels or request.channel in scope.channels


def by_age(entry: Suppression) -> tuple[tuple[int, int], str]:
    """The oldest of several entries is named, in whatever order they were read."""
    return position(entry.order), entry.id


def oldest(entries: Iterable[Suppression]) -> Suppression | None:
    return min(entries, key=by_age, default=None)


def is_required(request: Request) -> bool:
    """Whether it passes the recipient's stops: a legal notice only if the app names a reference for it."""
    purpose = request.purpose
    return purpose.required and (not purpose.legal_notice or bool(request.legal_notice.strip()))


def solicits(request: Request) -> bool:
    """What registers and calling hours concern: marketing (and every class that we do not know), calls of service."""
    match request.purpose.class_:
        case "transactional" | "system":
            return False
        case "service":
            return request.channel is Channel.VOICE and not is_required(request)
        case _:
            return not is_required(request)
