"""What a row of the table tells of a recipient, word by word, done to a real store in the order in which it is told."""

import re
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from channels.carrier import Rejected, Sent
from gateway.roads.changes import Changes
from gateway.roads.pipeline import Ask, Pipeline
from gateway.roads.roster import Roster
from suppression.address import Address, parse
from suppression.changes import GiveConsent, Lift, Suppress, Withdraw
from suppression.decision import Reason
from suppression.model import ALL, App, Basis, Channel, Consent, Recipient, Scope, Suppression, Way
from suppression.store.apply import apply
from suppression.store.hand_over import HandOver
from suppression.store.permit import Permit
from suppression.store.store import Store

TOLD = datetime(2026, 11, 23, 9, tzinfo=UTC)  # when a row's story begins, unless it says otherwise
APPS = {
    "shop": App("shop", "brand"),
    "newsletter": App("newsletter", "brand", ("marketing",), frozenset({Channel.EMAIL})),
    "stranger": App("stranger", "stranger"),
}
# Every row has addresses of its own: NNN is its number.
PLACES = {
    "mail": "ann.NNN@example.net",
    "MAIL": "Ann.NNN@EXAMPLE.net",
    "tagged mail": "ann.NNN+news@example.net",
    "New York": "+12125550NNN",
    "Gary in Indiana": "+12195550NNN",
    "Florida panhandle": "+18505550NNN",
    "toll-free": "+18005550NNN",
    "London": "+442079460NNN",
    "Berlin": "+493055550NNN",
    "Delhi": "+911125550NNN",
}
LISTS = re.compile(r"(?:in register|on list) (?P<name>\w+)")
_SCOPE = r"(?:of|to) (?P<purpose>\S+)(?: on (?P<channels>[a-z]+(?: and [a-z]+)*))?"
_UNTIL = r"(?: until (?P<until>\S+))?"


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def address(place: str, number: int) -> Address:
    return parse(PLACES[place].replace("NNN", f"{number:03}"))


