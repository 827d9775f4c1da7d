"""`/hooks/mail/{provider}`: signed webhooks over a real store."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from channels.email.providers.events import Webhook
from channels.email.providers.mailgun import Mailgun
from channels.email.providers.postmark import Postmark
from channels.email.providers.sendgrid import SendGrid
from channels.email.providers.ses import Ses
from gateway.http.app import create_app
from gateway.inbound.applying import Applying
from gateway.inbound.provider_events import MailHooks, ProviderEvents
from gateway.links import Links
from gateway.roads.changes import Changes
from suppression.address import parse
from suppression.decision import Reason
from suppression.errors import StoreUnavailable
from suppression.records import RecordKind
from suppression.store.store import Store
from suppression.store.ways_back import WayBack, WaysBack
from suppression.token import TokenKeys
from tests.channels.email.providers.signing import (
    PASSWORD,
    SIGNING_KEY,
    SUBSCRIBE_URL,
    TOPIC,
    USER,
    Amazon,
    basic,
    public_key,
    signed_by_mailgun,
    signed_by_sendgrid,
    sns,
    subscription,
)
from tests.channels.email.providers.words import ANN
from tests.gateway.http.world import APPS, PUBLIC_URL, SENDERS, RealWorld, real_world

BOUNCED = {
    "eventType": "Bounce",
    "bounce": {
        "bounceType": "Permanent",
        "bounceSubType": "NoEmail",
        "bouncedRecipients": [{"emailAddress": ANN}],
        "feedbackId": "f1",
    },
}
COMPLAINED = {"event": "complained", "id": "i1", "timestamp": 1.5, "recipient": ANN}
UNSUBSCRIBED = {"event": "unsubscribe", "email": ANN, "sg_event_id": "e1", "timestamp": 1}


@dataclass
class Hooked:
    """A world in which four providers are configured. `post`: a webhook as it would come."""

    world: RealWorld
    links: Links
    ways_back: WaysBack
    amazon: Amazon
    client: httpx.AsyncClient
    take: Callable[..., Awaitable[None]]

    async def post(self, provider: str, webhook: Webhook, **headers: str) -> httpx.Response:
        given = dict(webhook.headers) | headers
        return await self.client.post(f"/hooks/mail/{provider}", content=webhook.body, headers=given)

    async def reasons(self, address: str = ANN) -> list[Reason]:
        return [stop.reason for stop in await self.world.stops(address)]


@pytest.fixture
async def hooked(store: Store, tmp_path: Path) -> AsyncIterator[Hooked]:
    world, amazon = await real_world(store, tmp_path), Amazon()
    amazon.documents[SUBSCRIBE_URL] = b"<ConfirmSubscriptionResponse/>"
    keys = TokenKeys({1: b"t" * 32}, 1)
    links = Links(PUBLIC_URL, keys, SENDERS, APPS, world.doors.catalogue, "in.example.com")
    ways_back = WaysBack(store)
    told = ProviderEvents(
        Applying(store, Changes(store)), ways_back, links.read_back, store.keyring.recipient, {"mailgun": "other"}
    )  # fmt: skip
    readers = (
        Ses([TOPIC], amazon.fetch),
        SendGrid([public_key()]),
        Postmark(USER, PASSWORD),
        Mailgun(SIGNING_KEY),
    )
    hooks = MailHooks({one.name: one for one in readers}, told.take)
    app = create_app(replace(world.doors, mail_hooks=hooks))
    async with (
        httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url=PUBLIC_URL) as client,
        world.client,
    ):
        yield Hooked(world, links, ways_back, amazon, client, told.take)


def at_once() -> datetime:
    return datetime.now(UTC)


def by_sendgrid(*events: Any) -> Webhook:
    return signed_by_sendgrid(list(events), at=at_once())


def by_mailgun(told: Any, **more: Any) -> Webhook:
    return signed_by_mailgun(told, **({"at": at_once()} | more))


async def test_each_provider_is_believed_by_its_own_proof(hooked: Hooked) -> None:
    spam = {"RecordType": "SpamComplaint", "ID": 1, "Email": "p@example.net"}
    sent = {
        ("ses", "s@example.net"): sns(
            {
                **BOUNCED,
                "bounce": {**BOUNCED["bounce"], "bouncedRecipients": [{"emailAddress": "s@example.net"}]},  # type: ignore[dict-item]
            }
        ),
        ("sendgrid", "g@example.net"): by_sendgrid({**UNSUBSCRIBED, "email": "g@example.net"}),
        ("postmark", "p@example.net"): basic(spam),
        ("mailgun", "m@example.net"): by_mailgun({**COMPLAINED, "recipient": "m@example.net"}),
    }
    for (name, _), webhook in sent.items():
        answer = await hooked.post(name, webhook)
        assert (answer.status_code, answer.content) == (200, b"")
    assert [await hooked.reasons(address) for _, address in sent] == [
        [Reason.UNDELIVERABLE],
        [Reason.UNSUBSCRIBED],
        [Reason.COMPLAINED],
        [Reason.COMPLAINED],
    ]


@pytest.mark.parametrize(
    ("provider", "webhook", "status"),
    [
        ("ses", sns(BOUNCED, TopicArn=TOPIC + "x"), 403),
        ("ses", Webhook({}, b"{}", at_once()), 403),
        ("sendgrid", Webhook({}, b"[]", at_once()), 403),
        ("sendgrid", by_mailgun(COMPLAINED), 403),
        ("postmark", Webhook({}, b"{}", at_once()), 401),
        ("postmark", basic({"RecordType": "SpamComplaint"}, password="wrong-password"), 401),
        ("mailgun", by_mailgun(COMPLAINED, key="wrong"), 403),
        ("mailgun", Webhook({}, b"\xff", at_once()), 403),
        ("nobody", by_mailgun(COMPLAINED), 404),
        ("SES", sns(BOUNCED), 404),
    ],
)
async def test_a_stranger_is_refused_and_changes_nothing(
    hooked: Hooked, provider: str, webhook: Webhook, status: int
) -> None:
    answer = await hooked.post(provider, webhook)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert await hooked.reasons() == []


async def test_who_lacks_credentials_is_asked_for_them(hooked: Hooked) -> None:
    answer = await hooked.post("postmark", Webhook({}, b"{}", at_once()))
    assert answer.headers["www-authenticate"].startswith("Basic ")


async def test_without_a_configured_provider_there_is_no_such_route(store: Store, tmp_path: Path) -> None:
    world = await real_world(store, tmp_path)
    async with world.client:
        assert (await world.client.post("/hooks/mail/ses", content=b"{}")).status_code == 404


async def test_what_is_told_twice_has_one_effect(hooked: Hooked) -> None:
    for _ in range(3):
        assert (await hooked.post("ses", sns(BOUNCED))).status_code == 200
    kinds = [record.kind for record in await hooked.world.records(ANN)]
    assert kinds == [RecordKind.BOUNCED, RecordKind.SUPPRESSED]


async def test_two_subscriptions_to_a_topic_tell_one_thing(hooked: Hooked) -> None:
    for number in range(2):
        await hooked.post("ses", sns(BOUNCED, MessageId=f"m{number}"))
    assert len(await hooked.world.records(ANN)) == 2


async def test_a_whole_batch_is_stored_before_it_is_answered(hooked: Hooked) -> None:
    people = [f"p{number}@example.net" for number in range(300)]
    batch = [UNSUBSCRIBED | {"email": who, "sg_event_id": who} for who in people]
    batch += [{"event": "open", "email": ANN}, {"event": "bounce", "email": "no address"}]
    assert (await hooked.post("sendgrid", by_sendgrid(*batch))).status_code == 200
    assert [await hooked.reasons(who) for who in people] == [[Reason.UNSUBSCRIBED]] * 300


async def test_while_the_store_is_away_nothing_is_answered_with_success(hooked: Hooked) -> None:
    await hooked.world.go_away()
    for name, webhook in {
        "ses": sns(BOUNCED),
        "sendgrid": by_sendgrid(UNSUBSCRIBED),
        "mailgun": by_mailgun(COMPLAINED),
        "postmark": basic({"RecordType": "SpamComplaint", "ID": 1, "Email": ANN}),
    }.items():
        answer = await hooked.post(name, webhook)
        assert answer.status_code == 503
        assert int(answer.headers["retry-after"]) > 0


async def test_a_batch_of_which_one_event_is_not_stored_is_to_be_said_again(hooked: Hooked) -> None:
    """The others are, and are not again."""
    batch = [UNSUBSCRIBED | {"email": f"p{n}@example.net", "sg_event_id": f"e{n}"} for n in range(20)]

    async def take(provider: str, events: Any) -> None:
        await hooked.take(provider, events[:7])
        raise StoreUnavailable("cut off")

    reader = SendGrid([public_key()])
    broken = create_app(replace(hooked.world.doors, mail_hooks=MailHooks({"sendgrid": reader}, take)))
    transport = httpx.ASGITransport(app=broken)
    async with httpx.AsyncClient(transport=transport, base_url=PUBLIC_URL) as client:
        webhook = by_sendgrid(*batch)
        answer = await client.post(
            "/hooks/mail/sendgrid", content=webhook.body, headers=dict(webhook.headers)
        )
    assert answer.status_code == 503
    assert (await hooked.post("sendgrid", webhook)).status_code == 200
    for number in range(20):
        assert len(await hooked.world.records(f"p{number}@example.net")) == 1


async def test_a_signature_of_mailgun_is_good_for_one_body(hooked: Hooked) -> None:
    """It does not cover the body: whoever saw one could else write any event under it."""
    first = by_mailgun(COMPLAINED)
    forged = by_mailgun(COMPLAINED | {"recipient": "eve@example.net"})
    assert (await hooked.post("mailgun", first)).status_code == 200
    assert (await hooked.post("mailgun", forged)).status_code == 403
    assert (await hooked.post("mailgun", first)).status_code == 200
    assert await hooked.reasons("eve@example.net") == []


async def test_a_subscription_is_confirmed_and_answered(hooked: Hooked) -> None:
    assert (await hooked.post("ses", subscription())).status_code == 200
    assert hooked.amazon.asked[-1] == SUBSCRIBE_URL


async def test_where_amazon_does_not_answer_the_webhook_is_to_be_said_again(hooked: Hooked) -> None:
    hooked.amazon.documents.clear()
    assert (await hooked.post("ses", sns(BOUNCED))).status_code == 503


async def test_a_body_that_is_too_large_is_not_read(hooked: Hooked) -> None:
    huge = b"[" + b" " * (9 << 20) + b"]"
    assert (await hooked.post("sendgrid", signed_by_sendgrid(huge, at=at_once()))).status_code == 413
    assert (await hooked.post("ses", Webhook({}, b" " * (2 << 20), at_once()))).status_code == 413


async def test_a_large_batch_is_read(hooked: Hooked) -> None:
    padded = b"[" + b" " * (3 << 20) + b"]"
    assert (await hooked.post("sendgrid", signed_by_sendgrid(padded, at=at_once()))).status_code == 200


async def test_a_signed_body_that_nobody_can_read_is_refused(hooked: Hooked) -> None:
    assert (await hooked.post("sendgrid", signed_by_sendgrid(b"{}", at=at_once()))).status_code == 422


# Tokens of ours that come back


async def token_of(hooked: Hooked, address: str, purpose: str) -> str:
    way = WayBack("news@shop.example", "demo", "shop")
    await hooked.ways_back.keep(way)
    recipient = hooked.world.store.keyring.recipient(parse(address))
    return hooked.links.feedback_id(recipient, purpose=purpose, number=way.number)


async def test_a_token_tells_whose_mail_it_was(hooked: Hooked) -> None:
    token = await token_of(hooked, ANN, "service/feedback")
    await hooked.post("sendgrid", by_sendgrid(UNSUBSCRIBED | {"cfbl_feedback_id": token}))
    scopes = {(stop.scope.purpose, stop.scope.sender) for stop in await hooked.world.stops(ANN)}
    assert scopes == {("marketing", "shop"), ("service/feedback", "shop")}


async def test_a_token_in_somebody_elses_mail_proves_nothing(hooked: Hooked) -> None:
    token = await token_of(hooked, "bob@example.net", "service/feedback")
    await hooked.post("sendgrid", by_sendgrid(UNSUBSCRIBED | {"cfbl_feedback_id": token}))
    assert [stop.scope.purpose for stop in await hooked.world.stops(ANN)] == ["marketing"]
    assert await hooked.reasons("bob@example.net") == []


async def test_where_the_address_is_kept_back_the_token_tells_it(hooked: Hooked) -> None:
    token = await token_of(hooked, ANN, "marketing/promotions")
    await hooked.post("sendgrid", by_sendgrid(UNSUBSCRIBED | {"email": "", "cfbl_feedback_id": token}))
    assert await hooked.reasons() == [Reason.UNSUBSCRIBED]


async def test_an_altered_token_is_no_token(hooked: Hooked) -> None:
    token = await token_of(hooked, ANN, "marketing/promotions")
    altered = ("b" if token[0] == "a" else "a") + token[1:]
    await hooked.post("sendgrid", by_sendgrid(UNSUBSCRIBED | {"email": "", "cfbl_feedback_id": altered}))
    assert await hooked.reasons() == []


async def test_a_providers_own_sender_bounds_what_is_stopped(hooked: Hooked) -> None:
    await hooked.post("mailgun", by_mailgun(COMPLAINED | {"event": "unsubscribed"}))
    assert [stop.scope.sender for stop in await hooked.world.stops(ANN)] == ["other"]


async def test_nothing_of_a_webhook_is_logged_that_names_somebody(
    hooked: Hooked, capsys: pytest.CaptureFixture[str]
) -> None:
    await hooked.post("ses", sns(BOUNCED))
    await hooked.post(
        "sendgrid", by_sendgrid({"event": "bounce", "email": "nobody at all", "sg_event_id": "x"})
    )
    await hooked.post("mailgun", by_mailgun(COMPLAINED, key="wrong"))
    out, err = capsys.readouterr()
    assert "example.net" not in out + err
    assert "nobody at all" not in out + err
