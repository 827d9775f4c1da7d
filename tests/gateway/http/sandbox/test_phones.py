"""The sandbox's telephone: pages for texts, calls and the opt-out line, and the webhooks that come of them."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from typing import Any

import httpx
import pytest

from channels.played import Answer, Form, PlayedTwilio, Unanswered
from channels.sandbox import TWILIO
from channels.twilio.signature import Signatures
from gateway.http.app import create_app
from tests.gateway.http.sandbox.fake_sandbox import FakeBox
from tests.gateway.http.world import PUBLIC_URL, FakeWorld

HOOKS = PUBLIC_URL + "/hooks/twilio/"
SIGNATURES = Signatures(["token"])
TWIML = (
    "<Response><Say>This is the Shop.</Say>"
    f'<Gather numDigits="1" action="{HOOKS}voice/key?m=c1&amp;k=mac"><Say>Press 9 to stop.</Say></Gather></Response>'
)
STOPPED = "<Response><Say>You will get no more calls.</Say><Hangup/></Response>"


class Hooks:
    """The gateway's webhooks. `says`: what it answers to each path."""

    def __init__(self) -> None:
        self.got: list[tuple[str, dict[str, str]]] = []
        self.says: dict[str, Answer | None] = {}

    async def __call__(self, url: str, form: Form, signature: str) -> Answer:
        assert SIGNATURES.verify(url, signature, form=list(form.items()), body=None)
        path = url.removeprefix(HOOKS)
        self.got.append((path, dict(form)))
        answer = self.says.get(path, Answer(200, "<Response/>"))
        if answer is None:
            raise Unanswered
        return answer


@dataclass
class Phone:
    hooks: Hooks
    box: FakeBox
    client: httpx.AsyncClient


@pytest.fixture
async def phone(fakes: FakeWorld) -> AsyncIterator[Phone]:
    hooks = Hooks()
    assert fakes.doors.sandbox is not None
    twilio = PlayedTwilio("AC" + "0" * 32, SIGNATURES, HOOKS, hooks)
    app = create_app(replace(fakes.doors, sandbox=replace(fakes.doors.sandbox, twilio=twilio)))
    fakes.box.kept += [kept("t1", "sms", body="New shoes <b>now</b>"), kept("c1", "voice", twiml=TWIML)]
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url=PUBLIC_URL) as client:
        yield Phone(hooks, fakes.box, client)


def kept(name: str, channel: str, **content: str) -> dict[str, Any]:
    known = {"sid": f"XX{name}", "from": "+12025550100", "service": "", "status_url": HOOKS + "status"}
    known["machine_url"] = HOOKS + "voice/amd"
    empty = dict.fromkeys(("mail_from", "raw", "body", "twiml"))
    message = {
        "id": name,
        "channel": channel,
        "to": "+12025550143",
        "sender": "shop",
        "at": "2026-11-24T18:00:00Z",
    }
    return {**message, **empty, **content, TWILIO: known}


async def test_all_is_listed_with_the_line_to_call(phone: Phone) -> None:
    page = (await phone.client.get("/sandbox")).text
    assert "New shoes &lt;b&gt;now&lt;/b&gt;" in page
    assert "This is the Shop. Press 9 to stop." in page
    assert "Call the opt-out line of The Shop, +18005550100" in page


async def test_a_text_can_be_answered(phone: Phone) -> None:
    page = (await phone.client.get("/sandbox/messages/t1")).text
    assert 'action="/sandbox/messages/t1/reply"' in page
    answer = await phone.client.post("/sandbox/messages/t1/reply", data={"body": "STOP"})
    assert answer.status_code == 200
    assert "The gateway took it" in answer.text
    ((path, form),) = phone.hooks.got
    assert path == "sms"
    assert (form["From"], form["To"], form["Body"]) == ("+12025550143", "+12025550100", "STOP")


@pytest.mark.parametrize("body", ["", "x" * 1601])
async def test_a_reply_has_something_to_say(phone: Phone, body: str) -> None:
    assert (await phone.client.post("/sandbox/messages/t1/reply", data={"body": body})).status_code == 422
    assert phone.hooks.got == []


