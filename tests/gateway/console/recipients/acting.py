"""What tests of acts do alike: from the form's own page, and what the next page says of it."""

import re

import httpx

from suppression.decision import Reason
from suppression.model import Scope, Way
from tests.gateway.console.house import Browser
from tests.gateway.console.recipients.conftest import Desk

ANN, PHONE, OTHER = "ann@example.net", "+12025550143", "a.nother@example.net"
STOP = {"what": "marketing", "sender": "*", "kind": "stop", "reason": "called us"}
MARKETING = Scope(purpose="marketing")


async def act(browser: Browser, path: str, fields: dict[str, str], page: str = "") -> httpx.Response:
    """From the form's own page."""
    await browser.get(page or path)
    return await browser.post(path, fields)


async def said(browser: Browser, answer: httpx.Response) -> str:
    """What the page after it says was done."""
    text = (await browser.follow(answer)).text
    found = re.search(r'role="status"><p>(.*?)</p>', text, re.DOTALL)
    assert found, text
    return found[1]


async def undo(browser: Browser) -> str:
    return await said(browser, await browser.post("/console/undo"))


async def suppressed(desk: Desk, scope: Scope, reason: Reason = Reason.UNSUBSCRIBED, note: str = "") -> str:
    applied = await desk.world.doors.changes.suppress(
        desk.world.recipient(ANN),
        scope,
        reason=reason,
        way=Way.LINK,
        source="page",
        actor="recipient",
        note=note,
    )
    return applied.handle
