"""The dispatcher sleeps while nothing is due, wakes for what is, and forgets nothing when it ends or the store goes."""

import asyncio
import re
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
import structlog

from gateway.embedded.server import EmbeddedServer
from suppression.outbox import State
from suppression.store.opening import StoreSettings
from suppression.store.outbox import Outbox
from suppression.store.store import Store
from tests.conftest import fresh_store, url_of
from tests.gateway.duties.office import Office, number_of, until
from tests.twilio_stand_in import Answer, StandIn


async def commands(store: Store) -> tuple[int, int]:
    """How many the server has run, and how many of them were scripts."""
    told = (await store.client.stops.execute("INFO", "commandstats")).decode()
    counts = {name: int(calls) for name, calls in re.findall(r"cmdstat_(\S+?):calls=(\d+)", told)}
    return sum(counts.values()), counts.get("evalsha", 0)


@pytest.mark.slow
async def test_at_idle_it_looks_every_five_seconds_and_does_nothing_else(office: Office) -> None:
    """Something waits for tomorrow: that is no reason to look more often."""
    await office.accept(due=office.store.now() + timedelta(days=1))
    async with office.dispatching():
        await asyncio.sleep(1)
        before = await commands(office.store)
        await asyncio.sleep(10)
        after = await commands(office.store)

    look = 2 * len(office.store.shards.all) + 1  # the heads of two sorted sets each, and the clock
    assert after[0] - before[0] <= 2 * look + 1
    assert after[1] - before[1] == 0


class Deaf(Outbox):
    """Hears no hint."""

    async def wakes(self) -> AsyncIterator[int]:
        await asyncio.Event().wait()
        yield 0


@pytest.mark.slow
async def test_a_hint_that_is_lost_costs_five_seconds_at_most(office: Office) -> None:
    office.sending.outbox = Deaf(office.store)
    async with office.dispatching():
        await asyncio.sleep(0.5)
        accepted = await office.accept()
        await office.until(accepted.id, State.SENT, seconds=6)


async def test_dispatchers_share_what_is_due_and_nothing_goes_twice(office: Office, twilio: StandIn) -> None:
    other = Office(office.store, {"brand": twilio.url})
    async with office.dispatching(), other.dispatching():
        messages = await office.accept_many(300)
        await until(lambda: len(twilio.sent) >= 300)
        for message in messages:
            await office.until(message, State.SENT)
    await other.close()

    assert len(twilio.sent) == 300
    assert len({record.to for record in twilio.sent}) == 300


async def test_it_ends_within_its_time_and_puts_back_what_it_has_not_begun(
    office: Office, twilio: StandIn
) -> None:
    twilio.always = Answer(delay=0.5)
    messages = await office.accept_many(400)
    desk = office.desk()
    desk.start()
    await until(lambda: len(twilio.requests) >= 50)
    loop = asyncio.get_running_loop()
    began = loop.time()
    await desk.drain(5)

    assert loop.time() - began < 2
    states = [await office.state(message) for message in messages]
    assert set(states) == {State.SENT, State.WAITING}
    assert states.count(State.SENT) == len(twilio.sent)


async def test_what_twilio_does_not_answer_is_left_when_the_time_to_end_is_over(
    office: Office, twilio: StandIn
) -> None:
    twilio.always = Answer(delay=30)
    accepted = await office.accept()
    desk = office.desk()
    desk.start()
    await until(lambda: twilio.requests)
    loop = asyncio.get_running_loop()
    began = loop.time()
    await desk.drain(0.3)

    assert loop.time() - began < 1
    assert await office.state(accepted.id) is State.SUBMITTING


async def test_one_sender_s_trouble_does_not_keep_another_s_texts(store: Store, twilio: StandIn) -> None:
    async with StandIn() as broken:
        broken.always = Answer(status=500)
        office = Office(store, {"brand": broken.url, "other": twilio.url})
        for n in range(300):
            await office.accept(number_of(n))
        async with office.dispatching():
            accepted = await office.accept(app="other")
            await office.until(accepted.id, State.SENT, seconds=3)
            await asyncio.sleep(0.5)
        assert len(broken.requests) <= 120  # those that were on their way when the gate closed
        assert len(twilio.sent) == 1
        await office.close()


async def test_a_store_that_goes_away_and_comes_back_loses_nothing(tmp_path: Path, twilio: StandIn) -> None:
    with EmbeddedServer(tmp_path) as server:
        store = await fresh_store(StoreSettings(url_of(server)))
        office = Office(store, {"brand": twilio.url})
        messages = await office.accept_many(200)
        twilio.always = Answer(delay=0.2)
        async with office.dispatching(in_hand=20):
            await until(lambda: len(twilio.sent) >= 40)
            server.kill()
            await asyncio.sleep(0.5)
            assert server.revive()
            # What was in hand then may have to wait for its lease's end: the others are all sent before.
            await until(lambda: len(twilio.sent) >= 170, 20)
        states = [await office.state(message) for message in messages]
        assert set(states) <= {State.SENT, State.WAITING, State.LEASED, State.SUBMITTING}
        assert len({record.to for record in twilio.sent}) == len(twilio.sent)
        assert states.count(State.SENT) <= len(twilio.sent)
        await office.close()
        await store.close()


async def test_an_entry_that_no_key_opens_does_not_keep_the_others(office: Office, twilio: StandIn) -> None:
    """It stays: the key may only be missing here."""
    messages = await office.accept_many(40)
    lane, shards = office.store.client.sends, office.store.shards
    unreadable = (await office.outbox.entry(messages[0])).recipient.key
    shard = shards.of(unreadable)
    (member,) = (m for m in await lane.execute("ZRANGE", shard.due, 0, -1) if m.startswith(unreadable))
    await lane.execute("HSET", shard.entry(member[:16], member[16:]), "b", b"\xffsealed by another key")
    with structlog.testing.capture_logs() as logged:
        async with office.dispatching():
            for message in messages[1:]:
                await office.until(message, State.SENT)

    assert len(twilio.sent) == 39
    assert messages[0] in {line["message"] for line in logged if line["event"] == "entry_unreadable"}
    assert await lane.execute("HGET", shard.entry(member[:16], member[16:]), "state") == b"leased"
