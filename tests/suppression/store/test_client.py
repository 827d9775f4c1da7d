"""The lane: a reply reaches the one who asked, whatever else is asked beside it."""

import asyncio

from suppression.store.store import Store


async def test_no_commands_have_no_replies_and_take_nobody_s(store: Store) -> None:
    lane = store.client.bulk
    told = await asyncio.gather(
        *(lane.execute_many([]) if n % 2 else lane.execute("ECHO", str(n)) for n in range(20))
    )
    assert told == [[] if n % 2 else str(n).encode() for n in range(20)]
