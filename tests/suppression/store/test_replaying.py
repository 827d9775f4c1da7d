"""From the log alone an empty store knows again who stopped what, who consented, and who belongs together."""

import asyncio
import random
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.embedded.server import EmbeddedServer
from suppression.address import parse
from suppression.changes import Change, GiveConsent, Lift, Return, Suppress, Withdraw
from suppression.decision import Reason
from suppression.errors import Conflict, NotFound
from suppression.model import Basis, Facts, Recipient, Scope, Way
from suppression.records import Record
from suppression.store.apply import apply
from suppression.store.opening import StoreSettings
from suppression.store.people import People
from suppression.store.replaying import replay
from suppression.store.store import Store
from tests.conftest import SECRETS, fresh_store, url_of

NAMES = ("ann", "bob", "cem")
DOINGS = ("stop", "everything", "pause", "lift", "consent", "withdraw", "erase", "return", "link", "unlink")


def of(store: Store, name: str) -> Recipient:
    return store.keyring.recipient(parse(f"{name}@example.net"))


async def do(store: Store, doing: str, name: str, seed: int) -> None:
    """One change, as far as it can be made now."""
    people, recipient = People(store), of(store, name)
    facts = await store.facts(recipient)
    try:
        if doing == "link":
            members = [of(store, other) for other in sorted({name, NAMES[seed % 3]})]
            await people.link(f"p{seed % 2}", members, {"birth": "1990"}, owner="brand", actor="key")
        elif doing == "unlink":
            await people.unlink(f"p{seed % 2}", owner="brand", actor="key")
        elif (change := change_of(store, doing, facts, recipient, seed)) is not None:
            await make(store, recipient, change)
    except (NotFound, Conflict):
        return


async def make(store: Store, recipient: Recipient, change: Change) -> None:
    if isinstance(change, Suppress):
        await People(store).suppress(recipient, change)
    else:
        await apply(store, recipient, change)


def change_of(store: Store, doing: str, facts: Facts, recipient: Recipient, seed: int) -> Change | None:  # noqa: PLR0911 - a table
    now, channel = store.now(), ("email", "sms")[seed % 2]
    scope = Scope(frozenset({channel}), "marketing", "brand")  # type: ignore[arg-type]
    match doing:
        case "stop":
            return Suppress(scope, Reason.UNSUBSCRIBED, Way.LINK, "page", "recipient", now)
        case "everything":
            return Suppress(Scope(), Reason.UNSUBSCRIBED, Way.AGENT, "api", "agent", now)
        case "pause":
            until = now + timedelta(days=seed + 1)
            return Suppress(
                scope, Reason.UNSUBSCRIBED, Way.PREFERENCES, "page", "recipient", now, until=until
            )
        case "erase":
            return Suppress(Scope(), Reason.ERASED, Way.MAILBOX, "mail", "recipient", now)
        case "consent":
            return GiveConsent(
                scope, Basis.OPT_IN, "page", "recipient", now, recipient.exact, direct=bool(seed % 2)
            )
        case "lift" if facts.suppressions:
            return Lift(facts.suppressions[seed % len(facts.suppressions)].id, "agent", now)
        case "withdraw" if facts.consents:
            return Withdraw(facts.consents[seed % len(facts.consents)].id, "recipient", now)
        case "return":
            return Return("app", now)
        case _:
            return None


async def logged(store: Store) -> list[Record]:
    """All records of all, in an order that keeps each one's own."""
    records = [record async for record in everything(store)]
    random.Random(len(records)).shuffle(records)
    return sorted(records, key=lambda record: (record.recipient or record.person, record.id))


async def everything(store: Store) -> AsyncIterator[Record]:
    from suppression.store.record_lines import read_lines

    for shard in store.shards.all:
        for record in read_lines(
            shard.number, await store.client.bulk.execute("XRANGE", shard.log, "-", "+")
        ):
            yield record


async def hashes(store: Store) -> dict[bytes, dict[bytes, bytes]]:
    """Of recipients and persons, less what the log does not hold."""
    found = {}
    for shard in store.shards.all:
        for start in (shard.recipient(b""), shard.person(b"")):
            for key in await store.client.bulk.execute("KEYS", start.replace(b"[", b"\\[") + b"*"):
                flat = await store.client.bulk.execute("HGETALL", key)
                fields = dict(zip(flat[::2], flat[1::2], strict=True))
                found[key] = {name: value for name, value in fields.items() if name[:1] not in b"lkoiq"}
    return {key: fields for key, fields in found.items() if fields}


async def given_again(records: list[Record]) -> AsyncIterator[Record]:
    for record in records:
        yield record


@settings(max_examples=60)
@given(
    done=st.lists(st.tuples(st.sampled_from(DOINGS), st.sampled_from(NAMES), st.integers(0, 5)), max_size=14)
)
def test_what_was_replayed_is_what_there_was(done: list[tuple[str, str, int]], where: StoreSettings) -> None:
    async def run() -> None:
        store = await fresh_store(where)
        for doing, name, seed in done:
            await do(store, doing, name, seed)
        before, records = await hashes(store), await logged(store)
        await store.close()
        again = await fresh_store(where)
        replayed = await replay(again, given_again(records))
        assert await hashes(again) == before
        assert replayed.hashes == len(before)
        await again.close()

    asyncio.run(run())


@pytest.fixture(name="where", scope="module")
def where_it_is(valkey: EmbeddedServer) -> StoreSettings:
    return StoreSettings(url_of(valkey))


async def test_a_store_in_use_is_not_filled(store: Store) -> None:
    await do(store, "stop", "ann", 0)
    with pytest.raises(Conflict):
        await replay(store, given_again([]))


async def test_no_address_and_no_id_of_a_person_is_in_what_is_replayed(store: Store) -> None:
    await People(store).link(
        "customer-4711", [of(store, "ann")], {"language": "de"}, owner="brand", actor="key"
    )
    await do(store, "everything", "ann", 0)
    text = repr(await logged(store))
    for secret in ("ann@example.net", "customer-4711", "'k'", SECRETS.pepper.hex()):
        assert secret not in text
