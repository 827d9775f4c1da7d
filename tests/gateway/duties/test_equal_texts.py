"""The same words to one number within a minute: whose id a look-up finds while answers are lost or on their way."""

from channels.carrier import Outcome, Sent
from gateway.duties.leaving import Composer
from gateway.duties.settling import Settling
from gateway.duties.times import Times
from suppression.outbox import Entry, State
from suppression.store.permit import Permit
from tests.gateway.duties.office import Office, hook_url
from tests.twilio_stand_in import StandIn

AT_ONCE = Times(look_up_after=0, give_up_after=900)
NO_LONGER = Times(look_up_after=0, give_up_after=0)


async def submitted(office: Office, **given: str) -> tuple[Entry, Permit]:
    """One that is on its way: nobody has heard of it yet."""
    accepted = await office.accept(**given)
    (leased,) = [entry for entry in await office.claim() if entry.id == accepted.id]
    permit = await office.sending.submit(leased, 30)
    assert permit is not None
    return leased, permit


async def made(office: Office, entry: Entry, permit: Permit) -> Outcome:
    """Twilio has it; its answer is not told here yet."""
    texts = office.ways["brand"].texts
    assert texts is not None
    message = Composer(office.senders, hook_url).compose(entry)
    async with texts.ready() as carrier:
        return await carrier.send(message, permit)  # type: ignore[arg-type]  # a text


async def settle(office: Office, entry: Entry, times: Times = AT_ONCE) -> State:
    settling = Settling(office.sending, Composer(office.senders, hook_url), office.ways, times)
    await settling.settle(await office.outbox.entry(entry.id))
    return await office.state(entry.id)


async def test_one_whose_answer_is_on_its_way_keeps_what_is_its(office: Office, twilio: StandIn) -> None:
    """Else the one that never arrived would be taken for sent, and nobody would send it."""
    (lost, _), (slow, permit) = await submitted(office), await submitted(office)
    outcome = await made(office, slow, permit)
    assert await settle(office, lost) is State.SUBMITTING

    await office.sending.settle(slow, permit, outcome)
    assert await settle(office, lost, NO_LONGER) is State.UNKNOWN
    assert isinstance(outcome, Sent)
    assert (await office.outbox.entry(slow.id)).reference == outcome.reference == twilio.sent[0].sid


async def test_of_two_lost_ones_with_one_id_one_is_called_sent(office: Office, twilio: StandIn) -> None:
    """And only when no callback can come any more. Which of the two it was is the same to who got it."""
    (first, permit), (second, _) = await submitted(office), await submitted(office)
    await made(office, first, permit)
    for one in (first, second):
        assert await settle(office, one) is State.SUBMITTING
    assert {await settle(office, one, NO_LONGER) for one in (first, second)} == {State.UNKNOWN, State.SENT}
    assert len(twilio.sent) == 1


async def test_two_lost_ones_with_two_ids_have_one_each(office: Office, twilio: StandIn) -> None:
    both = [await submitted(office), await submitted(office)]
    for entry, permit in both:
        await made(office, entry, permit)
    assert [await settle(office, entry) for entry, _ in both] == [State.SENT, State.SENT]
    references = {(await office.outbox.entry(entry.id)).reference for entry, _ in both}
    assert references == {record.sid for record in twilio.sent}


async def test_other_words_on_their_way_are_no_rivals(office: Office, twilio: StandIn) -> None:
    (lost, permit), _ = await submitted(office), await submitted(office, body="Something else.")
    await made(office, lost, permit)
    assert await settle(office, lost) is State.SENT
    assert (await office.outbox.entry(lost.id)).reference == twilio.sent[0].sid
