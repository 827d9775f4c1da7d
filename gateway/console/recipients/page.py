"""`/console/recipients/{handle}`: everything about one recipient, the plain sentence first; and all that happened."""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from gateway.archive.questions import Question
from gateway.console import pages
from gateway.console.access import router
from gateway.console.doors import Console
from gateway.console.recipients import handles, spelled
from gateway.console.recipients.entries import Told
from gateway.console.recipients.timeline import Names, line
from gateway.console.recipients.view import RecipientView, name_of, view
from gateway.console.roles import Permission
from gateway.console.visit import Visit, visit_of
from gateway.roads.help_desk import HelpDesk

_PART = 50  # lines of a page of the timeline


def names(console: Console) -> Names:
    return Names(console.doors.catalogue(), console.doors.senders)


async def shown(
    console: Console, desk: HelpDesk, visit: Visit, handle: str, sender: str = ""
) -> RecipientView:
    """The recipient as the page shows it, and as every act begins. NotFound for a handle that is none."""
    recipient, _ = await spelled.named(console, visit, handle)
    dossier = await desk.dossier(recipient)
    told = Told(
        names(console),
        console.doors.apps,
        console.clock(),
        sender,
        complaints=visit.may(Permission.LIFT_COMPLAINT),
    )
    return view(recipient, dossier, told)


def routes(console: Console) -> list[APIRouter]:
    desk = console.doors.help_desk
    if desk is None:
        return []
    own = router(console, Permission.FIND)

    @own.get("/recipients/{handle}")
    async def show(request: Request, handle: str, sender: str = "") -> Response:
        seen = await shown(console, desk, visit_of(request), handle, sender)
        return pages.page(request, "recipient.html", one=seen)

    @own.get("/recipients/{handle}/timeline")
    async def timeline(request: Request, handle: str, before: str = "") -> Response:
        """`before`: where the part that was shown ended."""
        recipient, _ = await spelled.named(console, visit_of(request), handle)
        question = Question(recipient=recipient.key.hex(), before=before)
        part = await console.doors.reading.log(question, _PART)
        facts = await console.doors.reading.facts(recipient)
        told = names(console)
        return pages.page(
            request,
            "timeline.html",
            name=name_of(recipient.address, facts),
            home=handles.page(recipient),
            lines=[line(one, told) for one in part.records],
            before=part.before,
            first=not before,
        )

    return [own]
