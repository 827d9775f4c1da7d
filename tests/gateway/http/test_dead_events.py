"""Events that nobody took, over HTTP: their own app and support see them; they are no messages."""

import pytest

from gateway.webhooks.events import drafts
from gateway.webhooks.subscriptions import Subscription, Webhooks
from suppression.outbox import State
from suppression.store.event_entries import EventEntries
from suppression.store.outbox import Outbox
from tests.gateway.http.world import RealWorld

STOP = {"address": "ann@example.net", "channels": ["email"], "purpose": "marketing", "note": "asked"}


@pytest.fixture
async def dead(real: RealWorld) -> str:
    """The id of an event for `demo` that was given up."""
    demo = Subscription("demo", "shop", "https://app.example.com/", ())
    real.store.steps.events = drafts(Webhooks({"demo": demo}))
    assert (await real.post("/v1/suppressions", STOP, "agent")).status_code == 201
    entries, outbox = EventEntries(real.store), Outbox(real.store)
    (entry,) = [
        entry for shard in real.store.shards.all for entry in await outbox.claim(shard.number, 10, 30)
    ]
    await entries.give_up(entry, "410", attempts=1)
    return entry.id


async def test_it_is_listed_for_its_app_and_support_and_nobody_else(real: RealWorld, dead: str) -> None:
    for key, expected in (("agent", [dead]), ("app", [dead]), ("trusted", []), ("stranger", [])):
        told = (await real.get("/v1/dead-letters", key)).json()["dead_letters"]
        assert [one["id"] for one in told] == expected, key
    (letter,) = (await real.get("/v1/dead-letters", "app")).json()["dead_letters"]
    record = letter.pop("record")
    assert letter == {
        "id": dead,
        "event": "suppressed",
        "state": "dead",
        "reason": "410",
        "sender": "shop",
        "app": "demo",
        "attempts": 1,
    }
    assert (await real.store.log.find(record)).kind == "suppressed"


async def test_support_has_it_told_again(real: RealWorld, dead: str) -> None:
    path = f"/v1/dead-letters/{dead}/retry"
    assert (await real.call("POST", path, "app")).status_code == 403
    answer = await real.call("POST", path, "agent")
    assert (answer.status_code, answer.json()["state"], answer.json()["event"]) == (
        200,
        "waiting",
        "suppressed",
    )
    assert (await Outbox(real.store).entry(dead)).state is State.WAITING
    assert (await real.call("POST", path, "agent")).status_code == 409


async def test_it_is_no_message(real: RealWorld, dead: str) -> None:
    for key in ("app", "agent"):
        assert (await real.get(f"/v1/messages/{dead}", key)).status_code == 404
        assert (await real.call("DELETE", f"/v1/messages/{dead}", key)).status_code == 404
