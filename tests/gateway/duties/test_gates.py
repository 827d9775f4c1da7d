"""A gate lets through as many as may be under way, and sends the others away without keeping them."""

import asyncio
from contextlib import AsyncExitStack

import pytest

from channels.twilio.outcomes import Breaker
from gateway.duties import gates
from gateway.duties.breaker import IN_A_ROW, Verdict
from gateway.duties.gates import OF_ONE_SENDER, PATIENCE, RETURNING, Gates, NotNow
from gateway.state.pace import Pace
from suppression.model import Channel
from suppression.store.store import Store

SMS, VOICE = Channel.SMS, Channel.VOICE


@pytest.fixture
def made(store: Store) -> Gates:
    return Gates(Pace(store.client.sends), lambda channel, _: 2.0 if channel is VOICE else None)


async def test_one_sender_has_so_many_under_way_and_no_more(made: Gates) -> None:
    async with AsyncExitStack() as under_way:
        for _ in range(OF_ONE_SENDER):
            await under_way.enter_async_context(made.of(SMS, "brand").passed())
        with pytest.raises(NotNow) as told:
            async with made.of(SMS, "brand").passed():
                pass
        assert PATIENCE <= told.value.seconds <= PATIENCE + 0.1
        async with made.of(SMS, "other").passed():
            pass
        async with made.of(VOICE, "brand").passed():
            pass


async def test_at_a_slow_sender_s_gate_nobody_waits_in_vain(made: Gates) -> None:
    """Where answers take ten seconds, a hundredth place in the line is no use: it would keep others out."""
    gate = made.of(SMS, "brand")
    gate._takes = 10.0
    loop = asyncio.get_running_loop()
    async with AsyncExitStack() as under_way:
        for _ in range(OF_ONE_SENDER):
            await under_way.enter_async_context(gate.passed())
        began = loop.time()
        told = await asyncio.gather(*(enter(gate) for _ in range(50)), return_exceptions=True)
        waited = sum(1 for one in told if isinstance(one, NotNow))
        assert waited == 50
        assert loop.time() - began < PATIENCE + 0.5
        assert gate._waiting == 0


async def enter(gate: gates.Gate) -> None:
    async with gate.passed():
        pass


async def test_those_who_are_sent_away_come_back_one_after_the_other(made: Gates) -> None:
    gate = made.of(SMS, "brand")
    for _ in range(IN_A_ROW):
        async with gate.passed() as passed:
            passed.heard(Verdict.FAULT)
    told = await asyncio.gather(*(enter(gate) for _ in range(RETURNING)), return_exceptions=True)
    seconds = [one.seconds for one in told if isinstance(one, NotNow)]

    assert len(seconds) == RETURNING
    assert seconds[-1] - seconds[0] == pytest.approx(1.0, abs=0.1)
    async with made.of(SMS, "other").passed():
        pass


async def test_who_must_wait_long_for_a_turn_comes_back_for_it(made: Gates) -> None:
    told = await asyncio.gather(*(enter(made.of(VOICE, "brand")) for _ in range(6)), return_exceptions=True)
    seconds = sorted(one.seconds for one in told if isinstance(one, NotNow))

    assert len(seconds) == 3
    assert seconds == pytest.approx([1.5, 2.0, 2.5], abs=0.2)


async def test_when_the_process_drains_nobody_passes_and_nobody_waits_for_a_turn(made: Gates) -> None:
    loop = asyncio.get_running_loop()
    await asyncio.gather(*(enter(made.of(VOICE, "brand")) for _ in range(2)))
    waiting = asyncio.create_task(enter(made.of(VOICE, "brand")))
    await asyncio.sleep(0.1)
    began = loop.time()
    made.close()
    with pytest.raises(NotNow):
        await waiting
    with pytest.raises(NotNow):
        await enter(made.of(SMS, "brand"))

    assert loop.time() - began < 0.1


async def test_faults_that_carriers_report_close_the_gate(made: Gates) -> None:
    for _ in range(20):
        made.reported(SMS, "brand", "spring", Breaker.SENDER)

    with pytest.raises(NotNow):
        await enter(made.of(SMS, "brand"))
    async with made.of(SMS, "other").passed("spring"):
        pass


async def test_a_campaign_that_carriers_filter_waits_and_its_sender_s_others_go_on(made: Gates) -> None:
    for _ in range(20):
        made.reported(SMS, "brand", "spring", Breaker.CAMPAIGN)

    with pytest.raises(NotNow) as told:
        async with made.of(SMS, "brand").passed("spring"):
            pass
    assert 500 < told.value.seconds < 700
    for channel, sender, campaign in (
        (SMS, "brand", "summer"),
        (SMS, "other", "spring"),
        (VOICE, "brand", "spring"),
    ):
        async with made.of(channel, sender).passed(campaign):
            pass
