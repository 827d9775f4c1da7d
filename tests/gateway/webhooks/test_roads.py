"""Each type of event, produced the way it comes about, told to a real receiver and verified by the library."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any

import pytest

from channels.email.providers.events import EventKind
from gateway.confirmations.data_requests import requests
from gateway.confirmations.wishes import Kind, Wish
from gateway.duties.telling import Telling
from gateway.inbound.applying import Applying, Finding
from gateway.phones.sending import Sending
from gateway.roads.changes import Changes
from gateway.roads.pipeline import Ask, Pipeline
from gateway.webhooks.delivering import Delivering
from gateway.webhooks.events import drafts
from gateway.webhooks.subscriptions import EventType, Subscription, Webhooks
from suppression.address import parse
from suppression.decision import Reason
from suppression.model import App, Basis, Channel, Recipient, Scope, Way
from suppression.outbox import Delivery, Draft, State
from suppression.purposes import Catalogue
from suppression.records import Record, RecordKind
from suppression.store import codec
from suppression.store.event_entries import EventEntries
from suppression.store.outbox import Outbox
from suppression.store.permit import Permit
from suppression.store.store import Store
from tests.conftest import SENDER
from tests.gateway.webhooks.receiver import Receiver, to_loopback

CATALOGUE = Catalogue.shipped()
SHOP = App("shop", "brand")
EMAIL = frozenset({Channel.EMAIL})
PROMOTIONS = CATALOGUE.find("marketing/promotions")


@dataclass
class Company:
    """One process's roads, and its apps' receivers."""

    store: Store
    receivers: dict[str, Receiver]
    webhooks: Webhooks

    def __post_init__(self) -> None:
        self.store.steps.events = drafts(self.webhooks)
        self.changes = Changes(self.store)
        self.pipeline = Pipeline(self.store, CATALOGUE, {"brand": SENDER})
        self.outbox = Outbox(self.store)
        self.sending = Sending(self.pipeline, self.outbox, {"shop": SHOP})
        self.applying = Applying(self.store, self.changes)
        self.delivering = Delivering(to_loopback(), within=5)
        self.telling = Telling(EventEntries(self.store), self.webhooks, self.delivering, ())

    async def told(self) -> dict[str, list[dict[str, Any]]]:
        """What each app hears of what happened until now."""
        for receiver in self.receivers.values():
            receiver.came.clear()
        for shard in self.store.shards.all:
            for entry in await self.outbox.claim(shard.number, 100, 30):
                if entry.event is not None:
                    await self.telling.tell(entry)
        return {
            app: [came.verified() for came in receiver.came]
            for app, receiver in self.receivers.items()
            if receiver.came
        }

    async def shop_hears(self) -> list[dict[str, Any]]:
        told = await self.told()
        return sorted(told.get("shop", []), key=lambda event: str(event["timestamp"]))

    async def suppress(self, recipient: Recipient, scope: Scope, **given: Any) -> str:
        said = {
            "reason": Reason.UNSUBSCRIBED,
            "way": Way.LINK,
            "source": "link",
            "actor": "recipient",
        } | given
        return (await self.changes.suppress(recipient, scope, **said)).handle

    async def consent(self, recipient: Recipient) -> str:
        applied = await self.changes.consent(
            recipient,
            Scope(EMAIL, "marketing", "brand"),
            basis=Basis.OPT_IN,
            source="form",
            actor="shop",
            at=self.store.now(),
            evidence={"wording": "v1"},
        )
        return applied.handle

    async def text(self) -> str:
        """The id of a text that was submitted."""
        purpose = CATALOGUE.find("transactional/orders")
        ask = Ask(SHOP, Channel.SMS, purpose, parse("+12025550143", "sms"))
        accepted = await self.sending.accept(ask, Draft(b"12345678", {"body": "On its way."}))
        for shard in self.store.shards.all:
            for entry in await self.outbox.claim(shard.number, 10, 30):
                assert isinstance(await self.sending.submit(entry, 30), Permit)
        return accepted.id


@asynccontextmanager
async def opened(store: Store) -> AsyncIterator[Company]:
    """Two apps of the brand, and one of another sender."""
    async with Receiver().open() as shop, Receiver().open() as crm, Receiver().open() as partner:
        subscriptions: list[Subscription] = [
            shop.subscription("shop"),
            crm.subscription("crm"),
            partner.subscription("partner", "other"),
        ]
        company = Company(
            store,
            {"shop": shop, "crm": crm, "partner": partner},
            Webhooks({each.app: each for each in subscriptions}),
        )
        yield company
        await company.delivering.close()


@pytest.fixture
async def company(store: Store) -> AsyncIterator[Company]:
    async with opened(store) as company:
        yield company


async def test_suppressed_and_lifted(company: Company, ann: Recipient) -> None:
    stop = await company.suppress(ann, Scope(EMAIL, "marketing/promotions", "brand"))
    told = await company.told()
    assert list(told) == ["shop", "crm"]
    (event,) = told["shop"]
    assert told["crm"] == [event]
    assert event["type"] == EventType.SUPPRESSED
    assert (event["data"]["recipient"], event["data"]["entry"]) == ("ann@example.net", stop)
    assert event["data"]["scope"] == {
        "channels": ["email"],
        "purpose": "marketing/promotions",
        "sender": "brand",
        "app": "*",
    }
    record = await company.store.log.find(event["data"]["record"])
    assert record.kind is RecordKind.SUPPRESSED

    await company.changes.lift(stop, actor="agent", reason="asked", evidence={"ticket": "1"})
    (lifted,) = await company.shop_hears()
    assert (lifted["type"], lifted["data"]["entry"]) == (EventType.LIFTED, stop)


async def test_a_stop_of_everything_is_told_to_all_apps_for_each_address_of_the_person(
    company: Company, ann: Recipient
) -> None:
    await company.suppress(ann, Scope())
    told = await company.told()
    assert set(told) == {"shop", "crm", "partner"}


async def test_refused(company: Company, ann: Recipient) -> None:
    assert ann.address is not None
    refused = await company.pipeline.peek(Ask(SHOP, Channel.EMAIL, PROMOTIONS, ann.address))
    assert refused is not None
    told = await company.told()
    assert list(told) == ["shop"]
    (event,) = told["shop"]
    assert event["type"] == EventType.REFUSED
    assert event["data"]["record"] == refused.decision_id
    assert (event["data"]["reason"], event["data"]["app"]) == ("no_consent", "shop")


async def test_bounced_and_then_suppressed(company: Company, ann: Recipient) -> None:
    finding = Finding(
        ann, EventKind.ADDRESS_FAULT, "ses:bounce", "ses", "e1", sender="brand", app="shop", status="5.1.1"
    )
    await company.applying.apply(finding)
    await company.applying.apply(finding)  # reported again
    told = await company.told()
    events = sorted(told["shop"], key=lambda event: str(event["type"]))
    assert [event["type"] for event in events] == ["bounced", "suppressed"]
    assert events[0]["data"]["details"] == {"kind": "address_fault"}
    assert events[0]["data"]["status"] == "5.1.1"
    assert events[1]["data"]["reason"] == "undeliverable"
    assert [event["type"] for event in told["crm"]] == ["suppressed"]  # the bounce is the shop's own


async def test_complained(company: Company, ann: Recipient) -> None:
    await company.applying.apply(
        Finding(ann, EventKind.COMPLAINT, "arf:abuse", "mail", "e1", sender="brand", app="shop")
    )
    (event,) = await company.shop_hears()
    assert (event["type"], event["data"]["reason"]) == (EventType.COMPLAINED, "complained")


@pytest.mark.parametrize(
    ("delivery", "kind"),
    [(Delivery.DELIVERED, EventType.DELIVERED), (Delivery.UNDELIVERED, EventType.FAILED)],
)
async def test_delivered_and_failed(company: Company, delivery: Delivery, kind: EventType) -> None:
    message = await company.text()
    await company.outbox.report(message, Delivery.SENT, reference="SM1")
    await company.outbox.report(message, delivery, reference="SM1", code=30003, text="Unreachable")
    assert (await company.outbox.entry(message)).state is State.SENT
    told = await company.told()
    assert list(told) == ["shop"]
    (event,) = told["shop"]
    assert event["type"] == kind
    assert (event["data"]["message"], event["data"]["recipient"]) == (message, "+12025550143")
    assert event["data"]["channel"] == "sms"


async def test_consented_and_withdrawn(company: Company, ann: Recipient) -> None:
    consent = await company.consent(ann)
    await company.consent(ann)  # known
    (event,) = await company.shop_hears()
    assert (event["type"], event["data"]["entry"]) == (EventType.CONSENTED, consent)
    await company.changes.withdraw(consent, actor="recipient")
    (event,) = await company.shop_hears()
    assert (event["type"], event["data"]["entry"]) == (EventType.WITHDRAWN, consent)


async def test_erasure_requested_names_whom_to_erase(company: Company, ann: Recipient) -> None:
    """Though nothing that names them is kept here by then."""
    await company.consent(ann)
    await company.told()
    wish = Wish(Kind.ERASURE, "brand", "preferences", "recipient", company.store.now())
    take_up = requests(company.store, company.changes)
    for _ in range(2):
        await take_up(ann, wish, {}, "request-1")
    assert await company.store.address(ann.key) is None
    events = await company.shop_hears()
    assert sorted(event["type"] for event in events) == ["erasure_requested", "suppressed"]
    assert {event["data"]["recipient"] for event in events} == {"ann@example.net"}
    assert {event["data"].get("reason") for event in events} == {None, "erased"}


async def test_change_requested(company: Company, ann: Recipient) -> None:
    record = Record(
        RecordKind.REQUESTED,
        codec.milliseconds(company.store.now()),
        recipient=ann.key.hex(),
        sender="brand",
        details={"what": "change"},
    )
    await company.store.log_record(ann.key, record)
    (event,) = await company.shop_hears()
    assert event["type"] == EventType.CHANGE_REQUESTED


async def test_an_export_is_between_the_recipient_and_support(company: Company, ann: Recipient) -> None:
    wish = Wish(Kind.EXPORT, "brand", "preferences", "recipient", company.store.now())
    await requests(company.store, company.changes)(ann, wish, {}, "request-1")
    assert await company.told() == {}


async def test_an_app_of_another_sender_hears_nothing_of_ours(company: Company, ann: Recipient) -> None:
    assert ann.address is not None
    await company.consent(ann)
    await company.suppress(ann, Scope(EMAIL, "marketing", "brand"))
    await company.pipeline.peek(Ask(SHOP, Channel.EMAIL, PROMOTIONS, ann.address))
    await company.suppress(ann, Scope(EMAIL, "marketing", "other"))
    told = await company.told()
    assert [event["data"]["scope"]["sender"] for event in told["partner"]] == ["other"]
    assert "other" not in repr(told["shop"])
    assert len(told["shop"]) == 3
    assert len(told["crm"]) == 2


async def test_the_webhook_id_is_the_same_for_both_apps_and_the_body_too(
    company: Company, ann: Recipient
) -> None:
    await company.suppress(ann, Scope(EMAIL, "marketing", "brand"))
    await company.told()
    shop, crm = company.receivers["shop"].came[0], company.receivers["crm"].came[0]
    assert (shop.id, shop.body) == (crm.id, crm.body)


async def test_an_app_that_wants_some_types_hears_those(store: Store, ann: Recipient) -> None:
    async with opened(store) as company:
        narrow = replace(company.webhooks.of_app["shop"], events=frozenset({EventType.LIFTED}))
        company.store.steps.events = drafts(Webhooks({"shop": narrow}))
        stop = await company.suppress(ann, Scope(EMAIL, "marketing", "brand"))
        await company.changes.lift(stop, actor="agent", reason="asked", evidence={"ticket": "1"})
        assert [event["type"] for event in await company.shop_hears()] == ["lifted"]
