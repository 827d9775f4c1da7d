"""Questions by mail when the next hop is away, says no, or its answer is lost: what is claimed, and what is not."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from channels.carrier import Carrier, Outcome, Postponed, Rejected, Sent, Unknown
from channels.email.mail import Mail
from gateway.confirmations.confirming import AskedAlready, Barred, Confirmations
from gateway.confirmations.data_requests import requests
from gateway.confirmations.wishes import Kind, Pending, Wish, from_fields, to_fields
from gateway.links import Links
from gateway.roads.changes import Changes
from gateway.roads.pipeline import Pipeline
from gateway.smtp.composing import Composer
from gateway.smtp.copies import Relay
from gateway.smtp.own_mail import OwnMail
from gateway.smtp.signers import Signers
from suppression.address import parse
from suppression.errors import CarrierUnavailable, Unavailable
from suppression.model import Channel, Recipient, Scope, Sender
from suppression.purposes import Catalogue
from suppression.store.permit import Permit
from suppression.store.store import Store
from suppression.token import TokenKeys

SENDERS = {"brand": Sender("brand", "The Brand", list_domain="example.com", from_address="hello@example.com")}


class Hop:
    """A next hop that says what it is told to; None: there is no connection."""

    def __init__(self) -> None:
        self.says: Outcome | None = Sent("ok")
        self.taken: list[Mail] = []

    @asynccontextmanager
    async def ready(self) -> AsyncIterator[Carrier[Mail]]:
        if self.says is None:
            raise CarrierUnavailable("away")
        yield self

    async def send(self, message: Mail, permit: Permit) -> Outcome:
        permit.redeem()
        assert self.says is not None
        self.taken.append(message)
        return self.says

    async def close(self) -> None:
        """Nothing is held."""


@pytest.fixture
def hop() -> Hop:
    return Hop()


@pytest.fixture
def confirmations(store: Store, hop: Hop) -> Confirmations:
    pipeline = Pipeline(store, Catalogue.shipped(), SENDERS)
    keys = TokenKeys({1: b"t" * 32}, 1)
    links = Links("https://mail.example.com", keys, SENDERS, [], lambda: pipeline.catalogue)
    composer = Composer("gw.example.com", SENDERS, links, pipeline.recipient, {"brand": Signers()})
    post = OwnMail(Relay(pipeline, hop), composer).send
    changes = Changes(store)
    return Confirmations(store, pipeline, links, SENDERS, post, requests(store, changes), changes=changes)


def wish(store: Store, purpose: str = "marketing/promotions", kind: Kind = Kind.CONSENT) -> Wish:
    scopes = (Scope(frozenset({Channel.EMAIL}), purpose, "brand"),) if kind is Kind.CONSENT else ()
    return Wish(kind, "brand", "form", "tester", store.now(), {"a": "b"}, scopes)


@pytest.mark.parametrize("said", [None, Postponed(451, "4.3.0", "later")])
async def test_what_could_not_be_handed_over_claims_nothing(
    store: Store, ann: Recipient, hop: Hop, confirmations: Confirmations, said: Outcome | None
) -> None:
    hop.says = said
    with pytest.raises(Unavailable):
        await confirmations.ask(ann, wish(store), "shop")

    hop.says = Sent("ok")
    assert (await confirmations.ask(ann, wish(store, "marketing/surveys"), "shop")).sent


async def test_after_a_lost_answer_it_may_be_asked_again(
    store: Store, ann: Recipient, hop: Hop, confirmations: Confirmations
) -> None:
    """Better asked twice than never: the first mail may have gone nowhere."""
    hop.says = Unknown("connection lost")
    with pytest.raises(Unavailable):
        await confirmations.ask(ann, wish(store), "shop")

    hop.says = Sent("ok")
    assert (await confirmations.ask(ann, wish(store), "shop")).sent


async def test_an_address_that_refuses_mail_is_not_asked_again(
    store: Store, ann: Recipient, hop: Hop, confirmations: Confirmations
) -> None:
    hop.says = Rejected(550, "5.1.1", "no such user")
    for _ in range(2):
        with pytest.raises(Barred):
            await confirmations.ask(ann, wish(store), "shop")
    assert len(hop.taken) == 1


async def test_a_request_about_data_does_not_wait_for_a_weeks_end(
    store: Store, ann: Recipient, hop: Hop, confirmations: Confirmations
) -> None:
    await confirmations.ask(ann, wish(store), "shop")
    for kind in (Kind.EXPORT, Kind.ERASURE):
        assert (await confirmations.ask(ann, wish(store, kind=kind), "shop")).sent
    with pytest.raises(AskedAlready):
        await confirmations.ask(ann, wish(store, "marketing/surveys"), "shop")
    assert len(hop.taken) == 3


async def test_the_claim_lasts_a_week_in_the_store(
    store: Store, ann: Recipient, confirmations: Confirmations
) -> None:
    await confirmations.ask(ann, wish(store), "shop")

    lane, shard = store.client.stops, store.shards.of(ann.key)
    markers = await lane.execute("KEYS", shard.seen("*"))
    left = max([await lane.execute("PTTL", marker) for marker in markers])
    assert 6.9 * 86_400_000 < left <= 7 * 86_400_000


async def test_an_address_beyond_ascii_is_told_to_the_hop(
    store: Store, hop: Hop, confirmations: Confirmations
) -> None:
    await confirmations.ask(store.keyring.recipient(parse("jörg@example.net")), wish(store), "shop")
    [mail] = hop.taken
    assert mail.options == ("SMTPUTF8",)
    assert "To: <jörg@example.net>".encode() in mail.raw


def test_a_wish_comes_back_as_it_was(store: Store) -> None:
    for kind in Kind:
        pending = Pending(wish(store, kind=kind), "0" * 16)
        assert from_fields(to_fields(pending)) == pending
