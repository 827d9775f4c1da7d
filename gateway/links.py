"""The links of recipients: tokens minted into URLs and addresses, and back again; and those of callbacks.

A token names purpose, sender and app by short tags; what they mean is looked up among all names ever used,
so that a link works for good.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from urllib.parse import urlencode

from suppression.errors import ConfigurationError, InvalidToken
from suppression.model import ALL, Channel, Recipient, Scope, Sender
from suppression.purposes import Catalogue
from suppression.token import Token, TokenKeys, TokenKind, tag

CONFIRM_PATH = "/c/"
MARKETING = "marketing"
HOOKS_PATH = "/hooks/twilio"
_ENTRY = re.compile(r"[A-Za-z0-9_-]{1,120}")


class Hook(StrEnum):
    """What Twilio calls back about one message, by the end of its path."""

    STATUS = "/status"
    KEY = "/voice/key"  # a key was pressed in a call
    AMD = "/voice/amd"  # who, or what, answered a call
    GATHERED = "/voice/gathered"  # what was answered to a question of the app's own


@dataclass(frozen=True, slots=True)
class Link:
    """What a token stands for. `recipient` has no address: a token holds none."""

    kind: TokenKind
    channel: Channel
    recipient: Recipient
    purpose: str
    sender: str
    app: str


@dataclass(frozen=True, slots=True)
class ConfirmLink:
    """What a confirmation's token stands for. `recipient` has no address; `number`: of what is confirmed."""

    channel: Channel
    recipient: Recipient
    sender: str
    number: bytes


@dataclass(frozen=True, slots=True)
class LinkBack:
    """What a return path or a feedback id stands for: whom the mail was for, and `number`, the way to its app.

    `purpose` None: one that is not in the catalogue any more.
    """

    recipient: Recipient
    purpose: str | None
    number: bytes


def stop_at_once(link: Link, sender: Sender) -> Scope:
    """What a link that asks nothing stops: its purpose on its channel or, by setting, all marketing there."""
    wide = sender.one_click_stops == MARKETING and link.purpose.partition("/")[0] == MARKETING
    return Scope(frozenset({link.channel}), MARKETING if wide else link.purpose, link.sender, ALL)


