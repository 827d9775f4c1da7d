"""One entry from the lease to its outcome: through its sender's gate, decided again, submitted, sent, settled."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import structlog

from channels.carrier import Carrier, Outcome, Postponed, Rejected
from channels.sms.message import Text
from channels.voice.message import Call
from gateway.duties.breaker import Verdict
from gateway.duties.gates import Gates, NotNow
from gateway.duties.leaving import Composer, lasting
from gateway.duties.times import TIMES, Times
from gateway.duties.ways import Way
from gateway.logs import Seldom
from gateway.metrics import observed
from gateway.phones.sending import Sending
from gateway.roads import handing_over
from suppression.errors import CarrierUnavailable, ConfigurationError, StoreUnavailable
from suppression.model import Channel
from suppression.outbox import Entry, State
from suppression.records import RecordKind
from suppression.store.permit import Permit, PermitExpired
from suppression.store.transitions import Lost

MISCONFIGURED = 60.0  # seconds after which a message is tried again that its sender's settings do not allow
_SUBMITS = 3  # permits of one lease: each is good for two seconds
_PAUSE = 0.5
_NOT_REACHED = Postponed(0, "unavailable", "no connection to the next hop in time")

_PROVIDERS_OWN = 10_000  # lower codes are HTTP's

_log = structlog.get_logger(__name__)

Learn = Callable[[Entry, int], Awaitable[object]]
"""What the provider's code says of the recipient. StoreUnavailable."""


@dataclass(frozen=True, slots=True)
class Dispatching:
    """What a dispatcher does with an entry that is leased to it. `ways`: by sender's name."""

    sending: Sending
    gates: Gates
    composer: Composer
    ways: Mapping[str, Way]
    judge: Callable[[Outcome], Verdict]
    learn: Learn
    times: Times = TIMES
    seldom: Seldom = field(default_factory=Seldom)

    async def dispatch(self, entry: Entry) -> None:
        """Sent, put off, refused, or left to its lease's end. StoreUnavailable: that is how it was left."""
        try:
            await self._pass(entry)
        except NotNow as later:
            await self._put_off(entry, later.seconds)
        except ConfigurationError as error:
            cause = str(error)
            self.seldom.say(
                _log.error,
                "message_not_sendable",
                *(entry.sender, cause),
                message=entry.id,
                sender=entry.sender,
                cause=cause,
            )
            await self._put_off(entry, MISCONFIGURED)

    async def _pass(self, entry: Entry) -> None:
        message = self.composer.compose(entry)
        gate = self.gates.of(entry.channel, entry.sender)
        async with gate.passed(entry.campaign or entry.purpose) as passed:
            try:
                async with self._ready(entry) as carrier:
                    handed = await self._hand_over(entry, message, carrier)
            except CarrierUnavailable as error:
                observed.unreachable(entry.channel.value)
                passed.heard(Verdict.FAULT, str(error))
                raise NotNow(_PAUSE) from None
            if handed is None:
                return
            permit, outcome = handed
            passed.heard(self.judge(outcome), outcome.text)
        code = _code(outcome)
        if code:  # first: what it says of the recipient is not lost to a crash in between
            await self._in_time(lambda: self.learn(entry, code))
        await self._in_time(lambda: self.sending.settle(entry, permit, outcome))

    def _ready(self, entry: Entry) -> AbstractAsyncContextManager[Carrier[Any]]:
        way = self.ways.get(entry.sender, Way())
        carriers = way.calls if entry.channel is Channel.VOICE else way.texts
        if carriers is None:
            raise ConfigurationError("its sender has no account for this channel")
        return carriers.ready()

    async def _hand_over(
        self, entry: Entry, message: Text | Call, carrier: Carrier[Any]
    ) -> tuple[Permit, Outcome] | None:
        """None: it was not to be sent now, or is somebody else's."""
        permit = None
        for _ in range(_SUBMITS):
            submitted = await self._submit(entry)
            if submitted is None:
                return None
            permit = submitted
            try:
                lasts = lasting(message, self.sending.pipeline.store.now(), permit.open_until)
                return permit, await handing_over.send(carrier, lasts, permit, entry.channel)
            except PermitExpired:  # nothing has left
                again = await self._again(entry, permit)
            except CarrierUnavailable:
                return permit, _NOT_REACHED
            if again is None:
                return None
            entry = again
        return (permit, _NOT_REACHED) if permit else None

    async def _submit(self, entry: Entry) -> Permit | None:
        try:
            return await self.sending.submit(entry, self.times.lease)
        except StoreUnavailable:
            await self._in_time(lambda: self._take_back(entry))
            raise

    async def _take_back(self, entry: Entry) -> None:
        """It may be submitted, without our knowing: nothing has left, so it need not be found out later."""
        outbox = self.sending.outbox
        now = await outbox.entry(entry.id)
        if now.state is State.SUBMITTING and now.revision == entry.revision + 1:
            record = outbox.record(
                now, RecordKind.POSTPONED, text="the store did not answer: nothing was sent"
            )
            with suppress(Lost):
                await outbox.release(now, self.sending.pipeline.store.now(), record)

    async def _again(self, entry: Entry, permit: Permit) -> Entry | None:
        """The entry as it was submitted, to be submitted anew; None when somebody else moved it."""
        now = await self.sending.outbox.entry(entry.id)
        ours = now.state is State.SUBMITTING and now.hand_over == permit.decision_id
        return now if ours else None

    async def _in_time(self, step: Callable[[], Awaitable[object]]) -> None:
        """What is known must be written down, also when the store is away for some seconds."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + self.times.settle
        while True:
            try:
                await step()
            except StoreUnavailable:
                if loop.time() + _PAUSE > deadline:
                    raise
                await asyncio.sleep(_PAUSE)
            else:
                return

    async def _put_off(self, entry: Entry, seconds: float) -> None:
        due = self.sending.pipeline.store.now() + timedelta(seconds=seconds)
        with suppress(Lost):  # stopped, or taken over
            await self.sending.outbox.release(entry, due)


def _code(outcome: Outcome) -> int:
    """The provider's own; 0 for none."""
    code = outcome.code if isinstance(outcome, Rejected | Postponed) else 0
    return code if code >= _PROVIDERS_OWN else 0
