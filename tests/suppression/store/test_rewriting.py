"""What was erased is in none of the store's files once the append-only file is rewritten."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from gateway.duties.rewriting import rewrite_forever
from gateway.embedded.server import EmbeddedServer
from suppression.address import parse
from suppression.changes import GiveConsent, Suppress
from suppression.decision import Reason
from suppression.model import Basis, Recipient, Scope, Suppression, Way
from suppression.store import pending
from suppression.store.apply import apply
from suppression.store.opening import StoreSettings
from suppression.store.people import People
from suppression.store.rewriting import rewrite_if_due
from suppression.store.store import Store
from tests.conftest import fresh_store, url_of

ADDRESS = "Erika.Mustermann+news@example.net"
AT_ONCE = timedelta()


@pytest.fixture
def own_server(tmp_path: Path) -> EmbeddedServer:
    return EmbeddedServer(tmp_path)


@pytest.fixture
async def own(own_server: EmbeddedServer) -> AsyncIterator[Store]:
    with own_server as server:
        store = await fresh_store(StoreSettings(url_of(server)))
        yield store
        await store.close()


async def sealed(store: Store, recipient: Recipient) -> list[bytes]:
    """All ciphertexts that are kept of a recipient: address, evidence, its person's id, and what waits for its word."""
    shard = store.shards.of(recipient.key)
    facts = await store.facts(recipient)
    entries = [entry.id for entry in facts.suppressions] + [entry.id for entry in facts.consents]
    keys = [shard.address(recipient.key), *(shard.evidence(recipient.key, entry) for entry in entries)]
    values = [await store.client.stops.execute("GET", key) for key in keys]
    person = await People(store).read(bytes.fromhex(facts.person or ""))
    waiting = await store.client.stops.execute("HVALS", shard.pending(recipient.key))
    return [value for value in (*values, person.sealed_id, *waiting) if value]


async def fill(store: Store) -> Recipient:
    recipient = store.keyring.recipient(parse(ADDRESS))
    other = store.keyring.recipient(parse("+12025550143"))
    await People(store).link("customer-4711", [recipient, other], {"language": "de"}, owner="*", actor="x")
    evidence = {"ip": "192.0.2.7", "page": "checkout"}
    yes = GiveConsent(
        Scope(purpose="marketing", sender="brand"),
        Basis.OPT_IN,
        "form",
        "key",
        store.now(),
        recipient.exact,
        evidence=evidence,
    )
    await apply(store, recipient, yes)
    await apply(
        store,
        recipient,
        Suppress(
            Scope(purpose="service"),
            Reason.UNSUBSCRIBED,
            Way.AGENT,
            "api",
            "x",
            store.now(),
            evidence=evidence,
        ),
    )
    version = (await store.facts(recipient)).version
    assert await pending.put(store, recipient.key, version, b"question", evidence, timedelta(days=7))
    return recipient


async def erase(store: Store, recipient: Recipient) -> None:
    change = Suppress(Scope(), Reason.ERASED, Way.AGENT, "api", "agent", store.now())
    await People(store).suppress(recipient, change)


def found(folder: Path, needles: list[bytes]) -> list[tuple[str, int]]:
    """Which file of the folder has which of the needles."""
    return [
        (str(path.relative_to(folder)), number)
        for path in sorted(folder.rglob("*"))
        if path.is_file()
        for number, needle in enumerate(needles)
        if needle in path.read_bytes()
    ]


async def test_after_the_rewrite_no_file_has_anything_of_the_erased(
    own: Store, own_server: EmbeddedServer, tmp_path: Path
) -> None:
    recipient = await fill(own)
    ciphertexts = await sealed(own, recipient)
    spellings = [ADDRESS.encode(), ADDRESS.lower().encode(), b"mustermann", b"erika", b"customer-4711"]
    assert len(ciphertexts) == 5
    assert len({number for _, number in found(tmp_path, ciphertexts)}) == 5, "looked for in the right place"
    assert found(tmp_path, spellings) == [], "never kept in clear"

    await erase(own, recipient)
    assert await rewrite_if_due(own) is False, "not before its time"
    assert await rewrite_if_due(own, AT_ONCE) is True

    await gone(tmp_path, [*ciphertexts, *spellings])
    assert await rewrite_if_due(own, AT_ONCE) is False, "once"
    own_server.kill()
    own_server.revive()
    assert [entry.reason for entry in (await facts_again(own, recipient))][-1] is Reason.ERASED
    assert found(tmp_path, ciphertexts) == []


async def facts_again(store: Store, recipient: Recipient) -> list[Suppression]:
    for _ in range(100):
        try:
            return sorted(
                (await store.facts(recipient)).suppressions, key=lambda entry: entry.reason == Reason.ERASED
            )
        except Exception:  # noqa: BLE001 - any fault of a store that is starting
            await asyncio.sleep(0.05)
    raise AssertionError("the store did not come back")


async def gone(folder: Path, needles: list[bytes]) -> None:
    """The server removes the old files in the background."""
    for _ in range(50):
        if not (left := found(folder, needles)):
            return
        await asyncio.sleep(0.05)
    raise AssertionError(left)


async def test_an_erasure_that_comes_while_it_is_rewritten_waits_for_the_next(own: Store) -> None:
    recipient = await fill(own)
    await erase(own, recipient)
    rewriting = asyncio.create_task(rewrite_if_due(own, AT_ONCE))
    await asyncio.sleep(0)
    late = own.keyring.recipient(parse("late@example.net"))

    await asyncio.gather(rewriting, erase(own, late))

    shards = own.shards.all
    marks = await own.client.stops.execute_many([["EXISTS", shard.erased] for shard in shards])
    first_waits = await rewrite_if_due(own, AT_ONCE)
    assert first_waits == bool(sum(marks))


async def test_of_several_processes_one_rewrites(own: Store) -> None:
    await erase(own, await fill(own))

    done = await asyncio.gather(*(rewrite_if_due(own, AT_ONCE) for _ in range(4)))

    assert sorted(done) == [False, False, False, True]


async def test_without_an_erasure_nothing_is_rewritten(own: Store) -> None:
    await fill(own)

    assert await rewrite_if_due(own, AT_ONCE) is False


async def test_the_duty_sees_to_it(own: Store, tmp_path: Path) -> None:
    recipient = await fill(own)
    ciphertexts = await sealed(own, recipient)
    await erase(own, recipient)
    duty = asyncio.create_task(rewrite_forever(own, AT_ONCE, pause=0.05))

    await gone(tmp_path, ciphertexts)

    duty.cancel()
    await asyncio.gather(duty, return_exceptions=True)
