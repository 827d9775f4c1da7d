"""What the provider's refusal says of the recipient is known before the message has failed."""

from typing import Any

from gateway.duties.desk import Desk
from gateway.phones.provider_codes import Failure, ProviderCodes
from suppression.address import parse
from suppression.model import Way
from suppression.outbox import Entry, State
from tests.gateway.duties.office import Office, hook_url
from tests.twilio_stand_in import Answer, StandIn


def learning(office: Office) -> dict[str, Any]:
    codes = ProviderCodes(office.store, office.changes)

    async def learn(entry: Entry, code: int) -> None:
        sender = office.senders[entry.sender]
        await codes.learn(Failure(entry.id, entry.recipient, entry.channel, sender, code))

    return {"learn": learn}


async def sent(office: Office) -> State:
    accepted = await office.accept()
    desk = Desk(office.sending, office.senders, hook_url, office.ways, **learning(office))
    running = desk.start()
    try:
        await office.until(accepted.id, State.SENT, State.FAILED)
    finally:
        await desk.drain(5)
    assert running.done()
    return await office.state(accepted.id)


async def ways(office: Office) -> set[Way]:
    facts = await office.store.facts(office.pipeline.recipient(parse("+12025550143", "sms")))
    return {entry.way for entry in facts.suppressions}


async def test_a_stop_at_the_provider_is_one_here(office: Office, twilio: StandIn) -> None:
    """RULES 2.3, 21610: the next one is refused by us."""
    twilio.next.append(Answer(status=400, code=21610))
    assert await sent(office) is State.FAILED
    assert await ways(office) == {Way.PROVIDER}
    assert (await office.accept()).outcome == "refused"
    assert len(twilio.requests) == 1


async def test_a_fault_of_ours_stops_nobody(office: Office, twilio: StandIn) -> None:
    twilio.next.append(Answer(status=400, code=21602))
    assert await sent(office) is State.FAILED
    assert await ways(office) == set()


async def test_what_http_says_is_no_code_of_the_provider(office: Office, twilio: StandIn) -> None:
    twilio.next.append(Answer(status=429))
    assert await sent(office) is State.SENT
    assert await ways(office) == set()
