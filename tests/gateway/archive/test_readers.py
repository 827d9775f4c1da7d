"""Who decides by the log decides by archived records, too."""

from collections.abc import Sequence
from pathlib import Path

from gateway.archive.history import History
from gateway.roads.pipeline import Ask, Pipeline
from suppression.address import parse
from suppression.decision import Reason, Send
from suppression.model import Channel, Recipient, Request
from suppression.purposes import Catalogue
from suppression.records import Record, RecordKind
from suppression.store.hand_over import HandOver
from suppression.store.outbox import Outbox
from suppression.store.permit import Permit
from suppression.store.store import Store
from suppression.store.sweep import sweep
from tests.gateway.archive.house import APP, archiver


async def test_a_hand_over_whose_beginning_is_archived_is_ended_as_unknown(
    small_store: Store, root: Path, history: History
) -> None:
    """The archiver takes what is half a minute old, a hand-over has five minutes."""
    ann, permit = await handed_over(small_store)
    assert await archiver(small_store, root).cycle()
    assert await sweep(small_store, find=history.find) == 1
    first, outcome = await history.history(permit.decision_id)
    assert (outcome.kind, outcome.channel, outcome.app) == (RecordKind.UNKNOWN, "email", "shop")
    assert (outcome.recipient, first.kind) == (ann.key.hex(), RecordKind.HANDING_OVER)
    assert await sweep(small_store, find=history.find) == 0


async def test_while_the_archive_is_away_a_hand_over_waits_and_others_are_ended(
    small_store: Store, root: Path, history: History
) -> None:
    await handed_over(small_store)
    assert await archiver(small_store, root).cycle()
    await handed_over(small_store, "bob")
    away(root)
    assert await sweep(small_store, find=history.find) == 1
    assert await sweep(small_store, find=history.find) == 0
    back(root)
    assert await sweep(small_store, find=history.find) == 1


async def test_a_hand_over_whose_beginning_is_nowhere_is_ended_all_the_same(small_store: Store) -> None:
    ann, permit = await handed_over(small_store)
    shard = small_store.shards.of(ann.key)
    await small_store.client.bulk.execute("XTRIM", shard.log, "MAXLEN", 0)
    assert await sweep(small_store) == 1
    (record,) = await small_store.log.of(ann.key)
    assert (record.kind, record.decision) == (RecordKind.UNKNOWN, permit.decision_id)


async def handed_over(store: Store, name: str = "ann") -> tuple[Recipient, Permit]:
    """To somebody of the same shard each time, with no time left."""
    number = 0
    while True:
        person = store.keyring.recipient(parse(f"{name}{number}@example.net"))
        if store.shards.of(person.key).number == 1:
            break
        number += 1
    purpose = Catalogue.shipped().find("transactional/orders")
    request = Request(APP, Channel.EMAIL, purpose, person, store.now())
    answer = await store.commit(
        request, Send(Reason.NO_CONSENT_NEEDED), await store.facts(person), HandOver(name, "m", deadline=0)
    )
    assert isinstance(answer, Permit)
    return person, answer


async def test_a_repeated_check_is_answered_from_the_archive(
    small_store: Store, root: Path, history: History
) -> None:
    catalogue = Catalogue.shipped()
    pipeline = Pipeline(small_store, catalogue, {}, history)
    ask = Ask(APP, Channel.EMAIL, catalogue.find("marketing/promotions"), parse("ann@example.net"))
    first = await pipeline.decide_and_record(ask, change_id="one")
    assert await archiver(small_store, root).cycle()
    assert await pipeline.decide_and_record(ask, change_id="one") == first


async def test_the_history_of_the_outbox_is_read_through_the_same_door(
    small_store: Store, history: History
) -> None:
    asked: list[tuple[Sequence[str], str]] = []

    async def records(ids: Sequence[str], recipient: str) -> list[Record]:
        asked.append((ids, recipient))
        return await history.records(ids, recipient)

    outbox = Outbox(small_store, records)
    assert outbox._records is records


def away(root: Path) -> None:
    root.rename(root.with_name("elsewhere"))


def back(root: Path) -> None:
    root.with_name("elsewhere").rename(root)
