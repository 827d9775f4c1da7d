"""Registers and partner lists on a real store: loaded as whole versions, read with the facts, part of what decides."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from datetime import timedelta

import pytest

from gateway.roads.pipeline import Ask, Pipeline
from suppression.address import parse
from suppression.changes import GiveConsent
from suppression.decision import Decision, Reason, Refuse, Send
from suppression.errors import Conflict, InvalidInput
from suppression.hashed import digest
from suppression.limits import Limits, PartnerList, Register
from suppression.model import Basis, Channel, Recipient, Scope
from suppression.purposes import Catalogue
from suppression.store import lists
from suppression.store.apply import apply
from suppression.store.hand_over import HandOver, Moved
from suppression.store.opening import publish
from suppression.store.store import Store
from tests.conftest import APP, SENDER

CATALOGUE = Catalogue.shipped()
PLAIN = PartnerList("acme", ("service", "marketing"))
HASHED = PartnerList("hashed", ("service",), hashed="sha256")
TPS = Register("tps", "tps", frozenset({"voice"}), frozenset({"GB"}), 28 * 86_400)
LISTED = Refuse(Reason.LISTED, "lists", "acme")


async def members(store: Store, entry: PartnerList | Register, texts: Iterable[str]) -> AsyncIterator[bytes]:
    for text in texts:
        yield lists.member(store.keyring, entry, text)


async def load(store: Store, entry: PartnerList | Register, *texts: str, shrink: bool = False) -> int:
    return (await lists.load(store, entry, members(store, entry, texts), shrink=shrink)).size


async def pipeline_of(store: Store, *entries: PartnerList | Register) -> Pipeline:
    limits = Limits(
        registers=tuple(entry for entry in entries if isinstance(entry, Register)),
        lists=tuple(entry for entry in entries if isinstance(entry, PartnerList)),
    )
    await publish(store, CATALOGUE.limited(limits))
    return Pipeline(store, await store.catalogue(), {SENDER.name: SENDER})


async def would(pipeline: Pipeline, to: str, purpose: str = "service/feedback") -> Decision:
    channel = Channel.EMAIL if "@" in to else Channel.VOICE
    return await pipeline.would(Ask(APP, channel, CATALOGUE.find(purpose), parse(to)))


async def test_who_is_loaded_is_listed_by_every_spelling_of_the_address(store: Store) -> None:
    pipeline = await pipeline_of(store, PLAIN)
    assert await load(store, PLAIN, "Ann+news@example.net", "bob@example.net", "bob@example.net") == 2
    assert await would(pipeline, "ann@example.net") == LISTED
    assert isinstance(await would(pipeline, "cat@example.net"), Send)


@pytest.mark.parametrize("hashed_text", ["ann@example.net", "ann+news@example.net"])
async def test_hashes_are_matched_and_not_kept(store: Store, hashed_text: str) -> None:
    pipeline = await pipeline_of(store, HASHED)
    given = digest(hashed_text, "sha256")
    await load(store, HASHED, given.hex())
    assert await would(pipeline, "Ann+News@example.net") == Refuse(Reason.LISTED, "lists", "hashed")
    assert isinstance(await would(pipeline, "bob@example.net"), Send)
    for key in await store.client.bulk.execute("KEYS", "{*}L*"):
        assert all(member != given[:8] for member in await store.client.bulk.execute("SMEMBERS", key))


async def test_before_it_is_loaded_a_list_refuses_everybody(store: Store) -> None:
    pipeline = await pipeline_of(store, PLAIN)
    assert await would(pipeline, "ann@example.net") == Refuse(Reason.REGISTER_STALE, "lists", "acme")


async def test_a_new_version_replaces_all_of_the_old_one_and_leaves_nothing_of_it(store: Store) -> None:
    pipeline = await pipeline_of(store, PLAIN)
    await load(store, PLAIN, "ann@example.net")
    await load(store, PLAIN, "bob@example.net", "cat@example.net")
    assert isinstance(await would(pipeline, "ann@example.net"), Send)
    assert await would(pipeline, "bob@example.net") == LISTED
    keys = await store.client.bulk.execute("KEYS", "{*}L*")
    version = (await store.catalogue()).limits.loaded["acme"].version.encode()
    assert keys
    assert all(key.endswith(version) for key in keys)


async def test_a_version_that_is_much_shorter_is_refused_unless_it_is_meant(store: Store) -> None:
    pipeline = await pipeline_of(store, PLAIN)
    await load(store, PLAIN, "ann@example.net", "bob@example.net")
    with pytest.raises(Conflict, match="1 entries where 2 were"):
        await load(store, PLAIN, "cat@example.net")
    with pytest.raises(Conflict):
        await load(store, PLAIN)
    assert await would(pipeline, "ann@example.net") == LISTED
    await load(store, PLAIN, "cat@example.net", shrink=True)
    assert isinstance(await would(pipeline, "ann@example.net"), Send)


async def test_what_is_no_entry_fails_the_load_and_the_old_version_stays(store: Store) -> None:
    pipeline = await pipeline_of(store, PLAIN)
    await load(store, PLAIN, "ann@example.net")
    with pytest.raises(InvalidInput):
        await load(store, PLAIN, "bob@example.net", "cat at example.net")
    assert await would(pipeline, "ann@example.net") == LISTED
    assert len(await store.client.bulk.execute("KEYS", "{*}L*")) == 1


async def test_a_load_that_a_crash_cut_is_cleared_away_by_the_next_after_a_day(store: Store) -> None:
    await pipeline_of(store, PLAIN)
    await lists._begin(store, "dead")
    await lists._fill(store, "dead", members(store, PLAIN, ["ann@example.net"]))
    await store.client.bulk.execute("HSET", lists._loading(store), "dead", 0)
    await load(store, PLAIN, "bob@example.net")
    assert await store.client.bulk.execute("KEYS", "{*}Ldead") == []


async def test_a_register_takes_numbers_as_it_writes_them(store: Store) -> None:
    dnc = Register("us", "dnc", frozenset({"voice"}), frozenset({"US", "PR"}))
    told = [
        lists.member(store.keyring, dnc, text) for text in ("202,5550143", "2025550143", "+1 202 555 0143")
    ]
    key = store.keyring.recipient(parse("+12025550143")).key
    assert told == [key[:8]] * 3


async def test_a_register_s_age_ends_what_it_says(store: Store) -> None:
    pipeline = await pipeline_of(store, TPS)
    await load(store, TPS, "+447400123456")
    assert await would(pipeline, "+447400123456") == Refuse(Reason.REGISTERED, "registers", "tps")
    assert (await would(pipeline, "+447400123457")).reason is Reason.NO_CONSENT
    await store.set_clock(store.now() + timedelta(days=28))
    assert await would(pipeline, "+447400123457") == Refuse(Reason.REGISTER_STALE, "registers", "tps")


async def test_a_load_between_facts_and_commit_is_seen(store: Store) -> None:
    pipeline = await pipeline_of(store, PLAIN)
    await load(store, PLAIN, "bob@example.net")
    ask = Ask(APP, Channel.EMAIL, CATALOGUE.find("service/feedback"), parse("ann@example.net"))
    decision, request, facts = await pipeline.decide(ask)
    assert isinstance(decision, Send)
    await load(store, PLAIN, "ann@example.net", "bob@example.net")

    assert isinstance(await store.commit(request, decision, facts, HandOver("m1", "m1")), Moved)
    assert await would(pipeline, "ann@example.net") == LISTED


async def test_a_moved_recipient_is_still_listed(store: Store, ann: Recipient) -> None:
    """The answer of a commit has no lists in it: those of the facts before hold, while the generation does."""
    pipeline = await pipeline_of(store, PLAIN)
    await load(store, PLAIN, "ann@example.net")
    ask = Ask(APP, Channel.EMAIL, CATALOGUE.find("service/feedback"), parse("ann@example.net"))
    _, request, facts = await pipeline.decide(ask)
    scope = Scope(frozenset(), "marketing", "brand")
    await apply(store, ann, GiveConsent(scope, Basis.OPT_IN, "form", "t", store.now(), ann.exact))

    moved = await store.commit(request, Send(Reason.NOT_OBJECTED), facts, HandOver("m1", "m1"))

    assert isinstance(moved, Moved)
    assert moved.facts is not None
    assert moved.facts.listed == {"acme"}


async def test_loads_and_catalogues_at_once_each_have_their_effect(store: Store) -> None:
    await pipeline_of(store, PLAIN, HASHED)
    await asyncio.gather(
        load(store, PLAIN, "ann@example.net"),
        load(store, HASHED, "ab" * 32),
        publish(store, CATALOGUE.limited(Limits(lists=(HASHED, PLAIN)))),
        publish(store, CATALOGUE.limited(Limits(lists=(PLAIN,)))),
    )
    catalogue = await store.catalogue()
    assert set(catalogue.limits.loaded) == {"acme", "hashed"}
    recipient = store.keyring.recipient(parse("ann@example.net"))
    for shard in store.shards.all:
        generation = await store.client.bulk.execute("HGET", shard.meta, "generation")
        assert generation.decode() == catalogue.generation
    assert (await store.facts(recipient)).generation == catalogue.generation


async def test_nobody_passes_while_versions_are_swapped(store: Store) -> None:
    """A reader that still has the old version's name never takes its emptied sets for the answer."""
    pipeline = await pipeline_of(store, PLAIN)
    await load(store, PLAIN, "ann@example.net")
    swapping = True

    async def swap() -> None:
        nonlocal swapping
        for _ in range(15):
            await load(store, PLAIN, "ann@example.net")
        swapping = False

    async def ask() -> list[Decision]:
        told = []
        while swapping:
            told.append(await would(pipeline, "ann@example.net"))
        return told

    _, *told = await asyncio.gather(swap(), *(ask() for _ in range(4)), return_exceptions=True)
    decisions = [decision for answers in told if isinstance(answers, list) for decision in answers]
    assert set(decisions) <= {LISTED}
