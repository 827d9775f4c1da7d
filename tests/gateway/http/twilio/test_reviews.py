"""The queue of what nobody understood, over HTTP: agents read it and decide, and each decision does what it says."""

import asyncio
from typing import Any

import httpx
import pytest

from gateway.webhooks.events import type_of
from gateway.webhooks.subscriptions import EventType
from suppression.model import Way
from suppression.records import RecordKind
from tests.gateway.http.twilio.world import BOB, FREE, SHOP, Hooked, bearer

PAUSED = ("sms,voice", "marketing", "in_review", "sms")
TEXT = "how do I stop this?"
DECISIONS = {
    "stop": {
        ("sms", "*", "unsubscribed", "sms"),
        ("voice", "marketing", "unsubscribed", "sms"),
        ("voice", "service", "unsubscribed", "sms"),
    },
    "stop_marketing": {("*", "marketing", "unsubscribed", "sms")},
    "stop_everything": {("*", "*", "unsubscribed", "sms")},
    "delete": {("*", "*", "unsubscribed", "sms")},
    "no_stop": set(),
    "change": set(),
}


async def queue(gateway: Hooked, **params: str) -> dict[str, Any]:
    answer = await gateway.client.get("/v1/reviews", params=params, headers=bearer())
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def decide(
    gateway: Hooked, review: str, decision: str, key: str = "agent", idempotency: str = "", **more: str
) -> httpx.Response:
    headers = bearer(key) | ({"Idempotency-Key": idempotency} if idempotency else {})
    return await gateway.client.post(
        f"/v1/reviews/{review}", json={"decision": decision, **more}, headers=headers
    )


@pytest.fixture
async def review(gateway: Hooked) -> str:
    await gateway.text(TEXT, sid="SM1")
    return str((await queue(gateway))["reviews"][0]["id"])


async def test_agents_see_who_wrote_what_and_what_we_made_of_it(gateway: Hooked, review: str) -> None:
    (shown,) = (await queue(gateway))["reviews"]

    assert shown.pop("at")
    assert shown.pop("suggestion")["verdict"] == "unclear"
    assert shown == {
        "id": review,
        "channel": "sms",
        "address": BOB,
        "text": TEXT,
        "sender": "shop",
        "to": SHOP,
    }


@pytest.mark.parametrize("key", ["app", "trusted"])
async def test_apps_do_not_see_it(gateway: Hooked, review: str, key: str) -> None:
    assert (await gateway.client.get("/v1/reviews", headers=bearer(key))).status_code == 403
    assert (await decide(gateway, review, "no_stop", key)).status_code == 403
    assert (await gateway.client.get("/v1/reviews")).status_code == 401


async def test_it_goes_on_page_by_page(gateway: Hooked) -> None:
    for n in range(5):
        await gateway.text(f"how do I stop this? {n}", From=f"+120255501{n:02}")
    first = await queue(gateway, limit="2")
    second = await queue(gateway, limit="2", cursor=first["cursor"])
    third = await queue(gateway, limit="2", cursor=second["cursor"])

    texts = [shown["text"][-1] for page in (first, second, third) for shown in page["reviews"]]
    assert texts == ["0", "1", "2", "3", "4"]
    assert "cursor" not in third
    answer = await gateway.client.get("/v1/reviews?cursor=nonsense.x", headers=bearer())
    assert answer.status_code == 422


@pytest.mark.parametrize(("decision", "stopped"), DECISIONS.items())
async def test_a_decision_does_what_it_says_and_ends_the_pause(
    gateway: Hooked, review: str, decision: str, stopped: set[tuple[str, ...]]
) -> None:
    answer = await decide(gateway, review, decision, note="asked by phone")

    assert (answer.status_code, answer.json()) == (200, {"id": review, "decision": decision})
    assert await gateway.stops() == stopped
    assert (await queue(gateway))["reviews"] == []


async def test_a_stop_by_decision_is_the_recipients_own(gateway: Hooked, review: str) -> None:
    """A START ends it, as it ends a STOP."""
    await decide(gateway, review, "stop")
    assert {(entry.way, entry.source) for entry in await gateway.entries()} == {(Way.SMS, "sms:shop")}
    await gateway.text("START")

    assert await gateway.stops() == set()


