"""A dispatcher on a real store, with a stand-in for Twilio at the other end."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

from channels.twilio.carriers import TwilioCalls, TwilioTexts
from channels.twilio.client import Credentials, TwilioClient
from channels.twilio.http import Endpoint
from channels.twilio.lookup import Lookup
from gateway.duties.desk import Desk
from gateway.duties.ways import Way
from gateway.phones.sending import Sending
from gateway.roads.changes import Changes
from gateway.roads.pipeline import Ask, Pipeline
from suppression.address import parse
from suppression.decision import Reason
from suppression.model import App, CallSettings, Channel, Scope, Sender, TextSettings
from suppression.model import Way as WayOut
from suppression.outbox import Accepted, Draft, Entry, State
from suppression.purposes import Catalogue
from suppression.store.outbox import Outbox
from suppression.store.store import Store
from tests.conftest import SENDER
from tests.twilio_stand_in import ACCOUNT, TOKEN, StandIn

CATALOGUE = Catalogue.shipped()
ORDERS, CALLS, PROMOTIONS = "transactional/orders", "transactional/security", "marketing/promotions"
BRAND = replace(
    SENDER,
    texts=TextSettings(numbers=("+12025550100",)),
    calls=CallSettings(numbers=("+12025550101",), per_second=50),
)
OTHER = replace(BRAND, name="other", texts=TextSettings(service="MG" + "0" * 32))
SENDERS = {sender.name: sender for sender in (BRAND, OTHER)}
APPS = {"shop": App("shop", "brand"), "other": App("other", "other")}


def hook_url(hook: str, entry_id: str) -> str:
    return f"https://gateway.example.com/hooks/twilio{hook}?m={entry_id}&k=k"


def number_of(n: int) -> str:
    """In Washington; a hundred of each exchange are for fiction."""
    return f"+1202555{n:04d}"


def endpoint(url: str, **given: Any) -> Endpoint:
    return Endpoint(url, plain_http=True, **given)


class Office:
    """One process's dispatcher. `twilio`: where its senders' accounts are, by name."""

    def __init__(
        self, store: Store, twilio: dict[str, str], senders: dict[str, Sender] | None = None
    ) -> None:
        self.store = store
        self.senders = senders or SENDERS
        self.pipeline = Pipeline(store, CATALOGUE, self.senders)
        self.outbox = Outbox(store)
        self.sending = Sending(self.pipeline, self.outbox, APPS)
        self.changes = Changes(store)
        self._numbers = itertools.count(1)
        self._clients = {
            name: TwilioClient(Credentials(ACCOUNT, ACCOUNT, TOKEN), endpoint(url))
            for name, url in twilio.items()
        }
        self.ways = {
            name: Way(TwilioTexts(client), TwilioCalls(client), Lookup(client), client.cancel_call)
            for name, client in self._clients.items()
        }

    async def accept(
        self,
        to: str = "+12025550143",
        *,
        body: str = "Your order is on its way.",
        app: str = "shop",
        **given: Any,
    ) -> Accepted:
        ask = Ask(APPS[app], Channel.SMS, CATALOGUE.find(given.pop("purpose", ORDERS)), parse(to, "sms"))
        return await self.sending.accept(ask, self._draft({"body": body}, given))

    async def call(self, to: str = "+12025550143", **given: Any) -> Accepted:
        ask = Ask(
            APPS["shop"], Channel.VOICE, CATALOGUE.find(given.pop("purpose", CALLS)), parse(to, "voice")
        )
        return await self.sending.accept(
            ask, self._draft({"twiml": "<Response><Say>Hello</Say></Response>"}, given)
        )

    def _draft(self, content: dict[str, str], given: dict[str, Any]) -> Draft:
        return Draft(next(self._numbers).to_bytes(8, "big"), content, **given)

    async def accept_many(self, count: int, **given: Any) -> list[str]:
        accepted = await asyncio.gather(*(self.accept(number_of(n), **given) for n in range(count)))
        return [one.id for one in accepted]

    async def stop(self, to: str = "+12025550143", scope: Scope | None = None) -> None:
        recipient = self.pipeline.recipient(parse(to, "sms"))
        await self.changes.suppress(
            recipient,
            scope or Scope(),
            reason=Reason.UNSUBSCRIBED,
            way=WayOut.SMS,
            source="test",
            actor="recipient",
        )

    async def claim(self, lease: float = 30) -> list[Entry]:
        claimed = [await self.outbox.claim(shard.number, 10, lease) for shard in self.store.shards.all]
        return [entry for entries in claimed for entry in entries]

    async def state(self, message: str) -> State:
        return (await self.outbox.entry(message)).state

    async def kinds(self, message: str) -> list[str]:
        return [record.kind.value for record in await self.outbox.history(await self.outbox.entry(message))]

    async def until(self, message: str, *states: State, seconds: float = 10) -> None:
        await until(lambda: self._is(message, states), seconds)

    async def _is(self, message: str, states: tuple[State, ...]) -> bool:
        return await self.state(message) in states

    def desk(self, **given: Any) -> Desk:
        return Desk(self.sending, self.senders, hook_url, self.ways, **given)

    @asynccontextmanager
    async def dispatching(self, **given: Any) -> AsyncIterator[Desk]:
        desk = self.desk(**given)
        running = desk.start()
        try:
            yield desk
        finally:
            assert not running.done(), running.exception()
            await desk.drain(5)

    async def close(self) -> None:
        for client in self._clients.values():
            await client.close()


async def until(fact: Callable[[], Any], seconds: float = 10) -> None:
    """Wait for a fact, which may be asked of the store."""
    async with asyncio.timeout(seconds):
        while not (await found if asyncio.iscoroutine(found := fact()) else found):  # noqa: ASYNC110 - no event tells it
            await asyncio.sleep(0.01)


def bodies(twilio: StandIn) -> list[str]:
    return [record.body for record in twilio.sent]
