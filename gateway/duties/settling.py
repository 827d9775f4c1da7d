"""What was submitted and never answered for, and calls that are to be cancelled where they wait.

A lost answer is first waited for: the status callback names the message. Then the provider is asked what it has;
each of its ids is claimed by one entry. What is not found in a quarter of an hour is for agents, and never sent again.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog

from channels.sms.message import Text
from channels.twilio.resources import Lost, Refused
from gateway.archive.places import ArchiveDamaged, ArchiveUnavailable
from gateway.duties.leaving import Composer
from gateway.duties.times import TIMES, Times
from gateway.duties.ways import Found, Way
from gateway.phones.sending import Sending
from suppression.errors import CarrierUnavailable, ConfigurationError
from suppression.model import Channel
from suppression.outbox import Entry, State

# When another message's answer was logged, if it was made at the provider at about the same time as this one.
_BEFORE, _AFTER = timedelta(minutes=1), timedelta(minutes=3)
_MADE_WITHIN = timedelta(minutes=1)  # of its submission: permit, request and answer take less than half of it
_APART = timedelta(seconds=75)  # of two submissions, from which nothing can be taken for both
_AT_ONCE = 8  # look-ups: after a crash there may be a hundred, and each must end within its lease
_UNANSWERED = 4  # times as long, while the provider cannot be asked
_NO_SUCH_CALL = frozenset({400, 404, 409, 410})  # or none that could be cancelled any more
CANCELED = "canceled"  # Twilio's word for a call that was cancelled

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Settling:
    """What a dispatcher does with an entry that somebody lost. It is tried again when the lease ends."""

    sending: Sending
    composer: Composer
    ways: Mapping[str, Way]
    times: Times = TIMES
    places: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(_AT_ONCE))

    async def settle(self, entry: Entry) -> None:
        """An entry that is `submitting`. StoreUnavailable."""
        submitted, now = entry.submitted, self.sending.pipeline.store.server_now()
        if submitted is None:
            await self.sending.give_up(entry)
            return
        age = (now - submitted).total_seconds()
        if age < self.times.look_up_after:
            return
        async with self.places:
            found = await self._found(entry, submitted)
        enough = self.times.give_up_after * (_UNANSWERED if found is None else 1)
        if not found and age >= enough and await self.sending.give_up(entry):
            _log.warning("outcome_unknown", message=entry.id, sender=entry.sender)

    async def _found(self, entry: Entry, submitted: datetime) -> bool | None:
        """None: the provider cannot say, or the archive what others were answered."""
        try:
            candidates = await self._look_up(entry, submitted)
            rivals = await self._rivals(entry, submitted) if candidates else 0
            others = await self._of_others(entry, submitted) if candidates else frozenset()
        except (CarrierUnavailable, ConfigurationError, Refused, ArchiveUnavailable, ArchiveDamaged) as error:
            _log.warning("lookup_put_off", message=entry.id, sender=entry.sender, cause=str(error))
            return None
        free = [candidate for candidate in candidates if candidate.sid not in others]
        if len(free) <= rivals:
            return False  # one of them may never have been made: status callbacks will tell which, or nobody
        for candidate in free:
            if await self.sending.found(entry, candidate.sid):
                _log.info("outcome_found", message=entry.id, sender=entry.sender)
                return True
        return False

    async def _rivals(self, entry: Entry, submitted: datetime) -> int:
        """How many others may be what the provider has: the same to the same recipient, not answered for either.

        Asked after the provider, and before the log: what was made by then is either among these, or in the log.
        """
        listed = await self.sending.outbox.waiting(entry.recipient)
        return sum(one.id != entry.id and _alike(one, entry) and _near(one, submitted) for one in listed)

    async def _of_others(self, entry: Entry, submitted: datetime) -> frozenset[str]:
        """The provider's ids of the recipient's other messages: the same words may have gone twice."""
        history = self.sending.pipeline.history
        records = await history.between(entry.recipient.key, submitted - _BEFORE, submitted + _AFTER)
        others = (record for record in records if record.message != entry.id)
        return frozenset(record.details.get("reference", "") for record in others)

    async def _look_up(self, entry: Entry, submitted: datetime) -> Sequence[Found]:
        lookup = self.ways.get(entry.sender, Way()).lookup
        address = entry.recipient.address
        if lookup is None or address is None:
            return []
        until = submitted + _MADE_WITHIN
        message = self.composer.compose(entry)
        if isinstance(message, Text):
            sender = message.service or message.from_number
            return await lookup.find(address.text, submitted, until, sender=sender, body=message.body)
        return await lookup.find_calls(address.text, submitted, until, sender=message.from_number)

    async def cancel(self, entry: Entry) -> None:
        """A call that is `cancelling`. StoreUnavailable."""
        cancel = self.ways.get(entry.sender, Way()).cancel
        if cancel is None or not entry.reference or entry.channel is not Channel.VOICE:
            await self.sending.cancelled_at_hop(entry, done=False, text="not to be cancelled there")
            return
        try:
            state = await cancel(entry.reference)
        except (CarrierUnavailable, Lost, Refused) as error:
            _log.warning("cancellation_put_off", message=entry.id, sender=entry.sender, cause=str(error))
            if not (isinstance(error, Refused) and error.status in _NO_SUCH_CALL):
                return  # again when the lease ends, until its last report says how it went
            state = str(error)
        await self.sending.cancelled_at_hop(entry, done=state == CANCELED, text=state)


def _alike(one: Entry, entry: Entry) -> bool:
    """Whether the provider's record of one could be the other's. Of calls it tells no words."""
    if one.state is not State.SUBMITTING or (one.channel, one.sender) != (entry.channel, entry.sender):
        return False
    return entry.channel is Channel.VOICE or one.content == entry.content


def _near(one: Entry, submitted: datetime) -> bool:
    return one.submitted is None or abs(one.submitted - submitted) <= _APART
