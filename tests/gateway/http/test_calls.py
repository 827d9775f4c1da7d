"""Calls by HTTP: words or TwiML of the allowed verbs, marketing ones wrapped, answered as texts are."""

from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit
from xml.etree import ElementTree as ET

import pytest

from gateway.links import Hook
from suppression.outbox import Entry
from tests.gateway.http.world import World

ANN, BOB = "+12025550143", "+12025550144"
CODE, PROMOTION = "transactional/security", "marketing/promotions"


def call(to: Any = ANN, purpose: str = CODE, **more: Any) -> dict[str, Any]:
    said = {} if "twiml" in more else {"say": "Your code is 4 7 1 1."}
    return {"to": to, "purpose": purpose, **said, **more}


async def kept(world: World, **asked: Any) -> Entry:
    """The entry of an accepted call."""
    answer = await world.post("/v1/calls", call(**asked))
    assert answer.status_code == 202, answer.text
    assert world.doors.sends is not None
    return await world.doors.sends.waiting.entry(answer.json()["messages"][0]["id"])


def verbs(entry: Entry, of: str = "twiml") -> ET.Element:
    assert entry.content is not None
    return ET.fromstring(entry.content[of])  # noqa: S314 - our own


async def consent(world: World, number: str = ANN) -> None:
    yes = {
        "address": number,
        "channels": ["voice"],
        "purpose": "marketing",
        "basis": "opt_in_written",
        "source": "form",
        "at": (world.now() - timedelta(hours=1)).isoformat(),
        "evidence": {"form": "newsletter"},
    }
    assert (await world.post("/v1/consents", yes)).status_code == 201


async def test_words_are_said_as_they_are(world: World) -> None:
    entry = await kept(world, say={"text": "Your code is <1>.", "voice": "Polly.Amy", "language": "en-GB"})

    (said,) = verbs(entry)
    assert (said.tag, said.text) == ("Say", "Your code is <1>.")
    assert said.attrib == {"voice": "Polly.Amy", "language": "en-GB"}
    assert (entry.channel, entry.purpose) == ("voice", CODE)
    assert "voicemail" not in (entry.content or {})


async def test_words_alone_are_said_in_the_senders_language(world: World) -> None:
    (said,) = verbs(await kept(world))

    assert (said.text, said.attrib) == ("Your code is 4 7 1 1.", {"language": "en-US"})


async def test_twiml_of_allowed_verbs_is_taken(world: World) -> None:
    twiml = '<Response><Say>Hello.</Say><Pause length="1"/><Say>Bye.</Say></Response>'

    assert [verb.tag for verb in verbs(await kept(world, twiml=twiml))] == ["Say", "Pause", "Say"]


async def test_a_marketing_call_says_first_who_calls_and_the_key_that_ends_it(world: World) -> None:
    await consent(world)
    entry = await kept(world, purpose=PROMOTION, say="Two for one.", campaign="spring")

    gather = verbs(entry)[0]
    first, message, *_ = [said.text or "" for said in gather.iter("Say")]
    assert gather.tag == "Gather"
    assert first.startswith("This is The Shop. To stop these calls, press 1")
    assert "8 0 0" in first  # nobody tells machines apart here: both ways out
    assert message == "Two for one."
    action = urlsplit(gather.attrib["action"])
    asked = parse_qs(action.query)
    assert action.path == "/hooks/twilio/voice/key"
    assert world.links.read_hook(Hook.KEY, asked["m"][0], asked["k"][0]) == entry.id
    assert entry.campaign == "spring"


async def test_each_call_has_a_key_address_of_its_own(world: World) -> None:
    for number in (ANN, BOB):
        await consent(world, number)
    told = (await world.post("/v1/calls", call([ANN, BOB], PROMOTION))).json()["messages"]

    assert world.doors.sends is not None
    for one in told:
        entry = await world.doors.sends.waiting.entry(one["id"])
        assert f"m={entry.id}&" in verbs(entry)[0].attrib["action"]


