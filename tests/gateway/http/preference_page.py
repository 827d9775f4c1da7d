"""The preference page as a browser has it: opened, filled in, sent."""

import re
from typing import Any

import httpx

from suppression.model import Basis, Scope
from suppression.token import TokenKind
from tests.gateway.http.world import World

ANN = "ann@example.net"
PROMOTIONS = "email:marketing/promotions"
SURVEYS = "email:marketing/surveys"


async def consented(world: World, address: str = ANN, purpose: str = "marketing") -> None:
    await world.doors.changes.consent(
        world.recipient(address),
        Scope(purpose=purpose, sender="shop"),
        basis=Basis.OPT_IN,
        source="test",
        actor="test",
        at=world.now(),
        evidence={"a": "b"},
    )


def body_token(world: World, address: str = ANN, **more: Any) -> str:
    return world.token(address, kind=TokenKind.BODY, **more)


async def opened(world: World, token: str, **headers: str) -> str:
    answer = await world.client.get(f"/u/{token}", headers=headers)
    assert answer.status_code == 200
    return answer.text


def boxes(page: str) -> dict[str, bool]:
    """Every box of the page and whether it is ticked."""
    found = re.findall(r'<input type="checkbox" name="on" value="([^"]+)"([^>]*)>', page)
    return {value: "checked" in rest for value, rest in found}


def form(
    page: str, *, tick: tuple[str, ...] = (), untick: tuple[str, ...] = (), do: str = "save"
) -> dict[str, Any]:
    """What a browser would send after these clicks."""
    hidden = re.search(r'name="form" value="([^"]+)"', page)
    assert hidden
    state = boxes(page)
    on = [value for value, ticked in state.items() if (ticked or value in tick) and value not in untick]
    return {"form": hidden[1], "row": list(state), "on": on, "do": do}


async def save(world: World, token: str, fields: dict[str, Any]) -> httpx.Response:
    return await world.client.post(f"/u/{token}/preferences", data=fields)
