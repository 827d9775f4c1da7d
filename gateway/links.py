"""The links of recipients: tokens minted into URLs, and back to what they stand for.

A token names purpose, sender and app by short tags; what they mean is looked up among all names ever used,
so that a link works for good.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from suppression.token import Token, TokenKeys, TokenKind, tag

from suppression.errors import InvalidToken
from suppression.model import ALL, Channel, Recipient, Sender
from suppression.purposes import Catalogue


@dataclass(frozen=True, slots=True)
class Link:
    """What a token stands for. `recipient` has no address: a token holds none."""

    kind: TokenKind
    channel: Channel
    recipient: Recipient
    purpose: str
    sender: str
    app: str


class Links:
    """Mints and reads links under one public URL ("https://mail.example.com")."""

    def __init__(
        self, public_url: str, keys: TokenKeys, senders: Mapping[str, Sender], apps: Iterable[str]
    ) -> None:
        self.prefix = public_url.rstrip("/") + "/u/"
        self._keys = keys
        self._senders = {tag(name): name for name in senders}
        self._apps = {tag(name): name for name in (*apps, ALL)}

    def unsubscribe_url(
        self, recipient: Recipient, *, purpose: str, sender: str, app: str, channel: Channel, kind: TokenKind
    ) -> str:
        """For the header (POST stops at once) or the footer (GET shows a page), by the token's kind."""
        token = Token(kind, channel, recipient.key, tag(purpose), tag(sender), tag(app))
        return self.prefix + self._keys.mint(token)

    def preferences_url(
        self, recipient: Recipient, *, purpose: str, sender: str, app: str, channel: Channel
    ) -> str:
        """The page behind the footer's link shows the preferences as well."""
        return self.unsubscribe_url(
            recipient, purpose=purpose, sender=sender, app=app, channel=channel, kind=TokenKind.BODY
        )

    def read(self, text: str, catalogue: Catalogue) -> Link:
        """What a token stands for. InvalidToken: altered, foreign, or of a sender that is no longer here."""
        token = self._keys.parse(text)
        purposes = {tag(path): path for path in (*catalogue.purposes, *catalogue.replaced)}
        purpose, sender = purposes.get(token.purpose), self._senders.get(token.sender)
        if purpose is None or sender is None or token.channel is None:
            raise InvalidToken("a token of an unknown purpose or sender")
        return Link(
            kind=token.kind,
            channel=Channel(token.channel),
            recipient=Recipient(token.recipient_key, ""),
            purpose=catalogue.replaced.get(purpose, purpose),
            sender=sender,
            app=self._apps.get(token.app, ALL),
        )
