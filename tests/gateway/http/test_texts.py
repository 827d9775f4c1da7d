"""Texts by HTTP: an answer for each number in order, and what cannot be sent stores nothing."""

from datetime import timedelta
from typing import Any

import pytest

from suppression.outbox import Entry, State
from tests.gateway.http.world import FakeWorld, World

ANN, BOB = "+12025550143", "+12025550144"
ORDER, PROMOTION = "transactional/orders", "marketing/promotions"


def text(to: Any = ANN, purpose: str = ORDER, **more: Any) -> dict[str, Any]:
    return {"to": to, "body": "Your parcel is on its way.", "purpose": purpose, **more}


async def kept(world: World, message: str) -> Entry:
    assert world.doors.sends is not None
    return await world.doors.sends.waiting.entry(message)


async def body_of(world: World, **asked: Any) -> str:
    """What was composed of an accepted text."""
    answer = await world.post("/v1/sms", text(**asked))
    assert answer.status_code == 202, answer.text
    entry = await kept(world, answer.json()["messages"][0]["id"])
    assert entry.content is not None
    return entry.content["body"]


async def consent(world: World, *numbers: str) -> None:
    for number in numbers:
        yes = {
            "address": number,
            "channels": ["sms", "voice"],
            "purpose": "marketing",
            "basis": "opt_in",
            "source": "form",
            "at": (world.now() - timedelta(hours=1)).isoformat(),
            "evidence": {"form": "newsletter"},
        }
        assert (await world.post("/v1/consents", yes)).status_code == 201


async def test_one_text_is_accepted_and_waits(world: World) -> None:
    answer = await world.post("/v1/sms", text(campaign="spring"))

    assert answer.status_code == 202
    (told,) = answer.json()["messages"]
    assert told == {
        "to": ANN,
        "id": told["id"],
        "outcome": "accepted",
        "reason": "no_consent_needed",
        "decision_id": told["decision_id"],
    }
    entry = await kept(world, told["id"])
    assert entry.state is State.WAITING
    assert (entry.content, entry.campaign) == ({"body": "Your parcel is on its way."}, "spring")
    assert [line.id for line in await world.records(ANN)] == [told["decision_id"]]


async def test_many_are_answered_in_order_as_they_were_written(world: World) -> None:
    await world.post("/v1/suppressions", {"address": BOB, "note": "no"})
    numbers = ["+1 202 555 0143", BOB, "nobody", "+12025550145"]
    answer = await world.post("/v1/sms", text(numbers))

    assert answer.status_code == 202
    told = answer.json()["messages"]
    assert [one["to"] for one in told] == numbers
    assert [(one["outcome"], one["reason"]) for one in told] == [
        ("accepted", "no_consent_needed"),
        ("refused", "unsubscribed"),
        ("refused", "unusable_address"),
        ("accepted", "no_consent_needed"),
    ]
    assert told[1]["id"] == told[1]["decision_id"]
    assert (told[2]["id"], told[2]["decision_id"]) == (None, None)


async def test_all_refused_is_200(world: World) -> None:
    answer = await world.post("/v1/sms", text(["nobody", "", "x" * 5000, "a@example.net", BOB], PROMOTION))

    assert answer.status_code == 200
    assert {one["outcome"] for one in answer.json()["messages"]} == {"refused"}


@pytest.mark.parametrize(
    "number", ["+1", "12025550143", "+120255501430000000", "112", "+999123456789", "++1"]
)
async def test_numbers_that_cannot_be(world: World, number: str) -> None:
    answer = await world.post("/v1/sms", text(number))

    assert answer.status_code == 200
    assert answer.json()["messages"][0]["reason"] == "unusable_address"


async def test_a_number_named_twice_gets_one_text(world: World) -> None:
    answer = await world.post("/v1/sms", text([ANN, BOB, "+1 (202) 555-0143"]))

    first, other, again = answer.json()["messages"]
    assert first["id"] == again["id"] != other["id"]
    assert len(await world.records(ANN)) == 1


