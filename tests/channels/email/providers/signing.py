"""Keys of the tests' own, and webhooks signed with them as each provider signs."""

import base64
import hashlib
import hmac
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from channels.email.providers import sendgrid
from channels.email.providers.events import Webhook
from channels.email.providers.sns import NotFetched

NOW = datetime(2026, 11, 24, 18, 0, tzinfo=UTC)
TOPIC = "arn:aws:sns:eu-west-1:123456789012:bounces"
CERTIFICATE_URL = "https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-" + "ab" * 16 + ".pem"
SUBSCRIBE_URL = (
    f"https://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription&TopicArn={TOPIC}&Token=" + "2336" * 8
)
USER, PASSWORD = "hooks", "a-long-password"
SIGNING_KEY = "key-0123456789abcdef"
SNS_KEY = rsa.generate_private_key(65537, 2048)
SENDGRID_KEY = ec.generate_private_key(ec.SECP256R1())


def certificate(
    key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey = SNS_KEY, *, until: datetime | None = None
) -> bytes:
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "sns.amazonaws.com")])
    end = until or datetime(2040, 1, 1, tzinfo=UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(7)
        .not_valid_before(min(datetime(2020, 1, 1, tzinfo=UTC), end - timedelta(days=1))).not_valid_after(end)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    return made.public_bytes(Encoding.PEM)


@dataclass
class Amazon:
    """What is behind its URLs. `asked`: those that were fetched."""

    documents: dict[str, bytes] = field(default_factory=lambda: {CERTIFICATE_URL: certificate()})
    asked: list[str] = field(default_factory=list)

    async def fetch(self, url: str) -> bytes:
        self.asked.append(url)
        if url not in self.documents:
            raise NotFetched("answer 404")
        return self.documents[url]


def canonical(fields: dict[str, str]) -> bytes:
    """Written down anew from Amazon's description, so that it is not the tested code that signs."""
    names = ["Message", "MessageId"]
    names += ["Subject"] * ("Subject" in fields and fields["Type"] == "Notification")
    if fields["Type"] != "Notification":
        names += ["SubscribeURL", "Timestamp", "Token"]
    else:
        names += ["Timestamp"]
    return "".join(f"{name}\n{fields[name]}\n" for name in [*names, "TopicArn", "Type"]).encode()


def sns(message: Any, *, version: str = "2", key: Any = SNS_KEY, **fields: Any) -> Webhook:
    """A message of the notification service."""
    said = message if isinstance(message, str) else json.dumps(message)
    told = {
        "Type": "Notification",
        "MessageId": "22b80b92-fdea-4c2c-8f9d-bdfb0c7bf324",
        "TopicArn": TOPIC,
        "Message": said,
        "Timestamp": "2026-11-24T17:59:58.123Z",
        "SignatureVersion": version,
        "SigningCertURL": CERTIFICATE_URL,
    } | fields
    algorithm = hashes.SHA1() if version == "1" else hashes.SHA256()  # noqa: S303 - as version 1 has it
    signature = key.sign(canonical(told), padding.PKCS1v15(), algorithm)
    body = told | {"Signature": base64.b64encode(signature).decode()}
    return Webhook({"x-amz-sns-message-type": told["Type"]}, json.dumps(body).encode(), NOW)


def subscription(**fields: str) -> Webhook:
    told = {"Type": "SubscriptionConfirmation", "Token": "2336" * 8, "SubscribeURL": SUBSCRIBE_URL}
    return sns("You have chosen to subscribe to the topic.", **(told | fields))


def public_key(key: ec.EllipticCurvePrivateKey = SENDGRID_KEY) -> str:
    der = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return base64.b64encode(der).decode()


def signed_by_sendgrid(
    events: Any, key: ec.EllipticCurvePrivateKey = SENDGRID_KEY, at: datetime = NOW, now: datetime = NOW
) -> Webhook:
    body = events if isinstance(events, bytes) else json.dumps(events).encode() + b"\r\n"
    stamp = str(int(at.timestamp()))
    signature = key.sign(stamp.encode() + body, ec.ECDSA(hashes.SHA256()))
    headers = {sendgrid.TIMESTAMP: stamp, sendgrid.SIGNATURE: base64.b64encode(signature).decode()}
    return Webhook(headers, body, now)


def basic(told: Any, user: str = USER, password: str = PASSWORD) -> Webhook:
    """As Postmark sends it."""
    credentials = base64.b64encode(f"{user}:{password}".encode()).decode()
    body = told if isinstance(told, bytes) else json.dumps(told).encode()
    return Webhook({"authorization": f"Basic {credentials}"}, body, NOW)


def signed_by_mailgun(
    told: Any, key: str = SIGNING_KEY, at: datetime = NOW, token: str = "d" * 50, now: datetime = NOW
) -> Webhook:
    stamp = str(int(at.timestamp()))
    signature = hmac.new(key.encode(), (stamp + token).encode(), hashlib.sha256).hexdigest()
    proof = {"timestamp": stamp, "token": token, "signature": signature}
    return Webhook({}, json.dumps({"signature": proof, "event-data": told}).encode(), now)
