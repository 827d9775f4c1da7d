"""Every request that we send is one that Twilio's own OpenAPI description knows."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from channels.twilio.client import TwilioClient
from tests.channels.twilio.samples import CALL, FROM, SERVICE, TEXT, TO, begin, client_of
from tests.twilio_stand_in import ACCOUNT, StandIn
from tests.twilio_stand_in.description import Description, require

MESSAGES = f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json"
CALLS = f"/2010-04-01/Accounts/{ACCOUNT}/Calls.json"


@pytest.fixture
def description() -> Description:
    return require()


@pytest.fixture
async def twilio(description: Description) -> AsyncIterator[StandIn]:
    """One that refuses what is not described."""
    async with StandIn(description=description) as stand_in:
        yield stand_in


@pytest.fixture
async def client(twilio: StandIn) -> AsyncIterator[TwilioClient]:
    client = client_of(twilio)
    yield client
    await client.close()


async def test_every_request_is_described(
    twilio: StandIn, description: Description, client: TwilioClient
) -> None:
    """All that the client can do, with every optional field there and absent."""
    text = await client.create_message(TO, TEXT, begin)
    await client.create_message(
        TO, replace(TEXT, service=SERVICE, from_number="", validity=None, status_url=""), begin
    )
    await client.create_message(TO, replace(TEXT, service=SERVICE, body="ü 😀 & = %"), begin)
    call = await client.create_call(TO, CALL, begin)
    asked = replace(CALL, twiml="", answer_url="https://gateway.example.com/answer?e=a.b-c", status_url="")
    await client.create_call(TO, asked, begin)
    await client.create_call(TO, replace(CALL, detect_machine=True, ring_seconds=600), begin)
    await client.cancel_call(call.sid)
    await client.replace_twiml(call.sid, "<Response><Hangup/></Response>")
    await client.message(text.sid)
    await client.call(call.sid)
    await client.messages_to(TO, FROM)
    await client.calls_to(TO, FROM)
    await client.inbound_since(FROM, datetime.now(UTC))

    assert len(twilio.requests) == 13
    for request in twilio.requests:
        assert description.problems(request.method, request.path, request.query, request.form) == []
        if request.method == "POST":
            assert request.headers["content-type"] == "application/x-www-form-urlencoded"


async def test_next_pages_are_described(
    twilio: StandIn, description: Description, client: TwilioClient
) -> None:
    for number in range(501):
        twilio.receive(TO, FROM, f"text {number}")
    await client.inbound_since(FROM, datetime(2026, 1, 1, tzinfo=UTC))

    assert [description.problems(it.method, it.path, it.query, it.form) for it in twilio.requests] == [[], []]


@pytest.mark.parametrize(
    ("path", "form", "problem"),
    [
        (MESSAGES, [("From", FROM), ("Body", "x")], "To is missing"),
        (MESSAGES, [("To", TO), ("Body", "x")], "one of From, MessagingServiceSid is missing"),
        (MESSAGES, [("To", TO), ("From", FROM)], "one of Body, MediaUrl, ContentSid is missing"),
        (MESSAGES, [("To", TO), ("From", FROM), ("Body", "x"), ("Colour", "red")], "Colour is not described"),
        (MESSAGES, [("To", TO), ("To", TO), ("From", FROM), ("Body", "x")], "To is there twice"),
        (MESSAGES, [("To", "2025-550-143x"), ("From", FROM), ("Body", "x")], "To: format phone-number"),
        (MESSAGES, [("To", TO), ("From", FROM), ("Body", "x" * 1601)], "Body: 1 to 1,600 characters"),
        (
            MESSAGES,
            [("To", TO), ("From", FROM), ("Body", "x"), ("ValidityPeriod", "soon")],
            "ValidityPeriod is no integer",
        ),
        (
            MESSAGES,
            [("To", TO), ("MessagingServiceSid", "MG1"), ("Body", "x")],
            "MessagingServiceSid: minLength 34",
        ),
        (
            MESSAGES,
            [("To", TO), ("From", FROM), ("Body", "x"), ("StatusCallback", "/status")],
            "StatusCallback: format uri",
        ),
        (
            MESSAGES,
            [("To", TO), ("From", FROM), ("Body", "x"), ("ScheduleType", "soon")],
            "ScheduleType: enum ['fixed']",
        ),
        (CALLS, [("To", TO), ("From", FROM)], "one of Url, Twiml, ApplicationSid is missing"),
        (CALLS, [("To", TO), ("From", FROM), ("Twiml", "<Say>x")], "Twiml: format twiml"),
        (
            CALLS,
            [
                ("To", TO),
                ("From", FROM),
                ("Twiml", "<Response/>"),
                ("StatusCallbackEvent", "answered completed"),
            ],
            "StatusCallbackEvent: no such event",
        ),
        (
            MESSAGES.replace("AC", "XX"),
            [("To", TO), ("From", FROM), ("Body", "x")],
            "AccountSid: pattern ^AC[0-9a-fA-F]{32}$",
        ),
    ],
)
def test_request_that_is_not_described_is_found_out(
    description: Description, path: str, form: list[tuple[str, str]], problem: str
) -> None:
    """Otherwise the tests above would prove nothing."""
    assert problem in description.problems("POST", path, [], form)


@pytest.mark.parametrize(
    ("method", "path", "query", "problem"),
    [
        ("GET", MESSAGES, [("DateSent>", "yesterday")], "DateSent>: format date-time"),
        ("GET", MESSAGES, [("PageSize", "1001")], "PageSize: maximum 1000"),
        ("GET", MESSAGES, [("Status", "sent")], "Status is not described"),
        ("PUT", MESSAGES, [], f"PUT {MESSAGES} is not described"),
        ("GET", "/2010-04-01/Nothing.json", [], "GET /2010-04-01/Nothing.json is not described"),
        ("POST", MESSAGES, [], "a form where none is described, or none where one is"),
    ],
)
def test_address_that_is_not_described_is_found_out(
    description: Description, method: str, path: str, query: list[tuple[str, str]], problem: str
) -> None:
    assert problem in description.problems(method, path, query, None)


async def test_stand_in_with_the_description_refuses_like_twilio(
    twilio: StandIn, client: TwilioClient
) -> None:
    from channels.twilio.resources import Refused

    with pytest.raises(Refused) as refused:
        await client.create_message("not a number", TEXT, begin)
    assert refused.value.status == 400
    assert twilio.sent == []
