"""The sweeper goes on, whatever one record or one pass came to."""

import asyncio

import structlog

from gateway.duties.sweeper import sweep_forever
from suppression.model import Recipient
from suppression.records import Record
from suppression.store.hand_over import HandOver
from suppression.store.store import Store
from tests.contracts.test_store_sends import permit_for
from tests.gateway.duties.office import until


async def test_a_record_that_is_not_as_expected_ends_no_worker(store: Store, ann: Recipient) -> None:
    permit = await permit_for(store, ann, HandOver("m1", "message", deadline=-1))
    tries = 0

    async def find(record_id: str) -> Record:
        nonlocal tries
        tries += 1
        if tries < 3:
            raise ValueError("a defect, with somebody's address in its words")
        return await store.log.find(record_id)

    async def ended() -> bool:
        return len(await store.log.history(permit.decision_id)) == 2

    with structlog.testing.capture_logs() as lines:
        sweeping = asyncio.create_task(sweep_forever(store, 0.01, find))
        await until(ended, 30)
        sweeping.cancel()
        await asyncio.wait([sweeping])

    failed = [line for line in lines if line["event"] == "sweep_failed"]
    assert [line["error"] for line in failed] == ["ValueError", "ValueError"]
    assert "address" not in repr(failed)
