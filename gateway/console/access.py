"""Who may come in: a session, what its agent's role may do, and forms that our own pages made.

A route class checks all of it before a page's own code runs; a route without one of these classes is on the short
public list that a test holds.
"""

from collections.abc import Callable, Coroutine
from typing import Any
from urllib.parse import quote

import structlog
from fastapi import APIRouter
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from gateway.console import carrying, cookies, entrance, forms, pages
from gateway.console.doors import Console
from gateway.console.forms import CrossSite, Form
from gateway.console.roles import Permission
from gateway.console.visit import TYPED, Visit, here
from gateway.http import problems
from gateway.state.sessions import Session, Stage
from suppression.errors import GatewayError, NotPermitted

log = structlog.get_logger(__name__)

Answer = Callable[[Request], Coroutine[Any, Any, Response]]
SIGN_IN = "/console/sign-in"
_SAFE = frozenset({"GET", "HEAD"})
REFRESH = "x-console-refresh"


class ConsoleRoute(APIRoute):
    """A route for agents; made by `signed_in`."""

    permission: Permission = Permission.OWN
    stage: Stage = Stage.SIGNED_IN


class PublicRoute(APIRoute):
    """A route for who is not signed in yet: it checks what it needs itself. On the public list."""

    def get_route_handler(self) -> Answer:
        answer = super().get_route_handler()

        async def shown(request: Request) -> Response:
            return await shown_as_page(answer, request)

        return shown


def signed_in(
    console: Console, permission: Permission, *, stage: Stage = Stage.SIGNED_IN, upload: bool = False
) -> type[ConsoleRoute]:
    """A route class whose routes need that permission.

    stage   for the steps of signing in only
    upload  the body is the route's own to read; its form's action carries the token: `?form_token=...`
    """
    guard = _Guard(console, permission, stage, upload=upload)

    class SignedIn(ConsoleRoute):
        def get_route_handler(self) -> Answer:
            answer = super().get_route_handler()

            async def checked(request: Request) -> Response:
                return await shown_as_page(guard.let_in(answer), request)

            return checked

    SignedIn.permission, SignedIn.stage = permission, stage
    return SignedIn


def router(console: Console, permission: Permission, **more: Any) -> APIRouter:
    """For routes under /console that need that permission."""
    return APIRouter(
        prefix="/console", include_in_schema=False, route_class=signed_in(console, permission, **more)
    )


async def shown_as_page(answer: Answer, request: Request) -> Response:
    """What goes wrong is told on a page, in words of ours."""
    try:
        return await answer(request)
    except GatewayError as error:
        status, title = problems.status_of(error)
        log.info("console_refused", error=type(error).__name__, status=status)
        said = getattr(error, "detail", "") or error.peer_text
        return _failed(request, status, title, said, getattr(error, "retry_after", None))
    except RequestValidationError:
        return _failed(request, 404, "Not found", "There is no such page.")
    except HTTPException as error:
        title = "Too much text" if error.status_code == 413 else "That did not work"
        return _failed(request, error.status_code, title, str(error.detail))


def _failed(request: Request, status: int, title: str, said: str, retry: int | None = None) -> Response:
    headers = {"Retry-After": str(retry)} if retry is not None else {}
    said = said[:1].upper() + said[1:]
    visit: Visit | None = getattr(request.state, "visit", None)
    if visit is None or visit.session.stage is not Stage.SIGNED_IN:
        answer = pages.plain("failed_outside.html", status, title=title, said=said)
        answer.headers.update(headers)
        return answer
    return pages.page(request, "failed.html", status, headers=headers, title=title, said=said)


class _Guard:
    def __init__(self, console: Console, permission: Permission, stage: Stage, *, upload: bool) -> None:
        self._console, self._permission, self._stage, self._upload = console, permission, stage, upload

    def let_in(self, answer: Answer) -> Answer:
        async def checked(request: Request) -> Response:
            posts = request.method not in _SAFE
            if posts:
                forms.check_origin(request, self._console.origin)
            visit = await self._visit(request)
            if visit is None:
                return await self._sign_in_first(request)
            request.state.visit = visit
            if not visit.may(self._permission):
                raise NotPermitted("not in this role")
            if posts and (turned_back := await self._check_form(request, visit)):
                return turned_back
            if not posts:
                await self._take_notes(request, visit)
            return await answer(request)

        return checked

    async def _visit(self, request: Request) -> Visit | None:
        """None: nobody of this stage, disabled since, or with a right or password that changed since."""
        session = await self._session(request)
        if session is None or session.stage is not self._stage:
            return None
        agent = await self._console.agents.find(session.agent)
        if agent is None or agent.disabled or agent.generation != session.generation:
            return None
        if self._console.doors.sandbox is not None:
            await self._console.doors.sandbox.follow_clock()
        return Visit(agent, session)

    async def _session(self, request: Request) -> Session | None:
        touch = self._stage is Stage.SIGNED_IN and not _by_itself(request)
        found = cookies.session_id(self._console, request)
        return await self._console.sessions.find(found, touch=touch) if found else None

    async def _check_form(self, request: Request, visit: Visit) -> Response | None:
        """None when a page of this session sent it: otherwise it is shown again, as it was typed."""
        if self._upload:
            if not forms.is_token(request.query_params.get(forms.TOKEN, ""), visit.session.id):
                raise CrossSite("an upload without the token of its session")
            return None
        visit.form = await forms.read(request)
        visit.came_from = carrying.page_of(visit.form)
        if forms.is_token(visit.form.typed(forms.TOKEN), visit.session.id):
            return None
        # The page is of an earlier session of this browser: signed in anew in another tab.
        kept = carrying.sealed(self._console.sealer, request.url.path, visit.form)
        if self._stage is not Stage.SIGNED_IN or not visit.form.typed(forms.PAGE) or not kept:
            raise CrossSite("a form without the token of its session")
        await self._console.sessions.note(visit.session, TYPED, kept)
        return pages.redirect(visit.came_from)

    async def _take_notes(self, request: Request, visit: Visit) -> None:
        if _by_itself(request):
            return
        taken = visit.take_notes(self._console.sealer, here(request))
        await self._console.sessions.forget(visit.session, *taken)

    async def _sign_in_first(self, request: Request) -> Response:
        if _by_itself(request):
            return Response(status_code=401, headers=dict(pages.HEADERS))
        if self._stage is not Stage.SIGNED_IN and request.method in _SAFE:
            return pages.redirect(SIGN_IN)
        if request.method in _SAFE:
            return pages.redirect(f"{SIGN_IN}?next={quote(here(request))}")
        form = Form(()) if self._upload or self._stage is not Stage.SIGNED_IN else await forms.read(request)
        kept = carrying.sealed(self._console.sealer, request.url.path, form) if form.fields else b""
        return entrance.sign_in_page(
            self._console, request, 401, next_page=carrying.page_of(form), carried=kept, expired=True
        )


def _by_itself(request: Request) -> bool:
    """Our script asks for news, and nobody need be there: that is no sign of life."""
    return REFRESH in request.headers or request.headers.get("accept") == "text/event-stream"
