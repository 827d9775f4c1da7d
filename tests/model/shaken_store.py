"""What all models stand on: a store of their own on a real server, whose answers get lost and which is killed."""

import asyncio
import os
from collections.abc import Awaitable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import ClassVar, TypeVar

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from gateway.embedded.server import EmbeddedServer
from suppression.purposes import Catalogue
from suppression.store.opening import StoreSettings, open_store, prepare
from tests.conftest import SECRETS, empty, url_of
from tests.faults.reply_dropper import ReplyDropper

T = TypeVar("T")
CATALOGUE = Catalogue.shipped()


def explored(steps: int, examples: int = 15) -> settings:
    """How far a model is followed: MODEL_EXAMPLES says how often."""
    return settings(
        max_examples=int(os.environ.get("MODEL_EXAMPLES", str(examples))),
        stateful_step_count=steps,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )


class ShakenStore(RuleBasedStateMachine):
    """`store` is open once a model began; its answers go through `dropper`. `patience`: seconds for one call."""

    patience: ClassVar[float] = 20
    shards: ClassVar[int] = 64

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.folder = TemporaryDirectory()
        self.server = EmbeddedServer(Path(self.folder.name)).start()

    @initialize()
    def begin(self) -> None:
        self.dropper = ReplyDropper(self.server.socket)
        self.dropper.active = False
        self.run(self._open())

    async def _open(self) -> None:
        url = url_of(self.server)
        await empty(url)
        await prepare(StoreSettings(url, shards=self.shards), SECRETS, CATALOGUE)
        proxy = Path(self.folder.name) / "proxy"
        self.listener = await asyncio.start_unix_server(self.dropper.serve, proxy)
        self.store = await open_store(StoreSettings(f"unix://{proxy}", shards=self.shards), SECRETS)
        await self.opened()

    async def opened(self) -> None:
        """What a model builds on its store."""

    def run(self, what: Awaitable[T]) -> T:
        async def bounded() -> T:
            return await asyncio.wait_for(what, self.patience)

        return self.loop.run_until_complete(bounded())

    @rule(lossy=st.booleans())
    def lose_answers(self, lossy: bool) -> None:  # noqa: FBT001 - drawn
        self.dropper.active = lossy

    def teardown(self) -> None:
        if hasattr(self, "store"):
            self.run(self.store.close())
            self.listener.close()
        self.loop.run_until_complete(asyncio.sleep(0))
        for task in asyncio.all_tasks(self.loop):
            task.cancel()
        self.loop.run_until_complete(asyncio.sleep(0))
        self.loop.close()
        self.server.stop()
        self.folder.cleanup()


class KilledStore(ShakenStore):
    """Its server is killed, too, and comes back with what was durable."""

    @rule()
    def kill_the_server(self) -> None:
        self.server.kill()
        assert self.server.revive()
        self.run(self._until_it_answers())

    async def _until_it_answers(self) -> None:
        while True:
            try:
                await self.store.client.stops.execute("PING")
                await self.store.client.sends.execute("PING")
            except Exception:  # noqa: BLE001 - any fault of a store that is starting
                await asyncio.sleep(0.01)
            else:
                return
