"""The sandbox's texts and calls: kept as INTERFACE.md shows them, with what Twilio would know of them beside."""

import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from channels.carrier import Sent, WrongMessage
from channels.sandbox import TWILIO, Sandbox, SandboxCallCarrier, SandboxTextCarrier
from channels.sms.message import Text
from channels.voice.message import Call
from suppression.address import parse_phone
from suppression.decision import Reason, Send
from suppression.model import Recipient
from suppression.store.permit import LIFETIME, Permit, PermitExpired, PermitUsed

KEYS = {"id", "channel", "to", "sender", "mail_from", "raw", "body", "twiml", "at"}
TEXT = Text(
    "msg_1", "brand", "New shoes. Reply STOP to opt out", "http://gw/status", from_number="+12025550100"
)
CALL = Call(
    "msg_1",
    "brand",
    twiml="<Response><Say>Hello</Say></Response>",
    status_url="http://gw/status",
    answer_url="",
    from_number="+12025550100",
    ring_seconds=25,
    detect_machine=True,
    machine_url="http://gw/amd",
)


def permit(message: str = "msg_1", *, born: float | None = None) -> Permit:
    recipient = Recipient(b"k" * 16, "e" * 16, parse_phone("+12025550143"))
    return Permit(Send(Reason.CONSENTED), recipient, message, "d1", born=born)


class House:
    """Both carriers over one folder. `took`: what was told of."""

    def __init__(self, folder: Path) -> None:
        self.box = Sandbox(folder)
        self.took: list[dict[str, Any]] = []
        self.texts = SandboxTextCarrier(self.box, self.took.append)
        self.calls = SandboxCallCarrier(self.box, self.took.append)


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path / "sandbox")


async def test_a_text_is_kept_with_a_sid_of_its_own(house: House) -> None:
    outcome = await house.texts.send(TEXT, permit())
    other = await house.texts.send(TEXT, permit())
    assert isinstance(outcome, Sent)
    assert isinstance(other, Sent)
    assert outcome.reference.startswith("SM")
    assert len(outcome.reference) == 34
    assert outcome.reference != other.reference
    (kept, _) = house.box.messages(channel="sms")
    assert set(kept) == KEYS
    assert (kept["to"], kept["body"]) == ("+12025550143", TEXT.body)
    assert (kept["raw"], kept["mail_from"], kept["twiml"]) == (None, None, None)


async def test_a_call_is_kept_with_its_twiml(house: House) -> None:
    outcome = await house.calls.send(CALL, permit())
    assert isinstance(outcome, Sent)
    assert outcome.reference.startswith("CA")
    (kept,) = house.box.messages(channel="voice")
    assert set(kept) == KEYS
    assert (kept["to"], kept["twiml"], kept["body"]) == ("+12025550143", CALL.twiml, None)


async def test_what_twilio_would_know_is_found_by_id_and_told_to_who_plays_it(house: House) -> None:
    outcome = await house.calls.send(CALL, permit())
    assert isinstance(outcome, Sent)
    known = house.box.find("msg_1")
    assert known is not None
    assert known[TWILIO] == {
        "sid": outcome.reference,
        "from": "+12025550100",
        "status_url": "http://gw/status",
        "machine_url": "http://gw/amd",
        "answer_url": "",
    }
    assert house.took == [known]
    assert house.box.find("msg_2") is None
    await house.calls.send(replace(CALL, detect_machine=False), permit())
    assert house.took[-1][TWILIO]["machine_url"] == ""


async def test_nothing_is_kept_without_a_good_permit(house: House) -> None:
    """For another message, too old, or used already."""
    with pytest.raises(WrongMessage):
        await house.texts.send(TEXT, permit("msg_2"))
    with pytest.raises(PermitExpired):
        await house.texts.send(TEXT, permit(born=time.monotonic() - LIFETIME - 0.1))
    with pytest.raises(PermitExpired):
        await house.calls.send(CALL, permit(born=time.monotonic() - LIFETIME - 0.1))
    once = permit()
    await house.texts.send(TEXT, once)
    with pytest.raises(PermitUsed):
        await house.texts.send(TEXT, once)
    assert len(house.box.messages()) == len(house.took) == 1


async def test_what_a_call_went_on_with_is_kept_until_it_is_cleared(house: House) -> None:
    """Also where nothing was kept yet; nothing of it is a message."""
    assert house.box.replaced("CA1") == ""
    await house.box.replace_twiml("brand", "CA1", "<Response><Say>Caf\u00e9</Say></Response>")
    assert house.box.replaced("CA1") == "<Response><Say>Caf\u00e9</Say></Response>"
    assert house.box.messages() == []
    house.box.clear()
    assert house.box.replaced("CA1") == ""
