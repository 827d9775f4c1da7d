"""What is kept of a call until it is made, by its sender's settings."""

from urllib.parse import parse_qs, urlsplit
from xml.etree import ElementTree as ET

import pytest

from channels.voice.app_twiml import AttributeNotAllowed, HostNotAllowed, NumberNotAllowed, VerbNotAllowed
from gateway.links import Links
from gateway.phones.calls import Calls, MakesNoCalls, Said
from suppression.address import parse_phone
from suppression.model import App, CallSettings, Sender
from suppression.outbox import HANDLE
from suppression.purposes import Catalogue
from suppression.store.keys import Keyring, handle
from suppression.token import TokenKeys

CATALOGUE = Catalogue.shipped()
CODE, PROMOTION, FEEDBACK = "transactional/security", "marketing/promotions", "service/feedback"
ANN = parse_phone("+12025550143")
NUMBER = b"8 bytes."
OFFER = Said("Two for one.")
LINE = "+18005550100"
TELLS_APART = CallSettings(("+12025550100",), opt_out_line=LINE, detect_machine=True)


def content(
    settings: CallSettings | None,
    purpose: str = PROMOTION,
    speech: Said | str = OFFER,
    to_machines: Said | None = None,
    language: str = "en",
    support_phone: str = "",
) -> dict[str, str]:
    sender = Sender("brand", "The Brand", language=language, calls=settings, support_phone=support_phone)
    links = Links(
        "https://gw.example", TokenKeys({1: b"t" * 32}, 1), {"brand": sender}, ["shop"], lambda: CATALOGUE
    )
    calls = Calls({"brand": sender}, links, Keyring(b"p" * 32).recipient)
    script = calls.begin(App("shop", "brand"), CATALOGUE.find(purpose), speech, to_machines)
    return dict(script.content(ANN, NUMBER))


def said(twiml: str) -> list[str]:
    return [verb.text or "" for verb in ET.fromstring(twiml).iter("Say")]  # noqa: S314 - our own


def test_where_machines_are_told_apart_they_get_the_free_number_and_people_the_key() -> None:
    kept = content(TELLS_APART)

    people, machines = said(kept["twiml"]), said(kept["voicemail"])
    assert people[0] == "This is The Brand. To stop these calls, press 1 at any time."
    assert people[1] == machines[1] == "Two for one."
    assert machines[0].startswith("This is The Brand. To stop these calls, call ")
    assert "Gather" not in kept["voicemail"]


def test_where_they_are_not_everybody_hears_of_both() -> None:
    kept = content(CallSettings(("+12025550100",), opt_out_line=LINE))

    (first, *_) = said(kept["twiml"])
    assert "press 1 at any time. To stop these calls, call 1, 8 0 0, 5 5 5, 0 1 0 0" in first
    assert "voicemail" not in kept


def test_machines_may_be_told_something_else() -> None:
    assert (
        said(content(TELLS_APART, to_machines=Said("Please ring us."))["voicemail"])[1] == "Please ring us."
    )
    plain = content(TELLS_APART, CODE, to_machines=Said("Please ring us."))
    assert (said(plain["twiml"]), said(plain["voicemail"])) == (["Two for one."], ["Please ring us."])


def test_the_number_to_be_reached_at_is_supports_or_else_the_callers() -> None:
    assert said(content(TELLS_APART)["twiml"])[-1].endswith("1, 2 0 2, 5 5 5, 0 1 0 0.")
    reached = said(content(TELLS_APART, support_phone="+12025550111")["twiml"])[-1]
    assert reached.endswith("1, 2 0 2, 5 5 5, 0 1 1 1.")


def test_identity_language_and_voice_are_the_settings() -> None:
    settings = CallSettings(("+12025550100",), identity="Brand GmbH", voice="Polly.Vicki", language="de-DE")
    (first, *_) = ET.fromstring(content(settings)["twiml"]).iter("Say")  # noqa: S314 - our own

    assert (first.text or "").startswith("Hier ist Brand GmbH.")
    assert first.attrib == {"voice": "Polly.Vicki", "language": "de-DE"}
    assert said(content(CallSettings(("+12025550100",)), language="fr")["twiml"])[0].startswith(
        "Ici The Brand"
    )


def test_feedback_calls_say_how_to_stop_too() -> None:
    assert "press 1" in said(content(TELLS_APART, FEEDBACK)["twiml"])[0]
    assert said(content(TELLS_APART, "service/scheduled-calls")["twiml"]) == ["Two for one."]


def test_only_transactional_calls_put_through_and_only_to_the_senders_own_numbers() -> None:
    settings = CallSettings(("+12025550100",), dial_numbers=("+12025550111",))
    twiml = "<Response><Dial>+12025550111</Dial></Response>"

    assert "<Dial>+12025550111</Dial>" in content(settings, CODE, twiml)["twiml"]
    with pytest.raises(NumberNotAllowed):
        content(settings, CODE, twiml.replace("111", "112"))
    for purpose in (PROMOTION, FEEDBACK):
        with pytest.raises(VerbNotAllowed):
            content(settings, purpose, twiml)


def test_what_a_transactional_call_asks_is_answered_to_an_address_of_its_own() -> None:
    twiml = '<Response><Say>One moment.</Say><Gather numDigits="1"><Say>Press 1 to confirm.</Say></Gather></Response>'
    gather = ET.fromstring(content(TELLS_APART, CODE, twiml)["twiml"])[1]  # noqa: S314 - our own

    assert gather.attrib["numDigits"] == "1"
    action = urlsplit(gather.attrib["action"])
    assert action.path == "/hooks/twilio/voice/gathered"  # not the key that stops
    message = handle(HANDLE, Keyring(b"p" * 32).recipient(ANN).key, NUMBER.hex())
    assert parse_qs(action.query)["m"] == [message]
    for purpose in (PROMOTION, FEEDBACK):
        with pytest.raises(VerbNotAllowed):
            content(TELLS_APART, purpose, twiml)


def test_no_app_names_where_answers_go() -> None:
    twiml = '<Response><Gather action="https://evil.example"><Say>x</Say></Gather></Response>'
    with pytest.raises(AttributeNotAllowed):
        content(TELLS_APART, CODE, twiml)


def test_only_allowed_hosts_are_played_from() -> None:
    settings = CallSettings(("+12025550100",), play_hosts=("media.example",))
    twiml = "<Response><Play>https://media.example/a.mp3</Play></Response>"

    assert "media.example" in content(settings, PROMOTION, twiml)["twiml"]
    with pytest.raises(HostNotAllowed):
        content(settings, PROMOTION, twiml.replace("media", "other"))


def test_a_sender_without_settings_makes_none() -> None:
    with pytest.raises(MakesNoCalls):
        content(None)
