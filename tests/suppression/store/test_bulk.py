"""The bulk road writes what the ordinary one would: the same facts, one record each, whatever was known before."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from suppression.address import parse
from suppression.changes import GiveConsent, Suppress
from suppression.decision import Reason
from suppression.errors import StoreUnavailable
from suppression.hashed import digest
from suppression.model import Basis, Channel, Facts, Recipient, Scope, Way
from suppression.records import Record, RecordKind
from suppression.store import matching
from suppression.store.apply import apply
from suppression.store.bulk import Bulk, Template
from suppression.store.opening import StoreSettings
from suppression.store.people import People
from suppression.store.store import Store
from tests.conftest import fresh_store

AT = datetime(2026, 11, 24, 12, tzinfo=UTC)
MAIL = frozenset({Channel.EMAIL})
ADDRESSES = ("ann@example.net", "Ann+tag@example.net", "bob@example.net", "+12025550143", "ünï@example.net")
TERMS = (
    (Scope(), Reason.UNSUBSCRIBED, None, False),
    (Scope(MAIL, "marketing"), Reason.UNSUBSCRIBED, None, False),
    (Scope(MAIL, "marketing", "shop"), Reason.UNSUBSCRIBED, AT + timedelta(days=400), False),
    (Scope(MAIL, "marketing", "shop"), Reason.UNSUBSCRIBED, AT + timedelta(days=500), False),
    (Scope(MAIL), Reason.COMPLAINED, None, False),
    (Scope(MAIL), Reason.UNDELIVERABLE, None, True),
)
KEEP = 3600.0


@dataclass(frozen=True)
class Line:
    address: str
    terms: int
    note: str = ""


def template(terms: int, batch: str = "b1") -> Template:
    scope, reason, until, bound = TERMS[terms]
    change = Suppress(scope, reason, Way.IMPORT, 'old "shop"|x', "key:1", AT, until, batch=batch)
    return Template(change, bound=bound)


async def by_bulk(store: Store, lines: Sequence[Line]) -> None:
    templates = {number: template(number) for number in range(len(TERMS))}
    bulk: Bulk[Line] = Bulk(store, "b1", KEEP)
    for line in lines:
        recipient = store.keyring.recipient(parse(line.address))
        if bulk.put(recipient, templates[line.terms], line.note, line):
            await bulk.send()
    for line in await bulk.drain():
        await by_ordinary_road(store, [line])


async def by_ordinary_road(store: Store, lines: Sequence[Line]) -> None:
    for line in lines:
        recipient = store.keyring.recipient(parse(line.address))
        await People(store).suppress(recipient, template(line.terms).change_for(recipient, line.note))


def without_order(facts: Facts) -> tuple[object, ...]:
    stops = sorted((replace(entry, order="") for entry in facts.suppressions), key=lambda entry: entry.id)
    consents = [replace(consent, order="") for consent in facts.consents]
    return (stops, consents, facts.person, facts.waiting, facts.child)


def without_id(record: Record) -> Record:
    return replace(record, id="", at=0)


async def known_of(store: Store, address: str) -> tuple[object, ...]:
    recipient = store.keyring.recipient(parse(address))
    facts = await store.facts(recipient)
    evidence = [await store.evidence(recipient.key, entry.id) for entry in facts.suppressions]
    kept = await store.address(recipient.key)
    records = await store.log.of(recipient.key)
    first = {record.entry: without_id(record) for record in records if not record.repeated}
    return without_order(facts), sorted(map(str, evidence)), kept, first


NOTES = (
    "",
    "said so",
    "später",
    "später",
    "abuse report",
    "550 5.1.1",
)  # of two for one entry the last may differ
lines = st.lists(
    st.integers(0, len(TERMS) - 1).flatmap(
        lambda terms: st.builds(Line, st.sampled_from(ADDRESSES), st.just(terms), st.just(NOTES[terms]))
    ),
    max_size=12,
)
before = st.lists(st.sampled_from(["person", "erased", "stopped", "consented"]), max_size=3)


async def prepared(store: Store, before: Sequence[str]) -> None:
    ann, bob = (store.keyring.recipient(parse(a)) for a in ("ann@example.net", "bob@example.net"))
    for what in before:
        if what == "person":
            await People(store).link("17", [ann], {}, owner="*", actor="test")
        elif what == "erased":
            await People(store).suppress(ann, Suppress(Scope(), Reason.ERASED, Way.AGENT, "test", "test", AT))
        elif what == "stopped":
            stop = Suppress(Scope(MAIL), Reason.UNSUBSCRIBED, Way.LINK, "test", "recipient", AT)
            await apply(store, bob, stop)
        else:
            yes = GiveConsent(Scope(MAIL, "marketing", "shop"), Basis.OPT_IN, "form", "test", AT, bob.exact)
            await apply(store, bob, yes)


@given(before=before, lines=lines)
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_the_same_rows_give_the_same_facts_evidence_and_records(
    store_settings: StoreSettings, before: list[str], lines: list[Line]
) -> None:
    found = []
    for road in (by_bulk, by_ordinary_road):
        store = await fresh_store(store_settings)
        try:
            await prepared(store, before)
            await road(store, lines)
            found.append([await known_of(store, address) for address in ADDRESSES])
        finally:
            await store.close()
    assert found[0] == found[1]


async def test_a_repeat_of_a_batch_finds_its_entries_and_logs_nothing(store: Store, ann: Recipient) -> None:
    rows = [Line("ann@example.net", 1), Line("bob@example.net", 5)]
    await by_bulk(store, rows)
    facts, records = await store.facts(ann), await store.log.of(ann.key)
    await by_bulk(store, rows)
    assert await store.facts(ann) == facts
    assert await store.log.of(ann.key) == records
    assert len(records) == 1


async def test_a_row_with_another_end_is_for_the_ordinary_road_and_the_later_end_wins(
    store: Store, ann: Recipient
) -> None:
    await by_bulk(store, [Line("ann@example.net", 3), Line("ann@example.net", 2)])
    (entry,) = (await store.facts(ann)).suppressions
    assert entry.until == AT + timedelta(days=500)


async def test_what_waits_for_the_recipient_is_left_to_the_ordinary_road(
    store: Store, ann: Recipient
) -> None:
    shard = store.shards.of(ann.key)
    await store.client.bulk.execute("HSET", shard.recipient(ann.key), "q", b"12345678")
    bulk: Bulk[str] = Bulk(store, "b1", KEEP)
    bulk.put(ann, template(1), "", "ann")
    assert await bulk.drain() == ["ann"]
    assert (await store.facts(ann)).suppressions == ()


async def test_the_batch_lists_each_entry_that_it_added_once_and_not_for_ever(
    store: Store, ann: Recipient
) -> None:
    await by_bulk(store, [Line("ann@example.net", 1), Line("ann@example.net", 1)])
    key = store.shards.of(ann.key).batch("b1")
    (member,) = await store.client.bulk.execute("LRANGE", key, 0, -1)
    assert member == ann.key + bytes.fromhex(template(1).change.entry_id)
    assert 0 < await store.client.bulk.execute("PTTL", key) <= KEEP * 1000


async def test_the_stop_moves_the_version_so_that_no_decision_before_it_holds(
    store: Store, ann: Recipient
) -> None:
    await by_bulk(store, [Line("ann@example.net", 1)])
    facts = await store.facts(ann)
    (entry,) = facts.suppressions
    (record,) = await store.log.of(ann.key)
    assert facts.version == entry.order == facts.recent[-1]
    assert (record.kind, record.entry, record.source) == (RecordKind.SUPPRESSED, entry.id, 'old "shop"|x')


async def test_a_store_that_is_not_ours_takes_nothing(store: Store, ann: Recipient) -> None:
    await store.client.bulk.execute("HSET", store.shards.of(ann.key).meta, "epoch", "another")
    bulk: Bulk[str] = Bulk(store, "b1", KEEP)
    bulk.put(ann, template(1), "", "ann")
    with pytest.raises(StoreUnavailable):
        await bulk.drain()


async def test_hashes_of_the_address_are_known_where_settings_say_so(store: Store, ann: Recipient) -> None:
    store.hashed_matching = True
    await by_bulk(store, [Line("ann@example.net", 1)])
    (found,) = await matching.find(store, [digest("ann@example.net", "sha256")])
    assert found is not None
    assert found.key == ann.key


async def test_on_a_cluster_all_keys_of_a_call_are_of_one_slot(cluster_url: str) -> None:
    store = await fresh_store(StoreSettings(cluster_url))
    try:
        await by_bulk(store, [Line("ann@example.net", 1), Line("bob@example.net", 5)])
        facts = await store.facts(store.keyring.recipient(parse("bob@example.net")))
        assert [entry.reason for entry in facts.suppressions] == [Reason.UNDELIVERABLE]
    finally:
        await store.close()


@pytest.mark.parametrize("source", ["100 %", "0" * 16, "\\u0000", "a/b", "später", '"'])
@pytest.mark.parametrize("bound", [False, True])
async def test_what_a_list_is_called_is_written_as_it_is(
    store: Store, ann: Recipient, source: str, *, bound: bool
) -> None:
    stop = Suppress(Scope(), Reason.UNDELIVERABLE, Way.IMPORT, source, source, AT, batch="b1")
    known = Template(stop, bound=bound)
    bulk: Bulk[str] = Bulk(store, "b1", KEEP)
    bulk.put(ann, known, "", "")
    assert await bulk.drain() == []
    written, (entry,) = await store.log.of(ann.key), (await store.facts(ann)).suppressions
    assert (entry.source, entry.actor, entry.exact) == (source, source, ann.exact if bound else None)
    assert [(record.source, record.entry, record.exact) for record in written] == [
        (source, known.change_for(ann, "").entry_id, ann.exact)
    ]


async def test_a_clock_that_was_set_back_stops_no_list_when_a_millisecond_is_full(
    store: Store, ann: Recipient
) -> None:
    """As test_record_ids has it of single changes."""
    ahead = 4_000_000_000_000
    await store.client.bulk.execute("XADD", store.shards.of(ann.key).log, f"{ahead}-65534", "r", b"{}")
    for terms in (0, 1, 4):
        await by_bulk(store, [Line("ann@example.net", terms)])
    facts = await store.facts(ann)
    assert facts.recent == (f"{ahead}-65535", f"{ahead + 1}-0", f"{ahead + 1}-1")
    assert len(await store.log.of(ann.key)) == len(facts.suppressions) == 3