@pytest.mark.parametrize("purpose", ["service/account", "service/scheduled-calls", "system/help"])
async def test_a_purpose_that_no_text_may_have_is_a_refusal(world: World, purpose: str) -> None:
    answer = await world.post("/v1/sms", text(purpose=purpose))

    if isinstance(world, FakeWorld):
        return  # its rules are two
    assert answer.status_code == 200
    assert answer.json()["messages"][0]["reason"] == "not_permitted"


async def test_another_app_of_the_sender_may_use_its_own_purposes_only(real: World) -> None:
    await consent(real, ANN)

    assert (await real.post("/v1/sms", text(), "orders")).status_code == 202
    refused = (await real.post("/v1/sms", text(purpose=PROMOTION), "orders")).json()["messages"][0]
    assert (refused["outcome"], refused["reason"]) == ("refused", "not_permitted")


async def test_marketing_says_how_to_stop(world: World) -> None:
    await consent(world, ANN)
    said = await body_of(world, purpose=PROMOTION, body="Two for one.")

    assert said == "Two for one.\nReply STOP to opt out"
    assert await body_of(world, body="Two for one.") == "Two for one."


async def test_where_replies_are_impossible_it_is_a_link_of_the_recipients_own(world: World) -> None:
    await consent(world, "+919876543210", ANN)
    asked = text(["+919876543210", ANN], PROMOTION, body="Two for one.")
    told = (await world.post("/v1/sms", asked)).json()["messages"]
    bodies = [(await kept(world, one["id"])).content or {} for one in told]

    line = bodies[0]["body"].splitlines()[1]
    assert line.startswith(f"Opt out: {world.links.prefix}")
    link = world.links.read(line.rpartition("/")[2])
    assert link.recipient.key == world.recipient("+919876543210").key
    assert (link.channel, link.purpose, link.sender, link.app) == ("sms", PROMOTION, "shop", "demo")
    assert bodies[1]["body"].endswith("Reply STOP to opt out")


async def test_places_are_filled_with_each_recipients_link(world: World) -> None:
    body = "News. %%unsubscribe_url%% {{postal_address}}"
    told = (await world.post("/v1/sms", text([ANN, BOB], body=body))).json()["messages"]
    first, second = [((await kept(world, one["id"])).content or {})["body"] for one in told]

    assert first.endswith("1 Main Street, Springfield")
    assert first != second
    token = first.split()[1].removeprefix(world.links.prefix)
    assert world.links.read(token).recipient.key == world.recipient(ANN).key


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("", None),
        (" \n ", "empty text"),
        ("\u200b", "empty text"),
        ("a" * 1601, "1601 characters"),
        ("a" * 10_001, None),
        ("ü€" * 500, "segments"),
        ("bell\u0007", None),
        ("nothing\u0000", None),
        ("half of \ud83d", None),
        ("no letter \ufffe", "U+FFFE"),
        (None, None),
        (17, None),
        (["a"], None),
    ],
)
async def test_a_body_that_cannot_be_sent_is_422_and_stores_nothing(
    world: World, body: Any, said: str | None
) -> None:
    answer = await world.call(
        "POST",
        "/v1/sms",
        content=_json(text(body=body)),
        headers={"Content-Type": "application/json", "Idempotency-Key": "one"},
    )

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "#/body"
    assert (said or "") in answer.json()["errors"][0]["detail"]
    assert await world.records(ANN) == []
    # The key is free for what is put right.
    assert (await world.post("/v1/sms", text(), Idempotency_Key="one")).status_code == 202


def _json(value: Any) -> bytes:
    import json

    return json.dumps(value).encode()  # escapes what no encoding has


