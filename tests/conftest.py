"""A real server per test process, and a fresh store on it per test."""

import shutil
import socket
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import redis
from hypothesis import HealthCheck, settings

from gateway.embedded import binary as server_binary
from gateway.embedded.server import EmbeddedServer
from suppression.address import parse
from suppression.model import App, Recipient, Sender
from suppression.purposes import Catalogue
from suppression.store.client import Client
from suppression.store.opening import StoreSecrets, StoreSettings, open_store, prepare
from suppression.store.store import Store

pytest_plugins = ["tests.skips", "tests.interop.tried"]

# No test is timed: a busy machine must not turn one red.
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")

SECRETS = StoreSecrets(pepper=b"p" * 32, sealing_keys={1: b"s" * 32}, sealing_key=1)
APP = App(name="shop", sender="brand")
SENDER = Sender(
    name="brand",
    title="The Brand",
    postal_address="1 Main Street, Springfield",
    from_domains=("example.com",),
    list_domain="example.com",
)


@pytest.fixture(scope="session")
def valkey(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedServer]:
    """The embedded server itself, on a Unix socket."""
    with EmbeddedServer(tmp_path_factory.mktemp("server")) as server:
        yield server


@pytest.fixture(scope="session")
def cluster_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The same binary as a one-node cluster: keys of two slots in one script are refused there."""
    port, bus = free_port(), free_port()
    options = {
        "cluster-enabled": "yes",
        "port": str(port),
        "cluster-port": str(bus),
        "bind": "127.0.0.1",
        "protected-mode": "no",
    }
    with EmbeddedServer(tmp_path_factory.mktemp("cluster"), options=options) as server:
        assert server.pid
        take_all_slots(port)
        yield f"redis://127.0.0.1:{port}"


@pytest.fixture(scope="session")
def redis_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedServer]:
    """The distribution's own Redis: what a company has in production."""
    path = shutil.which("redis-server")
    if path is None:
        pytest.skip("no redis-server on PATH: install the package redis-server")
    binary = server_binary.choose([Path(path)])
    with EmbeddedServer(tmp_path_factory.mktemp("redis"), binary=binary) as server:
        yield server


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def take_all_slots(port: int) -> None:
    """Make a lone node serve the whole cluster."""
    with redis.Redis(port=port) as node:
        node.execute_command("CLUSTER", "ADDSLOTSRANGE", 0, 16383)
        for _ in range(500):
            if b"cluster_state:ok" in node.execute_command("CLUSTER", "INFO"):
                return
            time.sleep(0.02)
    raise AssertionError("the cluster did not come up")


def url_of(server: EmbeddedServer) -> str:
    return f"unix://{server.socket}"


async def empty(url: str) -> None:
    client = Client(url)
    await client.sends.execute("FLUSHALL")
    await client.close()


@pytest.fixture
async def store_settings(valkey: EmbeddedServer) -> StoreSettings:
    """An emptied server."""
    await empty(url_of(valkey))
    return StoreSettings(url_of(valkey))


async def fresh_store(settings: StoreSettings) -> Store:
    """A new store in an empty database."""
    await empty(settings.url)
    await prepare(settings, SECRETS, Catalogue.shipped())
    return await open_store(settings, SECRETS)


@pytest.fixture
async def store(store_settings: StoreSettings) -> AsyncIterator[Store]:
    """A new store on the embedded server."""
    store = await fresh_store(store_settings)
    yield store
    await store.close()


@pytest.fixture
def ann(store: Store) -> Recipient:
    return store.keyring.recipient(parse("ann@example.net"))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path
