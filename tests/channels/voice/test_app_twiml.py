"""An app's TwiML speaks to the one who is called, and contacts nobody else."""

import time
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.voice.app_twiml import (
    Allowed,
    AttributeNotAllowed,
    ContentNotAllowed,
    HostNotAllowed,
    NumberNotAllowed,
    TwimlOversize,
    TwimlUnreadable,
    VerbNotAllowed,
    parse,
)
from channels.voice.verbs import TwimlRefused, UnsayableText, document

MARKETING = Allowed(play_hosts=frozenset({"media.example.com"}))
TRANSACTIONAL = Allowed(
    play_hosts=frozenset({"media.example.com"}),
    transactional=True,
    dial_numbers=frozenset({"+12025550100", "+12025550101"}),
    gather_url="https://gateway.example.com/hooks/digits",
)


def judged(inner: str, allowed: Allowed = TRANSACTIONAL) -> str:
    """What would be sent of a Response with this in it."""
    written = document(parse(f"<Response>{inner}</Response>", allowed))
    return written.partition("<Response>")[2].removesuffix("</Response>")


@pytest.mark.parametrize(
    "inner",
    [
        "<Say>Hello</Say>",
        '<Say voice="Polly.Joanna" language="en-GB" loop="2">Hello &amp; goodbye &lt;3</Say>',
        '<Pause length="2"/>',
        "<Play>https://media.example.com/a.mp3?x=1&amp;y=2</Play>",
        "<Say>a</Say><Pause/><Play>https://media.example.com:443/b.wav</Play><Say>ü नमस्ते 😀</Say>",
    ],
)
@pytest.mark.parametrize("allowed", [MARKETING, TRANSACTIONAL])
def test_saying_pausing_and_playing_stay_as_they_are(inner: str, allowed: Allowed) -> None:
    assert judged(inner, allowed) == inner


def test_what_is_not_read_is_not_passed_on() -> None:
    """Comments, CDATA, white space, a declaration: the document is written anew."""
    text = """<?xml version="1.0" encoding="UTF-16"?>
    <Response> <!-- <Dial>+19005550100</Dial> -->
      <Say><![CDATA[</Say><Dial>x</Dial>]]></Say>
    </Response>"""
    written = document(parse(text, MARKETING))
    root = ET.fromstring(written)  # noqa: S314 - our own
    assert [part.tag for part in root.iter()] == ["Response", "Say"]
    assert root[0].text == "</Say><Dial>x</Dial>"
    assert "<!--" not in written


def test_pressed_keys_go_to_the_gateway() -> None:
    """It alone answers with more TwiML."""
    written = judged('<Gather numDigits="1" timeout="5"><Say>Press 1</Say></Gather>')
    assert written == (
        '<Gather numDigits="1" timeout="5" action="https://gateway.example.com/hooks/digits" method="POST">'
        "<Say>Press 1</Say></Gather>"
    )


def test_own_numbers_may_be_dialled() -> None:
    assert judged("<Dial>+1 (202) 555-0100</Dial>") == "<Dial>+12025550100</Dial>"
    inner = '<Dial callerId="+12025550101" timeout="20"><Number>+12025550100</Number></Dial>'
    assert judged(inner) == inner


@pytest.mark.parametrize(
    "inner",
    [
        "<Gather><Say>x</Say></Gather>",
        "<Dial>+12025550100</Dial>",
        "<Dial><Number>+12025550100</Number></Dial>",
    ],
)
def test_keys_and_dialling_are_for_transactional_calls(inner: str) -> None:
    with pytest.raises(VerbNotAllowed):
        judged(inner, MARKETING)


def test_no_keys_are_asked_for_where_nobody_takes_them() -> None:
    with pytest.raises(VerbNotAllowed):
        judged("<Gather><Say>x</Say></Gather>", Allowed(transactional=True))


@pytest.mark.parametrize(
    "inner",
    [
        "<Redirect>https://evil.example/</Redirect>",
        "<Sms>x</Sms>",
        "<Message>x</Message>",
        "<Record/>",
        "<Enqueue>x</Enqueue>",
        "<Refer><Sip>sip:x@y</Sip></Refer>",
        "<Start><Stream url='wss://evil.example'/></Start>",
        "<Connect><Stream url='wss://evil.example'/></Connect>",
        "<Pay/>",
        "<Hangup/>",
        "<say>lower case</say>",
        "<x:Say xmlns:x='y'>x</x:Say>",
        "<Dial><Sip>sip:x@y</Sip></Dial>",
        "<Dial><Client>bob</Client></Dial>",
        "<Dial><Conference>room</Conference></Dial>",
        "<Dial><Queue>q</Queue></Dial>",
        "<Dial><Number url='https://evil.example'>+12025550100</Number></Dial>",
        "<Gather><Dial>+12025550100</Dial></Gather>",
        "<Gather><Gather><Say>x</Say></Gather></Gather>",
        "<Number>+12025550100</Number>",
    ],
)
def test_other_verbs_are_refused(inner: str) -> None:
    with pytest.raises(VerbNotAllowed):
        judged(inner)


@pytest.mark.parametrize(
    "inner",
    [
        '<Say foo="1">x</Say>',
        '<Say loop="0">x</Say>',
        '<Say loop="٣">x</Say>',
        '<Say voice="&quot;x">x</Say>',
        '<Say xmlns="y">x</Say>',
        '<Pause length="3600"/>',
        '<Play digits="123">https://media.example.com/a.mp3</Play>',
        '<Gather action="https://evil.example/"><Say>x</Say></Gather>',
        '<Gather partialResultCallback="https://evil.example/"><Say>x</Say></Gather>',
        '<Gather finishOnKey="12"><Say>x</Say></Gather>',
        '<Dial action="https://evil.example/">+12025550100</Dial>',
        '<Dial record="record-from-answer">+12025550100</Dial>',
        '<Dial referUrl="https://evil.example/">+12025550100</Dial>',
    ],
)
def test_other_attributes_are_refused(inner: str) -> None:
    """Above all those from which Twilio would take more TwiML."""
    with pytest.raises(AttributeNotAllowed):
        judged(inner)


