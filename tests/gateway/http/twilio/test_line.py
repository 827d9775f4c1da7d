"""The opt-out line: somebody calls, presses or says something, and is stopped once it is stored."""

from urllib.parse import parse_qs, urlsplit
from xml.etree import ElementTree as ET

import pytest

from channels.voice.line_wording import LANGUAGES, LineWording
from tests.gateway.http.twilio.world import ACCOUNT, BOB, LINE, OTHER_ACCOUNT, STRANGE, STRANGER, Hooked

ANN = "+12025550177"
STOPPED = {("voice", "*", "unsubscribed", "phone_line"), ("sms", "*", "unsubscribed", "phone_line")}
SAID = LANGUAGES["en"]
START = "/hooks/twilio/voice/line"


class Call:
    """Somebody on the line. `said`: what was heard last; `url`: where the next answer goes, "" after the end."""

    def __init__(self, gateway: Hooked, caller: str = BOB) -> None:
        self.gateway = gateway
        self.caller = caller
        self.call = gateway.new_sid("CA")
        self.url = START
        self.said = ""
        self.speech = False

    async def dial(self) -> "Call":
        return await self.answer()

    async def answer(self, **heard: str) -> "Call":
        form = {"AccountSid": ACCOUNT, "CallSid": self.call, "From": self.caller, "To": LINE, **heard}
        answer = await self.gateway.post(self.url, list(form.items()))
        assert answer.status_code == 200, answer.text
        root = ET.fromstring(answer.text)  # noqa: S314 - the gateway's own
        gather = root.find("Gather")
        self.said = " ".join(say.text or "" for say in root.iter("Say"))
        self.url = "" if gather is None else gather.get("action", "")
        self.speech = gather is not None and "speech" in gather.get("input", "")
        return self

    async def press(self, digits: str) -> "Call":
        return await self.answer(Digits=digits)

    async def say(self, words: str) -> "Call":
        return await self.answer(SpeechResult=words, Confidence="0.9")


async def test_one_key_stops_the_number_that_is_called_from(gateway: Hooked) -> None:
    call = await Call(gateway).dial()
    assert "The Shop" in call.said
    assert call.speech
    await call.press("1")

    assert await gateway.stops() == STOPPED
    assert call.said.startswith(SAID.stopped)
    assert (await call.answer()).said == SAID.goodbye
    assert call.url == ""


@pytest.mark.parametrize(
    "words", ["Stop.", "yes", "One", "stop calling me", "please take me off your list", "alto"]
)
async def test_it_can_be_said(gateway: Hooked, words: str) -> None:
    await (await Call(gateway).dial()).say(words)

    assert await gateway.stops() == STOPPED


@pytest.mark.parametrize("digits", ["2025550177", "12025550177", "0112025550177"[3:], "01144207946000"])
async def test_another_number_can_be_entered_and_is_read_back(gateway: Hooked, digits: str) -> None:
    call = await (await Call(gateway).dial()).press("2")
    await call.press(digits)
    if digits.startswith("011"):
        assert "4 4" in call.said
        return
    assert "1, 2 0 2, 5 5 5, 0 1 7 7" in call.said
    assert await gateway.stops(ANN) == set(), "not before it was confirmed"
    await call.press("1")

    assert await gateway.stops(ANN) == STOPPED
    assert await gateway.stops() == set()


async def test_a_number_that_was_entered_wrongly_is_entered_again(gateway: Hooked) -> None:
    call = await (await Call(gateway).dial()).press("2")
    await call.press("2025550178")
    await call.press("2")
    await call.press("2025550177")
    await call.press("1")

    assert await gateway.stops("+12025550178") == set()
    assert await gateway.stops(ANN) == STOPPED


async def test_another_one_can_be_stopped_after_the_first(gateway: Hooked) -> None:
    call = await (await Call(gateway).dial()).press("1")
    for digits in ("2", "2025550177", "1"):
        await call.press(digits)

    assert await gateway.stops() == await gateway.stops(ANN) == STOPPED


@pytest.mark.parametrize(
    "caller",
    ["anonymous", "", "Restricted", "+266696687", "+7378742833", "+86282452253", "sip:bob@example.com"],
)
async def test_who_withholds_the_number_is_asked_for_it(gateway: Hooked, caller: str) -> None:
    call = await Call(gateway, caller).dial()
    assert SAID.enter.partition("}")[2] in call.said
    await call.press("2025550177")
    await call.press("1")

    assert await gateway.stops(ANN) == STOPPED


