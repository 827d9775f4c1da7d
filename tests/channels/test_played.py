"""Twilio as the sandbox plays it: webhooks as Twilio's own, signed, and posted again where nobody took them."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import web

from channels import played
from channels.http_post import HttpPost
from channels.played import Answer, Form, PlayedTwilio, Unanswered
from channels.sandbox import TWILIO
from channels.twilio.signature import Signatures

ACCOUNT = "AC" + "0" * 32
HOOKS = "http://127.0.0.1:8080/hooks/twilio/"
SIGNATURES = Signatures(["token"])


def text(status_url: str = HOOKS + "status?m=msg_1&k=mac#rc=5&rp=all", service: str = "") -> dict[str, Any]:
    known = {"sid": "SM" + "1" * 32, "from": "+12025550100", "service": service, "status_url": status_url}
    return {"id": "msg_1", "channel": "sms", "to": "+12025550143", TWILIO: known}


def call() -> dict[str, Any]:
    known = {
        "sid": "CA" + "1" * 32,
        "from": "+12025550100",
        "status_url": HOOKS + "status?m=msg_2&k=mac",
        "machine_url": HOOKS + "voice/amd?m=msg_2&k=mac",
    }
    return {"id": "msg_2", "channel": "voice", "to": "+12025550143", TWILIO: known}


class Gateway:
    """Takes webhooks. `answers`: what it says to the next ones, 204 when they are used up; 0 for nothing at all."""

    def __init__(self) -> None:
        self.got: list[tuple[str, dict[str, str]]] = []
        self.answers: list[int] = []

    async def __call__(self, url: str, form: Form, signature: str) -> Answer:
        assert SIGNATURES.verify(url, signature, form=list(form.items()), body=None)
        assert form["AccountSid"] == ACCOUNT
        self.got.append((url, dict(form)))
        status = self.answers.pop(0) if self.answers else 204
        if not status:
            raise Unanswered
        return Answer(status, "<Response/>")


@pytest.fixture
def gateway() -> Gateway:
    return Gateway()


@pytest.fixture
async def twilio(gateway: Gateway) -> AsyncIterator[PlayedTwilio]:
    twilio = PlayedTwilio(ACCOUNT, SIGNATURES, HOOKS, gateway, pauses=(0.01, 0.01), call_lasts=0.02)
    yield twilio
    await twilio.close()


async def reported(gateway: Gateway, twilio: PlayedTwilio) -> list[str]:
    """The states told."""
    await twilio.all_reported()
    return [form.get("MessageStatus") or form["CallStatus"] for _, form in gateway.got]


async def test_a_text_is_reported_until_it_is_delivered(gateway: Gateway, twilio: PlayedTwilio) -> None:
    """To the URL that it left with, whose fragment stays at Twilio."""
    twilio.took(text())
    assert await reported(gateway, twilio) == ["queued", "sent", "delivered"]
    url, form = gateway.got[0]
    assert url == HOOKS + "status?m=msg_1&k=mac"
    assert form["MessageSid"] == form["SmsSid"] == "SM" + "1" * 32
    assert (form["From"], form["To"]) == ("+12025550100", "+12025550143")


async def test_a_call_is_reported_until_it_is_over(gateway: Gateway, twilio: PlayedTwilio) -> None:
    twilio.took(call())
    assert await reported(gateway, twilio) == ["initiated", "ringing", "in-progress", "completed"]
    assert {form["CallSid"] for _, form in gateway.got} == {"CA" + "1" * 32}
    assert gateway.got[-1][1]["Direction"] == "outbound-api"


async def test_a_report_that_nobody_took_comes_again(gateway: Gateway, twilio: PlayedTwilio) -> None:
    gateway.answers = [503, 0]
    twilio.took(text())
    assert await reported(gateway, twilio) == ["queued", "queued", "queued", "sent", "delivered"]


async def test_what_nobody_ever_takes_is_given_up(gateway: Gateway, twilio: PlayedTwilio) -> None:
    gateway.answers = [500] * 3
    twilio.took(text())
    assert await reported(gateway, twilio) == ["queued"] * 3 + ["sent", "delivered"]


async def test_without_a_url_nothing_is_reported(gateway: Gateway, twilio: PlayedTwilio) -> None:
    twilio.took(text(status_url=""))
    assert await reported(gateway, twilio) == []


async def test_a_reply_comes_as_an_inbound_text(gateway: Gateway, twilio: PlayedTwilio) -> None:
    """From the recipient to the number that the text came from, each with an id of its own."""
    answer = await twilio.reply(text(service="MG" + "2" * 32), "please don't text me again")
    assert answer == Answer(204, "<Response/>")
    await twilio.reply(text(), "STOP")
    (url, form), (_, other) = gateway.got
    assert url == HOOKS + "sms"
    assert (form["From"], form["To"]) == ("+12025550143", "+12025550100")
    assert form["Body"] == "please don't text me again"
    assert form["MessagingServiceSid"] == "MG" + "2" * 32
    assert form["MessageSid"] != other["MessageSid"]
    assert "MessagingServiceSid" not in other
    assert "OptOutType" not in other


async def test_a_key_is_pressed_where_the_call_says(gateway: Gateway, twilio: PlayedTwilio) -> None:
    await twilio.speak(HOOKS + "voice/key?m=msg_2&k=mac", played.on_call(call()), Digits="9")
    ((url, form),) = gateway.got
    assert url == HOOKS + "voice/key?m=msg_2&k=mac"
    assert (form["Digits"], form["CallStatus"]) == ("9", "in-progress")
    assert (form["From"], form["To"]) == ("+12025550100", "+12025550143")
    with pytest.raises(ValueError, match="not a webhook"):
        await twilio.speak("http://192.0.2.1/", played.on_call(call()), Digits="9")


async def test_a_machine_is_reported_where_the_call_asked_for_it(
    gateway: Gateway, twilio: PlayedTwilio
) -> None:
    await twilio.answered_by_machine(call())
    ((url, form),) = gateway.got
    assert url == HOOKS + "voice/amd?m=msg_2&k=mac"
    assert (form["AnsweredBy"], form["CallSid"]) == ("machine_end_beep", "CA" + "1" * 32)


@pytest.mark.parametrize(("caller", "shown"), [("+12025550143", "+12025550143"), ("", "anonymous")])
async def test_the_opt_out_line_is_called(
    gateway: Gateway, twilio: PlayedTwilio, caller: str, shown: str
) -> None:
    await twilio.speak(HOOKS + "voice/line", played.calling_in("+18005550199", caller))
    ((_, form),) = gateway.got
    assert (form["From"], form["To"], form["Direction"]) == (shown, "+18005550199", "inbound")
    assert "Digits" not in form


async def test_over_http_it_is_a_signed_form() -> None:
    """Byte by byte what the signature is over; no answer is Unanswered."""
    seen: list[tuple[dict[str, str], str]] = []

    async def take(request: web.Request) -> web.Response:
        form = {name: str(value) for name, value in (await request.post()).items()}
        seen.append((form, request.headers["X-Twilio-Signature"]))
        return web.Response(text="<Response/>", content_type="text/xml")

    app = web.Application()
    app.router.add_post("/hooks/twilio/sms", take)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    post = HttpPost()
    try:
        hooks = f"http://127.0.0.1:{port}/hooks/twilio/"
        twilio = PlayedTwilio(ACCOUNT, SIGNATURES, hooks, post)
        answer = await twilio.reply(text(), "naïve & STOP=1+1 👋")
        assert answer == Answer(200, "<Response/>")
        ((form, signature),) = seen
        assert form["Body"] == "naïve & STOP=1+1 👋"
        assert SIGNATURES.verify(hooks + "sms", signature, form=list(form.items()), body=None)
        await runner.cleanup()
        with pytest.raises(Unanswered):
            await twilio.reply(text(), "STOP")
    finally:
        await post.close()
        await runner.cleanup()