@dataclass
class Story:
    """One row's recipient, and what was last told of it: "it" is the last entry."""

    store: Store
    pipeline: Pipeline
    number: int
    to: str
    channel: Channel
    entry: Suppression | Consent | None = None
    stop: Suppression | None = None
    messages: int = field(default=0)

    async def tell(self, given: str) -> None:
        for told in filter(None, map(str.strip, given.split(";"))):
            sentence, _, place = told.partition(" as ")
            await self._tell(sentence, self.recipient(place or self.to))

    async def _tell(self, sentence: str, recipient: Recipient) -> None:
        for pattern, told in _SENTENCES.items():
            if found := re.fullmatch(pattern, sentence):
                await told(self, recipient, found.groupdict())
                return
        raise AssertionError(f"row {self.number}: {sentence!r} is no sentence of this table")

    def recipient(self, place: str) -> Recipient:
        return self.store.keyring.recipient(address(place, self.number))

    async def consent(self, recipient: Recipient, said: dict[str, Any]) -> None:
        change = GiveConsent(
            scope=_scope(said, said["sender"] or "brand"),
            basis=Basis(said["basis"] or "opt_in"),
            source=f"form {said['purpose']}",
            actor="app",
            at=self.store.now(),
            exact=recipient.exact,
            expires=moment(said["until"]) if said["until"] else None,
            direct=bool(said["direct"]),
            overrides=frozenset({self.stop.id}) if said["override"] and self.stop else frozenset(),
        )
        self.entry = (await apply(self.store, recipient, change)).entry

    async def suppress(self, recipient: Recipient, said: dict[str, Any]) -> None:
        reasons = {
            "block": Reason.BLOCKED,
            "complaint": Reason.COMPLAINED,
            "undeliverable": Reason.UNDELIVERABLE,
        }
        reason = reasons.get(said["what"], Reason.UNSUBSCRIBED)
        way = Way(said.get("way") or ("agent" if reason is Reason.BLOCKED else "link"))
        until = moment(said["until"]) if said.get("until") else None
        scope = _scope(said, "stranger" if said.get("sender") else ALL)
        if reason is Reason.UNDELIVERABLE:
            change = Suppress(scope, reason, way, "told", "told", self.store.now(), exact=recipient.exact)
            applied = await apply(self.store, recipient, change)
        else:
            applied = await Changes(self.store).suppress(
                recipient, scope, reason=reason, way=way, source="told", actor="told", until=until
            )
        assert isinstance(applied.entry, Suppression)
        self.entry = self.stop = applied.entry

    async def withdraw(self, recipient: Recipient, _: dict[str, Any]) -> None:
        assert self.entry is not None
        await apply(self.store, recipient, Withdraw(self.entry.id, "app", self.store.now()))

    async def lift(self, recipient: Recipient, _: dict[str, Any]) -> None:
        assert self.stop is not None
        await apply(self.store, recipient, Lift(self.stop.id, "agent", self.store.now()))

    async def erase(self, recipient: Recipient, _: dict[str, Any]) -> None:
        await Changes(self.store).erase(recipient, way=Way.PREFERENCES, source="told", actor="recipient")

    async def come_back(self, recipient: Recipient, _: dict[str, Any]) -> None:
        await Changes(self.store).come_back(recipient, actor="app")

    async def know(self, recipient: Recipient, said: dict[str, Any]) -> None:
        birth = said.get("year") or ("" if said.get("zone") else "c")
        await self._link([recipient], {"birth": birth, "zone": said.get("zone") or ""})

    async def link(self, recipient: Recipient, said: dict[str, Any]) -> None:
        await self._link([recipient, self.recipient(said["place"])], {})

    async def _link(self, recipients: list[Recipient], told: dict[str, str]) -> None:
        known = {"birth": "", "language": "", "zone": "", "country": ""} | told
        await Roster(self.store).link(f"person {self.number}", recipients, known, owner="*", actor="told")

    async def send(self, _: Recipient, said: dict[str, Any]) -> None:
        """Messages of promotions that really go, or that the next hop refuses."""
        await self.store.set_clock(moment(said["at"]))
        channel = Channel(said["channel"] or self.channel)
        purpose = self.pipeline.catalogue.find("marketing/promotions")
        ask = Ask(APPS["shop"], channel, purpose, address(self.to, self.number))
        for _number in range(int(said["count"])):
            self.messages += 1
            hand_over = HandOver(f"before {self.number} {self.messages}", "message")
            permit = await self.pipeline.permit(ask, hand_over)
            assert isinstance(permit, Permit), permit
            outcome = Sent("ok") if said["how"] == "sent" else Rejected(550, "5.1.1", "unknown")
            await self.pipeline.settle(ask, permit, hand_over, outcome)

    async def list(self, _: Recipient, __: dict[str, Any]) -> None:
        """Was loaded with everybody's, before any row's story."""


def _scope(said: dict[str, Any], sender: str) -> Scope:
    channels = (said.get("channels") or "").split(" and ")
    purpose = said.get("purpose") or ALL
    return Scope(
        frozenset(Channel(name) for name in channels if name),
        ALL if purpose == "everything" else purpose,
        sender,
    )


_SENTENCES: dict[str, Callable[[Story, Recipient, dict[str, Any]], Coroutine[Any, Any, None]]] = {
    rf"consent {_SCOPE}(?: by (?P<basis>\w+))?(?: of (?P<sender>\w+))?(?P<direct> taken by us)?"
    rf"(?P<override> overriding it)?{_UNTIL}": Story.consent,
    rf"(?P<what>stop) {_SCOPE}(?: by (?P<sender>stranger)'s)?{_UNTIL}(?: by (?P<way>\w+))?": Story.suppress,
    rf"(?P<what>block) {_SCOPE}": Story.suppress,
    r"(?P<what>complaint|undeliverable) on (?P<channels>\w+)": Story.suppress,
    r"withdraws it": Story.withdraw,
    r"lifts it": Story.lift,
    r"erased": Story.erase,
    r"returns": Story.come_back,
    r"is a child": Story.know,
    r"was born in (?P<year>\d{4})": Story.know,
    r"lives in (?P<zone>\S+)": Story.know,
    r"shares a person with (?P<place>.+)": Story.link,
    r"(?P<how>sent|failed) (?P<count>\d+)(?: on (?P<channel>\w+))? at (?P<at>\S+)": Story.send,
    LISTS.pattern: Story.list,
}


def asking(request: str, ask: Ask) -> Ask:
    """The row's column `request`: what the app says beside it."""
    for word in filter(None, map(str.strip, request.split(";"))):
        if word == "legal notice":
            ask = replace(ask, legal_notice="terms of 2027, section 4")
        else:
            ask = replace(ask, app=APPS[word.removeprefix("app ")])
    return ask
