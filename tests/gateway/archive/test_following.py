"""Who follows a log that is not archived sees every record as it comes."""

import asyncio

from gateway.archive.history import History
from suppression.address import parse
from suppression.records import Record, RecordKind
from suppression.store.store import Store


async def test_followers_see_every_record_as_it_comes(store: Store) -> None:
    seen = []

    async def follow() -> None:
        async for record in History(store.log).follow(pause=0.01):
            seen.append(record.text)
            if len(seen) == 3:
                return

    following = asyncio.create_task(follow())
    await asyncio.sleep(1)  # one reading of where the log ends
    for number in range(3):
        recipient = store.keyring.recipient(parse(f"r{number}@example.net"))
        record = Record(RecordKind.VIEWED, 1, recipient=recipient.key.hex(), text=str(number))
        await store.log_record(recipient.key, record)
    await asyncio.wait_for(following, 30)

    assert sorted(seen) == ["0", "1", "2"]
