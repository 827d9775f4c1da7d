"""A text of marketing arrives within the hours that it was decided in, or waits for the next ones."""

from datetime import UTC, datetime, timedelta

from suppression.address import parse
from suppression.model import Basis, Scope
from suppression.outbox import State
from tests.gateway.duties.office import ORDERS, PROMOTIONS, Office, until
from tests.twilio_stand_in import StandIn

NUMBER = "+12025550143"  # Washington: open until 20:00
CLOSES = datetime(2026, 11, 25, 1, tzinfo=UTC)
OPENS = datetime(2026, 11, 25, 14, tzinfo=UTC)


async def consented(office: Office) -> None:
    await office.changes.consent(
        office.pipeline.recipient(parse(NUMBER, "sms")),
        Scope(purpose="marketing", sender="brand"),
        basis=Basis.OPT_IN,
        source="form",
        actor="test",
        at=office.store.now(),
        evidence={"wording": "v1"},
    )


async def test_twilio_keeps_it_no_longer_than_the_hours_last(office: Office, twilio: StandIn) -> None:
    await office.store.set_clock(CLOSES - timedelta(minutes=30))
    await consented(office)
    accepted = await office.accept(NUMBER, purpose=PROMOTIONS)
    async with office.dispatching():
        await office.until(accepted.id, State.SENT)

    assert 30 * 60 - 10 <= int(twilio.sent[0].form["ValidityPeriod"]) <= 30 * 60


async def test_in_the_morning_it_may_wait_for_ten_hours(office: Office, twilio: StandIn) -> None:
    await office.store.set_clock(CLOSES - timedelta(hours=10, minutes=30))
    await consented(office)
    accepted = await office.accept(NUMBER, purpose=PROMOTIONS)
    async with office.dispatching():
        await office.until(accepted.id, State.SENT)

    assert "ValidityPeriod" not in twilio.sent[0].form  # ten hours are Twilio's own


async def test_with_less_than_a_minute_left_it_waits_for_the_next_hours(
    office: Office, twilio: StandIn
) -> None:
    await office.store.set_clock(CLOSES - timedelta(seconds=50))
    await consented(office)
    accepted = await office.accept(NUMBER, purpose=PROMOTIONS)

    async def put_off() -> bool:
        entry = await office.outbox.entry(accepted.id)
        return entry.state is State.WAITING and entry.due == CLOSES

    async with office.dispatching():
        await until(put_off)
    await office.store.set_clock(CLOSES + timedelta(seconds=1))
    async with office.dispatching():
        await until(lambda: office_waits_until(office, accepted.id, OPENS))

    assert twilio.requests == []


async def office_waits_until(office: Office, message: str, due: datetime) -> bool:
    entry = await office.outbox.entry(message)
    return entry.state is State.WAITING and entry.due == due


async def test_what_no_hours_concern_may_arrive_at_night(office: Office, twilio: StandIn) -> None:
    await office.store.set_clock(CLOSES + timedelta(hours=3))
    accepted = await office.accept(NUMBER, purpose=ORDERS)
    async with office.dispatching():
        await office.until(accepted.id, State.SENT)

    assert "ValidityPeriod" not in twilio.sent[0].form
