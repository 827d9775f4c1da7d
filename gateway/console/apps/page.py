"""`/console/apps`: what each app may do, and its keys: issued, shown once, revoked."""

from collections.abc import Mapping

import structlog
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from gateway.console import forms, pages
from gateway.console.access import router
from gateway.console.apps import senders, view
from gateway.console.apps.set_up import SetUp
from gateway.console.doors import Console
from gateway.console.roles import Permission
from gateway.console.visit import form_of, visit_of
from gateway.state.api_keys import ApiKey
from suppression.errors import InvalidInput, NotFound

log = structlog.get_logger(__name__)

PATH = "/console/apps"
_ISSUE = f"{PATH}/keys"


class Apps:
    def __init__(self, console: Console, set_up: SetUp) -> None:
        self._console = console
        self._set_up = set_up

    async def show(self, request: Request) -> Response:
        return await self._shown(request)

    async def issue(self, request: Request) -> Response:
        """The secret is on the answer, and nowhere else."""
        form = form_of(request)
        app, scopes = form.value("app") or None, form.values("scopes")
        if app is not None and app not in self._console.doors.apps:
            return await self._shown(request, {"app": "There is no such app."})
        try:
            issued = await self._set_up.keys.issue(app, scopes, form.value("label"))
        except InvalidInput as error:
            said = str(error)
            return await self._shown(request, {"scopes": f"{said[:1].upper()}{said[1:]}."})
        self._log(request, issued.key, "issued")
        return pages.page(request, "key_issued.html", key=view.key_view(issued.key), secret=issued.secret)

    async def ask_revoke(self, request: Request, id: str) -> Response:  # noqa: A002 - the path's own word
        return pages.page(request, "key_revoke.html", key=view.key_view(await self._key(id)))

    async def revoke(self, request: Request, id: str) -> Response:  # noqa: A002
        key = await self._key(id)
        await self._set_up.keys.revoke(key.id)
        self._log(request, key, "revoked")
        said = f"The key {key.id} is revoked: whoever uses it is refused from now on."
        return await pages.done(self._console, request, PATH, said)

    async def _key(self, id: str) -> ApiKey:  # noqa: A002
        for key in await self._set_up.keys.list():
            if key.id == id:
                return key
        raise NotFound("no such key")

    @staticmethod
    def _log(request: Request, key: ApiKey, what: str) -> None:
        by = visit_of(request).agent.name
        log.info("console_key_changed", key=key.id, app=key.app, scopes=sorted(key.scopes), what=what, by=by)

    async def _shown(self, request: Request, problems: Mapping[str, str] | None = None) -> Response:
        doors, set_up, keys = self._console.doors, self._set_up, await self._set_up.keys.list()
        catalogue = doors.catalogue()
        typed = forms.shown_again(_ISSUE, form_of(request), problems) if problems else None
        return pages.page(
            request,
            "apps.html",
            422 if problems else 200,
            typed=typed,
            senders=[view.sender_view(one) for one in doors.senders.values()],
            apps=[view.app_view(one, set_up, doors.senders, catalogue, keys) for one in doors.apps.values()],
            others=view.others(keys, doors.apps),
            choices=[*((name, name) for name in doors.apps), ("", "No app (for support, or an admin)")],
            scopes=view.SCOPES,
            hooks=[(name, f"{set_up.public_url}/hooks/mail/{name}") for name in set_up.providers],
        )


def routes(console: Console) -> list[APIRouter]:
    """None where nobody says how it is set up."""
    if console.set_up is None:
        return []
    apps = Apps(console, console.set_up)
    seeing, keeping = router(console, Permission.APPS), router(console, Permission.KEYS)
    seeing.add_api_route("/apps", apps.show, methods=["GET"])
    keeping.add_api_route("/apps/keys", apps.issue, methods=["POST"])
    keeping.add_api_route("/apps/keys/{id}/revoke", apps.ask_revoke, methods=["GET"])
    keeping.add_api_route("/apps/keys/{id}/revoke", apps.revoke, methods=["POST"])
    return [seeing, keeping, *senders.routes(console, console.set_up)]
