"""`/v1/recipients/{address}`: what is known of one recipient."""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from gateway.http import examples, render
from gateway.http.access import Caller, caller_of, keyed
from gateway.http.doors import Doors
from gateway.http.fields import LONGEST_ADDRESS, recipient_of
from gateway.http.problems import InvalidField
from suppression.model import Recipient

_RECENT = 6


def routes(doors: Doors) -> list[APIRouter]:
    router = APIRouter(prefix="/v1", route_class=keyed(doors, {"app", "agent"}), tags=["recipients"])

    @router.get(
        "/recipients/{address:path}",
        summary="What is known of a recipient",
        responses=examples.answers(
            {"suppressions": [examples.ENTRY], "consents": [examples.CONSENT], "recent": [examples.RECORD]}
        ),
    )
    async def show(request: Request, address: str) -> Response:
        """The address stands in the path, percent-encoded once. Nobody known is an empty answer, not a 404.

        The key of an app sees what concerns its own sender. `recent_unavailable`: the archive cannot be asked now.
        """
        if not 0 < len(address) <= LONGEST_ADDRESS:
            raise InvalidField("path:address", "Not a usable address.")
        recipient = recipient_of(doors, address, "path:address")
        return JSONResponse(await _shown(doors, caller_of(request), recipient))

    return [router]


async def _shown(doors: Doors, caller: Caller, recipient: Recipient) -> render.Json:
    now = doors.clock()
    facts = await doors.reading.facts(recipient)
    records = await doors.reading.records(recipient)
    stops = [entry for entry in facts.suppressions if caller.sees(entry.scope.sender)]
    consents = [entry for entry in facts.consents if caller.sees(entry.scope.sender)]
    shown: render.Json = {
        "suppressions": [render.entry(doors.handle(recipient, e), e, now) for e in stops],
        "consents": [
            render.entry(doors.handle(recipient, e), e, now) | {"this_spelling": e.exact == recipient.exact}
            for e in consents
        ],
        "recent": [render.record(one) for one in records or () if caller.sees(render.concerns(one))][
            -_RECENT:
        ],
    }
    if records is None:
        shown["recent_unavailable"] = True  # said, rather than that nobody learns what is stopped
    if doors.subjects is not None and caller.is_agent:
        somebody = await doors.subjects.roster.of(facts)
        if somebody is not None:
            shown["person"] = somebody.id
    return shown
