"""Only what Amazon signed for a configured topic is believed, and nothing is fetched that a stranger chose."""

import base64
import json
from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from channels.email.providers.events import EventKind, NotSigned, Webhook
from channels.email.providers.ses import Ses
from channels.email.providers.sns import Certificates, NotFetched, Notification
from tests.channels.email.providers.signing import (
    CERTIFICATE_URL,
    NOW,
    SUBSCRIBE_URL,
    TOPIC,
    Amazon,
    certificate,
    sns,
    subscription,
)

BOUNCE = {
    "notificationType": "Bounce",
    "bounce": {
        "bounceType": "Permanent",
        "bounceSubType": "NoEmail",
        "bouncedRecipients": [{"emailAddress": "ann@example.net"}],
        "feedbackId": "f1",
    },
}


@pytest.fixture
def amazon() -> Amazon:
    return Amazon()


@pytest.fixture
def ses(amazon: Amazon) -> Ses:
    return Ses([TOPIC], amazon.fetch)


@pytest.mark.parametrize("version", ["1", "2"])
async def test_both_versions_of_the_signature_are_believed(ses: Ses, version: str) -> None:
    told = await ses.read(sns(BOUNCE, version=version))
    assert [event.kind for event in told.events] == [EventKind.ADDRESS_FAULT]


async def test_a_subject_is_signed_too(ses: Ses) -> None:
    assert (await ses.read(sns(BOUNCE, Subject="Amazon SES Email Event Notification"))).events


async def test_a_certificate_is_fetched_once(ses: Ses, amazon: Amazon) -> None:
    for _ in range(3):
        await ses.read(sns(BOUNCE))
    assert amazon.asked == [CERTIFICATE_URL]


def altered(webhook: Webhook, **fields: object) -> Webhook:
    body = json.loads(webhook.body) | fields
    return Webhook(webhook.headers, json.dumps(body).encode(), webhook.now)


FORGED = {
    "another message": altered(sns(BOUNCE), Message=json.dumps({"notificationType": "Complaint"})),
    "another id": altered(sns(BOUNCE), MessageId="x"),
    "another type": altered(sns(BOUNCE), Type="UnsubscribeConfirmation", Token="t", SubscribeURL="u"),
    "another version": altered(sns(BOUNCE, version="1"), SignatureVersion="2"),
    "no such version": altered(sns(BOUNCE), SignatureVersion="3"),
    "no signature": altered(sns(BOUNCE), Signature=""),
    "no base64": altered(sns(BOUNCE), Signature="%%%"),
    "a short signature": altered(sns(BOUNCE), Signature=base64.b64encode(b"x").decode()),
    "a key of somebody else": sns(BOUNCE, key=rsa.generate_private_key(65537, 2048)),
    "a subject that was put in": altered(sns(BOUNCE), Subject="x"),
    "lone surrogates": altered(sns(BOUNCE), Message="\ud800"),
    "no JSON": Webhook({}, b"{", NOW),
    "deep JSON": Webhook({}, b"[" * 100_000, NOW),
    "no text": Webhook({}, b"\xff\xfe", NOW),
    "a list": Webhook({}, b"[1]", NOW),
    "numbers": altered(sns(BOUNCE), TopicArn=1),
}


@pytest.mark.parametrize("webhook", FORGED.values(), ids=FORGED.keys())
async def test_what_amazon_did_not_sign_is_refused(ses: Ses, webhook: Webhook) -> None:
    with pytest.raises(NotSigned):
        await ses.read(webhook)


async def test_a_raw_message_carries_no_signature_and_is_refused(ses: Ses) -> None:
    with pytest.raises(NotSigned):
        await ses.read(Webhook({}, json.dumps(BOUNCE).encode(), NOW))


@pytest.mark.parametrize("topic", ["arn:aws:sns:eu-west-1:999999999999:bounces", TOPIC + "2", "x", ""])
async def test_a_topic_of_somebody_else_is_refused_before_anything_is_fetched(
    ses: Ses, amazon: Amazon, topic: str
) -> None:
    with pytest.raises(NotSigned):
        await ses.read(sns(BOUNCE, TopicArn=topic))
    assert amazon.asked == []


