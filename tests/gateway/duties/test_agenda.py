"""Shards come round in turn when something is due there, and nobody is woken before."""

import asyncio

import pytest

from gateway.duties.agenda import Agenda


async def test_hinted_shards_come_in_the_order_of_the_hints_each_once() -> None:
    agenda = Agenda()
    for shard in (3, 1, 3, 2, 1):
        agenda.now(shard)

    assert [await agenda.next() for _ in range(3)] == [3, 1, 2]


async def test_a_shard_that_is_full_lets_the_others_go_first() -> None:
    agenda = Agenda()
    agenda.now(1)
    agenda.now(2)
    assert await agenda.next() == 1
    agenda.now(1)

    assert await agenda.next() == 2
    assert await agenda.next() == 1


async def test_without_anything_due_nobody_is_woken() -> None:
    agenda = Agenda()
    agenda.expect(1, 60)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(agenda.next(), 0.05)
    agenda.close()


async def test_what_is_expected_comes_at_its_time() -> None:
    agenda = Agenda()
    loop = asyncio.get_running_loop()
    began = loop.time()
    agenda.expect(2, 0.05)
    agenda.expect(1, 0.02)

    assert await agenda.next() == 1
    assert await agenda.next() == 2
    assert loop.time() - began >= 0.049


async def test_the_last_that_was_seen_of_a_shard_holds() -> None:
    """An entry that was earliest may have gone: then the next one's time counts, later or sooner."""
    agenda = Agenda()
    agenda.expect(1, 60)
    agenda.expect(1, 0.01)
    agenda.expect(2, 0.01)
    agenda.expect(2, 60)

    assert await agenda.next() == 1
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(agenda.next(), 0.05)
    agenda.close()


async def test_what_is_due_already_needs_no_timer() -> None:
    agenda = Agenda()
    agenda.expect(1, -3)

    assert await agenda.next() == 1
