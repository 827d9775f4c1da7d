"""After an outage: what came in meanwhile is listed at Twilio and taken, once, in its order."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest

from channels.twilio.resources import TwilioMessage
from gateway.duties.catching_up import LONGEST, OVERLAP, CatchingUp, Source
from gateway.phones.replies import KEPT, Replies
from gateway.phones.sending import Sending
from gateway.phones.text_answers import Received, TextAnswers
from gateway.roads.changes import Changes
from gateway.roads.pipeline import Pipeline
from suppression.address import parse
from suppression.errors import CarrierUnavailable, StoreUnavailable
from suppression.model import Recipient, Sender, TextSettings
from suppression.purposes import Catalogue
from suppression.store import codec
from suppression.store.outbox import Outbox
from suppression.store.reviews import Reviews
from suppression.store.store import Store

NUMBER, BOB = "+12025550100", "+12025550143"
SHOP = Sender("shop", "The Shop", texts=TextSettings((NUMBER,), opt_out="off"))
STOPS = 3  # entries of a plain STOP


@dataclass
class Listing:
    """Twilio's list of what came in. `asked`: since when."""

    texts: list[TwilioMessage] = field(default_factory=list)
    asked: list[datetime] = field(default_factory=list)
    away: bool = False

    async def inbound_since(self, number: str, since: datetime) -> Sequence[TwilioMessage]:
        self.asked.append(since)
        if self.away:
            raise CarrierUnavailable("away")
        return [text for text in self.texts if text.to == number and text.at >= since]


@dataclass
class Inbox:
    store: Store
    replies: Replies
    outbox: Outbox
    listing: Listing
    duty: CatchingUp
    source: Source

    def came(self, body: str, ago: float = 60, sender: str = BOB) -> TwilioMessage:
        """To our number, so many seconds ago."""
        at = self.store.server_now() - timedelta(seconds=ago)
        sid = f"SM{len(self.listing.texts):032x}"
        text = TwilioMessage(sid, "inbound", "received", sender, NUMBER, "", body, at, 0)
        self.listing.texts.append(text)
        return text

    async def by_webhook(self, text: TwilioMessage) -> None:
        await self.replies.take(Received(text.sid, self.bob, SHOP, NUMBER, text.body, self.store.now()))

    @property
    def bob(self) -> Recipient:
        return self.store.keyring.recipient(parse(BOB))

    async def stops(self) -> int:
        return len((await self.store.facts(self.bob)).suppressions)

    async def caught_up(self) -> int:
        return await self.duty.catch_up(self.source)


@pytest.fixture
async def inbox(store: Store) -> Inbox:
    pipeline = Pipeline(store, Catalogue.shipped(), {"shop": SHOP})
    outbox = Outbox(store)
    sending = Sending(pipeline, outbox, {})
    replies = Replies(
        store,
        Changes(store),
        Reviews(store),
        TextAnswers(sending.accept, Catalogue.shipped, store.now),
    )
    listing = Listing()
    source = Source("AC1", listing, {NUMBER: SHOP})
    made = Inbox(store, replies, outbox, listing, CatchingUp(store, [source], replies.take), source)
    await made.caught_up()  # the first start
    return made


async def test_at_the_first_start_nothing_is_asked(inbox: Inbox) -> None:
    assert inbox.listing.asked == []


async def test_what_nobody_answered_is_taken(inbox: Inbox) -> None:
    inbox.came("STOP")

    assert await inbox.caught_up() == 1
    assert await inbox.stops() == STOPS


async def test_what_the_webhook_took_has_no_second_effect(inbox: Inbox) -> None:
    stop = inbox.came("STOP")
    await inbox.by_webhook(stop)
    before = len(await inbox.store.log.of(inbox.bob.key))
    for _ in range(3):
        await inbox.caught_up()

    assert len(await inbox.store.log.of(inbox.bob.key)) == before
    assert len(await inbox.outbox.waiting(inbox.bob)) == 1


async def test_each_pass_begins_a_little_before_the_last_one(inbox: Inbox) -> None:
    began = inbox.store.server_now()
    await inbox.caught_up()

    assert abs(inbox.listing.asked[-1] + OVERLAP - began) < timedelta(seconds=5)


async def test_what_could_not_be_listed_is_listed_the_next_time(inbox: Inbox) -> None:
    inbox.came("STOP")
    inbox.listing.away = True
    with pytest.raises(CarrierUnavailable):
        await inbox.caught_up()
    inbox.listing.away = False
    await inbox.caught_up()

    assert inbox.listing.asked[0] == inbox.listing.asked[1]
    assert await inbox.stops() == STOPS