STRANGE_URLS = [
    "http://sns.eu-west-1.amazonaws.com/SimpleNotificationService-" + "ab" * 16 + ".pem",
    CERTIFICATE_URL.replace("eu-west-1", "eu-west-2"),
    CERTIFICATE_URL.replace("sns.eu-west-1", "sns.s3-us-west-2"),
    CERTIFICATE_URL.replace("amazonaws.com/", "amazonaws.com.evil.example/"),
    CERTIFICATE_URL.replace("sns.", "evil.example/sns."),
    CERTIFICATE_URL.replace("sns.", "sns.evil.example#."),
    CERTIFICATE_URL.replace("https://", "https://user@evil.example:443\\@"),
    CERTIFICATE_URL.replace("https://", "https://x@"),
    CERTIFICATE_URL.replace(".com/", ".com:8443/"),
    CERTIFICATE_URL.replace(".com/", ".com/../"),
    CERTIFICATE_URL + "?x",
    CERTIFICATE_URL + "\n",
    CERTIFICATE_URL + "#x",
    CERTIFICATE_URL.upper(),
    "https://sns.eu-west-1.amazonaws.com/?Action=Publish.pem",
    "https://169.254.169.254/latest/meta-data/",
    "file:///etc/passwd",
    "",
]


@pytest.mark.parametrize("url", STRANGE_URLS)
async def test_no_certificate_is_fetched_from_elsewhere(ses: Ses, amazon: Amazon, url: str) -> None:
    with pytest.raises(NotSigned):
        await ses.read(sns(BOUNCE, SigningCertURL=url))
    assert amazon.asked == []


async def test_a_subscription_of_a_configured_topic_is_confirmed(ses: Ses, amazon: Amazon) -> None:
    told = await ses.read(subscription())
    amazon.documents[SUBSCRIBE_URL] = b"<ConfirmSubscriptionResponse/>"
    assert told.events == ()
    assert amazon.asked[-1] == SUBSCRIBE_URL


@pytest.fixture(autouse=True)
def confirmable(amazon: Amazon) -> None:
    amazon.documents[SUBSCRIBE_URL] = b"<ConfirmSubscriptionResponse/>"


@pytest.mark.parametrize(
    "url",
    [
        *(url for url in STRANGE_URLS if url),
        SUBSCRIBE_URL.replace("eu-west-1.amazonaws", "us-east-1.amazonaws"),
        SUBSCRIBE_URL.replace("ConfirmSubscription", "Unsubscribe"),
        SUBSCRIBE_URL.replace(TOPIC, TOPIC + "2"),
        SUBSCRIBE_URL + "&Action=DeleteTopic",
        SUBSCRIBE_URL.replace("https://", "https://evil.example/"),
        SUBSCRIBE_URL.replace(".com/?", ".com.evil.example/?"),
        SUBSCRIBE_URL.replace(".com/?", ".com@evil.example/?"),
        SUBSCRIBE_URL + "#",
    ],
)
async def test_a_signed_subscription_confirms_nothing_else(ses: Ses, amazon: Amazon, url: str) -> None:
    with pytest.raises(NotSigned):
        await ses.read(subscription(SubscribeURL=url))
    assert url not in amazon.asked


async def test_a_subscription_that_is_not_signed_is_not_confirmed(ses: Ses, amazon: Amazon) -> None:
    with pytest.raises(NotSigned):
        await ses.read(altered(subscription(), Token="other"))
    assert SUBSCRIBE_URL not in amazon.asked


async def test_an_ended_subscription_is_not_confirmed_again(ses: Ses, amazon: Amazon) -> None:
    assert (await ses.read(subscription(Type="UnsubscribeConfirmation"))).events == ()
    assert SUBSCRIBE_URL not in amazon.asked


async def test_where_amazon_does_not_answer_it_is_to_be_said_again(ses: Ses, amazon: Amazon) -> None:
    amazon.documents.clear()
    with pytest.raises(NotFetched):
        await ses.read(sns(BOUNCE))


async def test_a_certificate_that_has_expired_proves_nothing(ses: Ses, amazon: Amazon) -> None:
    amazon.documents[CERTIFICATE_URL] = certificate(until=datetime(2026, 11, 23, tzinfo=UTC))
    with pytest.raises(NotSigned):
        await ses.read(sns(BOUNCE))


@pytest.mark.parametrize(
    "pem", [b"", b"no certificate", certificate(ec.generate_private_key(ec.SECP256R1()))]
)
async def test_what_is_no_certificate_of_the_service_proves_nothing(
    ses: Ses, amazon: Amazon, pem: bytes
) -> None:
    amazon.documents[CERTIFICATE_URL] = pem
    with pytest.raises(NotSigned):
        await ses.read(sns(BOUNCE))


async def test_strangers_cannot_make_us_ask_amazon_without_end(amazon: Amazon) -> None:
    amazon.documents.clear()
    certificates = Certificates(amazon.fetch)
    for number in range(100):
        url = CERTIFICATE_URL.replace("abab", f"{number:04x}")
        with pytest.raises(NotFetched):
            await certificates.verify(Notification.parse(sns(BOUNCE, SigningCertURL=url).body), NOW)
    assert len(amazon.asked) == 10
