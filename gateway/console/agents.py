"""`/console/agents`: admins add agents, change their roles, end their access and help who lost password or device."""

from collections.abc import Mapping

import structlog
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from gateway.console import forms, pages
from gateway.console.access import router
from gateway.console.doors import Console
from gateway.console.roles import Permission
from gateway.console.visit import form_of, visit_of
from gateway.state.agents import Role
from suppression.errors import Conflict, InvalidInput

log = structlog.get_logger(__name__)

_PATH = "/console/agents"


class Staff:
    def __init__(self, console: Console) -> None:
        self._console = console

    async def show(self, request: Request) -> Response:
        return await self._shown(request)

    async def add(self, request: Request) -> Response:
        """The made password is on the answer, and nowhere else."""
        form = form_of(request)
        name = form.value("name").lower()
        try:
            role = _role(form.value("role"))
            password = await self._console.agents.add(name, role, form.value("title"))
        except Conflict:
            return await self._shown(request, 409, {"name": "There is an agent of this name."})
        except InvalidInput as error:
            said = str(error)
            return await self._shown(request, 422, {"name": f"{said[:1].upper()}{said[1:]}."})
        self._log(request, name, f"added as {role.value}")
        return pages.page(request, "agent_password.html", agent=name, password=password, what="added")

    async def reset(self, request: Request, name: str) -> Response:
        self._check_other(request, name)
        password = await self._console.agents.reset(name)
        self._log(request, name, "reset")
        return pages.page(request, "agent_password.html", agent=name, password=password, what="reset")

    async def disable(self, request: Request, name: str) -> Response:
        self._check_other(request, name)
        await self._console.agents.disable(name)
        return await self._done(request, name, "disabled", f"{name} is signed out and may not come in again.")

    async def enable(self, request: Request, name: str) -> Response:
        self._check_other(request, name)
        await self._console.agents.enable(name)
        return await self._done(request, name, "enabled", f"{name} may sign in again.")

    async def change_role(self, request: Request, name: str) -> Response:
        self._check_other(request, name)
        role = _role(form_of(request).value("role"))
        await self._console.agents.change_role(name, role)
        said = f"{name} has the role {role.value}, from the next sign-in on: all sessions have ended."
        return await self._done(request, name, f"role {role.value}", said)

    @staticmethod
    def _check_other(request: Request, name: str) -> None:
        """Nobody shuts himself out."""
        if name == visit_of(request).agent.name:
            raise OwnAccount("not one's own account")

    async def _done(self, request: Request, name: str, what: str, said: str) -> Response:
        self._log(request, name, what)
        return await pages.done(self._console, request, _PATH, said)

    @staticmethod
    def _log(request: Request, name: str, what: str) -> None:
        log.info("console_agent_changed", agent=name, what=what, by=visit_of(request).agent.name)

    async def _shown(
        self, request: Request, status: int = 200, problems: Mapping[str, str] | None = None
    ) -> Response:
        typed = forms.shown_again(_PATH, visit_of(request).form, problems) if problems else None
        found = await self._console.agents.list()
        roles = [(role.value, role.value) for role in Role]
        return pages.page(request, "agents.html", status, typed=typed, agents=found, roles=roles)


class OwnAccount(Conflict):
    peer_text = "this is your own account: another admin can do that"


def _role(text: str) -> Role:
    try:
        return Role(text)
    except ValueError:
        raise InvalidInput("no such role") from None


def routes(console: Console) -> list[APIRouter]:
    staff = Staff(console)
    own = router(console, Permission.AGENTS)
    own.add_api_route("/agents", staff.show, methods=["GET"])
    own.add_api_route("/agents", staff.add, methods=["POST"])
    own.add_api_route("/agents/{name}/reset", staff.reset, methods=["POST"])
    own.add_api_route("/agents/{name}/disable", staff.disable, methods=["POST"])
    own.add_api_route("/agents/{name}/enable", staff.enable, methods=["POST"])
    own.add_api_route("/agents/{name}/role", staff.change_role, methods=["POST"])
    return [own]
