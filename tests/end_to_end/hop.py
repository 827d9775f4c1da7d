"""The scripted next hop in a thread of its own, so that tests may wait for their clients."""

import asyncio
import threading
from collections.abc import Coroutine
from types import TracebackType
from typing import Any, Self

from tests.channels.relay.sink import DEFAULTS, Script, Sink, Taken


class Hop:
    """`sink` runs from entering until `close`; its script may be changed at any time."""

    def __init__(self) -> None:
        self.sink = Sink()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)

    def __enter__(self) -> Self:
        self._thread.start()
        self._wait(self.sink.__aenter__())
        self.port = self.sink.port
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._wait(self.sink.__aexit__(kind, error, trace))
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _wait(self, work: Coroutine[Any, Any, object]) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(10)

    def answer(self, step: str, script: Script) -> None:
        self._loop.call_soon_threadsafe(self.sink.answer, step, script)

    def as_ever(self) -> None:
        """Answer as a good hop does."""
        for step, script in DEFAULTS.items():
            self.answer(step, script)
        self._loop.call_soon_threadsafe(self.sink.rcpt.clear)
        self._loop.call_soon_threadsafe(self.sink.delay.clear)

    def taken(self, to: str) -> list[Taken]:
        return [one for one in list(self.sink.taken) if one.to == to]
