"""Keys pressed in calls of ours, and machines that answer them."""

from datetime import UTC, datetime

import httpx
import pytest

from channels.voice.line_wording import LANGUAGES
from gateway.links import Hook
from suppression.model import Basis, Channel, Scope
from suppression.outbox import Entry, State
from suppression.records import RecordKind
from tests.gateway.http.twilio.world import (
    ACCOUNT,
    BOB,
    CALLER,
    OTHER_ACCOUNT,
    PUBLIC,
    STRANGE,
    TOKEN,
    Hooked,
)

PRESSED = {("voice", "*", "unsubscribed", "key_press"), ("sms", "marketing", "unsubscribed", "key_press")}
CALL = "CA" + "c" * 32
OPEN = datetime(2026, 11, 24, 18, tzinfo=UTC)  # within calling hours of Bob's
VOICEMAIL = "<Response><Say>for a machine</Say></Response>"


@pytest.fixture
async def call(gateway: Hooked) -> Entry:
    """Of marketing, and under way."""
    await gateway.store.set_clock(OPEN)
    await gateway.changes.consent(
        gateway.bob(),
        Scope(purpose="marketing", sender="shop"),
        basis=Basis.OPT_IN_WRITTEN,
        source="form",
        actor="test",
        at=OPEN,
        evidence={"form": "x"},
    )
    return await gateway.submitted(
        Channel.VOICE, "marketing/promotions", twiml="<Response/>", voicemail=VOICEMAIL
    )


async def hook(gateway: Hooked, which: Hook, entry: Entry, token: str = TOKEN, **more: str) -> httpx.Response:
    url = gateway.links.hook_url(which, entry.id).removeprefix(PUBLIC)
    form = {"AccountSid": ACCOUNT, "CallSid": CALL, "From": CALLER, "To": BOB, "Direction": "outbound-api"}
    return await gateway.post(url, list((form | more).items()), token)


@pytest.mark.parametrize("key", ["1", "9", "0", "#", "*"])
async def test_any_key_stops_calls_and_marketing_texts(gateway: Hooked, call: Entry, key: str) -> None:
    answer = await hook(gateway, Hook.KEY, call, Digits=key)

    assert answer.status_code == 200
    assert await gateway.stops() == PRESSED
    assert LANGUAGES["en"].key_pressed in answer.text
    assert answer.text.endswith("<Hangup/></Response>")


async def test_no_key_stops_nothing(gateway: Hooked, call: Entry) -> None:
    assert (await hook(gateway, Hook.KEY, call)).status_code == 200
    assert await gateway.stops() == set()


async def test_in_a_transactional_call_keys_are_the_apps(gateway: Hooked) -> None:
    call = await gateway.submitted(Channel.VOICE, twiml="<Response/>")
    await hook(gateway, Hook.KEY, call, Digits="1")

    assert await gateway.stops() == set()


async def test_a_key_cancels_what_waits(gateway: Hooked, call: Entry) -> None:
    text = await gateway.message(purpose="marketing/promotions")
    other = await gateway.message(purpose="service/notifications")
    await hook(gateway, Hook.KEY, call, Digits="1")

    assert (await gateway.sending.outbox.entry(text.id)).state is State.CANCELLED
    assert (await gateway.sending.outbox.entry(other.id)).state is State.WAITING


async def test_nothing_is_said_that_was_not_stored(gateway: Hooked, call: Entry) -> None:
    await gateway.store.close()
    answer = await hook(gateway, Hook.KEY, call, Digits="1")

    assert answer.status_code == 503
    assert LANGUAGES["en"].key_pressed not in answer.text


async def test_a_key_in_another_call_is_not_in_this_one(gateway: Hooked, call: Entry) -> None:
    await gateway.report(call, "in-progress", CallSid=CALL)

    assert (await hook(gateway, Hook.KEY, call, Digits="1", CallSid="CA0")).status_code == 403
    assert (await hook(gateway, Hook.AMD, call, CallSid="CA0")).status_code == 403
    assert await gateway.stops() == set()


async def test_another_senders_account_presses_no_keys(gateway: Hooked, call: Entry) -> None:
    answer = await hook(gateway, Hook.KEY, call, STRANGE, Digits="1", AccountSid=OTHER_ACCOUNT)

    assert answer.status_code == 403


@pytest.mark.parametrize("to", ["", "+12025550199", "client:bob"])
async def test_the_stop_is_of_whom_we_called(gateway: Hooked, call: Entry, to: str) -> None:
    await hook(gateway, Hook.KEY, call, Digits="1", To=to)

    assert await gateway.stops() == PRESSED
    assert await gateway.stops("+12025550199") == set()


@pytest.mark.parametrize(
    "by", ["machine_start", "machine_end_beep", "machine_end_silence", "machine_end_other"]
)
async def test_a_machine_gets_its_own_text(gateway: Hooked, call: Entry, by: str) -> None:
    assert (await hook(gateway, Hook.AMD, call, AnsweredBy=by)).status_code == 200
    assert gateway.replaced == [("shop", CALL, VOICEMAIL)]


@pytest.mark.parametrize("by", ["human", "unknown", "fax", ""])
async def test_who_is_not_known_to_be_a_machine_is_a_human(gateway: Hooked, call: Entry, by: str) -> None:
    assert (await hook(gateway, Hook.AMD, call, AnsweredBy=by)).status_code == 200
    assert gateway.replaced == []


async def test_a_call_without_a_text_for_machines_goes_on(gateway: Hooked) -> None:
    call = await gateway.submitted(Channel.VOICE, twiml="<Response/>")
    await hook(gateway, Hook.AMD, call, AnsweredBy="machine_end_beep")

    assert gateway.replaced == []


async def test_twilio_not_taking_it_is_no_error_of_the_webhook(gateway: Hooked, call: Entry) -> None:
    gateway.refuses = True
    answer = await hook(gateway, Hook.AMD, call, AnsweredBy="machine_end_beep")

    assert answer.status_code == 200
    assert gateway.replaced == []


@pytest.mark.parametrize(
    ("form", "kept"),
    [
        ({"Digits": "1"}, {"keys": "1"}),
        ({"Digits": "12#4"}, {"keys": "12#4"}),
        ({"Digits": "4111111111111111"}, {"keys": "16 keys"}),
        ({"SpeechResult": "yes please"}, {"speech": "yes"}),
    ],
)
async def test_what_an_apps_own_question_was_answered_is_logged_once_and_stops_nothing(
    gateway: Hooked, form: dict[str, str], kept: dict[str, str]
) -> None:
    entry = await gateway.submitted(Channel.VOICE, "transactional/security", twiml="<Response/>")
    for _ in range(2):
        answer = await hook(gateway, Hook.GATHERED, entry, **form)
        assert (answer.status_code, "<Say" in answer.text) == (200, False)

    heard = [line for line in await gateway.records() if line.kind is RecordKind.RECEIVED]
    assert [dict(line.details) for line in heard] == [{"call": CALL, **kept}]
    assert heard[0].message == entry.id
    assert await gateway.stops() == set()


async def test_nothing_answered_is_nothing(gateway: Hooked) -> None:
    entry = await gateway.submitted(Channel.VOICE, "transactional/security", twiml="<Response/>")

    assert (await hook(gateway, Hook.GATHERED, entry)).status_code == 200
    assert (await hook(gateway, Hook.GATHERED, entry, token=STRANGE, Digits="1")).status_code == 403
    assert [line for line in await gateway.records() if line.kind is RecordKind.RECEIVED] == []