class Links:
    """Mints and reads links under one public URL ("https://mail.example.com"), and addresses under one domain.

    A purpose of the "partners/<name>" kind keeps its own name in a link if the name is a sender's; of any
    other a link stands for the node above, which stops all of them: the error falls on the safe side.

    inbound_domain  of the addresses; "" where no mail comes in: then nothing here that makes one may be asked
    """

    def __init__(
        self,
        public_url: str,
        keys: TokenKeys,
        senders: Mapping[str, Sender],
        apps: Iterable[str],
        catalogue: Callable[[], Catalogue],
        inbound_domain: str = "",
    ) -> None:
        self.inbound_domain = inbound_domain
        self.prefix = public_url.rstrip("/") + "/u/"
        self.hooks = public_url.rstrip("/") + HOOKS_PATH
        self._confirmations = public_url.rstrip("/") + CONFIRM_PATH
        self._keys = keys
        self._names = tuple(senders)
        self._senders = _by_tag(senders)
        self._apps = _by_tag((*apps, ALL))
        self._purposes = lru_cache(maxsize=4)(self._purposes_of)
        self._catalogue = catalogue
        self._purposes(catalogue())  # names with equal tags are refused at start

    def unsubscribe_url(
        self,
        recipient: Recipient,
        *,
        purpose: str,
        sender: str,
        app: str,
        channel: Channel,
        kind: TokenKind,
    ) -> str:
        """For the header (POST stops at once) or the footer (GET shows a page), by the token's kind."""
        token = Token(kind, channel, recipient.key, self._purpose_tag(purpose), tag(sender), tag(app))
        return self.prefix + self._keys.mint(token)

    def status_url(self, entry_id: str) -> str:
        """Where Twilio reports what became of a message: it names the message though the answer was lost."""
        return self.hook_url(Hook.STATUS, entry_id)

    def hook_url(self, hook: Hook, entry_id: str) -> str:
        """Where Twilio reports one thing about a message: with the message's id, under our own MAC."""
        query = urlencode({"m": entry_id, "k": self._keys.sign(hook + entry_id)})
        return f"{self.hooks}{hook}?{query}"

    def read_hook(self, hook: Hook, m: str, k: str) -> str:
        """The message's id in a query of `hook_url`. InvalidToken: altered, or made for another hook."""
        if not _ENTRY.fullmatch(m):
            raise InvalidToken("not of the form of a message's id")
        self._keys.check(hook + m, k)
        return m

    def read(self, text: str) -> Link:
        """What a URL's token stands for. InvalidToken: altered, foreign, or of a sender that is no longer here."""
        return self._link(self._keys.parse(text), TokenKind.HEADER, TokenKind.BODY)

    def whose(self, text: str) -> Recipient:
        """Whom a token of any kind is of, in any case, whatever became of its purpose and sender. InvalidToken."""
        try:
            return Recipient(self._keys.parse(text).recipient_key, "")
        except InvalidToken:
            return Recipient(self._keys.parse(text.lower()).recipient_key, "")

    def _link(self, token: Token, *kinds: TokenKind) -> Link:
        catalogue = self._catalogue()
        if token.kind not in kinds:
            raise InvalidToken("a token of another kind of link")
        purpose, sender = self._purposes(catalogue).get(token.purpose), self._senders.get(token.sender)
        if purpose is None or sender is None or token.channel is None:
            raise InvalidToken("a token of an unknown purpose or sender")
        return Link(
            kind=token.kind,
            channel=Channel(token.channel),
            recipient=Recipient(token.recipient_key, ""),
            purpose=catalogue.node(purpose),
            sender=sender,
            app=self._apps.get(token.app, ALL),
        )

    def confirm_url(self, recipient: Recipient, *, sender: str, channel: Channel, number: bytes) -> str:
        """For the mail that asks its recipient to confirm."""
        token = Token.confirming(channel, recipient.key, number, tag(sender))
        return self._confirmations + self._keys.mint(token)

    def read_confirmation(self, text: str) -> ConfirmLink:
        """What a confirmation's token stands for. InvalidToken for anything else."""
        token = self._keys.parse(text)
        sender = self._senders.get(token.sender)
        if token.kind is not TokenKind.CONFIRM or token.channel is None or sender is None:
            raise InvalidToken("no confirmation's token, or of an unknown sender")
        return ConfirmLink(token.channel, Recipient(token.recipient_key, ""), sender, token.number)

    # Addresses

    def mailto(self, recipient: Recipient, *, purpose: str, sender: str, app: str) -> str:
        """The address to which any mail stops such mails at once."""
        tags = self._purpose_tag(purpose), tag(sender), tag(app)
        token = Token(TokenKind.MAILTO, Channel.EMAIL, recipient.key, *tags)
        return f"{self._keys.mint_base32(token)}@u.{self.inbound_domain}"

    def read_mailto(self, local: str) -> Link:
        """What its local part stands for, in any case. InvalidToken as with `read`."""
        return self._link(self._keys.parse(local.lower()), TokenKind.MAILTO)

    def return_path(self, recipient: Recipient, *, purpose: str, number: bytes) -> str:
        """The address to which what becomes of a mail is reported."""
        return f"{self.feedback_id(recipient, purpose=purpose, number=number)}@b.{self.inbound_domain}"

    def feedback_id(self, recipient: Recipient, *, purpose: str, number: bytes) -> str:
        """RFC 9477: for a complaint about a mail."""
        tag_of = self._purpose_tag(purpose)
        return self._keys.mint_base32(Token.leading_back(Channel.EMAIL, recipient.key, tag_of, number))

    def read_back(self, text: str) -> LinkBack:
        """What the local part of a return path, or a feedback id, stands for, in any case. InvalidToken."""
        token, catalogue = self._keys.parse(text.lower()), self._catalogue()
        if token.kind is not TokenKind.BOUNCE:
            raise InvalidToken("a token of another kind of link")
        purpose = self._purposes(catalogue).get(token.purpose)
        node = None if purpose is None else catalogue.node(purpose)
        return LinkBack(Recipient(token.recipient_key, ""), node, token.number)

    @property
    def complaints_address(self) -> str:
        """Where complaints about our mail go."""
        return f"fbl@{self.inbound_domain}"

    def is_ours(self, mail_address: str) -> bool:
        """Whether mail to it comes back here."""
        domain = mail_address.rpartition("@")[2].lower()
        ours = self.inbound_domain
        return bool(ours) and domain in (ours, f"u.{ours}", f"b.{ours}")

    def _purpose_tag(self, purpose: str) -> bytes:
        known = tag(purpose) in self._purposes(self._catalogue())
        return tag(purpose if known else purpose.rpartition("/")[0])

    def _purposes_of(self, catalogue: Catalogue) -> dict[bytes, str]:
        return _by_tag(catalogue.names(self._names))


def _by_tag(names: Iterable[str]) -> dict[bytes, str]:
    """Names by what a token says for them. ConfigurationError if two are told by the same."""
    found: dict[bytes, str] = {}
    for name in names:
        other = found.setdefault(tag(name), name)
        if other != name:
            raise ConfigurationError(
                f"{name!r} and {other!r} cannot both be used: links could not tell them apart"
            )
    return found
