"""Whose mail a report is about, as far as that is proven: every field of a report can be forged.

What proves it: a token of ours, which only who had the mail can know; or that the next hop's own name of the mail,
which stands in the log, is in what the report returns of it. A Message-ID that the app gave proves nothing: all who
got the same mail know it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from channels.email.inbound.report_parts import Original
from gateway.archive.history import History
from gateway.inbound.applying import Applying
from gateway.inbound.which_mail import is_named, names_of
from gateway.links import Link, LinkBack, Links
from suppression.address import parse_email
from suppression.errors import InvalidToken, UnusableAddress
from suppression.model import ALL, Recipient
from suppression.store.store import Store
from suppression.store.ways_back import WaysBack

MOST_NAMED = 10  # recipients of a report whose logs are looked into
MOST_TOKENS = 10


class Proof(StrEnum):
    """By what it is known whose mail it was."""

    RETURN_PATH = "return_path"
    LINK = "link"
    FEEDBACK_ID = "feedback_id"
    LOG = "log"


@dataclass(frozen=True, slots=True)
class About:
    """Whose mail it was; empty text for what is not known."""

    recipient: Recipient
    proof: Proof
    sender: str = ""
    purpose: str = ""
    app: str = ""


class Attribution:
    """On one store. `named`: the addresses that a report names; they tell the exact one, and prove nothing.

    history  of the store's log
    """

    def __init__(
        self,
        store: Store,
        links: Links,
        ways_back: WaysBack,
        applying: Applying,
        history: History | None = None,
    ) -> None:
        self._store = store
        self._history = history or History(store.log)
        self._links = links
        self._ways_back = ways_back
        self._applying = applying

    async def by_return_path(self, back: LinkBack, named: Iterable[str]) -> About:
        """Of the address that a report came to."""
        return await self._back(back, named, Proof.RETURN_PATH)

    async def by_tokens(self, original: Original, named: Iterable[str]) -> About | None:
        """By what the returned mail carries. None without a token, and where two contradict each other."""
        named = list(named)
        link, back = self._link(original), self._feedback_id(original)
        if link and back and link.recipient.key != back.recipient.key:
            return None
        if link is not None:
            recipient = await self._applying.recipient(link.recipient.key, named)
            app = "" if link.app == ALL else link.app
            return About(recipient, Proof.LINK, link.sender, link.purpose, app)
        return None if back is None else await self._back(back, named, Proof.FEEDBACK_ID)

    async def by_log(self, original: Original, named: Iterable[str]) -> About | None:
        """By the next hop's name of a mail that lately went to one of those that are named."""
        names = names_of(original)
        if not names:
            return None
        for recipient in self._recipients(named):
            facts = await self._store.facts(recipient, self._store.client.stops)
            for record in await self._history.recent(recipient.key, facts):
                if is_named(record, names):
                    return About(recipient, Proof.LOG, record.sender, record.purpose, record.app)
        return None

    async def _back(self, back: LinkBack, named: Iterable[str], proof: Proof) -> About:
        recipient = await self._applying.recipient(back.recipient.key, named)
        way = await self._ways_back.find(back.number)
        sender, app = (way.sender, way.app) if way else ("", "")
        return About(recipient, proof, sender, back.purpose or "", app)

    def _link(self, original: Original) -> Link | None:
        """In List-Unsubscribe: a URL of ours, or an address."""
        for uri in original.unsubscribe[:MOST_TOKENS]:
            token = uri.partition("?")[0]
            try:
                if token.startswith(self._links.prefix):
                    return self._links.read(token.removeprefix(self._links.prefix))
                if token.lower().startswith("mailto:"):
                    return self._links.read_mailto(token[len("mailto:") :].partition("@")[0])
            except InvalidToken:
                continue
        return None

    def _feedback_id(self, original: Original) -> LinkBack | None:
        try:
            return self._links.read_back(original.feedback_id) if original.feedback_id else None
        except InvalidToken:
            return None

    def _recipients(self, named: Iterable[str]) -> Iterable[Recipient]:
        for address in list(dict.fromkeys(named))[:MOST_NAMED]:
            try:
                yield self._store.keyring.recipient(parse_email(address))
            except UnusableAddress:
                continue
