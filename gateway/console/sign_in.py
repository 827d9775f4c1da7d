"""Signing in by name and password, and signing out. What follows for one-time codes is in `codes`.

No answer tells whether there is an agent of a name: one who does not exist is refused in the same words, after the
same time, and made to wait in the same way (`tries`).
"""

from datetime import timedelta

import structlog
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from gateway.console import carrying, cookies, entrance, forms, pages
from gateway.console.access import SIGN_IN, PublicRoute, router
from gateway.console.doors import Console
from gateway.console.forms import Form
from gateway.console.roles import Permission
from gateway.console.visit import TYPED, visit_of
from gateway.state.agents import Agent
from gateway.state.sessions import Session, Stage

log = structlog.get_logger(__name__)

NEXT = "next"  # a note of the session: where to go once signed in
TOO_OLD = "This page was open for too long: please try again."
_WRONG = "That is not right: check name and password."


class SignIn:
    """One process's front door."""

    def __init__(self, console: Console) -> None:
        self._console = console

    async def show(self, request: Request, next: str = "", out: str = "") -> Response:  # noqa: A002
        return entrance.sign_in_page(self._console, request, next_page=next, signed_out=bool(out))

    async def enter(self, request: Request) -> Response:
        """POST: a session for who is right, at the stage that is next for him."""
        console = self._console
        forms.check_origin(request, console.origin)
        form = await forms.read(request, forms.LARGEST_SIGN_IN)
        if not is_ours(console, request, form):
            return again(console, request, form, 403, TOO_OLD)
        name = form.value("name").lower()[:64]
        wait = await console.tries.of_password(name, place_of(console, request))
        if wait is not None:
            log.warning("console_locked_out")
            return again(console, request, form, 429, told_to_wait(wait))
        agent = await console.agents.find(name)
        right = await console.agents.right(agent, form.typed("password"))
        if agent is None or not right:
            log.info("console_sign_in_refused")
            return again(console, request, form, 403, _WRONG)
        return await admit(console, request, agent, onward(form))

    async def leave(self, request: Request) -> Response:
        await self._console.sessions.end(visit_of(request).session.id)
        response = pages.redirect(f"{SIGN_IN}?out=1")
        cookies.drop_session(self._console, response)
        return response


def is_ours(console: Console, request: Request, form: Form) -> bool:
    """Whether this browser was shown that form to sign in with."""
    visitor = cookies.visitor(console, request)
    return bool(visitor) and forms.is_token(form.typed(forms.TOKEN), visitor)


def onward(form: Form) -> dict[str, bytes]:
    """Notes for the session: where to go once signed in, and what was typed before."""
    notes = {NEXT: carrying.local(form.typed(NEXT)).encode()}
    if carried := carrying.from_field(form.typed(forms.CARRIED)):
        notes[TYPED] = carried
    return notes


def again(console: Console, request: Request, form: Form, status: int, problem: str) -> Response:
    """The page to sign in on, with what it carried."""
    return entrance.sign_in_page(
        console,
        request,
        status,
        next_page=form.typed(NEXT),
        carried=carrying.from_field(form.typed(forms.CARRIED)),
        name=form.value("name")[:64],
        problem=problem,
    )


async def admit(console: Console, request: Request, agent: Agent, notes: dict[str, bytes]) -> Response:
    """A session under a new id for who proved who he is; whatever session the browser had is over."""
    if old := cookies.session_id(console, request):
        await console.sessions.end(old)
    stage = _stage_for(console, agent)
    session = await console.sessions.start(agent.name, agent.generation, stage, notes)
    if stage is Stage.SIGNED_IN:
        return await arrive(console, request, session)
    response = pages.redirect(f"{SIGN_IN}/{'code' if stage is Stage.CODE else 'enrol'}")
    cookies.set_session(console, response, session.id)
    return response


async def arrive(
    console: Console, request: Request, session: Session, answer: Response | None = None
) -> Response:
    """Signed in: on to where he was going, or back to the form that he was interrupted in."""
    await console.tries.arrived(session.agent, place_of(console, request))
    log.info("console_signed_in", agent=session.agent)
    response = answer or pages.redirect(destination(console, session))
    cookies.set_session(console, response, session.id)
    return response


def destination(console: Console, session: Session) -> str:
    found = carrying.opened(console.sealer, session.notes.get(TYPED, b""))
    return found[1] if found else carrying.local(session.notes.get(NEXT, b"").decode())


def _stage_for(console: Console, agent: Agent) -> Stage:
    if agent.enrolled:
        return Stage.CODE
    return Stage.SIGNED_IN if agent.name in console.without_codes else Stage.ENROL


def place_of(console: Console, request: Request) -> str:
    """From where somebody tries."""
    return console.tries.place(request, console.proxies)


def told_to_wait(wait: timedelta) -> str:
    seconds = max(1, round(wait.total_seconds()))
    if seconds < 90:
        return f"Too many tries. Wait {seconds} seconds, then try again."
    return f"Too many tries. Wait {-(-seconds // 60)} minutes, then try again."


def routes(console: Console) -> list[APIRouter]:
    door = SignIn(console)
    public = APIRouter(prefix="/console", include_in_schema=False, route_class=PublicRoute)
    public.add_api_route("/sign-in", door.show, methods=["GET"])
    public.add_api_route("/sign-in", door.enter, methods=["POST"])
    own = router(console, Permission.OWN)
    own.add_api_route("/sign-out", door.leave, methods=["POST"])
    return [public, own]
