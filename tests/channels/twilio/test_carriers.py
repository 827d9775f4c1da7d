"""Texts and calls leave once, to the recipient of their permit; every failure says whether Twilio may have them."""

import asyncio
import logging
import socket
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from channels.carrier import Outcome, Postponed, Rejected, Sent, Unknown, WrongMessage
from channels.twilio.carriers import TwilioCalls, TwilioTexts
from channels.twilio.client import Credentials, TwilioClient
from channels.twilio.http import Endpoint
from suppression.errors import CarrierUnavailable
from suppression.store.permit import LIFETIME, PermitExpired, PermitUsed
from tests.channels.twilio.samples import CALL, FROM, SERVICE, TEXT, TO, client_of, permit
from tests.twilio_stand_in import ACCOUNT, Answer, Fault, StandIn


async def text_outcome(client: TwilioClient) -> Outcome:
    async with TwilioTexts(client).ready() as carrier:
        return await carrier.send(TEXT, permit())


async def call_outcome(client: TwilioClient) -> Outcome:
    async with TwilioCalls(client).ready() as carrier:
        return await carrier.send(CALL, permit())


@asynccontextmanager
async def client_at(url: str) -> AsyncIterator[TwilioClient]:
    credentials = Credentials(ACCOUNT, ACCOUNT, "secret")
    client = TwilioClient(
        credentials, Endpoint(url, plain_http=True, connect_timeout=0.3, answer_timeout=0.6)
    )
    yield client
    await client.close()


async def test_text_goes_to_the_recipient_of_its_permit(twilio: StandIn, client: TwilioClient) -> None:
    outcome = await text_outcome(client)

    [record] = twilio.sent
    assert outcome == Sent("accepted by Twilio (queued)", record.sid)
    assert record.form == {
        "To": TO,
        "From": FROM,
        "Body": TEXT.body,
        "StatusCallback": TEXT.status_url,
        "ValidityPeriod": "3600",
    }


async def test_text_of_a_service_names_no_number(twilio: StandIn, client: TwilioClient) -> None:
    text = replace(TEXT, from_number="", service=SERVICE, validity=None, status_url="")
    async with TwilioTexts(client).ready() as carrier:
        outcome = await carrier.send(text, permit())

    assert isinstance(outcome, Sent)
    assert twilio.sent[0].form == {"To": TO, "MessagingServiceSid": SERVICE, "Body": TEXT.body}


async def test_text_keeps_every_character(twilio: StandIn, client: TwilioClient) -> None:
    body = "₹ & + % = ü 😀 \u202e \r\n नमस्ते ; a=b&c"
    async with TwilioTexts(client).ready() as carrier:
        await carrier.send(replace(TEXT, body=body), permit())

    assert twilio.sent[0].body == body


async def test_call_reports_all_its_states(twilio: StandIn, client: TwilioClient) -> None:
    outcome = await call_outcome(client)

    [record] = twilio.sent
    assert outcome == Sent("accepted by Twilio (queued)", record.sid)
    assert record.events == ("initiated", "ringing", "answered", "completed")
    assert {name: record.form[name] for name in ("To", "From", "Twiml", "Timeout")} == {
        "To": TO,
        "From": FROM,
        "Twiml": CALL.twiml,
        "Timeout": "25",
    }
    assert "MachineDetection" not in record.form


async def test_machine_is_detected_in_the_background_only(twilio: StandIn, client: TwilioClient) -> None:
    """RULES 0.6: otherwise the call stays silent for seconds."""
    call = replace(CALL, twiml="", answer_url="https://gateway.example.com/hooks/answer", detect_machine=True)
    async with TwilioCalls(client).ready() as carrier:
        await carrier.send(call, permit())

    form = twilio.sent[0].form
    assert form["Url"] == call.answer_url
    assert "Twiml" not in form
    assert (form["MachineDetection"], form["AsyncAmd"]) == ("DetectMessageEnd", "true")
    assert form["AsyncAmdStatusCallback"] == call.status_url


