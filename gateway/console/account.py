"""`/console/account`: one's own password and recovery codes, and what one's role may do."""

from collections.abc import Mapping

import structlog
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from gateway.console import cookies, forms, pages
from gateway.console.access import router
from gateway.console.doors import Console
from gateway.console.forms import Form
from gateway.console.roles import PERMISSIONS, Permission
from gateway.console.sign_in import place_of, told_to_wait
from gateway.console.visit import form_of, visit_of
from suppression.errors import InvalidInput

log = structlog.get_logger(__name__)

_PATH = "/console/account"


class Account:
    def __init__(self, console: Console) -> None:
        self._console = console

    async def show(self, request: Request) -> Response:
        return await self._shown(request)

    async def change_password(self, request: Request) -> Response:
        """All other sessions end."""
        visit, form = visit_of(request), form_of(request)
        if problems := await self._problems(request, form):
            return await self._shown(request, 422, "/password", problems)
        try:
            generation = await self._console.agents.change_password(
                visit.agent.name, form.typed("new_password")
            )
        except InvalidInput as error:
            return await self._shown(request, 422, "/password", {"new_password": _sentence(error)})
        await self._console.tries.forget(visit.agent.name, place_of(self._console, request))
        visit.session = await self._console.sessions.renewed(visit.session, generation=generation)
        log.info("console_password_changed", agent=visit.agent.name)
        response = await pages.done(
            self._console, request, _PATH, "Your password is changed. All your other sessions have ended."
        )
        cookies.set_session(self._console, response, visit.session.id)
        return response

    async def renew_codes(self, request: Request) -> Response:
        """Ten new recovery codes, for who can prove once more who he is."""
        agent, form = visit_of(request).agent, form_of(request)
        problem = await self._refused(request, form)
        if not problem and not agent.enrolled:
            problem = "You have no one-time codes to recover from."
        if problem:
            return await self._shown(request, 422, "/recovery", {"password": problem})
        await self._console.tries.forget(agent.name, place_of(self._console, request))
        codes = await self._console.second_factor.recovery_codes(agent.name)
        return pages.plain("recovery.html", codes=codes, onward=_PATH)

    async def _problems(self, request: Request, form: Form) -> Mapping[str, str]:
        if form.typed("new_password") != form.typed("again"):
            return {"again": "The two are not the same."}
        problem = await self._refused(request, form)
        return {"password": problem} if problem else {}

    async def _refused(self, request: Request, form: Form) -> str:
        """Why who sits there may not be who signed in; "" if it is he."""
        agent = visit_of(request).agent
        place = place_of(self._console, request)
        if (wait := await self._console.tries.of_password(agent.name, place)) is not None:
            return told_to_wait(wait)
        right = await self._console.agents.right(agent, form.typed("password"))
        return "" if right else "That is not your password."

    async def _shown(
        self, request: Request, status: int = 200, form: str = "", problems: Mapping[str, str] | None = None
    ) -> Response:
        visit = visit_of(request)
        typed = forms.shown_again(_PATH + form, visit.form, problems) if problems else None
        permissions = sorted(PERMISSIONS[visit.agent.role] - {Permission.OWN})
        left = await self._console.second_factor.recovery_left(visit.agent.name)
        return pages.page(request, "account.html", status, typed=typed, permissions=permissions, left=left)


def _sentence(error: InvalidInput) -> str:
    said = str(error)
    return f"{said[:1].upper()}{said[1:]}."


def routes(console: Console) -> list[APIRouter]:
    account = Account(console)
    own = router(console, Permission.OWN)
    own.add_api_route("/account", account.show, methods=["GET"])
    own.add_api_route("/account/password", account.change_password, methods=["POST"])
    own.add_api_route("/account/recovery", account.renew_codes, methods=["POST"])
    return [own]