@pytest.mark.parametrize("wrong", ["", "7", "*"])
async def test_what_is_not_understood_is_asked_three_times(gateway: Hooked, wrong: str) -> None:
    call = await Call(gateway).dial()
    for _ in range(2):
        await call.press(wrong)
        assert call.said.startswith(SAID.not_understood)
        assert call.url
    await call.press(wrong)

    assert call.said == f"{SAID.not_understood} {SAID.goodbye}"
    assert call.url == ""
    assert await gateway.stops() == set()


@pytest.mark.parametrize("wrong", ["", "911", "12", "0" * 20, "5550143"])
async def test_a_number_that_is_none_is_asked_for_three_times(gateway: Hooked, wrong: str) -> None:
    call = await Call(gateway, "anonymous").dial()
    for _ in range(2):
        await call.press(wrong)
        assert call.said.startswith(SAID.not_understood)
    await call.press(wrong)

    assert call.url == ""


async def test_a_number_read_back_is_confirmed_or_given_up(gateway: Hooked) -> None:
    call = await (await Call(gateway, "anonymous").dial()).press("2025550177")
    for _ in range(2):
        await call.press("7")
        assert "0 1 7 7" in call.said
    await call.press("7")

    assert call.url == ""
    assert await gateway.stops(ANN) == set()


async def test_one_call_stops_a_few_numbers_at_most(gateway: Hooked) -> None:
    call = await (await Call(gateway).dial()).press("1")
    for n in range(10):
        if not call.url:
            break
        for digits in ("2", f"202555016{n}", "1"):
            if call.url:
                await call.press(digits)

    stopped = [bool(await gateway.stops(f"+1202555016{n}")) for n in range(10)]
    assert sum(stopped) == 4


async def test_no_number_is_to_be_read_in_a_url(gateway: Hooked) -> None:
    call = await (await Call(gateway, "anonymous").dial()).press("2025550177")

    assert "0177" not in call.url
    query = parse_qs(urlsplit(call.url).query)
    assert set(query) == {"e"}


async def test_a_number_that_was_not_sealed_by_us_is_none(gateway: Hooked) -> None:
    call = await Call(gateway, "anonymous").dial()
    call.url = f"{START}/confirm?e=KzEyMDI1NTUwMTc3"
    await call.press("1")

    assert SAID.enter.partition("}")[2] in call.said
    assert await gateway.stops(ANN) == set()


async def test_a_repeat_of_the_webhook_stops_once(gateway: Hooked) -> None:
    call = await Call(gateway).dial()
    url = call.url
    await call.press("1")
    before = [record.id for record in await gateway.records()]
    call.url = url
    await call.press("1")

    assert [record.id for record in await gateway.records()] == before


async def test_nothing_is_said_to_be_done_that_was_not_stored(gateway: Hooked) -> None:
    call = await Call(gateway).dial()
    await gateway.store.close()
    form = {"AccountSid": ACCOUNT, "CallSid": call.call, "From": BOB, "To": LINE, "Digits": "1"}
    answer = await gateway.post(call.url, list(form.items()))

    assert answer.status_code == 503
    assert SAID.stopped not in answer.text


async def test_another_accounts_line_is_not_ours_to_answer(gateway: Hooked) -> None:
    form = {"AccountSid": OTHER_ACCOUNT, "CallSid": "CA1", "From": BOB, "To": LINE}
    assert (await gateway.post(START, list(form.items()), STRANGE)).status_code == 403
    form["To"] = STRANGER
    assert (await gateway.post(START, list(form.items()), STRANGE)).status_code == 200


@pytest.mark.parametrize("language", sorted(LANGUAGES))
def test_every_language_says_all(language: str) -> None:
    words: LineWording = LANGUAGES[language]
    assert "{title}" in words.menu
    assert "{title}" in words.enter
    assert "{number}" in words.read_back
    assert all(
        (words.stopped, words.another, words.not_understood, words.goodbye, words.key_pressed, words.yes)
    )
    assert "stop" in words.yes or language == "es"
