"""Amazon's notification service (SNS): what it signed, and how a subscription of ours is confirmed.

Two URLs in a message are fetched, and a stranger can write both: they must be of the service itself, in the region of
a topic that settings name, in the very form in which it writes them. No redirect is followed (`Fetch`).
Signature version 1 is RSA with SHA-1, version 2 with SHA-256; both sign the same lines.
"""

import asyncio
import base64
import binascii
import re
import time
from collections import OrderedDict, deque
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import parse_qs

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from channels.email.providers.events import Malformed, NotSigned
from channels.email.providers.fields import document, table
from suppression.errors import Unavailable

Fetch = Callable[[str], Awaitable[bytes]]
"""The body behind an https URL, bounded, without following redirects. Unavailable for anything but 200."""

_REGION = r"[a-z]{2}(?:-[a-z]+){1,3}-[0-9]{1,2}"  # never "s3-...": a bucket may be called sns
TOPIC = re.compile(rf"arn:(aws[a-z-]{{0,20}}):sns:({_REGION}):[0-9]{{12}}:[A-Za-z0-9_-]{{1,256}}(?:\.fifo)?")
_HOST = rf"https://sns\.({_REGION})\.amazonaws\.com(?:\.cn)?"
_CERTIFICATE = re.compile(rf"{_HOST}/SimpleNotificationService-[0-9a-f]{{16,64}}\.pem")
_SUBSCRIBE = re.compile(rf"{_HOST}/\?([A-Za-z0-9._~%&=:/+-]{{1,4000}})")

# Which fields are signed, in this order; those that are not there are left out.
_SIGNED: Mapping[str, tuple[str, ...]] = {
    "Notification": ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"),
    "SubscriptionConfirmation": (
        "Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type",
    ),
    "UnsubscribeConfirmation": (
        "Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type",
    ),
}  # fmt: skip
_HASHES: Mapping[str, hashes.HashAlgorithm] = {"1": hashes.SHA1(), "2": hashes.SHA256()}  # noqa: S303
_MOST_CERTIFICATES = 16
_MOST_FETCHED = 10  # in a minute: whoever knows a topic can name certificates that are not there


class NotFetched(Unavailable):
    """Amazon does not answer us now: the webhook is to be said again."""


@dataclass(frozen=True, slots=True)
class Notification:
    """A message of the service; nothing of it is believed before `Certificates.verify`."""

    fields: Mapping[str, str] = field(repr=False)

    @classmethod
    def parse(cls, body: bytes) -> "Notification":
        """NotSigned: before the signature was verified, whatever is wrong is no word of Amazon's."""
        try:
            found = table(document(body))
        except Malformed as error:
            raise NotSigned("no JSON") from error
        fields = {name: value for name, value in found.items() if isinstance(value, str)}
        if fields.get("Type") not in _SIGNED or not {"Message", "MessageId", "TopicArn"} <= fields.keys():
            raise NotSigned("no message of the notification service")
        return cls(fields)

    @property
    def type(self) -> str:
        return self.fields["Type"]

    @property
    def topic(self) -> str:
        return self.fields["TopicArn"]

    @property
    def id(self) -> str:
        return self.fields["MessageId"]

    @property
    def message(self) -> str:
        return self.fields["Message"]

    @property
    def canonical(self) -> bytes:
        """What was signed: the name and the value of each field, each on a line."""
        signed = (name for name in _SIGNED[self.type] if name in self.fields)
        return "".join(f"{name}\n{self.fields[name]}\n" for name in signed).encode("utf-8", "surrogatepass")

    @property
    def certificate_url(self) -> str:
        """NotSigned unless it is one of the service's, in the topic's region."""
        url = self.fields.get("SigningCertURL", "")
        found = _CERTIFICATE.fullmatch(url)
        if found is None or found[1] != _region(self.topic):
            raise NotSigned("a certificate from elsewhere")
        return url

    @property
    def subscribe_url(self) -> str:
        """NotSigned unless it confirms a subscription to this topic, and does nothing else."""
        url = self.fields.get("SubscribeURL", "")
        found = _SUBSCRIBE.fullmatch(url)
        asked = parse_qs(found[2], keep_blank_values=True) if found else {}
        if found is None or found[1] != _region(self.topic):
            raise NotSigned("a subscription elsewhere")
        if asked.get("Action") != ["ConfirmSubscription"] or asked.get("TopicArn") != [self.topic]:
            raise NotSigned("a URL that does something else")
        return url


def _region(topic: str) -> str:
    found = TOPIC.fullmatch(topic)
    return found[2] if found else ""


class Certificates:
    """The service's keys: fetched once, kept by their URL, which names the very certificate."""

    def __init__(self, fetch: Fetch) -> None:
        self._fetch = fetch
        self._known: OrderedDict[str, x509.Certificate] = OrderedDict()
        self._fetched: deque[float] = deque(maxlen=_MOST_FETCHED)
        self._one_at_a_time = asyncio.Lock()

    async def verify(self, said: Notification, now: datetime) -> None:
        """NotSigned; Unavailable when the certificate cannot be had now."""
        certificate = await self._certificate(said.certificate_url)
        algorithm = _HASHES.get(said.fields.get("SignatureVersion", ""))
        key = certificate.public_key()
        if algorithm is None or not isinstance(key, rsa.RSAPublicKey):
            raise NotSigned("a signature of another kind")
        if not certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc:
            raise NotSigned("an expired certificate")
        try:
            signature = base64.b64decode(said.fields.get("Signature", ""), validate=True)
            key.verify(signature, said.canonical, padding.PKCS1v15(), algorithm)
        except (InvalidSignature, binascii.Error, ValueError) as error:
            raise NotSigned("wrongly signed") from error

    async def _certificate(self, url: str) -> x509.Certificate:
        async with self._one_at_a_time:
            if url in self._known:
                self._known.move_to_end(url)
                return self._known[url]
            pem = await self._within_budget(url)
            try:
                found = x509.load_pem_x509_certificate(pem)
            except ValueError as error:
                raise NotSigned("no certificate there") from error
            self._known[url] = found
            while len(self._known) > _MOST_CERTIFICATES:
                self._known.popitem(last=False)
            return found

    async def _within_budget(self, url: str) -> bytes:
        now = time.monotonic()
        if len(self._fetched) == _MOST_FETCHED and now - self._fetched[0] < 60.0:
            raise NotFetched("too many certificates in a minute")
        self._fetched.append(now)
        return await self._fetch(url)
