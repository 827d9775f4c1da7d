"""Signing in with the company's own account: to its provider, and back. Codes and lock-outs are the provider's then."""

import hmac
import json

import structlog
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from gateway.console import cookies, forms, pages
from gateway.console.access import SIGN_IN, PublicRoute
from gateway.console.doors import Console
from gateway.console.provider import Journey, NotBelieved, Provider
from gateway.console.sign_in import (
    TOO_OLD,
    again,
    arrive,
    destination,
    is_ours,
    onward,
    place_of,
    told_to_wait,
)
from gateway.state.agents import Agent
from gateway.state.sessions import Stage

log = structlog.get_logger(__name__)

BACK = f"{SIGN_IN}/provider/back"
_JOURNEY = "journey"  # a note: state, nonce and verifier


class Provided:
    def __init__(self, console: Console, provider: Provider) -> None:
        self._console = console
        self._provider = provider

    async def leave(self, request: Request) -> Response:
        """POST: off to the provider. By a page, as a form may only go to ourselves."""
        console = self._console
        forms.check_origin(request, console.origin)
        form = await forms.read(request, forms.LARGEST_SIGN_IN)
        if not is_ours(console, request, form):
            return again(console, request, form, 403, TOO_OLD)
        if (wait := await console.tries.of_client(place_of(console, request))) is not None:
            return again(console, request, form, 429, told_to_wait(wait))
        journey = Journey.new()
        url = await self._provider.way_there(journey)
        kept = json.dumps([journey.state, journey.nonce, journey.verifier]).encode()
        session = await console.sessions.start("", "", Stage.PROVIDER, {**onward(form), _JOURNEY: kept})
        response = pages.plain("onward.html", url=url)
        cookies.set_journey(console, response, session.id)
        return response

    async def come_back(self, request: Request, state: str = "", code: str = "") -> Response:
        """GET, from the provider's site. The cookie is of this browser only, and good for one way."""
        console, started = self._console, cookies.journey(self._console, request)
        session = await console.sessions.find(started, touch=False) if started else None
        if session is None or session.stage is not Stage.PROVIDER:
            raise NotBelieved("nobody is on the way")
        await console.sessions.end(session.id)
        journey = Journey(*json.loads(session.notes[_JOURNEY]))
        if not code or not hmac.compare_digest(state.encode(), journey.state.encode()):
            raise NotBelieved("another state, or no code")
        person = await self._provider.who(code, journey)
        name = person.name_among([agent.name for agent in await console.agents.list()])
        agent = await console.agents.admit(name, person.role, person.title)
        if agent.disabled:
            log.info("console_sign_in_refused", agent=agent.name)
            raise NotBelieved("disabled here")
        notes = {name: value for name, value in session.notes.items() if name != _JOURNEY}
        return await self._arrived(request, agent, notes)

    async def _arrived(self, request: Request, agent: Agent, notes: dict[str, bytes]) -> Response:
        """By a page of ours: what another site began to load gets no strict cookie, not even by a redirect."""
        console = self._console
        if old := cookies.session_id(console, request):
            await console.sessions.end(old)
        session = await console.sessions.start(agent.name, agent.generation, Stage.SIGNED_IN, notes)
        response = pages.plain("onward.html", url=destination(console, session))
        cookies.drop_journey(console, response)
        return await arrive(console, request, session, response)


def routes(console: Console) -> list[APIRouter]:
    if console.provider is None:
        return []
    provided = Provided(console, console.provider)
    public = APIRouter(include_in_schema=False, route_class=PublicRoute)
    public.add_api_route(f"{SIGN_IN}/provider", provided.leave, methods=["POST"])
    public.add_api_route(BACK, provided.come_back, methods=["GET"])
    return [public]