@pytest.mark.parametrize(
    ("answer", "said"), [(Answer(503, ""), "The gateway answered 503"), (None, "The gateway did not answer")]
)
async def test_a_reply_that_nobody_took_is_no_success(phone: Phone, answer: Answer | None, said: str) -> None:
    phone.hooks.says["sms"] = answer
    assert said in (await phone.client.post("/sandbox/messages/t1/reply", data={"body": "STOP"})).text


async def test_a_key_is_pressed_and_what_follows_is_heard(phone: Phone) -> None:
    page = (await phone.client.get("/sandbox/messages/c1")).text
    assert "Press 9 to stop." in page
    url = f"{HOOKS}voice/key?m=c1&k=mac"
    phone.hooks.says["voice/key?m=c1&k=mac"] = Answer(200, STOPPED)
    page = (await phone.client.post("/sandbox/messages/c1/key", data={"url": url, "digits": "9"})).text
    assert "You will get no more calls." in page
    assert "Hangs up" in page
    assert "The call is over." in page
    ((_, form),) = phone.hooks.got
    assert (form["CallSid"], form["Digits"]) == ("XXc1", "9")


async def test_a_machine_hears_what_is_meant_for_it(phone: Phone) -> None:
    """What the gateway put in place of the call's own; or it goes on as it was."""
    assert "An answering machine takes it" in (await phone.client.get("/sandbox/messages/c1")).text
    page = (await phone.client.post("/sandbox/messages/c1/machine")).text
    assert "It goes on as it was" in page
    phone.box.twiml["XXc1"] = "<Response><Say>Call us at 1, 8 0 0.</Say></Response>"
    page = (await phone.client.post("/sandbox/messages/c1/machine")).text
    assert "Call us at 1, 8 0 0." in page
    assert [form["AnsweredBy"] for _, form in phone.hooks.got] == ["machine_end_beep"] * 2


async def test_keys_go_to_this_gateway_only(phone: Phone) -> None:
    for url in ("", "http://192.0.2.1/", PUBLIC_URL + "/v1/log"):
        answer = await phone.client.post("/sandbox/messages/c1/key", data={"url": url, "digits": "9"})
        assert answer.status_code == 422
    assert phone.hooks.got == []


async def test_the_line_is_called_step_by_step_in_one_call(phone: Phone) -> None:
    phone.hooks.says |= {
        "voice/line": Answer(
            200, f"<Response><Say>Hello.</Say><Redirect>{HOOKS}voice/menu</Redirect></Response>"
        ),
        "voice/menu": Answer(
            200,
            '<Response><Gather input="dtmf speech" action="menu/step"><Say>Press 1.</Say></Gather></Response>',
        ),
        "voice/menu/step": Answer(200, STOPPED),
    }
    call = {"line": "+18005550100", "caller": "+1 (202) 555-0143"}
    page = (await phone.client.post("/sandbox/line", data=call)).text
    assert page.index("Hello.") < page.index("Press 1.")
    assert 'name="speech"' in page
    sid = phone.hooks.got[0][1]["CallSid"]
    step = {**call, "sid": sid, "url": HOOKS + "voice/menu/step", "digits": "1"}
    page = (await phone.client.post("/sandbox/line", data=step)).text
    assert "You will get no more calls." in page
    assert {form["CallSid"] for _, form in phone.hooks.got} == {sid}
    assert {(form["From"], form["To"]) for _, form in phone.hooks.got} == {("+12025550143", "+18005550100")}
    assert [form.get("Digits") for _, form in phone.hooks.got] == [None, None, "1"]


async def test_a_caller_may_withhold_the_number_but_not_make_one_up(phone: Phone) -> None:
    line = {"line": "+18005550100"}
    assert "a withheld number" in (await phone.client.post("/sandbox/line", data={**line, "caller": ""})).text
    assert phone.hooks.got[0][1]["From"] == "anonymous"
    assert (await phone.client.post("/sandbox/line", data={**line, "caller": "Ann"})).status_code == 422
    assert (await phone.client.post("/sandbox/line", data={"line": "+18005550199"})).status_code == 422


async def test_what_is_not_there_is_404(phone: Phone) -> None:
    assert (await phone.client.post("/sandbox/messages/t2/reply", data={"body": "STOP"})).status_code == 404
    assert (await phone.client.post("/sandbox/messages/c1/reply", data={"body": "STOP"})).status_code == 404
    assert (await phone.client.post("/sandbox/messages/t1/key", data={"digits": "9"})).status_code == 404