async def test_who_decided_what_is_logged(gateway: Hooked, review: str) -> None:
    await decide(gateway, review, "delete")
    records = await gateway.records()
    (reviewed,) = [record for record in records if record.kind is RecordKind.REVIEWED]
    (requested,) = [record for record in records if record.kind is RecordKind.REQUESTED]

    assert reviewed.details == {"review": review, "decision": "delete"}
    assert reviewed.actor == requested.actor
    assert reviewed.actor.startswith("key:")
    assert requested.details == {"what": "erasure", "review": review}


async def test_a_change_of_data_is_on_record_for_apps_to_hear_of(gateway: Hooked, review: str) -> None:
    await decide(gateway, review, "change")
    (requested,) = [record for record in await gateway.records() if record.kind is RecordKind.REQUESTED]

    assert type_of(requested) is EventType.CHANGE_REQUESTED
    assert requested.details == {"what": "change", "review": review}


async def test_only_its_own_pause_ends(gateway: Hooked, review: str) -> None:
    await gateway.text(TEXT, sid="SM2")
    await decide(gateway, review, "no_stop")

    assert await gateway.stops() == {PAUSED}
    assert len((await queue(gateway))["reviews"]) == 1


async def test_a_second_decision_is_none(gateway: Hooked, review: str) -> None:
    await decide(gateway, review, "no_stop")
    for decision in ("no_stop", "stop"):
        answer = await decide(gateway, review, decision)
        assert answer.status_code == 409
        assert answer.json()["detail"] == "this review was decided already"

    assert await gateway.stops() == set()


async def test_the_same_call_again_is_answered_alike(gateway: Hooked, review: str) -> None:
    first = await decide(gateway, review, "stop", idempotency="k1")
    again = await decide(gateway, review, "stop", idempotency="k1")

    assert (again.status_code, again.json()) == (first.status_code, first.json()) == (200, first.json())
    assert (await decide(gateway, review, "stop", idempotency="k2")).status_code == 409
    assert (await decide(gateway, review, "no_stop", idempotency="k1")).status_code == 422


async def test_of_many_at_once_one_decides(gateway: Hooked, review: str) -> None:
    decisions = ["stop", "no_stop", "stop_marketing", "stop_everything"]
    answers = await asyncio.gather(
        *(decide(gateway, review, decision, idempotency=f"k{n}") for n, decision in enumerate(decisions * 2))
    )

    assert sorted(answer.status_code for answer in answers) == [200] + [409] * 7
    (won,) = [answer.json()["decision"] for answer in answers if answer.status_code == 200]
    assert await gateway.stops() == DECISIONS[won]


async def test_an_erasure_takes_it_away(gateway: Hooked, review: str) -> None:
    await gateway.client.post(f"/v1/recipients/{BOB}/erasure", json={}, headers=bearer())

    assert (await queue(gateway))["reviews"] == []
    assert (await decide(gateway, review, "stop")).status_code == 404


@pytest.mark.parametrize(
    "body", [{}, {"decision": "maybe"}, {"decision": "stop", "more": 1}, {"decision": "stop", "note": "\x00"}]
)
async def test_a_decision_that_is_none_is_refused(gateway: Hooked, review: str, body: Any) -> None:
    answer = await gateway.client.post(f"/v1/reviews/{review}", json=body, headers=bearer())

    assert answer.status_code == 422
    assert len((await queue(gateway))["reviews"]) == 1


async def test_a_review_that_is_none_is_not_found(gateway: Hooked) -> None:
    assert (await decide(gateway, "rev_0", "stop")).status_code == 404


async def test_who_wants_all_deleted_is_in_the_queue(gateway: Hooked) -> None:
    await gateway.text("delete my data", to=FREE)

    (shown,) = (await queue(gateway))["reviews"]
    assert shown["suggestion"]["scope"] == "delete"


async def test_a_store_that_is_away_is_said(gateway: Hooked, review: str) -> None:
    await gateway.store.close()

    assert (await decide(gateway, review, "stop")).status_code == 503
