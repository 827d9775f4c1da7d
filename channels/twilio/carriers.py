"""Ways out for texts and calls: one POST each, its permit redeemed when a connection is ready and nothing has left."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from channels.carrier import Carrier, Outcome, Postponed, check_message
from channels.sms.message import Text
from channels.twilio import outcomes
from channels.twilio.client import TwilioClient
from channels.twilio.resources import Created, Lost, Refused
from channels.voice.message import Call
from suppression.errors import CarrierUnavailable
from suppression.store.permit import Permit

NOT_REACHED = "unavailable"  # the status of a Postponed for which Twilio was not reached


class Places:
    """As many hand-overs at a time as there are connections, in the order in which they were asked for."""

    def __init__(self, client: TwilioClient) -> None:
        self._free = asyncio.Semaphore(client.endpoint.connections)
        self._patience = client.endpoint.connect_timeout

    @asynccontextmanager
    async def one(self) -> AsyncIterator[None]:
        """CarrierUnavailable when none becomes free in time."""
        try:
            async with asyncio.timeout(self._patience):
                await self._free.acquire()
        except TimeoutError:
            raise CarrierUnavailable("twilio: all connections are busy") from None
        try:
            yield
        finally:
            self._free.release()


class TwilioTexts:
    """Texts' carriers over one account. Closing closes its client; texts and calls may share that."""

    def __init__(self, client: TwilioClient) -> None:
        self._client = client
        self._places = Places(client)
        self._carrier = TextCarrier(client)

    @asynccontextmanager
    async def ready(self) -> AsyncIterator[Carrier[Text]]:
        async with self._places.one():
            yield self._carrier

    async def close(self) -> None:
        await self._client.close()


class TwilioCalls:
    """Calls' carriers over one account."""

    def __init__(self, client: TwilioClient) -> None:
        self._client = client
        self._places = Places(client)
        self._carrier = CallCarrier(client)

    @asynccontextmanager
    async def ready(self) -> AsyncIterator[Carrier[Call]]:
        async with self._places.one():
            yield self._carrier

    async def close(self) -> None:
        await self._client.close()


class TextCarrier:
    """See `channels.carrier.Carrier`."""

    def __init__(self, client: TwilioClient) -> None:
        self._client = client

    async def send(self, message: Text, permit: Permit) -> Outcome:
        check_message(message.id, permit)
        to = permit.address.text
        return await _outcome(lambda: self._client.create_message(to, message, permit.redeem))


class CallCarrier:
    """See `channels.carrier.Carrier`."""

    def __init__(self, client: TwilioClient) -> None:
        self._client = client

    async def send(self, message: Call, permit: Permit) -> Outcome:
        check_message(message.id, permit)
        to = permit.address.text
        return await _outcome(lambda: self._client.create_call(to, message, permit.redeem))


async def _outcome(create: Callable[[], Awaitable[Created]]) -> Outcome:
    """PermitExpired comes through: nothing had left."""
    try:
        return outcomes.taken(await create())
    except Refused as refusal:
        return outcomes.refused(refusal)
    except Lost as loss:
        return outcomes.lost(loss)
    except CarrierUnavailable as error:
        return Postponed(0, NOT_REACHED, error.peer_text)