@pytest.mark.parametrize(
    "asked",
    [
        {},
        text([]),
        text([ANN] * 1001),
        text(None),
        text(17),
        text([ANN, 17]),
        text([[ANN]]),
        text({"number": ANN}),
        text(purpose="marketing"),
        text(purpose="nothing/here"),
        text(purpose=""),
        text(campaign=""),
        text(campaign="ann@example.net"),
        text(campaign="x" * 65),
        text(campaign="a\nb"),
        text(person=""),
        text(person=4711),
        text(surprise=1),
        [text()],
        None,
    ],
)
async def test_a_call_that_is_not_understood_is_422_and_stores_nothing(world: World, asked: Any) -> None:
    answer = await world.post("/v1/sms", asked)

    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert ANN not in answer.text
    assert await world.records(ANN) == []


async def test_a_time_to_come_is_when_it_is_due(world: World) -> None:
    at = (world.now() + timedelta(days=2)).replace(microsecond=0)
    (told,) = (await world.post("/v1/sms", text(send_at=at.isoformat()))).json()["messages"]

    assert told["outcome"] == "deferred"
    assert told["until"] == at.isoformat().replace("+00:00", "Z")
    assert (await kept(world, told["id"])).due == at


async def test_a_time_that_has_just_passed_is_now(world: World) -> None:
    at = world.now() - timedelta(seconds=50)
    (told,) = (await world.post("/v1/sms", text(send_at=at.isoformat()))).json()["messages"]

    assert told["outcome"] == "accepted"
    assert "until" not in told


@pytest.mark.parametrize(
    "off", [timedelta(seconds=-65), timedelta(days=-1), timedelta(days=91), timedelta(days=365)]
)
async def test_a_time_that_has_passed_or_is_too_far_off_is_422(world: World, off: timedelta) -> None:
    answer = await world.post("/v1/sms", text(send_at=(world.now() + off).isoformat()))

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "#/send_at"


@pytest.mark.parametrize("at", ["2026-11-24T18:00:00", "tomorrow", 1764007200, "2026-02-30T18:00:00Z", ""])
async def test_a_time_without_zone_or_that_is_none_is_422(world: World, at: Any) -> None:
    answer = await world.post("/v1/sms", text(send_at=at))

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "#/send_at"


async def test_a_person_named_must_be_the_one_that_the_numbers_are_linked_to(world: World) -> None:
    await link(world, "customer-1", ANN)

    assert (await world.post("/v1/sms", text(person="customer-1"))).status_code == 202
    answer = await world.post("/v1/sms", text([ANN, BOB], person="customer-1"))
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "#/person"
    assert await world.records(BOB) == []


async def test_a_person_nobody_told_of_changes_nothing(world: World) -> None:
    answer = await world.post("/v1/sms", text(person="customer-2"))

    assert answer.status_code == 202
    assert (await world.facts(ANN)).person is None


async def link(world: World, person: str, number: str) -> None:
    if isinstance(world, FakeWorld):
        world.outbox.people[person] = frozenset({world.recipient(number).key})
        return
    assert (await world.call("PUT", f"/v1/people/{person}", json={"addresses": [number]})).status_code == 200


@pytest.mark.parametrize(
    ("key", "status"), [(None, 401), ("nobody", 401), ("agent", 403), ("admin", 403), ("gone", 403)]
)
async def test_only_the_key_of_an_app_sends(world: World, key: str | None, status: int) -> None:
    assert (await world.post("/v1/sms", text(), key)).status_code == status
    assert await world.records(ANN) == []


async def test_a_sender_without_numbers_sends_no_texts(world: World) -> None:
    answer = await world.post("/v1/sms", text(), "stranger")

    assert answer.status_code == 403
    assert await world.records(ANN) == []


async def test_the_store_away_is_503_and_nothing_is_said_to_be_accepted(world: World) -> None:
    await world.go_away()
    for asked in (text(), text([ANN, BOB])):
        answer = await world.post("/v1/sms", asked)
        assert answer.status_code == 503
        assert "messages" not in answer.json()