async def test_permit_of_another_message_sends_nothing(twilio: StandIn, client: TwilioClient) -> None:
    async with TwilioTexts(client).ready() as texts, TwilioCalls(client).ready() as calls:
        with pytest.raises(WrongMessage):
            await texts.send(TEXT, permit("m2"))
        with pytest.raises(WrongMessage):
            await calls.send(CALL, permit("m2"))

    assert twilio.requests == []


async def test_permit_that_is_too_old_sends_nothing(twilio: StandIn, client: TwilioClient) -> None:
    """And the carrier is good for the next one."""
    async with TwilioTexts(client).ready() as carrier:
        with pytest.raises(PermitExpired):
            await carrier.send(TEXT, permit(born=time.monotonic() - LIFETIME - 0.1))
        assert isinstance(await carrier.send(TEXT, permit()), Sent)

    assert len(twilio.requests) == 1


async def test_permit_is_good_for_one_hand_over(twilio: StandIn, client: TwilioClient) -> None:
    once = permit()
    async with TwilioTexts(client).ready() as carrier:
        await carrier.send(TEXT, once)
        with pytest.raises(PermitUsed):
            await carrier.send(TEXT, once)

    assert len(twilio.requests) == 1


@pytest.mark.parametrize(
    ("fault", "taken"),
    [
        (Fault.CLOSE_BEFORE, 0),
        (Fault.CLOSE_AFTER, 1),
        (Fault.CUT, 1),
        (Fault.GARBAGE, 1),
        (Fault.NOT_HTTP, 1),
        (Fault.ENDLESS, 1),
    ],
)
async def test_text_without_a_usable_answer_is_unknown_and_not_repeated(
    twilio: StandIn, client: TwilioClient, fault: Fault, taken: int
) -> None:
    """Whether Twilio processed it looks the same from here."""
    twilio.always = Answer(fault=fault)

    assert isinstance(await text_outcome(client), Unknown)
    assert isinstance(await call_outcome(client), Unknown)
    assert len(twilio.requests) == 2
    assert len(twilio.sent) == 2 * taken


@pytest.mark.parametrize(
    "body", ["", "[]", "null", "{}", '{"sid": null}', '{"sid": "SM1"}', '{"sid": 5}', '"x"', "{"]
)
async def test_success_without_a_sid_is_unknown(twilio: StandIn, client: TwilioClient, body: str) -> None:
    """Also a list or a number where a record should be."""
    twilio.always = Answer(body=body)
    assert isinstance(await text_outcome(client), Unknown)
    assert isinstance(await call_outcome(client), Unknown)


async def test_silence_ends_as_unknown(twilio: StandIn) -> None:
    client = client_of(twilio, answer_timeout=0.3)
    twilio.always = Answer(fault=Fault.SILENCE)

    assert isinstance(await text_outcome(client), Unknown)
    assert len(twilio.sent) == 1
    await client.close()


async def test_connection_that_twilio_closed_meanwhile_is_no_loss(
    twilio: StandIn, client: TwilioClient
) -> None:
    """A pooled connection that is gone is not used for the next text."""
    await text_outcome(client)
    for connection in list(twilio._connections):
        connection.abort()
    await asyncio.sleep(0.05)

    assert isinstance(await text_outcome(client), Sent)


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (Answer(status=400, code=21610), Rejected(21610, "opt_out", "recipient has opted out")),
        (Answer(status=400, code=21211), Rejected(21211, "invalid_number", "not a valid number")),
        (
            Answer(status=400, code=29999, message="Number +12025550143 is new"),
            Rejected(29999, "unknown", "Unable to create record: Number [address] is new"),
        ),
        (Answer(status=429, code=20429), Postponed(20429, "retry", "too many requests")),
        (Answer(status=503, body="<html>"), Postponed(503, "retry", "Unable to create record")),
        (Answer(status=401, code=20003), Postponed(20003, "configuration", "credentials refused")),
        (Answer(status=404, code=20404), Postponed(20404, "configuration", "no such account or resource")),
        (Answer(status=403, body="<html>"), Postponed(403, "configuration", "Unable to create record")),
        (Answer(status=400, code=21210, fault=Fault.CUT), Postponed(400, "configuration", "answer cut off")),
        (Answer(status=500, code=20500), Unknown("HTTP 500 from Twilio")),
        (Answer(status=502, body="<html>"), Unknown("HTTP 502 from Twilio")),
        (Answer(status=504), Unknown("HTTP 504 from Twilio")),
    ],
)
async def test_refusal_means_what_the_table_says(
    twilio: StandIn, client: TwilioClient, answer: Answer, outcome: Outcome
) -> None:
    twilio.always = answer
    assert await text_outcome(client) == outcome
    assert await call_outcome(client) == outcome
    assert twilio.sent == []