@pytest.mark.parametrize(
    "address",
    [
        "http://media.example.com/a.mp3",
        "https://evil.example/a.mp3",
        "https://media.example.com.evil.example/a.mp3",
        "https://media.example.com@evil.example/a.mp3",
        "https://evil.example\\@media.example.com/a.mp3",
        "https://media.example.com:8443/a.mp3",
        "https://media.example.com:x/a.mp3",
        "https://[::1",
        "https://xmedia.example.com/",
        "https://media.example.com/a b.mp3",
        "https://media.example.com/ü.mp3",
        "//media.example.com/a.mp3",
        "a.mp3",
        "",
        "https://",
    ],
)
def test_play_names_the_senders_hosts_only(address: str) -> None:
    with pytest.raises(HostNotAllowed):
        judged(f"<Play>{address}</Play>")


@pytest.mark.parametrize(
    "inner",
    [
        "<Dial>+12025550199</Dial>",
        "<Dial>2025550100</Dial>",
        "<Dial></Dial>",
        "<Dial>sip:x@y</Dial>",
        "<Dial>+12025550100,+12025550199</Dial>",
        "<Dial><Number>+12025550100</Number><Number>+19005550100</Number></Dial>",
        "<Dial callerId='+12025550199'>+12025550100</Dial>",
    ],
)
def test_dial_names_the_senders_numbers_only(inner: str) -> None:
    with pytest.raises(NumberNotAllowed):
        judged(inner)


@pytest.mark.parametrize(
    "inner",
    [
        "text among verbs<Say>x</Say>",
        "<Say>a <break time='1s'/> b</Say>",
        "<Pause>x</Pause>",
        "<Play><Say>x</Say></Play>",
        "<Gather>x<Say>y</Say></Gather>",
        "<Dial>+12025550100<Number>+12025550100</Number></Dial>",
        "<Dial>" + "<Number>+12025550100</Number>" * 11 + "</Dial>",
    ],
)
def test_content_in_the_wrong_place_is_refused(inner: str) -> None:
    with pytest.raises(ContentNotAllowed):
        judged(inner)


def test_silence_is_refused() -> None:
    with pytest.raises(UnsayableText):
        judged("<Say> </Say>")


BILLION_LAUGHS = """<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;">
<!ENTITY d "&c;&c;&c;&c;&c;&c;&c;">]><Response><Say>&d;</Say></Response>"""


@pytest.mark.parametrize(
    "text",
    [
        "",
        "hello",
        "<Response>",
        "<Response><Say>x</Response>",
        "<Response/>",
        "<Response> </Response>",
        "<Say>x</Say>",
        "<response><Say>x</Say></response>",
        "<Response foo='1'><Say>x</Say></Response>",
        "<Response><Say>x</Say></Response><Response/>",
        "<Response><Say>&nbsp;</Say></Response>",
        "<Response><Say a='1' a='2'>x</Say></Response>",
        "<Response><Say>\x01</Say></Response>",
        "<Response><Say>&#0;</Say></Response>",
        "<Response><Say>\ud800</Say></Response>",
        "<?php echo 1 ?><Response><Say>x</Say></Response>",
        "<!DOCTYPE Response><Response><Say>x</Say></Response>",
        '<!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/passwd">]><Response><Say>&f;</Say></Response>',
        '<!DOCTYPE x SYSTEM "https://evil.example/x.dtd"><Response><Say>x</Say></Response>',
        BILLION_LAUGHS,
        "<a>" * 300 + "</a>" * 300,
        "<Response>" + "<Gather>" * 200,
    ],
)
def test_document_that_cannot_be_read_is_refused(text: str) -> None:
    """At once: no entity is expanded, nothing is fetched, no depth hurts."""
    begun = time.perf_counter()
    with pytest.raises(TwimlUnreadable):
        parse(text, TRANSACTIONAL)
    assert time.perf_counter() - begun < 0.5


def test_document_over_4000_characters_is_refused() -> None:
    with pytest.raises(TwimlOversize):
        parse("<Response><Say>" + "x" * 4000 + "</Say></Response>", TRANSACTIONAL)


FRAGMENTS = """<Say> </Say> <Gather> </Gather> <Dial> </Dial> <Number> </Number> <Play> </Play> <Pause/> <Redirect/>
+12025550100 +19005550100 https://media.example.com/a https://evil.example/ x &lt; <!-- --> <![CDATA[ ]]>"""
fragments = st.sampled_from([*FRAGMENTS.split(), " action='y'"])


@given(st.lists(fragments, max_size=12).map("".join) | st.text(max_size=100))
def test_whatever_is_given_nobody_else_is_contacted(inner: str) -> None:
    """What passes holds allowed verbs, own numbers and own hosts alone."""
    try:
        written = document(parse(f"<Response>{inner}</Response>", TRANSACTIONAL))
    except TwimlRefused:
        return
    for part in ET.fromstring(written).iter():  # noqa: S314 - our own
        assert part.tag in {"Response", "Say", "Pause", "Play", "Gather", "Dial", "Number"}
        assert part.get("action") in {None, TRANSACTIONAL.gather_url}
        if part.tag == "Number" or (part.tag == "Dial" and not len(part)):
            assert part.text in TRANSACTIONAL.dial_numbers
        if part.tag == "Play":
            assert (part.text or "").startswith("https://media.example.com/")
