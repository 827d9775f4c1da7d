"""The HTTP application: which resources there are, and which of them need no key."""

from collections.abc import Sequence

from fastapi import APIRouter, FastAPI

from gateway.http import (
    calls,
    consents,
    data_requests,
    dead_letters,
    decisions,
    docs,
    events,
    feed,
    health,
    imports,
    log,
    messages,
    pages,
    people,
    problems,
    proof,
    provider_events,
    recipients,
    reviews,
    scrub,
    suppressions,
    texts,
)
from gateway.http.doors import Doors
from gateway.http.edge import Edge
from gateway.http.links import confirming, unsubscribe
from gateway.http.sandbox import messages as sandbox
from gateway.http.twilio import hooks
from gateway.http.watched import Watched

_RESOURCES = (
    decisions,
    suppressions,
    consents,
    recipients,
    messages,
    log,
    proof,
    unsubscribe,
    confirming,
    docs,
)
_OF_SUBJECTS = (people, data_requests, events)
_OF_SENDS = (texts, calls, dead_letters)


def create_app(
    doors: Doors,
    *,
    operations: bool = True,
    console: Sequence[APIRouter] = (),
    scrape: health.Scrape = health.nothing,
) -> FastAPI:
    """API and public pages. `operations`: health and metrics too (in production they have a port of their own)."""
    routers = [router for resource in _RESOURCES for router in resource.routes(doors)]
    if doors.subjects is not None:
        # Before `recipients`, whose path takes all that follows it.
        own = [router for resource in _OF_SUBJECTS for router in resource.routes(doors, doors.subjects)]
        routers = own + routers
    if doors.sends is not None:
        # First, as the busiest: routes are tried in order.
        routers = [
            router for resource in _OF_SENDS for router in resource.routes(doors, doors.sends)
        ] + routers
    if doors.audiences is not None:
        routers += [
            router for resource in (scrub, feed) for router in resource.routes(doors, doors.audiences)
        ]
    if doors.importing is not None:
        routers += imports.routes(doors, doors.importing)
    if doors.mail_hooks is not None:
        routers += provider_events.routes(doors, doors.mail_hooks)
    if doors.reviewing is not None:
        routers += reviews.routes(doors, doors.reviewing)
    if doors.hooks is not None:
        routers += hooks.routes(doors.hooks)
    routers += pages.routes(doors.senders)
    if operations:
        routers += health.routes(doors.reading, scrape)
    if doors.sandbox is not None:
        routers += sandbox.routes(doors, doors.sandbox)
    routers += console
    return _assembled(routers)


def create_operations_app(store: health.Reader, scrape: health.Scrape = health.nothing) -> FastAPI:
    """For the operations port: health and metrics only."""
    return _assembled(health.routes(store, scrape))


def _assembled(routers: list[APIRouter]) -> FastAPI:
    app = FastAPI(
        title="Suppression gateway",
        summary="May this person be contacted now, and how to stop it.",
        version="1",
        # RFC 8058 3.1: no redirect, not even for a slash too many.
        redirect_slashes=False,
        # The framework's pages load scripts from elsewhere; ours is `docs`.
        docs_url=None,
        redoc_url=None,
        swagger_ui_oauth2_redirect_url=None,
    )
    problems.install(app)
    app.add_middleware(Edge)
    app.add_middleware(Watched)  # around it: what Edge answers by itself is watched as well
    for router in routers:
        app.include_router(router)
    return app
