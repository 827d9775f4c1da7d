"""What is asked of Twilio besides sending: cancelling, reading, listing; and where Twilio is."""

from datetime import UTC, datetime, timedelta

import pytest

from channels.twilio.client import Credentials, TwilioClient
from channels.twilio.http import TWILIO, Endpoint, regional_url
from suppression.errors import CarrierUnavailable, ConfigurationError
from tests.channels.twilio.samples import CALL, FROM, TEXT, TO, begin
from tests.twilio_stand_in import ACCOUNT, Answer, Fault, StandIn


async def test_queued_call_is_cancelled(twilio: StandIn, client: TwilioClient) -> None:
    created = await client.create_call(TO, CALL, begin)

    assert await client.cancel_call(created.sid) == "canceled"
    assert twilio.records[created.sid].status == "canceled"


async def test_cancelling_too_late_says_so(twilio: StandIn, client: TwilioClient) -> None:
    created = await client.create_call(TO, CALL, begin)
    twilio.records[created.sid].status = "in-progress"

    assert await client.cancel_call(created.sid) == "in-progress"


async def test_call_goes_on_with_other_twiml(twilio: StandIn, client: TwilioClient) -> None:
    created = await client.create_call(TO, CALL, begin)
    await client.replace_twiml(created.sid, "<Response/>")
    assert twilio.records[created.sid].form["Twiml"] == "<Response/>"


async def test_one_text_or_call_is_read(client: TwilioClient) -> None:
    text = await client.create_message(TO, TEXT, begin)
    call = await client.create_call(TO, CALL, begin)

    found = await client.message(text.sid)
    assert found is not None
    assert (found.sid, found.to, found.sender, found.status, found.body) == (
        text.sid,
        TO,
        FROM,
        "queued",
        TEXT.body,
    )
    assert abs(datetime.now(UTC) - found.at) < timedelta(seconds=5)
    rung = await client.call(call.sid)
    assert rung is not None
    assert (rung.sid, rung.to, rung.direction, rung.at) == (call.sid, TO, "outbound-api", None)


async def test_what_twilio_does_not_have_is_none(client: TwilioClient) -> None:
    assert await client.message("SM" + "0" * 32) is None
    assert await client.call("CA" + "0" * 32) is None


async def test_reading_that_fails_is_not_an_absence(twilio: StandIn, client: TwilioClient) -> None:
    for twilio.always in (
        Answer(status=500),
        Answer(fault=Fault.CLOSE_BEFORE),
        Answer(status=401, code=20003),
    ):
        with pytest.raises(CarrierUnavailable):
            await client.message("SM" + "0" * 32)


@pytest.mark.parametrize(
    "answer",
    [
        Answer(status=500),
        Answer(status=401, code=20003),
        Answer(status=429, code=20429),
        Answer(fault=Fault.CLOSE_BEFORE),
        Answer(fault=Fault.CUT),
        Answer(fault=Fault.GARBAGE),
        Answer(body='{"messages": [{"sid": "SM1"}], "uri": "x"}'),
        Answer(body="[]"),
    ],
)
async def test_list_that_cannot_be_read_is_no_empty_list(
    twilio: StandIn, client: TwilioClient, answer: Answer
) -> None:
    """Unavailable: the same question may be asked again."""
    twilio.always = answer
    with pytest.raises(CarrierUnavailable):
        await client.messages_to(TO)
    with pytest.raises(CarrierUnavailable):
        await client.inbound_since(FROM, datetime.now(UTC))


async def test_pages_are_followed_to_the_end(twilio: StandIn, client: TwilioClient) -> None:
    """Twilio tells the newest first; we are told in the order in which things came."""
    start = datetime.now(UTC) - timedelta(minutes=1)
    sids = [dict(twilio.receive(TO, FROM, f"text {number}"))["MessageSid"] for number in range(1203)]
    for age, sid in enumerate(reversed(sids)):
        twilio.records[sid].made -= age / 100

    found = await client.inbound_since(FROM, start)

    assert len(twilio.requests) == 3
    assert {text.sid for text in found} == set(sids)
    assert [text.at for text in found] == sorted(text.at for text in found)