async def test_after_weeks_it_looks_back_for_days(inbox: Inbox) -> None:
    long_ago = inbox.store.server_now() - timedelta(days=60)
    await inbox.store.client.bulk.execute("SET", "{catching-up}AC1", round(long_ago.timestamp() * 1000))
    await inbox.caught_up()

    assert inbox.store.server_now() - inbox.listing.asked[-1] < LONGEST + timedelta(seconds=5)
    assert LONGEST < KEPT, "what is looked at again is known again"


class TestOrder:
    async def test_the_last_word_counts(self, inbox: Inbox) -> None:
        inbox.came("START", ago=30)
        inbox.came("STOP", ago=60)
        await inbox.caught_up()

        assert await inbox.stops() == 0

    async def test_also_when_it_is_stop(self, inbox: Inbox) -> None:
        inbox.came("STOP", ago=30)
        inbox.came("START", ago=60)
        await inbox.caught_up()

        assert await inbox.stops() == STOPS

    async def test_a_start_ends_no_stop_that_the_webhook_took_after_it(self, inbox: Inbox) -> None:
        inbox.came("START", ago=60)
        await inbox.by_webhook(inbox.came("STOP", ago=0))
        await inbox.caught_up()

        assert await inbox.stops() == STOPS

    async def test_nor_one_that_was_said_again_after_it(self, inbox: Inbox) -> None:
        await inbox.by_webhook(inbox.came("STOP", ago=5000))
        inbox.came("START", ago=60)
        await inbox.by_webhook(inbox.came("STOP", ago=0))
        await inbox.caught_up()

        assert await inbox.stops() == STOPS


async def test_a_stop_of_minutes_ago_is_confirmed(inbox: Inbox) -> None:
    inbox.came("STOP", ago=200)
    await inbox.caught_up()

    assert len(await inbox.outbox.waiting(inbox.bob)) == 1


async def test_an_older_one_is_not(inbox: Inbox) -> None:
    inbox.came("STOP", ago=301)
    inbox.came("HELP", ago=301)
    await inbox.caught_up()

    assert await inbox.outbox.waiting(inbox.bob) == []
    assert await inbox.stops() == STOPS


async def test_one_that_cannot_be_taken_keeps_back_no_other(inbox: Inbox) -> None:
    inbox.came("STOP", ago=90, sender="12345")
    inbox.came("STOP", ago=60)
    taken: list[str] = []

    async def take(received: Received, made: set[str]) -> None:
        taken.append(received.text)
        if received.text == "bad":
            raise RuntimeError("a defect")
        await inbox.replies.take(received, made)

    inbox.came("bad", ago=75)
    await CatchingUp(inbox.store, [inbox.source], take).catch_up(inbox.source)

    assert taken == ["bad", "STOP"]
    assert await inbox.stops() == STOPS


async def test_one_that_could_not_be_taken_is_tried_again_though_others_came_since(inbox: Inbox) -> None:
    """It may be somebody's stop: looking back only a little would pass over it for good."""
    inbox.came("STOP", ago=3600)
    broken = True

    async def take(received: Received, made: set[str]) -> None:
        if broken and received.text == "STOP":
            raise RuntimeError("a defect")
        await inbox.replies.take(received, made)

    key = "{catching-up}" + inbox.source.account
    long_ago = codec.milliseconds(inbox.store.server_now() - timedelta(hours=2))
    await inbox.store.client.bulk.execute("SET", key, long_ago)
    duty = CatchingUp(inbox.store, [inbox.source], take)
    await duty.catch_up(inbox.source)
    inbox.came("hello", ago=1)
    await duty.catch_up(inbox.source)
    assert await inbox.stops() == 0

    broken = False
    await duty.catch_up(inbox.source)
    assert await inbox.stops() == STOPS


async def test_a_store_that_goes_away_leaves_the_rest_for_later(inbox: Inbox) -> None:
    inbox.came("STOP")

    async def take(_received: Received, _made: set[str]) -> None:
        raise StoreUnavailable("away")

    with pytest.raises(StoreUnavailable):
        await CatchingUp(inbox.store, [inbox.source], take).catch_up(inbox.source)
    await inbox.caught_up()

    assert await inbox.stops() == STOPS


async def test_one_process_at_a_time(inbox: Inbox) -> None:
    others = [CatchingUp(inbox.store, [inbox.source], inbox.replies.take) for _ in range(5)]

    assert [await duty._mine(300) for duty in others] == [True, False, False, False, False]