async def test_redirect_is_not_followed(twilio: StandIn, client: TwilioClient) -> None:
    """Whoever redirects would get the credentials and the text."""
    async with StandIn() as other:
        twilio.always = Answer(status=307, headers={"Location": other.url + "/x"})
        assert isinstance(await text_outcome(client), Postponed)
        assert other.requests == []


async def test_refused_connection_is_postponed() -> None:
    """Nothing had left: it may go again, on the same permit's successor."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        async with client_at(f"http://127.0.0.1:{unused.getsockname()[1]}") as client:
            assert await text_outcome(client) == Postponed(0, "unavailable", CarrierUnavailable.peer_text)
            assert isinstance(await call_outcome(client), Postponed)


async def test_connection_that_is_not_taken_is_postponed_and_its_permit_unused() -> None:
    """A full backlog: the time to connect runs out."""
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        fillers = [await asyncio.to_thread(_connect, full.getsockname()) for _ in range(3)]
        kept = permit()
        async with (
            client_at(f"http://127.0.0.1:{full.getsockname()[1]}") as client,
            TwilioTexts(client).ready() as carrier,
        ):
            outcome = await carrier.send(TEXT, kept)
        for filler in fillers:
            filler.close()

    assert isinstance(outcome, Postponed)
    assert kept.redeem().text == TO


def _connect(address: tuple[str, int]) -> socket.socket:
    filler = socket.socket()
    filler.settimeout(0)
    filler.connect_ex(address)
    time.sleep(0.02)
    return filler


async def test_tls_that_fails_is_postponed(twilio: StandIn) -> None:
    """The request leaves after the handshake, so nothing had left."""
    credentials = Credentials(ACCOUNT, ACCOUNT, "secret")
    client = TwilioClient(credentials, Endpoint(twilio.url.replace("http", "https"), connect_timeout=1.0))

    assert isinstance(await text_outcome(client), Postponed)
    assert twilio.requests == []
    await client.close()


async def test_closed_client_postpones(client: TwilioClient) -> None:
    await client.close()
    assert isinstance(await text_outcome(client), Postponed)


async def test_no_more_hand_overs_at_a_time_than_connections(twilio: StandIn) -> None:
    """The rest wait; who waits too long is told that no carrier is ready, with its permit unused."""
    client = client_of(twilio, connections=2)
    texts = TwilioTexts(client)
    twilio.always = Answer(delay=0.1)

    async def one() -> Outcome:
        async with texts.ready() as carrier:
            return await carrier.send(TEXT, permit())

    outcomes = await asyncio.gather(*(one() for _ in range(6)))
    assert [type(outcome) for outcome in outcomes] == [Sent] * 6
    assert len(twilio._connections) == 2

    twilio.always = Answer(delay=3)
    busy = [asyncio.create_task(one()) for _ in range(2)]
    await asyncio.sleep(0.05)
    with pytest.raises(CarrierUnavailable):
        await one()
    for task in busy:
        task.cancel()
    await asyncio.gather(*busy, return_exceptions=True)
    await client.close()


async def test_nothing_of_a_text_is_logged(
    twilio: StandIn, client: TwilioClient, caplog: pytest.LogCaptureFixture
) -> None:
    """The library's own HTTP client writes numbers and headers at level INFO."""
    caplog.set_level(logging.DEBUG)
    await text_outcome(client)
    twilio.always = Answer(status=500)
    await text_outcome(client)

    assert TO not in caplog.text
    assert TO.removeprefix("+") not in caplog.text
    assert TEXT.body not in caplog.text


async def test_credentials_do_not_show() -> None:
    credentials = Credentials(ACCOUNT, "SK" + "b" * 32, "secret")
    assert "secret" not in repr(credentials)
