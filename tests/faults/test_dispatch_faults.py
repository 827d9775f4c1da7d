"""Dispatchers that are killed, stopped and cut off: no text is lost, and none goes twice."""

import asyncio
import os
import signal
from collections import Counter
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from channels.carrier import Sent
from gateway.duties.times import Times
from gateway.embedded.server import EmbeddedServer
from gateway.phones.sending import Sending
from suppression.errors import StoreUnavailable
from suppression.outbox import Entry, State
from suppression.store import meta
from suppression.store.opening import StoreSettings, open_store
from suppression.store.permit import Permit
from suppression.store.store import Store
from tests.conftest import SECRETS, fresh_store, url_of
from tests.faults.dispatcher_process import dispatcher
from tests.faults.reply_dropper import dropping_replies
from tests.gateway.duties.office import APPS, Office, until
from tests.twilio_stand_in import Answer, StandIn

TIMES = Times(lease=1.0, settle=0.8, look_up_after=1.5, give_up_after=4.0)
TEXTS = 200


@pytest.fixture
async def twilio() -> AsyncIterator[StandIn]:
    async with StandIn() as twilio:
        yield twilio


@pytest.fixture
async def office(store: Store, twilio: StandIn) -> AsyncIterator[Office]:
    office = Office(store, {"brand": twilio.url, "other": twilio.url})
    yield office
    await office.close()


async def states(office: Office, messages: list[str]) -> Counter[State]:
    return Counter([await office.state(message) for message in messages])


async def over(office: Office, messages: list[str], seconds: float = 30) -> Counter[State]:
    """Once each of them is sent, or unknown."""
    async with asyncio.timeout(seconds):
        while set(counted := await states(office, messages)) - {State.SENT, State.UNKNOWN}:  # noqa: ASYNC110 - others do it
            await asyncio.sleep(0.1)
    return counted


async def check_books(office: Office, twilio: StandIn, messages: list[str]) -> None:
    """What we believe was sent is what Twilio has, each once; what is unknown Twilio does not have."""
    entries = [await office.outbox.entry(message) for message in messages]
    believed = sorted(entry.reference for entry in entries if entry.state is State.SENT)
    assert believed == sorted(record.sid for record in twilio.sent)
    assert len({record.to for record in twilio.sent}) == len(twilio.sent)


@pytest.mark.slow
async def test_dispatchers_killed_between_twilio_s_answer_and_our_record(
    valkey: EmbeddedServer, office: Office, twilio: StandIn
) -> None:
    """Real processes, killed with -9 while answers are on their way: Twilio is asked what it has."""
    twilio.always = Answer(delay=0.1)
    messages = await office.accept_many(TEXTS)
    for killed_after in (40, 100):
        with dispatcher(url_of(valkey), twilio.url, TIMES) as running:
            await until(lambda: len(twilio.sent) >= killed_after, 20)  # noqa: B023 - it is waited for here
            running.kill()
    assert (await states(office, messages))[State.SUBMITTING] > 0

    with dispatcher(url_of(valkey), twilio.url, TIMES) as running:
        counted = await over(office, messages)
        assert running.stop() == 0

    assert counted[State.SENT] == len(twilio.sent)
    assert counted[State.SENT] + counted[State.UNKNOWN] == TEXTS
    await check_books(office, twilio, messages)


@pytest.mark.slow
async def test_a_dispatcher_that_stood_still_past_its_lease_sends_nothing_that_another_took_over(
    valkey: EmbeddedServer, office: Office, twilio: StandIn
) -> None:
    twilio.always = Answer(delay=0.05)
    messages = await office.accept_many(TEXTS)
    with (
        dispatcher(url_of(valkey), twilio.url, TIMES) as one,
        dispatcher(url_of(valkey), twilio.url, TIMES) as other,
    ):
        for _ in range(4):
            for running in (one, other):
                os.kill(running.process.pid, signal.SIGSTOP)
                await asyncio.sleep(1.5)
                os.kill(running.process.pid, signal.SIGCONT)
        await over(office, messages)
        assert (one.stop(), other.stop()) == (0, 0)

    await check_books(office, twilio, messages)


async def test_what_another_took_over_is_not_submitted_by_the_first(office: Office, twilio: StandIn) -> None:
    accepted = await office.accept()
    (first,) = await office.claim(lease=0)
    (second,) = await office.claim(lease=30)

    assert await office.sending.submit(first, 30) is None
    permit = await office.sending.submit(second, 30)
    assert permit is not None
    assert await office.sending.submit(first, 30) is None
    await office.sending.settle(second, permit, Sent("queued", "SM1"))
    assert await office.state(accepted.id) is State.SENT
    assert twilio.requests == []


async def test_what_a_dead_dispatcher_had_leased_is_sent_by_another(office: Office, twilio: StandIn) -> None:
    accepted = await office.accept()
    await office.claim(lease=0.5)
    async with office.dispatching():
        await office.until(accepted.id, State.SENT, seconds=3)

    assert len(twilio.sent) == 1
    assert await office.kinds(accepted.id) == ["queued", "handing_over", "sent"]


async def test_replies_that_the_store_s_scripts_lose_cost_nothing(
    valkey: EmbeddedServer, office: Office, twilio: StandIn
) -> None:
    """Every script's first reply is lost: done there, unknown here."""
    messages = await office.accept_many(5)
    with TemporaryDirectory() as folder:
        async with dropping_replies(valkey.socket, Path(folder)) as (url, dropper):
            store = await open_store(StoreSettings(url), SECRETS)
            behind = Office(store, {"brand": twilio.url})
            async with behind.dispatching(times=TIMES, in_hand=1):
                counted = await over(office, messages)
            await behind.close()
            await store.close()

    assert dropper.dropped >= 15  # to claim, to submit and to settle each
    assert counted[State.SENT] == 5
    await check_books(office, twilio, messages)


