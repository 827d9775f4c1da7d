"""After an outage: texts that came in while nobody answered the webhook, listed at Twilio and taken as they should
have been.

One process at a time, at start and every few minutes. Who was seen by the webhook as well has no second effect: both
go by Twilio's id of the text.
"""

import asyncio
import random
import secrets
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

import structlog

from gateway.phones.text_answers import Received
from suppression.address import parse
from suppression.errors import Unavailable, UnusableAddress
from suppression.model import Sender
from suppression.store import codec
from suppression.store.store import Store

PAUSE = 300.0  # seconds between passes, more or less
OVERLAP = timedelta(minutes=10)  # looked at again: a text may be listed later than it came
LONGEST = timedelta(days=7)  # looked back; shorter than texts are known again (gateway.phones.replies.KEPT)
_LEASE = "{catching-up}lease"
_SEEN = "{catching-up}"

_log = structlog.get_logger(__name__)


class Inbound(Protocol):
    """A text as Twilio lists it (`channels.twilio.resources.TwilioMessage`)."""

    @property
    def sid(self) -> str: ...
    @property
    def sender(self) -> str: ...
    @property
    def to(self) -> str: ...
    @property
    def body(self) -> str: ...
    @property
    def at(self) -> datetime: ...


class Listing(Protocol):
    """`channels.twilio.client.TwilioClient`, as far as it lists. CarrierUnavailable."""

    async def inbound_since(self, number: str, since: datetime) -> Sequence[Inbound]: ...


Take = Callable[[Received, set[str]], Awaitable[object]]


@dataclass(frozen=True, slots=True)
class Source:
    """An account, and whose its numbers are."""

    account: str
    listing: Listing
    numbers: Mapping[str, Sender]


class CatchingUp:
    """`take`: gateway.phones.replies.Replies.take."""

    def __init__(self, store: Store, sources: Sequence[Source], take: Take) -> None:
        self._store = store
        self._sources = tuple(sources)
        self._take = take

    async def run(self, pause: float = PAUSE) -> None:
        """Until cancelled. What fails is tried again the next time, from where it was."""
        while True:
            try:
                if await self._mine(pause):
                    for source in self._sources:
                        await self.catch_up(source)
            except Unavailable as error:
                _log.warning("catching_up_put_off", cause=str(error))
            except Exception as error:  # noqa: BLE001 - a listing that fails in its own way must not end the duty
                _log.error("catching_up_failed", error=type(error).__name__)
            await asyncio.sleep(pause * random.uniform(0.8, 1.2))  # noqa: S311 - no secret

    async def _mine(self, pause: float) -> bool:
        """The first of all processes in each stretch of time."""
        taken = await self._store.client.bulk.execute(
            "SET", _LEASE, secrets.token_hex(8), "NX", "PX", int(pause * 750)
        )
        return taken is not None

    async def catch_up(self, source: Source) -> int:
        """How many texts there were. Unavailable: then the next pass begins where this one did; with one that could
        not be taken, it begins there: that may be somebody's stop.
        """
        began = self._store.server_now()
        seen = await self._store.client.bulk.execute("GET", _SEEN + source.account)
        count, left = 0, began
        if seen is not None:  # else a first start: what came before was no business of ours
            since = max(codec.moment(int(seen)) - OVERLAP, began - LONGEST)
            count, left = await self._take_all(source, since, began)
        await self._store.client.bulk.execute("SET", _SEEN + source.account, codec.milliseconds(left))
        return count

    async def _take_all(self, source: Source, since: datetime, began: datetime) -> tuple[int, datetime]:
        """How many there were, and from when on they are to be looked at again."""
        found = [
            text for number in source.numbers for text in await source.listing.inbound_since(number, since)
        ]
        made: set[str] = set()
        left = began
        for text in sorted(found, key=lambda text: text.at):
            received = self._received(source, text)
            if received is not None and not await self._took(received, made):
                left = min(left, text.at)
        return len(found), left

    async def _took(self, received: Received, made: set[str]) -> bool:
        """One that cannot be taken must not keep back those after it."""
        try:
            await self._take(received, made)
        except Unavailable:
            raise
        except Exception as error:  # noqa: BLE001 - see above
            _log.error("text_not_taken", text=received.id, error=type(error).__name__)
            return False
        return True

    def _received(self, source: Source, text: Inbound) -> Received | None:
        try:
            writer = parse(text.sender, "sms")
        except UnusableAddress:
            return None  # a short code, a name: nobody whom we could write to
        return Received(
            id=text.sid,
            recipient=self._store.keyring.recipient(writer),
            sender=source.numbers.get(text.to),
            to=text.to,
            text=text.body,
            at=text.at,
            late=True,
        )
