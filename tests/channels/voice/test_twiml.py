"""What calls say is well-formed, says who calls first and the way out next, and lets no name become a verb."""

from collections.abc import Sequence
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.voice import twiml
from channels.voice.verbs import TwimlRefused, TwimlTooLong, UnknownVoice, UnsayableText, Verb, verb
from channels.voice.wording import LANGUAGES, wording
from suppression.errors import ConfigurationError
from tests.twilio_stand_in.description import FORMATS

ACTION = "https://gateway.example.com/hooks/twilio/voice/key?e=a&b=c"
MESSAGE = twiml.say("Our sale begins today.")


def marketing(inner: Sequence[Verb] = (MESSAGE,), **other: Any) -> ET.Element:
    given: dict[str, Any] = {"identity": "The Brand", "phone": "+12025550199", "action_url": ACTION} | other
    return ET.fromstring(twiml.wrap_marketing(inner, **given))  # noqa: S314 - our own


def machine(inner: Sequence[Verb] = (MESSAGE,), **other: Any) -> ET.Element:
    given: dict[str, Any] = {
        "identity": "The Brand",
        "phone": "+12025550199",
        "toll_free": "+18005550100",
    } | other
    return ET.fromstring(twiml.voicemail(inner, **given))  # noqa: S314 - our own


def test_marketing_call_says_who_calls_and_the_way_out_before_anything_else() -> None:
    """In one breath: RULES 3 allows two seconds between the two."""
    [gather, _] = marketing()
    assert [part.text for part in gather] == [
        "This is The Brand. To stop these calls, press 1 at any time.",
        "Our sale begins today.",
        "You can reach The Brand at 1, 2 0 2, 5 5 5, 0 1 9 9.",
    ]


def test_key_works_during_the_whole_message_and_ends_the_call() -> None:
    """One Gather around all of it, no menu; every key counts, # too; nothing follows but the end."""
    [gather, hangup] = marketing()
    assert (gather.tag, hangup.tag) == ("Gather", "Hangup")
    assert gather.attrib == {
        "input": "dtmf",
        "numDigits": "1",
        "finishOnKey": "",
        "timeout": "5",
        "action": ACTION,
        "method": "POST",
    }


def test_answering_machine_is_told_the_number_instead_of_a_key() -> None:
    said = [part.text for part in machine()]
    assert said == [
        "This is The Brand. To stop these calls, call 1, 8 0 0, 5 5 5, 0 1 0 0, free of charge.",
        "Our sale begins today.",
        "You can reach The Brand at 1, 2 0 2, 5 5 5, 0 1 9 9.",
        None,
    ]
    assert machine().find(".//Gather") is None


@pytest.mark.parametrize("language", [*LANGUAGES, "de-AT", "ja", ""])
def test_gateway_speaks_the_language_that_it_has_words_in(language: str) -> None:
    """Words and the voice that reads them are of one language; English where we have no other."""
    first = marketing(language=language)[0][0]
    expected = LANGUAGES.get(language[:2], LANGUAGES["en"])
    assert first.attrib == {"language": expected.tag}
    assert expected.press in (first.text or "")


@pytest.mark.parametrize("name", LANGUAGES)
def test_each_language_says_the_same_things(name: str) -> None:
    words = wording(name)
    assert words.tag.startswith(name)
    assert "{title}" in words.identity
    assert "1" in words.press
    assert "{number}" in words.ring_line
    assert "{title}" in words.reach
    assert "{number}" in words.reach


def test_hint_of_the_sender_replaces_ours() -> None:
    first = marketing(hint="Press any key to hear no more.")[0][0]
    assert first.text == "This is The Brand. Press any key to hear no more."


@pytest.mark.parametrize("build", [marketing, machine])
def test_marketing_call_without_a_number_cannot_be_made(build: Any) -> None:
    with pytest.raises(ConfigurationError):
        build(phone="")


def test_nothing_is_left_on_a_machine_without_an_opt_out_line() -> None:
    with pytest.raises(ConfigurationError):
        machine(toll_free="")


