"""An app that texts and calls, and the people whom it reaches, in a `gateway dev`."""

import datetime as dt
import re
from typing import Any

import httpx

from tests.end_to_end.client import Client
from tests.end_to_end.processes import until

DAY = dt.datetime(2027, 5, 4, 18, tzinfo=dt.UTC)  # Tuesday, 14:00 in Washington: texts may go
NIGHT = dt.datetime(2027, 5, 5, 6, tzinfo=dt.UTC)  # 02:00 there
MARKETING, ORDERS = "marketing/promotions", "transactional/orders"


class Numbers:
    """Numbers in Washington that nobody else uses; 555-01xx are for fiction, the demo's own among them."""

    def __init__(self, first: int) -> None:
        self._next = first

    def one(self) -> str:
        self._next += 1
        return f"+1202555{self._next:04d}"


def text(client: Client, to: str | list[str], purpose: str = MARKETING, **more: Any) -> dict[str, Any]:
    """The answer about the only, or first, recipient."""
    asked = {"to": to, "body": "New shoes.", "purpose": purpose} | more
    return _first(client.http.post("/v1/sms", json=asked))


def call(client: Client, to: str, purpose: str = MARKETING, **more: Any) -> dict[str, Any]:
    asked = {"to": to, "say": "The new shoes are here.", "purpose": purpose} | more
    return _first(client.http.post("/v1/calls", json=asked))


def _first(answer: httpx.Response) -> dict[str, Any]:
    assert answer.status_code in (200, 202), answer.text
    first = answer.json()["messages"][0]
    assert (first["outcome"] == "refused") == (answer.status_code == 200)
    return dict(first)


def message(client: Client, message_id: str) -> dict[str, Any]:
    answer = client.http.get(f"/v1/messages/{message_id}")
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def state(client: Client, message_id: str) -> str:
    return str(message(client, message_id)["state"])


def until_delivered(client: Client, message_id: str, delivery: str = "delivered") -> None:
    until(lambda: message(client, message_id).get("delivery") == delivery)


def left(client: Client, to: str, channel: str = "sms") -> list[dict[str, Any]]:
    """What is in the sandbox."""
    answer = client.http.get("/sandbox/messages", params={"to": to, "channel": channel})
    assert answer.status_code == 200, answer.text
    return list(answer.json()["messages"])


def until_left(client: Client, to: str, count: int = 1, channel: str = "sms") -> list[dict[str, Any]]:
    until(lambda: len(left(client, to, channel)) >= count)
    found = left(client, to, channel)
    assert len(found) == count
    return found


def reply(client: Client, message_id: str, body: str) -> str:
    """By the sandbox's form."""
    answer = client.http.post(f"/sandbox/messages/{message_id}/reply", data={"body": body})
    assert answer.status_code == 200, answer.text
    assert "The gateway took it" in answer.text
    return answer.text


def key_form(page: str) -> dict[str, str]:
    """What the keys of a page carry."""
    form = re.search(r'<form method="post" action="([^"]+)" class="keypad">(.*?)</form>', page, re.DOTALL)
    assert form, page
    hidden = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', form[2])
    return {"": form[1], **{name: value.replace("&amp;", "&") for name, value in hidden}}


def press(client: Client, page: str, **keys: str) -> str:
    """A key on a page; the page after it."""
    form = key_form(page)
    action = form.pop("")
    answer = client.http.post(action, data=form | keys)
    assert answer.status_code == 200, answer.text
    return answer.text


def set_clock(client: Client, now: dt.datetime | None) -> None:
    told = now.isoformat().replace("+00:00", "Z") if now else None
    answer = client.http.put("/sandbox/clock", json={"now": told})
    assert answer.status_code == 200, answer.text


def consented(client: Client, number: str, *channels: str, at: dt.datetime | None = None) -> str:
    given = {"at": at.isoformat()} if at else {}
    client.consent(number, channels=list(channels) or ["sms", "voice"], basis="opt_in_written", **given)
    return number