async def test_inbound_texts_are_told_from_ours_and_from_older_ones(
    twilio: StandIn, client: TwilioClient
) -> None:
    now = datetime.now(UTC)
    old = dict(twilio.receive(TO, FROM, "old"))["MessageSid"]
    twilio.records[old].sent = (now - timedelta(hours=2)).timestamp()
    new = dict(twilio.receive(TO, FROM, "STOP"))["MessageSid"]
    twilio.receive(TO, "+15005550007", "to another number")
    await client.create_message(FROM, TEXT, begin)

    [found] = await client.inbound_since(FROM, now - timedelta(hours=1))

    assert (found.sid, found.body, found.sender, found.to) == (new, "STOP", TO, FROM)


async def test_time_is_asked_for_in_utc(twilio: StandIn, client: TwilioClient) -> None:
    """Whatever zone the caller's has."""
    from zoneinfo import ZoneInfo

    await client.inbound_since(FROM, datetime(2026, 11, 22, 9, 30, tzinfo=ZoneInfo("America/New_York")))
    assert dict(twilio.requests[0].query)["DateSent>"] == "2026-11-22T14:30:00Z"


async def test_list_without_end_is_given_up(twilio: StandIn, client: TwilioClient) -> None:
    page = f'{{"messages": [], "next_page_uri": "/2010-04-01/Accounts/{ACCOUNT}/Messages.json?Page=1"}}'
    twilio.always = Answer(body=page)
    with pytest.raises(CarrierUnavailable):
        await client.messages_to(TO)
    assert len(twilio.requests) < 300


async def test_credentials_go_nowhere_else(twilio: StandIn, client: TwilioClient) -> None:
    """Whatever an answer names as its next page, it is asked of our base URL."""
    async with StandIn() as other:
        twilio.next.append(Answer(body=f'{{"messages": [], "next_page_uri": "@127.0.0.1:{other.port}/x"}}'))
        with pytest.raises(CarrierUnavailable):
            await client.messages_to(TO)
        assert other.requests == []


async def test_key_and_secret_are_sent_with_each_request(twilio: StandIn, client: TwilioClient) -> None:
    await client.create_message(TO, TEXT, begin)
    [request] = twilio.requests
    assert request.credentials == ("SK" + "b" * 32, "secret")
    assert request.path == f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json"


async def test_settings_of_the_environment_are_left_alone(
    twilio: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The library would take region and edge from it, and credentials."""
    monkeypatch.setenv("TWILIO_EDGE", "dublin")
    monkeypatch.setenv("TWILIO_REGION", "ie1")
    client = TwilioClient(Credentials(ACCOUNT, ACCOUNT, "secret"), Endpoint(twilio.url, plain_http=True))
    await client.create_message(TO, TEXT, begin)
    assert len(twilio.sent) == 1
    await client.close()


@pytest.mark.parametrize(
    ("edge", "region", "url"),
    [
        ("", "", TWILIO),
        ("dublin", "ie1", "https://api.dublin.ie1.twilio.com"),
        ("", "au1", "https://api.au1.twilio.com"),
        ("ashburn", "", "https://api.ashburn.us1.twilio.com"),
    ],
)
def test_region_and_edge_are_part_of_the_host(edge: str, region: str, url: str) -> None:
    assert regional_url(edge, region) == url


@pytest.mark.parametrize(
    "url",
    [
        "http://api.twilio.com",
        "http://127.0.0.1:1@evil.example",
        "https://user:pass@api.twilio.com",
        "https://api.twilio.com/v1",
        "https://api.twilio.com?x",
        "https://",
        "api.twilio.com",
        "",
    ],
)
@pytest.mark.parametrize("plain_http", [True, False])
def test_base_url_that_would_show_the_credentials_is_refused(url: str, plain_http: bool) -> None:  # noqa: FBT001
    with pytest.raises(ConfigurationError):
        Endpoint(url, plain_http=plain_http)


def test_plain_http_is_for_a_stand_in_on_this_machine() -> None:
    Endpoint("http://127.0.0.1:8080", plain_http=True)
    Endpoint("http://[::1]:8080/", plain_http=True)
    with pytest.raises(ConfigurationError):
        Endpoint("http://127.0.0.1:8080")
    with pytest.raises(ConfigurationError):
        Endpoint("http://192.0.2.1:8080", plain_http=True)
