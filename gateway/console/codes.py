"""The second step of signing in: a one-time code, or at the first time setting up the device that shows them."""

from dataclasses import replace
from typing import Any

import structlog
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from gateway.console import pages
from gateway.console.access import SIGN_IN, router
from gateway.console.doors import Console
from gateway.console.forms import FormView
from gateway.console.roles import Permission
from gateway.console.sign_in import arrive, destination, place_of, told_to_wait
from gateway.console.visit import Visit, form_of, visit_of
from gateway.state.sessions import Stage

log = structlog.get_logger(__name__)

CODE, ENROL = f"{SIGN_IN}/code", f"{SIGN_IN}/enrol"
_SECRET = "secret"  # noqa: S105 - a note's name: what is being set up, sealed
_WRONG = "That is not the code of now. Each code is good once: wait for the next one."


class Codes:
    """One process's second step."""

    def __init__(self, console: Console) -> None:
        self._console = console

    async def ask(self, request: Request) -> Response:
        return _page(request, "code.html", CODE)

    async def check(self, request: Request) -> Response:
        console, visit = self._console, visit_of(request)
        place = place_of(console, request)
        if (wait := await console.tries.of_code(visit.agent.name, place)) is not None:
            return _page(request, "code.html", CODE, 429, problem=told_to_wait(wait))
        if not await self._is_right(visit, form_of(request).value("code")):
            log.info("console_code_refused", agent=visit.agent.name)
            return _page(request, "code.html", CODE, 403, problem=_WRONG)
        session = await console.sessions.renewed(visit.session, stage=Stage.SIGNED_IN)
        return await arrive(console, request, session)

    async def _is_right(self, visit: Visit, code: str) -> bool:
        factor = self._console.second_factor
        if "-" not in code and len(code) <= 12:
            return await factor.use(visit.agent.name, visit.agent.secret, code)
        recovered = await factor.recover(visit.agent, code)
        if recovered:
            log.warning("console_recovery_code_used", agent=visit.agent.name)
        return recovered

    async def set_up(self, request: Request) -> Response:
        visit = visit_of(request)
        if _SECRET not in visit.session.notes:
            sealed = self._console.second_factor.new_secret(visit.agent.name)
            await self._console.sessions.note(visit.session, _SECRET, sealed)
            visit.session = replace(visit.session, notes={**visit.session.notes, _SECRET: sealed})
        return self._shown(request)

    def _shown(self, request: Request, status: int = 200, problem: str = "") -> Response:
        visit, factor = visit_of(request), self._console.second_factor
        name, sealed = visit.agent.name, visit.session.notes[_SECRET]
        secret, link = factor.shown(name, sealed), factor.link(name, sealed)
        spelled = " ".join(secret[at : at + 4] for at in range(0, len(secret), 4))
        return _page(request, "enrol.html", ENROL, status, problem=problem, secret=spelled, link=link)

    async def keep(self, request: Request) -> Response:
        """POST: the device shows the right codes, so from now on they are asked for."""
        console, visit = self._console, visit_of(request)
        if _SECRET not in visit.session.notes:
            return pages.redirect(ENROL)
        name, sealed = visit.agent.name, visit.session.notes[_SECRET]
        if (wait := await console.tries.of_code(name, place_of(console, request))) is not None:
            return self._shown(request, 429, told_to_wait(wait))
        if not await console.second_factor.use(name, sealed, form_of(request).value("code")):
            return self._shown(request, 403, _WRONG)
        generation = await console.agents.keep_secret(name, sealed)
        return await self._enrolled(request, generation)

    async def _enrolled(self, request: Request, generation: str) -> Response:
        visit = visit_of(request)
        console, notes = self._console, dict(visit.session.notes)
        del notes[_SECRET]
        log.info("console_enrolled", agent=visit.agent.name)
        codes = await console.second_factor.recovery_codes(visit.agent.name)
        session = await console.sessions.renewed(
            replace(visit.session, notes=notes), stage=Stage.SIGNED_IN, generation=generation
        )
        answer = pages.plain("recovery.html", codes=codes, onward=destination(console, session))
        return await arrive(console, request, session, answer)


def _page(request: Request, template: str, action: str, status: int = 200, **shown: Any) -> Response:
    form = FormView(action, visit_of(request).form_token(), "", None)
    return pages.plain(template, status, **{"form": form, "problem": "", **shown})


def routes(console: Console) -> list[APIRouter]:
    codes = Codes(console)
    asking = router(console, Permission.OWN, stage=Stage.CODE)
    asking.add_api_route("/sign-in/code", codes.ask, methods=["GET"])
    asking.add_api_route("/sign-in/code", codes.check, methods=["POST"])
    enrolling = router(console, Permission.OWN, stage=Stage.ENROL)
    enrolling.add_api_route("/sign-in/enrol", codes.set_up, methods=["GET"])
    enrolling.add_api_route("/sign-in/enrol", codes.keep, methods=["POST"])
    return [asking, enrolling]
