"""What a text says when it leaves: the app's words, places filled, and for marketing the way out at the end."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from channels.sms import text as composing
from channels.sms import wording
from gateway.links import Links
from suppression.address import Address
from suppression.errors import NotPermitted
from suppression.model import App, Channel, Recipient, Sender, TextSettings
from suppression.phone_number import countries
from suppression.purposes import Purpose
from suppression.token import TokenKind

_LINKS = ("unsubscribe_url", "preferences_url")


class SendsNoTexts(NotPermitted):
    peer_text = "this app's sender has no numbers to text from"


@dataclass(frozen=True, slots=True)
class Texts:
    """Texts of all senders. `recipient`: an address under its keys, which its link carries."""

    senders: Mapping[str, Sender]
    links: Links
    recipient: Callable[[Address], Recipient]

    def begin(self, app: App, purpose: Purpose, body: str) -> "Template":
        """SendsNoTexts."""
        sender = self.senders[app.sender]
        if sender.texts is None:
            raise SendsNoTexts("no texts in this sender's settings")
        return Template(self, app, purpose, body, sender, sender.texts)


class Template:
    """One body for many recipients."""

    def __init__(
        self, texts: Texts, app: App, purpose: Purpose, body: str, sender: Sender, settings: TextSettings
    ) -> None:
        self._texts = texts
        self._app = app
        self._purpose = purpose
        self._body = body
        self._sender = sender
        self._settings = settings
        self._has_way_out = purpose.says_how_to_stop
        self._own_links = any(name in body for name in _LINKS)
        self._for_all: Mapping[str, str] | None = None

    def content(self, address: Address) -> Mapping[str, str]:
        """What is kept until it is due. TextTooLong, EmptyText, UnencodableText."""
        by_link = self._has_way_out and not self._settings.link_hint_countries.isdisjoint(
            countries(address.text)
        )
        if by_link or self._own_links:
            return {"body": self._composed(self._page(address), by_link=by_link)}
        if self._for_all is None:
            self._for_all = {"body": self._composed("", by_link=False)}
        return self._for_all

    def _composed(self, url: str, *, by_link: bool) -> str:
        return composing.compose(
            self._body,
            hint=self._hint(url, by_link=by_link),
            url=url,
            preferences_url=url,  # the page has the preferences below its button
            postal_address=self._sender.postal_address,
            max_segments=self._settings.max_segments,
            transliterate=self._settings.transliterate,
        )

    def _hint(self, url: str, *, by_link: bool) -> str:
        """In the sender's language: the recipient's is known only once facts are read, and what is too long is
        answered before.
        """
        if not self._has_way_out:
            return ""
        if by_link:
            return wording.hint_link(self._sender.language, url)
        return self._settings.hint or wording.hint_reply(self._sender.language)

    def _page(self, address: Address) -> str:
        return self._texts.links.unsubscribe_url(
            self._texts.recipient(address),
            purpose=self._purpose.path,
            sender=self._sender.name,
            app=self._app.name,
            channel=Channel.SMS,
            kind=TokenKind.BODY,
        )