class Forgetful(Sending):
    """The store submits, and its reply is lost for so long that we no longer wait for it."""

    times = 1

    async def submit(self, entry: Entry, lease: float) -> Permit | None:
        permit = await super().submit(entry, lease)
        if self.times:
            self.times -= 1
            raise StoreUnavailable("no answer in time")
        return permit


async def test_what_was_submitted_without_our_knowing_is_sent_all_the_same(
    office: Office, twilio: StandIn
) -> None:
    """Nothing has left, and we know it: agents need not find that out."""
    office.sending = Forgetful(office.pipeline, office.outbox, APPS)
    accepted = await office.accept()
    async with office.dispatching():
        await office.until(accepted.id, State.SENT)

    assert len(twilio.requests) == 1
    kinds = await office.kinds(accepted.id)
    assert kinds == ["queued", "handing_over", "postponed", "handing_over", "sent"]


async def test_an_answer_is_recorded_when_the_store_was_away_meanwhile(
    tmp_path: Path, twilio: StandIn
) -> None:
    twilio.always = Answer(delay=0.5)
    with EmbeddedServer(tmp_path) as server:
        store = await fresh_store(StoreSettings(url_of(server)))
        office = Office(store, {"brand": twilio.url})
        accepted = await office.accept()
        async with office.dispatching():
            await until(lambda: twilio.sent)
            server.kill()
            await asyncio.sleep(1)
            assert server.revive()
            await office.until(accepted.id, State.SENT)
        assert (await office.outbox.entry(accepted.id)).reference == twilio.sent[0].sid
        assert len(twilio.requests) == 1
        await office.close()
        await store.close()


@pytest.mark.slow
async def test_twilio_that_says_slower_is_asked_seldom_until_it_says_yes(
    office: Office, twilio: StandIn
) -> None:
    twilio.always = Answer(status=429, code=20429)
    messages = await office.accept_many(TEXTS)
    async with office.dispatching():
        await asyncio.sleep(4)
        asked = len(twilio.requests)
        twilio.always = Answer()
        counted = await over(office, messages, 60)

    assert asked <= 96 + 6  # those that were on their way, then one by one
    assert counted[State.SENT] == TEXTS
    assert len(twilio.sent) == TEXTS


async def test_what_is_put_off_too_often_is_dead_and_agents_see_it(office: Office, twilio: StandIn) -> None:
    twilio.always = Answer(status=429, code=20429)
    accepted = await office.accept()
    for _ in range(20):
        entries = await office.claim()
        if not entries:
            break
        await office.desk()._dispatcher._deal_with(
            entries[0]
        )  # a process of its own each time: no gate is closed
        entry = await office.outbox.entry(accepted.id)
        await office.store.set_clock((entry.due or office.store.now()) + timedelta(seconds=1))

    assert await office.state(accepted.id) is State.DEAD
    assert len(twilio.requests) == 10
    assert [entry.id for entry in await office.outbox.held()] == [accepted.id]
    dues = [record.at for record in await office.outbox.history(entry) if record.kind == "postponed"]
    pauses = [later - sooner for sooner, later in pairwise(dues)]
    assert pauses[-1] > 20 * pauses[0]


@pytest.mark.slow
async def test_the_sandbox_s_clock_set_forward_makes_what_waits_due(
    valkey: EmbeddedServer, office: Office, twilio: StandIn
) -> None:
    """By another process: this one learns of it with its next look."""
    accepted = await office.accept(due=office.store.now() + timedelta(hours=3))
    elsewhere = await open_store(StoreSettings(url_of(valkey)), SECRETS)
    async with office.dispatching():
        await asyncio.sleep(0.5)
        await elsewhere.set_clock(elsewhere.now() + timedelta(hours=4))
        await office.until(accepted.id, State.SENT, seconds=7)
    await elsewhere.close()

    assert len(twilio.sent) == 1


@pytest.mark.slow
async def test_the_sandbox_s_clock_set_back_lets_what_was_due_wait(office: Office, twilio: StandIn) -> None:
    now = office.store.now()
    await office.store.set_clock(now - timedelta(hours=1))
    accepted = await office.accept(due=now)
    async with office.dispatching():
        await asyncio.sleep(2)
        assert await office.state(accepted.id) is State.WAITING
        await office.store.set_clock(None)
        await office.until(accepted.id, State.SENT, seconds=7)

    assert len(twilio.sent) == 1


class WrongClock(Store):
    """A host's clock that is ten minutes ahead."""

    def now(self) -> datetime:
        return super().now() + timedelta(minutes=10)

    def server_now(self) -> datetime:
        return super().server_now() + timedelta(minutes=10)


async def test_a_host_whose_clock_is_wrong_sends_nothing_and_loses_nothing(
    office: Office, store: Store, twilio: StandIn
) -> None:
    """The store's time decides what is due, and a decision for another time is not taken."""
    later = await office.accept(due=store.now() + timedelta(minutes=5))
    now = await office.accept()
    opened = await meta.read(store.client.sends, store.shards)
    assert opened is not None
    wrong = WrongClock(store.client, store.shards, store.keyring, store.sealer, opened)
    elsewhere = Office(wrong, {"brand": twilio.url})
    async with elsewhere.dispatching(times=TIMES):
        await asyncio.sleep(1)
    assert twilio.requests == []
    assert await office.state(later.id) is State.WAITING

    async with office.dispatching(times=TIMES):
        await office.until(now.id, State.SENT)
    assert len(twilio.sent) == 1
    await elsewhere.close()
