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
        if purpose.way_out is WayOut.NONE:
            return Untouched(original, top, signers)
        domain = signing_domain(original, sender, signers)
        if isinstance(domain, Reply):
            return domain
        return Rewritten(self, original, submission.app, sender, purpose, top, domain)

    def signed(self, app: App, raw: bytes) -> bytes:
        """A message of our own, in this app's sender's name, signed where it qualifies."""
        original = Original.parse(raw)
        copy = original.untouched(b"")
        return copy.signed(self.signers[app.sender].untouched(original, copy))


class Composition(Protocol):
    def copy(self, address: Address) -> tuple[bytes, str]:
        """The copy for one recipient, and in a word what was done to it."""
        ...


class Untouched:
    """The same bytes for everybody."""

    def __init__(self, original: Original, top: bytes, signers: Signers) -> None:
        copy = original.untouched(top)
        self._raw = copy.signed(signers.untouched(original, copy))

    def copy(self, _address: Address) -> tuple[bytes, str]:
        return self._raw, "untouched"


@dataclass(frozen=True, slots=True)
class Rewritten:
    """Each recipient's own links."""

    composer: Composer
    original: Original
    app: App
    sender: Sender
    purpose: Purpose
    top: bytes
    domain: str

    def copy(self, address: Address) -> tuple[bytes, str]:
        ways = self._ways(self.composer.recipient(address))
        copy = self.original.with_way_out(ways, self.top)
        signatures = self.composer.signers[self.sender.name].sign(self.domain, copy)
        return copy.signed(signatures), "visible" if copy.visible_way_out else "header"

    def _ways(self, recipient: Recipient) -> WaysOut:
        links, sender, purpose = self.composer.links, self.sender, self.purpose
        stops = purpose.class_ if sender.one_click_stops == "marketing" else purpose.path

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
            mailto=None,
            sender_name=sender.title,
            postal_address=sender.postal_address,
            list_id=list_id(purpose.path, sender.list_domain),
            list_title=purpose.title,
            footer=purpose.way_out is WayOut.FOOTER,
            link_prefix=links.prefix,
            language=sender.language,
        )


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