@pytest.mark.parametrize(
    "inner", [(), (verb("Gather"),), (verb("Dial", "+12025550100"),), (verb("Redirect"),)]
)
@pytest.mark.parametrize("build", [marketing, machine])
def test_marketing_call_holds_nothing_that_could_take_the_key_away(
    build: Any, inner: tuple[Verb, ...]
) -> None:
    with pytest.raises(ValueError, match="marketing"):
        build(inner)


def test_name_does_not_become_a_verb() -> None:
    """FAULTS: TwiML injection through names."""
    name = "</Say></Gather><Dial>+19005550100</Dial>\"'&amp;<!--"
    [gather, _] = marketing(identity=name)
    assert (gather[0].text or "").startswith(f"This is {name}. ")
    assert {part.tag for part in gather.iter()} == {"Gather", "Say"}


def test_url_is_written_as_an_attribute() -> None:
    [gather, _] = marketing(action_url=ACTION + "&x=\"'<>")
    assert gather.attrib["action"] == ACTION + "&x=\"'<>"


@pytest.mark.parametrize("text", ["", "  \n", "bell \a", "\x00", "half \ud800", "\ufffe"])
def test_text_that_cannot_be_said_is_refused(text: str) -> None:
    with pytest.raises(UnsayableText):
        twiml.say(text)


@pytest.mark.parametrize(
    ("voice", "language"),
    [("Polly.Joanna-Neural", "en-US"), ("alice", "de"), ("Google.en-US-Wavenet-A", ""), ("", "zh-Hant-HK")],
)
def test_voices_of_twilio_are_taken(voice: str, language: str) -> None:
    said = dict(twiml.say("x", voice=voice, language=language).attributes)
    assert said.get("voice", "") == voice
    assert said.get("language", "").startswith(language)


def test_bare_language_becomes_one_that_twilio_knows() -> None:
    assert dict(twiml.say("x", language="de").attributes) == {"language": "de-DE"}


@pytest.mark.parametrize(
    ("voice", "language"),
    [('"><Dial', ""), ("a b", ""), ("x" * 61, ""), ("", "english!"), ("", "en_US"), ("", "e")],
)
def test_voice_that_cannot_be_is_refused(voice: str, language: str) -> None:
    with pytest.raises(UnknownVoice):
        twiml.say("x", voice=voice, language=language)


def test_limit_of_twilio_holds_for_all_that_is_said() -> None:
    """4,000 characters with what the gateway adds, escapes counted."""
    with pytest.raises(TwimlTooLong):
        twiml.plain([twiml.say("x" * 4000)])
    with pytest.raises(TwimlTooLong):
        twiml.plain([twiml.say("&" * 1000)])
    with pytest.raises(TwimlTooLong):
        marketing([twiml.say("x" * 3700)])
    assert len(twiml.plain([twiml.say("x" * 3900)])) <= 4000


@pytest.mark.parametrize(
    ("number", "told"),
    [
        ("+12025550143", "1, 2 0 2, 5 5 5, 0 1 4 3"),
        ("+4930901820", "4 9, 3 0, 9 0 1 8 2 0"),
        ("+919876543210", "9 1, 9 8 7 6 5, 4 3 2 1 0"),
    ],
)
def test_numbers_are_told_digit_by_digit(number: str, told: str) -> None:
    assert twiml.digit_by_digit(number) == told


def test_refusals_tell_the_app_why() -> None:
    """A fixed text for each: nothing of what was sent comes back."""
    kinds = [TwimlRefused]
    for kind in kinds:
        kinds += kind.__subclasses__()
    texts = [kind.peer_text for kind in kinds]
    assert len(set(texts)) == len(texts) > 8


@given(st.text(max_size=200), st.text(max_size=50))
def test_any_text_is_said_as_it_is_or_refused(text: str, identity: str) -> None:
    """What a parser reads back is what was to be said."""
    try:
        written = twiml.wrap_marketing(
            [twiml.say(text)], identity=identity, phone="+12025550199", action_url=ACTION
        )
    except TwimlRefused:
        return
    root = ET.fromstring(written)  # noqa: S314 - our own
    assert root[0][1].text == text
    assert FORMATS["twiml"](written)