async def test_they_are_answered_as_texts_are(world: World) -> None:
    await world.post("/v1/suppressions", {"address": BOB, "note": "no", "block": True}, "agent")
    at = (world.now() + timedelta(hours=1)).replace(microsecond=0)
    told = (await world.post("/v1/calls", call([ANN, "nobody", ANN], send_at=at.isoformat()))).json()[
        "messages"
    ]

    assert [one["outcome"] for one in told] == ["deferred", "refused", "deferred"]
    assert told[0]["id"] == told[2]["id"]
    assert (await world.post("/v1/calls", call("nobody"))).status_code == 200


async def test_one_key_and_body_make_one_call(world: World) -> None:
    first = await world.post("/v1/calls", call(), Idempotency_Key="a")
    again = await world.post("/v1/calls", call(), Idempotency_Key="a")
    other = await world.post("/v1/calls", call(say="Else."), Idempotency_Key="a")
    text = {"to": ANN, "body": "x", "purpose": CODE}
    of_texts = await world.post("/v1/sms", text, Idempotency_Key="a")

    assert first.json() == again.json()
    assert other.status_code == 422
    assert of_texts.status_code == 202
    assert of_texts.json()["messages"][0]["id"] != first.json()["messages"][0]["id"]


def response(inner: str) -> str:
    return f"<Response>{inner}</Response>"


@pytest.mark.parametrize(
    ("asked", "pointer"),
    [
        ({"say": None}, "#/say"),
        ({"say": "x", "twiml": response("<Say>x</Say>")}, "#/say"),
        ({"say": ""}, "#/say/text"),
        ({"say": " "}, "#/say"),
        ({"say": "x" * 4001}, "#/say/text"),
        ({"say": "x" * 3990}, "#/say"),
        ({"say": "bell\u0007"}, "#/say/text"),
        ({"say": {"text": "x", "voice": "<Dial>"}}, "#/say"),
        ({"say": {"text": "x", "language": "klingon!"}}, "#/say"),
        ({"say": {"text": "x", "surprise": 1}}, "#/say/surprise"),
        ({"say": 17}, "#/say"),
        ({"twiml": ""}, "#/twiml"),
        ({"twiml": "x" * 4001}, "#/twiml"),
        ({"twiml": "<Response>"}, "#/twiml"),
        ({"twiml": response("")}, "#/twiml"),
        ({"twiml": response("<Redirect>https://evil.example</Redirect>")}, "#/twiml"),
        ({"twiml": response("<Dial>+12025550199</Dial>")}, "#/twiml"),
        ({"twiml": response("<Play>https://evil.example/a.mp3</Play>")}, "#/twiml"),
        ({"twiml": "<!DOCTYPE x><Response><Say>x</Say></Response>"}, "#/twiml"),
        ({"twiml": response('<Say voice="x&#10;y">x</Say>')}, "#/twiml"),
        ({"voicemail": ""}, "#/voicemail/text"),
        ({"voicemail": {"text": "x", "voice": "?"}}, "#/voicemail"),
        ({"send_at": "2026-11-24T18:00:00"}, "#/send_at"),
        ({"to": []}, "#/to"),
        ({"to": [ANN] * 1001}, "#/to"),
    ],
)
async def test_a_call_that_cannot_be_made_is_422_and_stores_nothing(
    world: World, asked: dict[str, Any], pointer: str
) -> None:
    answer = await world.post("/v1/calls", call(**asked))

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == pointer
    assert await world.records(ANN) == []


async def test_a_sender_that_makes_no_calls_is_403(world: World) -> None:
    assert (await world.post("/v1/calls", call(), "stranger")).status_code == 403
    assert (await world.post("/v1/calls", call(), "agent")).status_code == 403


async def test_an_app_without_the_channel_is_refused(real: World) -> None:
    answer = await real.post("/v1/calls", call(purpose="transactional/payments"), "orders")

    assert answer.status_code == 200
    assert answer.json()["messages"][0]["reason"] == "not_permitted"
