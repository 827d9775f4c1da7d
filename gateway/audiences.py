"""Lists of people checked for use elsewhere: in a third party's audience, or by a partner.

Each list is logged as one record, with how many of it may be used and why the others may not; nothing is logged
or counted of any one address, and it is no permission for anything but this list, now.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from gateway.pipeline import Pipeline
from suppression.address import parse
from suppression.decision import Decision, Reason, Send
from suppression.errors import NotPermitted, UnusableAddress
from suppression.hashed import parse_digest
from suppression.model import App, Channel, Recipient
from suppression.purposes import Purpose
from suppression.records import Record, RecordKind
from suppression.store import codec, matching
from suppression.store.feed import Page, Place, begin, read
from suppression.store.store import Store


class NotMatched(NotPermitted):
    """Hashes were given, and settings do not let them be matched."""

    detail = "Hashed addresses need the setting hashed_matching."


@dataclass(slots=True)
class Scrub:
    """One list on its way. `counts` says of how many addresses what was decided."""

    app: App
    channel: Channel
    purpose: Purpose
    actor: str
    counts: Counter[str] = field(default_factory=Counter)
    hashed: int = 0

    @property
    def checked(self) -> int:
        return self.counts.total()

    @property
    def usable(self) -> int:
        return self.counts["usable"]


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
        return [
            _counted(scrub, recipient if isinstance(recipient, Reason) else next(decisions))
            for recipient in recipients
        ]

    async def end(self, scrub: Scrub) -> str:
        """The record of a list; its id."""
        record = Record(
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
        return await self._store.log_of_nobody(record)

    async def feed(self, since: int | None, cursor: str | None, limit: int) -> Page:
        """Stops and ends of stops. `since`: ms of the gateway's time. InvalidInput for a cursor that is none."""
        place = Place.parse(cursor) if cursor else await begin(self._store, since or 0)
        return await read(self._store, place, limit)

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


def _counted(scrub: Scrub, made: Decision | Reason) -> bool:
    usable = isinstance(made, Send)
    reason = made if isinstance(made, Reason) else made.reason
    scrub.counts["usable" if usable else reason.value] += 1
    return usable
