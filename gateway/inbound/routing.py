"""Which of our addresses a mail is for. Looks nothing up: all that an address says is in it, under a MAC."""

from collections.abc import Mapping
from dataclasses import dataclass

from gateway.links import Link, LinkBack, Links
from suppression.address import Address
from suppression.errors import InvalidToken


@dataclass(frozen=True, slots=True)
class Unsubscribe:
    """TOKEN@u.<domain>: any mail stops what `link` is about. `token`: the same for the same link."""

    link: Link
    token: str


@dataclass(frozen=True, slots=True)
class Bounce:
    """TOKEN@b.<domain>: what became of a mail to `back.recipient`."""

    back: LinkBack


@dataclass(frozen=True, slots=True)
class Feedback:
    """fbl@<domain>: complaints."""


@dataclass(frozen=True, slots=True)
class Mailbox:
    """A sender's opt-out mailbox, in which people write what they want."""

    sender: str
    deliver_to: Address


Destination = Unsubscribe | Bounce | Feedback | Mailbox


class UnknownMailbox(Exception):
    """In a domain of ours, but nobody's: altered, foreign, or mistyped."""


class Routing:
    """`mailboxes`: senders' opt-out mailboxes, each with the address to which its mail is relayed."""

    def __init__(self, links: Links, mailboxes: Mapping[str, tuple[Address, Address]]) -> None:
        domain = links.inbound_domain
        self._links = links
        self._unsubscribe, self._bounce, self._own = f"u.{domain}", f"b.{domain}", domain
        self._complaints = links.complaints_address
        self._mailboxes = {
            mailbox.folded: Mailbox(sender, deliver_to) for sender, (mailbox, deliver_to) in mailboxes.items()
        }

    def find(self, address: Address) -> Destination | None:
        """None: an address elsewhere, which is none of our business. UnknownMailbox."""
        if mailbox := self._mailboxes.get(address.folded):
            return mailbox
        local, _, domain = address.exact.rpartition("@")
        try:
            if domain == self._unsubscribe:
                return Unsubscribe(self._links.read_mailto(local), local)
            if domain == self._bounce:
                return Bounce(self._links.read_back(local))
        except InvalidToken as error:
            raise UnknownMailbox from error
        if address.exact == self._complaints:
            return Feedback()
        if domain == self._own:
            raise UnknownMailbox
        return None

    def is_ours(self, address: Address) -> bool:
        """Whether mail to it would come here again."""
        return address.folded in self._mailboxes or self._links.is_ours(address.exact)
