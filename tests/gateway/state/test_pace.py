"""Turns are evenly spaced over all processes, and who has to wait long is told to come back in turn."""

import asyncio
from itertools import pairwise

import pytest

from gateway.state.pace import Pace
from suppression.store.store import Store


@pytest.fixture
def pace(store: Store) -> Pace:
    return Pace(store.client.sends)


async def test_turns_are_spaced_evenly(pace: Pace) -> None:
    turns = [await pace.turn("voice|brand", 10, patience=5) for _ in range(5)]

    assert all(mine for mine, _ in turns)
    for number, (_, wait) in enumerate(turns):
        assert number * 0.1 - 0.05 <= wait <= number * 0.1


async def test_who_would_wait_too_long_has_no_turn_and_comes_back_in_line(pace: Pace) -> None:
    turns = [await pace.turn("voice|brand", 1, patience=1) for _ in range(5)]

    assert [mine for mine, _ in turns] == [True, True, False, False, False]
    waits = [wait for mine, wait in turns if not mine]
    assert waits == pytest.approx([2, 3, 4], abs=0.1)


async def test_processes_share_the_turns(store: Store) -> None:
    """Ten who ask at once, each for itself, get ten different turns."""
    turns = await asyncio.gather(
        *(Pace(store.client.sends).turn("voice|brand", 100, patience=5) for _ in range(10))
    )

    waits = sorted(wait for _, wait in turns)
    assert all(later - sooner >= 0.009 for sooner, later in pairwise(waits))


async def test_senders_do_not_wait_for_each_other(pace: Pace) -> None:
    for _ in range(5):
        await pace.turn("voice|slow", 0.1, patience=1000)

    assert await pace.turn("voice|brand", 1, patience=1) == (True, 0)


async def test_time_that_passes_gives_no_burst(pace: Pace) -> None:
    await pace.turn("voice|brand", 20, patience=1)
    await asyncio.sleep(0.2)
    waits = [(await pace.turn("voice|brand", 20, patience=1))[1] for _ in range(3)]

    assert waits[0] == 0
    assert waits[2] > 0.05


async def test_what_a_pace_remembers_goes_by_itself(pace: Pace, store: Store) -> None:
    await pace.turn("voice|brand", 1, patience=1)

    assert 0 < await store.client.sends.execute("PTTL", "{pace}voice|brand") <= 62_000


async def test_a_clock_that_was_turned_back_stops_nobody(pace: Pace, store: Store) -> None:
    await store.client.sends.execute("HSET", "{pace}voice|brand", "t", 2**52)

    assert await pace.turn("voice|brand", 1, patience=1) == (True, 0)


async def test_the_script_is_sent_again_when_the_server_lost_it(pace: Pace, store: Store) -> None:
    await store.client.sends.execute("SCRIPT", "FLUSH")

    assert (await pace.turn("voice|brand", 1, patience=1))[0]
