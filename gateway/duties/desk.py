"""The dispatcher of one process, put together: finds what is due, deals with it by its state, drains when told."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress

from gateway.duties.dispatcher import IN_HAND, Dispatcher
from gateway.duties.dispatching import Dispatching, Learn
from gateway.duties.gates import Gates
from gateway.duties.leaving import Composer, HookUrl
from gateway.duties.settling import Settling
from gateway.duties.telling import Telling
from gateway.duties.times import TIMES, Times
from gateway.duties.ways import Way, judge
from gateway.phones.sending import Sending
from gateway.state.pace import Pace
from suppression.model import Channel, Sender
from suppression.outbox import Entry, State


async def _nothing(_entry: Entry, _code: int) -> None:
    """Nobody wants to know."""


class Desk:
    """`ways`: by sender's name, each sender's account. `gates`: for whoever hears of faults later.

    telling  of events to apps; None where there are no webhooks
    learn   what a code of the provider's says of a recipient: `gateway.phones.provider_codes`
    """

    def __init__(
        self,
        sending: Sending,
        senders: Mapping[str, Sender],
        hook_url: HookUrl,
        ways: Mapping[str, Way],
        learn: Learn = _nothing,
        *,
        telling: Telling | None = None,
        times: Times = TIMES,
        in_hand: int = IN_HAND,
    ) -> None:
        store = sending.pipeline.store
        self.gates = Gates(Pace(store.client.sends), lambda channel, name: _rate(senders.get(name), channel))
        composer = Composer(senders, hook_url)
        dispatching = Dispatching(sending, self.gates, composer, ways, judge, learn, times)
        settling = Settling(sending, composer, ways, times)
        self._telling = telling

        async def deal_with_leased(entry: Entry) -> None:
            if entry.event is None:
                await dispatching.dispatch(entry)
            elif telling is not None:  # else it waits until one is started that tells
                await telling.tell(entry)

        deal = {
            State.LEASED: deal_with_leased,
            State.SUBMITTING: settling.settle,
            State.CANCELLING: settling.cancel,
        }
        self._dispatcher = Dispatcher(sending.outbox, store, deal, lease=times.lease, in_hand=in_hand)
        self._running: asyncio.Task[None] | None = None

    def start(self) -> "asyncio.Task[None]":
        """Runs until it is drained."""
        self._running = asyncio.create_task(self._dispatcher.run())
        return self._running

    def look(self) -> None:
        """The clock was set: what is due now is another question."""
        self._dispatcher.look()

    async def drain(self, seconds: float) -> None:
        """Claim nothing more; put back what has not begun; finish what has, within the time."""
        self.gates.close()
        if self._telling is not None:
            self._telling.close()
        if self._running is not None:
            self._running.cancel()
            with suppress(asyncio.CancelledError):
                await self._running
        await self._dispatcher.drain(seconds)


def _rate(sender: Sender | None, channel: Channel) -> float | None:
    """Calls are begun no faster than the account may; texts wait at the provider if they must."""
    if channel is Channel.VOICE and sender is not None and sender.calls is not None:
        return sender.calls.per_second
    return None
