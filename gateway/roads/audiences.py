"""Lists of people checked for use elsewhere: in a third party's audience, or by a partner.

Each list is logged as one record, with how many of it may be used and why the others may not; nothing is logged
or counted of any one address, and it is no permission for anything but this list, now.
"""

import asyncio
import base64
import json
import zlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from gateway.roads.pipeline import Pipeline
from suppression.address import parse
from suppression.decision import Decision, Reason, Send
from suppression.errors import NotPermitted, StoreUnavailable, UnusableAddress
from suppression.hashed import parse_digest
from suppression.model import App, Channel, Recipient
from suppression.purposes import Purpose
from suppression.records import Record, RecordKind
from suppression.store import codec, matching
from suppression.store.feed import Page, Place, begin, read
from suppression.store.store import Once, Store


class NotMatched(NotPermitted):
    """Hashes were given, and settings do not let them be matched."""

    detail = "Hashed addresses need the setting hashed_matching."


@dataclass(slots=True)
class Scrub:
    """One list on its way. `counts` says of how many addresses what was decided.

    key    of an answer that is kept, so that the same list gets it again; None: it is not
    told   of each address in order, whether it may be used; for a kept answer only
    """

    app: App
    channel: Channel
    purpose: Purpose
    actor: str
    key: str | None = None
    counts: Counter[str] = field(default_factory=Counter)
    hashed: int = 0
    told: bytearray = field(default_factory=bytearray)

    @property
    def checked(self) -> int:
        return self.counts.total()

    @property
    def usable(self) -> int:
        return self.counts["usable"]


@dataclass(frozen=True, slots=True)
class Ended:
    """A list that was checked and logged. `body`: hash of the list, where its answer is kept."""

    record: str
    counts: Mapping[str, int]
    told: bytes = b""
    body: str = ""


class Audiences:
    """Checks and the feed, on one store."""

    def __init__(self, store: Store, pipeline: Pipeline) -> None:
        self._store = store
        self._pipeline = pipeline

    async def usable(self, scrub: Scrub, texts: Sequence[str]) -> list[bool]:
        """Which of these may be used. StoreUnavailable; NotMatched for hashes where they cannot be matched."""
        recipients = await self._recipients(scrub, texts)
        known = [recipient for recipient in recipients if isinstance(recipient, Recipient)]
        decisions = iter(await self._pipeline.would_each(scrub.app, scrub.channel, scrub.purpose, known))
        usable = [
            _counted(scrub, recipient if isinstance(recipient, Reason) else next(decisions))
            for recipient in recipients
        ]
        if scrub.key is not None:
            scrub.told += bytes(usable)
        return usable

    async def former(self, key: str) -> Ended | None:
        """What was answered under this key before."""
        found = await self._store.logged_once(key)
        if found is None:
            return None
        once, record = found
        kept = json.loads(once.text)
        told = await asyncio.to_thread(_unpacked, kept["told"])
        return Ended(record, kept["counts"], told, once.body)

    async def end(self, scrub: Scrub, body: str = "") -> Ended:
        """Logs a list, with a key once: of two with one list at once, both are told what the first was answered.

        `body`: hash of all that was asked. IdempotencyMismatch when the key came with another.
        """
        if scrub.key is None:
            return Ended(await self._store.log_of_nobody(self._record(scrub)), scrub.counts)
        told = await asyncio.to_thread(_packed, bytes(scrub.told))
        kept = json.dumps({"counts": scrub.counts, "told": told})
        await self._store.log_of_nobody(self._record(scrub), Once(scrub.key, body, kept))
        ended = await self.former(scrub.key)
        if ended is None:
            raise StoreUnavailable("an answer that was kept is gone")
        return ended

    def _record(self, scrub: Scrub) -> Record:
        return Record(
            kind=RecordKind.CHECKED,
            at=codec.milliseconds(self._store.now()),
            channel=scrub.channel.value,
            purpose=scrub.purpose.path,
            sender=scrub.app.sender,
            app=scrub.app.name,
            actor=scrub.actor,
            policy=self._pipeline.catalogue.generation,
            details={"checked": str(scrub.checked), **{k: str(n) for k, n in sorted(scrub.counts.items())}}
            | ({"hashed": str(scrub.hashed)} if scrub.hashed else {}),
        )

    async def feed(self, since: int | None, cursor: str | None, limit: int) -> Page:
        """Stops and ends of stops. `since`: ms of the gateway's time. InvalidInput for a cursor that is none."""
        place = Place.parse(cursor) if cursor else await begin(self._store, since or 0)
        return await read(self._store, place, limit, self._pipeline.history.page)

    async def _recipients(self, scrub: Scrub, texts: Sequence[str]) -> list[Recipient | Reason]:
        """Whom each means; or why that cannot be said."""
        found: list[Recipient | Reason] = []
        hashes: list[bytes] = []
        for text in texts:
            told = parse_digest(text)
            if told is None:
                found.append(self._recipient(text))
            else:
                hashes.append(told[1])
                found.append(Reason.NO_CONSENT)  # what nobody is known by has not consented
        if hashes:
            await self._match(found, texts, hashes)
            scrub.hashed += len(hashes)
        return found

    def _recipient(self, text: str) -> Recipient | Reason:
        try:
            return self._store.keyring.recipient(parse(text))
        except UnusableAddress:
            return Reason.UNUSABLE_ADDRESS

    async def _match(
        self, found: list[Recipient | Reason], texts: Sequence[str], hashes: Sequence[bytes]
    ) -> None:
        if not self._store.hashed_matching:
            raise NotMatched
        matched = iter(await matching.find(self._store, hashes))
        for place, text in enumerate(texts):
            if parse_digest(text) is not None:
                found[place] = next(matched) or found[place]


def _packed(told: bytes) -> str:
    """A bit or less for each address."""
    return base64.b64encode(zlib.compress(told)).decode()


def _unpacked(text: str) -> bytes:
    return zlib.decompress(base64.b64decode(text))


def _counted(scrub: Scrub, made: Decision | Reason) -> bool:
    usable = isinstance(made, Send)
    reason = made if isinstance(made, Reason) else made.reason
    scrub.counts["usable" if usable else reason.value] += 1
    return usable
