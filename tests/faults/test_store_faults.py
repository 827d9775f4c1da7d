"""The store goes away, comes back, or loses its answers: never a false success, never two effects."""

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from gateway.embedded.server import EmbeddedServer
from suppression.address import parse
from suppression.changes import Lift, Suppress
from suppression.decision import Reason, Send
from suppression.errors import ConfigurationError, StoreUnavailable
from suppression.model import App, Channel, Request, Scope, Way
from suppression.purposes import Catalogue
from suppression.records import Record, RecordKind
from suppression.store.apply import apply
from suppression.store.hand_over import REMEMBERED, HandOver
from suppression.store.opening import StoreSecrets, StoreSettings, open_store, prepare
from suppression.store.permit import Permit
from suppression.store.store import Store
from tests.conftest import SECRETS, fresh_store, url_of
from tests.faults.reply_dropper import dropping_replies

ANN = parse("ann@example.net")
SEND = Send(Reason.NO_CONSENT_NEEDED)


def stop(store: Store, batch: str = "") -> Suppress:
    return Suppress(Scope(), Reason.UNSUBSCRIBED, Way.AGENT, "test", "tester", store.now(), batch=batch)


def request_for(store: Store) -> Request:
    purpose = Catalogue.shipped().find("transactional/orders")
    return Request(App("shop", "brand"), Channel.EMAIL, purpose, store.keyring.recipient(ANN), store.now())


@asynccontextmanager
async def server_of_its_own() -> AsyncIterator[tuple[EmbeddedServer, Store]]:
    """A server that a test may stop and kill."""
    with TemporaryDirectory() as folder, EmbeddedServer(Path(folder)) as server:
        store = await fresh_store(StoreSettings(url_of(server)))
        try:
            yield server, store
        finally:
            await store.close()


async def test_a_lost_reply_never_makes_two_effects(valkey: EmbeddedServer, store: Store) -> None:
    with TemporaryDirectory() as folder:
        async with dropping_replies(valkey.socket, Path(folder)) as (url, dropper):
            behind = await open_store(StoreSettings(url), SECRETS)
            try:
                await _one_of_everything(behind)
            finally:
                await behind.close()

    assert dropper.dropped == 5
    kinds = [record.kind for record in await store.log.of(store.keyring.recipient(ANN).key)]
    assert sorted(kinds) == ["decided", "handing_over", "lifted", "sent", "suppressed"]


async def _one_of_everything(store: Store) -> None:
    recipient = store.keyring.recipient(ANN)
    request, hand_over = request_for(store), HandOver("m1", "message")
    await store.record(request, SEND, "")
    permit = await store.commit(request, SEND, await store.facts(recipient), hand_over)
    assert isinstance(permit, Permit)
    await store.settle(permit, hand_over, Record(RecordKind.SENT, 1), REMEMBERED)
    stopped = await apply(store, recipient, stop(store))
    assert stopped.created
    await apply(store, recipient, Lift(stopped.entry.id, "tester", store.now()))


@pytest.mark.slow
async def test_a_stopped_store_means_unavailable_within_two_seconds() -> None:
    async with server_of_its_own() as (server, store):
        recipient = store.keyring.recipient(ANN)
        await store.facts(recipient)
        os.kill(server.pid, signal.SIGSTOP)
        began = time.monotonic()
        try:
            with pytest.raises(StoreUnavailable):
                await store.facts(recipient)
            with pytest.raises(StoreUnavailable):
                await apply(store, recipient, stop(store))
        finally:
            os.kill(server.pid, signal.SIGCONT)

        assert time.monotonic() - began < 2 * (2 + 0.6)
        await _eventually_stopped(store)


async def _eventually_stopped(store: Store) -> None:
    for _ in range(50):
        try:
            await apply(store, store.keyring.recipient(ANN), stop(store))
        except StoreUnavailable:
            await asyncio.sleep(0.1)
        else:
            return
    raise AssertionError("the store did not come back")


async def test_what_was_acknowledged_survives_kill_9_of_the_server() -> None:
    async with server_of_its_own() as (server, store):
        recipient = store.keyring.recipient(ANN)
        acknowledged = 0
        for number in range(200):
            if number == 120:
                server.kill()
            try:
                await apply(store, recipient, replace(stop(store, str(number)), way=Way.IMPORT))
                acknowledged += 1
            except StoreUnavailable:
                break
        assert server.revive()
        await _eventually_stopped(store)

        kept = {entry.batch for entry in (await store.facts(recipient)).suppressions}
        assert {str(number) for number in range(acknowledged)} <= kept
        assert acknowledged >= 120


async def test_a_store_that_comes_back_empty_says_unavailable() -> None:
    async with server_of_its_own() as (_server, store):
        await store.client.sends.execute("FLUSHALL")

        with pytest.raises(StoreUnavailable):
            await store.facts(store.keyring.recipient(ANN))


@pytest.mark.parametrize(
    ("secrets", "said"),
    [
        (replace(SECRETS, pepper=b"q" * 32), "another pepper"),
        (replace(SECRETS, epoch="0" * 16), "another epoch"),
    ],
)
@pytest.mark.usefixtures("store")
async def test_another_gateways_store_is_refused_at_start(
    store_settings: StoreSettings, secrets: StoreSecrets, said: str
) -> None:
    with pytest.raises(ConfigurationError, match=said):
        await open_store(store_settings, secrets)


async def test_an_empty_store_is_refused_at_start(store_settings: StoreSettings) -> None:
    with pytest.raises(ConfigurationError, match="gateway init"):
        await open_store(store_settings, SECRETS)


@pytest.mark.usefixtures("store")
async def test_a_prepared_store_is_not_prepared_again(store_settings: StoreSettings) -> None:
    bound = replace(SECRETS, epoch="written down")
    with pytest.raises(ConfigurationError, match="not empty"):
        await prepare(store_settings, bound, Catalogue.shipped())


async def test_a_store_that_may_drop_entries_is_refused(tmp_path: Path) -> None:
    lax = {"appendonly": "no", "maxmemory-policy": "allkeys-lru", "hash-max-listpack-value": "64"}
    with EmbeddedServer(tmp_path, options=lax) as server:
        settings = StoreSettings(url_of(server))
        with pytest.raises(ConfigurationError) as refused:
            await prepare(settings, SECRETS, Catalogue.shipped())
        for name in lax:
            assert name in str(refused.value)
        assert await prepare(replace(settings, allow_unsafe=True), SECRETS, Catalogue.shipped())


async def test_cancelled_callers_never_get_each_others_replies(store: Store) -> None:
    """redis-py's CVE-2023-28858: a storm of cancellations, and every reply is still its caller's own."""

    async def ask(number: int) -> None:
        reply = await store.client.sends.execute("ECHO", str(number))
        assert reply == str(number).encode()

    for _ in range(20):
        tasks = [asyncio.create_task(ask(number)) for number in range(200)]
        await asyncio.sleep(0)
        for task in tasks[::2]:
            task.cancel()
        results = await asyncio.gather(*tasks, return_exceptions=True)
        assert {type(result) for result in results} <= {asyncio.CancelledError, type(None)}
        assert sum(result is None for result in results) >= 100
