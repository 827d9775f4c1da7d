"""What each copy of one message looks like: untouched with lines on top, or with its recipient's ways out; signed."""

import ipaddress
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from functools import lru_cache
from typing import Protocol

from channels.email.compose import Original, WaysOut
from gateway.links import Links
from gateway.smtp import replies
from gateway.smtp.replies import Reply
from gateway.smtp.signers import Signers, one_from_domain
from gateway.smtp.submission import Client, Submission
from suppression.address import Address
from suppression.model import App, Channel, Recipient, Sender
from suppression.purposes import Purpose, WayOut
from suppression.store.ways_back import WayBack
from suppression.token import TokenKind

ANY_DOMAIN = "*"


@dataclass(frozen=True, slots=True)
class Composer:
    """Composes for all senders. `recipient`: an address under its keys, which its links carry."""

    hostname: str
    senders: Mapping[str, Sender]
    links: Links
    recipient: Callable[[Address], Recipient]
    signers: Mapping[str, Signers]

    def begin(
        self, original: Original, submission: Submission, purpose: Purpose, message: str
    ) -> "Composition | Reply":
        """How this message's copies are made; a refusal where it must be rewritten and is not fit for that."""
        sender = self.senders[submission.app.sender]
        signers = self.signers[sender.name]
        top = received(submission.client, self.hostname, message)
        mail_from = submission.mail_from
        if purpose.way_out is WayOut.NONE:
            return Untouched(original, top, signers, mail_from)
        domain = signing_domain(original, sender, signers)
        if isinstance(domain, Reply):
            return domain
        back = WayBack(mail_from, submission.app.name, sender.name)
        return Rewritten(self, original, submission.app, sender, purpose, top, domain, back)

    def signed(self, app: App, raw: bytes) -> bytes:
        """A message of our own, in this app's sender's name, signed where it qualifies."""
        original = Original.parse(raw)
        copy = original.untouched(b"")
        return copy.signed(self.signers[app.sender].untouched(original, copy))


@dataclass(frozen=True, slots=True)
class Composed:
    """The copy for one recipient. `done`: in a word what was done to it."""

    raw: bytes
    done: str
    mail_from: str


class Composition(Protocol):
    @property
    def way_back(self) -> WayBack | None:
        """What must be known before a copy leaves, so that its bounces find their way."""
        ...

    def copy(self, address: Address) -> Composed: ...


class Untouched:
    """The same bytes for everybody."""

    way_back = None

    def __init__(self, original: Original, top: bytes, signers: Signers, mail_from: str) -> None:
        copy = original.untouched(top)
        self._composed = Composed(copy.signed(signers.untouched(original, copy)), "untouched", mail_from)

    def copy(self, _address: Address) -> Composed:
        return self._composed


@dataclass(frozen=True, slots=True)
class Rewritten:
    """Each recipient's own links, and return path. `back`: to whom bounces would be passed on."""

    composer: Composer
    original: Original
    app: App
    sender: Sender
    purpose: Purpose
    top: bytes
    domain: str
    back: WayBack

    @property
    def way_back(self) -> WayBack | None:
        """None where the app's own return path stays; also where that is one of ours: relayed twice."""
        links = self.composer.links
        ours = links.inbound_domain and self.sender.return_path == "ours"
        return self.back if ours and not links.is_ours(self.back.mail_from) else None

    def copy(self, address: Address) -> Composed:
        recipient = self.composer.recipient(address)
        ways = self._ways(recipient)
        copy = self.original.with_way_out(ways, self.top)
        signatures = self.composer.signers[self.sender.name].sign(self._signing(ways), copy)
        done = "visible" if copy.visible_way_out else "header"
        return Composed(copy.signed(signatures), done, self._return_path(recipient))

    def _return_path(self, recipient: Recipient) -> str:
        links, path = self.composer.links, self.purpose.path
        back = self.way_back
        if back is None:
            return self.back.mail_from
        return links.return_path(recipient, purpose=path, number=back.number)

    def _signing(self, ways: WaysOut) -> tuple[str, ...]:
        covering = self._covering if ways.complaints_to else None
        return (self.domain,) if covering is None else (self.domain, covering)

    @property
    def _covering(self) -> str | None:
        """The domain whose signature covers the complaints address; None: providers would not report."""
        signers = self.composer.signers[self.sender.name]
        return signers.also_signing(self.domain, self.composer.links.inbound_domain)

    def _ways(self, recipient: Recipient) -> WaysOut:
        links, sender, purpose = self.composer.links, self.sender, self.purpose
        stops = purpose.class_ if sender.one_click_stops == "marketing" else purpose.path
        complaints = bool(links.inbound_domain) and purpose.class_ == "marketing" and bool(self._covering)

        def url(kind: TokenKind, path: str) -> str:
            return links.unsubscribe_url(
                recipient,
                purpose=path,
                sender=sender.name,
                app=self.app.name,
                channel=Channel.EMAIL,
                kind=kind,
            )

        page = url(TokenKind.BODY, purpose.path)
        return WaysOut(
            header_url=url(TokenKind.HEADER, stops),
            page_url=page,
            preferences_url=page,  # the page has the preferences below its button
            mailto=self._mailto(recipient, stops) if links.inbound_domain else None,
            sender_name=sender.title,
            postal_address=sender.postal_address,
            list_id=list_id(purpose.path, sender.list_domain),
            list_title=purpose.title,
            footer=purpose.way_out is WayOut.FOOTER,
            language=sender.language,
            complaints_to=links.complaints_address if complaints else "",
            feedback_id=links.feedback_id(recipient, purpose=purpose.path, number=self.back.number)
            if complaints
            else "",
        )

    def _mailto(self, recipient: Recipient, stops: str) -> str:
        links = self.composer.links
        address = links.mailto(recipient, purpose=stops, sender=self.sender.name, app=self.app.name)
        return f"mailto:{address}?subject=unsubscribe"  # some mail programs send nothing without a subject


def list_id(path: str, domain: str) -> str:
    """RFC 2919 3: the narrowest name first, in a name space of the sender's own."""
    return ".".join([*reversed(path.split("/")), "list-id", domain])


def signing_domain(original: Original, sender: Sender, signers: Signers) -> str | Reply:
    """The domain that mail which we rewrite is signed for; a refusal where its From is not one of the sender's."""
    from_domain = one_from_domain(original)
    if from_domain is None:
        return replies.NOT_ONE_FROM
    allowed = ANY_DOMAIN in sender.from_domains or from_domain in sender.from_domains
    return (signers.signing(from_domain) if allowed else None) or replies.FOREIGN_FROM


def received(client: Client, hostname: str, message: str, now: datetime | None = None) -> bytes:
    """RFC 5321 4.4, without a `for` clause: other recipients are nobody's business."""
    when = format_datetime(now or datetime.now(UTC))
    text = (
        f"Received: from {client.hello} ({_literal(client.address)})\r\n"
        f"\tby {hostname} with {client.protocol} id {message};\r\n\t{when}\r\n"
    )
    return text.encode("ascii", "replace")


@lru_cache(maxsize=256)
def _literal(address: str) -> str:
    """RFC 5321 4.1.3."""
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return "local"
    return f"[IPv6:{parsed}]" if parsed.version == 6 else f"[{parsed}]"
