"""A lost answer is settled by what Twilio has."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from channels.carrier import Unknown
from channels.twilio.carriers import TwilioTexts
from channels.twilio.client import TwilioClient
from channels.twilio.lookup import Lookup
from suppression.errors import CarrierUnavailable
from tests.channels.twilio.samples import CALL, FROM, SERVICE, TEXT, TO, begin, permit
from tests.twilio_stand_in import Answer, Fault, StandIn


def span() -> tuple[datetime, datetime]:
    now = datetime.now(UTC)
    return now - timedelta(seconds=30), now


async def test_text_whose_answer_was_lost_is_found(twilio: StandIn, client: TwilioClient) -> None:
    """Though it still waits there, without a time of sending."""
    twilio.next.append(Answer(fault=Fault.CLOSE_AFTER))
    async with TwilioTexts(client).ready() as carrier:
        assert isinstance(await carrier.send(TEXT, permit()), Unknown)

    [found] = await Lookup(client).find(TO, *span(), sender=FROM, body=TEXT.body)

    assert found.sid == twilio.sent[0].sid
    assert (found.status, found.error_code, found.body) == ("queued", 0, TEXT.body)


async def test_text_that_never_arrived_is_not_found(twilio: StandIn, client: TwilioClient) -> None:
    twilio.next.append(Answer(fault=Fault.CLOSE_BEFORE))
    async with TwilioTexts(client).ready() as carrier:
        assert isinstance(await carrier.send(TEXT, permit()), Unknown)

    assert await Lookup(client).find(TO, *span()) == []


async def test_others_are_not_candidates(twilio: StandIn, client: TwilioClient) -> None:
    """Other words, another recipient, another sender, an older one, what came in."""
    await client.create_message(TO, replace(TEXT, body="other words"), begin)
    await client.create_message("+12025550199", TEXT, begin)
    await client.create_message(TO, replace(TEXT, from_number="+15005550009"), begin)
    old = await client.create_message(TO, TEXT, begin)
    twilio.records[old.sid].made -= 3600
    twilio.receive(FROM, TO, TEXT.body)

    assert await Lookup(client).find(TO, *span(), sender=FROM, body=TEXT.body) == []


async def test_equal_texts_are_as_many_candidates(twilio: StandIn, client: TwilioClient) -> None:
    """Oldest first: each entry claims one."""
    sids = [(await client.create_message(TO, TEXT, begin)).sid for _ in range(3)]
    for age, sid in enumerate(reversed(sids)):
        twilio.records[sid].made -= 2 * age

    assert [found.sid for found in await Lookup(client).find(TO, *span())] == sids


async def test_text_by_a_service_is_found_by_it(client: TwilioClient) -> None:
    created = await client.create_message(TO, replace(TEXT, from_number="", service=SERVICE), begin)
    await client.create_message(TO, replace(TEXT, from_number="", service="MG" + "c" * 32), begin)

    assert [found.sid for found in await Lookup(client).find(TO, *span(), sender=SERVICE)] == [created.sid]


async def test_failed_text_is_found_with_its_code(twilio: StandIn, client: TwilioClient) -> None:
    created = await client.create_message(TO, TEXT, begin)
    twilio.records[created.sid].status, twilio.records[created.sid].error_code = "undelivered", 30005

    [found] = await Lookup(client).find(TO, *span())
    assert (found.status, found.error_code) == ("undelivered", 30005)


async def test_call_is_found_while_it_waits_and_when_it_rings(twilio: StandIn, client: TwilioClient) -> None:
    """Twilio tells no time of a call that waits."""
    created = await client.create_call(TO, CALL, begin)
    lookup = Lookup(client)

    [waiting] = await lookup.find_calls(TO, *span(), sender=FROM)
    assert (waiting.sid, waiting.at) == (created.sid, None)
    twilio.records[created.sid].status = "ringing"
    [ringing] = await lookup.find_calls(TO, *span())
    assert ringing.at is not None
    twilio.records[created.sid].made -= 3600
    assert await lookup.find_calls(TO, *span()) == []


async def test_twilio_that_cannot_say_has_not_said_none(twilio: StandIn, client: TwilioClient) -> None:
    twilio.always = Answer(status=503)
    with pytest.raises(CarrierUnavailable):
        await Lookup(client).find(TO, *span())
