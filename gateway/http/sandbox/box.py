"""The sandbox as its pages ask it."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from channels.played import PlayedTwilio
from suppression.errors import NotFound


class Box(Protocol):
    """`channels.sandbox.Sandbox`: what would have left, as INTERFACE shows it. Reads files: called in a thread."""

    def messages(
        self, channel: str | None = None, to: str | None = None, limit: int | None = None
    ) -> list[dict[str, Any]]: ...

    def find(self, message_id: str) -> dict[str, Any] | None:
        """The newest with this id, with what Twilio would know of it."""
        ...

    def replaced(self, sid: str) -> str:
        """The TwiML that a call went on with; "" where it did not."""
        ...

    def clear(self) -> None: ...


async def _nothing() -> None:
    pass


@dataclass(frozen=True, slots=True)
class Sandbox:
    """Dev only. `set_clock`: sets the time that all processes decide by, or frees it with None.

    follow_clock  look whether another worker set it: what is compared with `Doors.clock` must know
    twilio        plays Twilio's part to texts and calls; None where there are none
    """

    box: Box
    set_clock: Callable[[datetime | None], Awaitable[None]]
    follow_clock: Callable[[], Awaitable[None]] = _nothing
    twilio: PlayedTwilio | None = None

    async def find(self, message_id: str, channel: str | None = None) -> dict[str, Any]:
        message = await asyncio.to_thread(self.box.find, message_id)
        if message is None or channel not in (None, message["channel"]):
            raise NotFound("no such message in the sandbox")
        return message
