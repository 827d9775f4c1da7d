"""`/console/overview`: today beside a week before; and `/console/log`: the records behind each figure."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from gateway.console import pages
from gateway.console.access import router
from gateway.console.doors import Console
from gateway.console.overview.log_view import SORTS, Filter, filtered
from gateway.console.overview.view import channels, view
from gateway.console.overview.watching import Watching
from gateway.console.recipients import handles, words
from gateway.console.recipients.page import names
from gateway.console.recipients.timeline import line
from gateway.console.roles import Permission
from suppression.decision import Reason
from suppression.errors import NotFound
from suppression.model import Recipient
from suppression.records import Record
from suppression.store.newest import Part

_PART = 50  # records of a page
_PARTS = 10  # questions to the log for one page


async def part_of(console: Console, asked: Filter) -> Part:
    """As many as fit a page, newest first: of a rare sort, fewer, with a place to go on."""
    found: list[Record] = []
    before = asked.before
    for _ in range(_PARTS):
        part = await console.doors.reading.log(replace(asked.question(), before=before), _PART)
        found += [one for one in part.records if asked.keeps(one)]
        before = part.before or ""
        if not before or len(found) >= _PART:
            break
    if len(found) > _PART:
        return Part(found[:_PART], found[_PART - 1].id)
    return Part(found, before or None)


async def _whose(console: Console, records: Sequence[Record]) -> dict[str, tuple[str, str]]:
    """By keyed hash: what a recipient is called, and the page about it."""
    keys = sorted({one.recipient for one in records if one.recipient})
    known = await asyncio.gather(*(console.doors.address(bytes.fromhex(key)) for key in keys))
    return {
        key: (
            "A recipient whose address is not kept" if address is None else address.text,
            handles.page(Recipient(bytes.fromhex(key), "")),
        )
        for key, address in zip(keys, known, strict=True)
    }


async def _log(console: Console, request: Request) -> Response:
    asked = filtered(dict(request.query_params))
    try:
        part = await part_of(console, asked)
    except NotFound:
        asked = replace(asked, before="")
        part = await part_of(console, asked)
    known, whose = names(console), await _whose(console, part.records)
    return pages.page(
        request,
        "log.html",
        422 if asked.problems else 200,
        asked=asked,
        rows=[(line(one, known), *whose.get(one.recipient, ("", ""))) for one in part.records],
        older=asked.link(part.before) if part.before else "",
        newest=asked.link() if asked.before else "",
        sorts=[(name, sort.label) for name, sort in SORTS.items()],
        reasons=[("", "Any")]
        + [(one.value, words.SHORT[one][:1].upper() + words.SHORT[one][1:]) for one in Reason],
        channels=[("", "Any"), *channels()],
    )


def routes(console: Console) -> list[APIRouter]:
    own = router(console, Permission.OVERVIEW)

    @own.get("/log")
    async def log(request: Request) -> Response:
        """By the query: what, reason, purpose, channel, app, since, until, before."""
        return await _log(console, request)

    if console.watching is not None:
        _add_overview(own, console, console.watching)
    return [own]


def _add_overview(own: APIRouter, console: Console, watching: Watching) -> None:
    @own.get("/overview")
    async def overview(request: Request) -> Response:
        seen = await watching.look()
        return pages.page(request, "overview.html", one=view(seen, console.doors.catalogue()))
