"""One world per test: an application over doors, callers with keys, and the means to look behind it."""

import base64
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

import httpx
from fastapi import FastAPI

from channels.sandbox import Sandbox, SandboxCarriers, SandboxMailCarrier
from gateway.confirmations.confirming import Confirmations
from gateway.confirmations.data_requests import requests
from gateway.confirmations.questions import Post
from gateway.http.app import create_app
from gateway.http.doors import Doors, Entry, Link, Subjects
from gateway.http.sandbox.box import Sandbox as SandboxDoor
from gateway.http.sends import Sends
from gateway.imports.importing import Importing
from gateway.links import Links
from gateway.phones.calls import Calls
from gateway.phones.sending import Sending
from gateway.phones.texts import Texts
from gateway.roads.audiences import Audiences
from gateway.roads.changes import Changes
from gateway.roads.events import Events
from gateway.roads.exporting import Exporting
from gateway.roads.help_desk import HelpDesk
from gateway.roads.pipeline import Pipeline
from gateway.roads.reading import Reading
from gateway.roads.roster import Roster
from gateway.smtp.composing import Composer
from gateway.smtp.copies import Relay
from gateway.smtp.own_mail import OwnMail
from gateway.smtp.signers import Signers
from gateway.state.api_keys import ApiKeys
from suppression.address import parse
from suppression.model import (
    App,
    CallSettings,
    Channel,
    Facts,
    Recipient,
    Sender,
    SoftOptIn,
    Suppression,
    TextSettings,
)
from suppression.purposes import Catalogue
from suppression.records import Record, RecordKind
from suppression.store.keys import Keyring, handle
from suppression.store.outbox import Outbox
from suppression.store.store import Store
from suppression.token import TokenKeys, TokenKind
from tests.gateway.http.fake_sends import FakeOutbox
from tests.gateway.http.fakes import (
    FakeChanges,
    FakeConfirming,
    FakeDeciding,
    FakeKeys,
    FakeReading,
    Memory,
    viewer,
)
from tests.gateway.http.sandbox.fake_sandbox import FakeBox, fake_sandbox

PUBLIC_URL = "http://gateway.test"
SENDERS = {
    "shop": Sender(
        "shop",
        "The Shop",
        "1 Main Street, Springfield",
        support_phone="+12025550100",
        list_domain="shop.example",
        from_address="hello@shop.example",
        soft_opt_in=SoftOptIn(("marketing/associated-products",), 24),
        texts=TextSettings(numbers=("+12025550100",)),
        calls=CallSettings(numbers=("+12025550100",), opt_out_line="+18005550100"),
    ),
    "other": Sender("other", "Other & <Sons>", one_click_stops="marketing"),
}
APPS = {
    "demo": App("demo", "shop"),
    "trusted": App("trusted", "shop", may_resubscribe=True),
    "stranger": App("stranger", "other"),
    "orders": App("orders", "shop", ("transactional",), frozenset({Channel.SMS})),
}


KEYS: dict[str, tuple[str | None, tuple[str, ...]]] = {
    "app": ("demo", ("app",)),
    "trusted": ("trusted", ("app",)),
    "stranger": ("stranger", ("app",)),
    "orders": ("orders", ("app",)),
    "agent": (None, ("agent",)),
    "admin": (None, ("admin",)),
    "all": ("demo", ("app", "agent", "admin")),
    "gone": ("removed-app", ("app",)),
}
SECRETS = {name: f"gk_{name:_<40}" for name in KEYS}


@dataclass
class World(ABC):
    """What a test has in hand, over whichever doors."""

    doors: Doors
    links: Links
    app: FastAPI = field(init=False)
    client: httpx.AsyncClient = field(init=False)

    def __post_init__(self) -> None:
        self.app = create_app(self.doors)
        transport = httpx.ASGITransport(app=self.app)
        self.client = httpx.AsyncClient(transport=transport, base_url=PUBLIC_URL)

    @abstractmethod
    async def go_away(self) -> None:
        """The store answers nobody from now on."""

    @abstractmethod
    async def facts(self, address: str) -> Facts: ...

    @abstractmethod
    async def records(self, address: str) -> Sequence[Record]:
        """Oldest first."""

    @abstractmethod
    async def advance(self, by: timedelta) -> None:
        """Move the gateway's clock."""

    async def advance_to(self, moment: str) -> None:
        await self.advance(datetime.fromisoformat(moment) - self.now())

    def bearer(self, key: str) -> str:
        return f"Bearer {SECRETS[key]}"

    def now(self) -> datetime:
        return self.doors.clock()

    def recipient(self, address: str) -> Recipient:
        return self.doors.recipient(parse(address))

    async def stops(self, address: str) -> tuple[Suppression, ...]:
        return (await self.facts(address)).suppressions

    def token(
        self,
        address: str = "ann@example.net",
        kind: TokenKind = TokenKind.HEADER,
        purpose: str = "marketing/promotions",
        sender: str = "shop",
        channel: Channel = Channel.EMAIL,
    ) -> str:
        url = self.links.unsubscribe_url(
            self.recipient(address),
            purpose=purpose,
            sender=sender,
            app="demo",
            channel=channel,
            kind=kind,
        )
        return url.removeprefix(self.links.prefix)

    async def call(self, method: str, path: str, key: str | None = "app", **more: Any) -> httpx.Response:
        headers = dict(more.pop("headers", {}))
        if key is not None:
            headers["Authorization"] = f"Bearer {SECRETS.get(key, key)}"
        return await self.client.request(method, path, headers=headers, **more)

    async def post(self, path: str, body: Any, key: str | None = "app", **headers: str) -> httpx.Response:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return await self.call("POST", path, key, json=body, headers=named)

    async def get(self, path: str, key: str | None = "app", **params: str) -> httpx.Response:
        return await self.call("GET", path, key, params=params)


def entry_handle(recipient: Recipient, entry: Entry) -> str:
    return handle("sup_" if isinstance(entry, Suppression) else "con_", recipient.key, entry.id)


@dataclass
class FakeWorld(World):
    memory: Memory
    box: FakeBox
    outbox: FakeOutbox

    async def go_away(self) -> None:
        self.memory.away = True

    async def come_back(self) -> None:
        self.memory.away = False

    async def facts(self, address: str) -> Facts:
        return self.memory.of(self.recipient(address))

    async def records(self, address: str) -> Sequence[Record]:
        key = self.recipient(address).key.hex()
        return [line for line in self.memory.log if line.recipient == key]

    async def advance(self, by: timedelta) -> None:
        self.memory.offset += by


def links(catalogue: Callable[[], Catalogue]) -> Links:
    return Links(PUBLIC_URL, TokenKeys({1: b"t" * 32}, 1), SENDERS, APPS, catalogue)


def fake_world() -> FakeWorld:
    memory, box, made = Memory(), FakeBox(), links(Catalogue.shipped)
    keys = FakeKeys(memory)
    for name, (app, scopes) in KEYS.items():
        keys.add(SECRETS[name], app, *scopes)
    recipient = Keyring(b"pepper" * 6).recipient
    deciding = FakeDeciding(memory, recipient)
    outbox = FakeOutbox(memory, deciding, recipient)
    doors = Doors(
        keys=keys,
        apps=APPS,
        senders=SENDERS,
        catalogue=Catalogue.shipped,
        recipient=recipient,
        handle=entry_handle,
        deciding=deciding,
        changes=FakeChanges(memory),
        reading=FakeReading(memory),
        link=made.read,
        confirm_link=made.read_confirmation,
        confirmations=FakeConfirming(memory),
        address=memory.address,
        record_view=viewer(memory),
        clock=memory.now,
        form_key=b"f" * 32,
        sandbox=fake_sandbox(memory, box),
        sends=Sends(
            outbox,
            outbox,
            Texts(SENDERS, made, recipient),
            Calls(SENDERS, made, recipient),
            outbox.strangers,
        ),
        patience=0.3,
    )
    return FakeWorld(doors, made, memory, box, outbox)


@dataclass
class RealWorld(World):
    store: Store
    box: Sandbox

    def mails(self, to: str) -> list[EmailMessage]:
        """What was sent to somebody, oldest first."""
        found = self.box.messages(to=to)
        return [message_from_bytes(base64.b64decode(one["raw"]), policy=default) for one in found]

    async def go_away(self) -> None:
        await self.store.close()

    async def facts(self, address: str) -> Facts:
        return await self.store.facts(self.recipient(address))

    async def records(self, address: str) -> Sequence[Record]:
        lines = await self.store.log.of(self.recipient(address).key)
        return lines[::-1]

    async def advance(self, by: timedelta) -> None:
        await self.store.set_clock(self.store.now() + by)


async def real_world(store: Store, folder: Path) -> RealWorld:
    """The application on a real store, with the real pipeline, changes and readers."""
    keys = ApiKeys(store.client.stops)
    for name, (app, scopes) in KEYS.items():
        await keys.issue(app, scopes, secret=SECRETS[name])
    pipeline = Pipeline(store, Catalogue.shipped(), SENDERS)
    made, box = links(lambda: pipeline.catalogue), Sandbox(folder)

    async def record_view(link: Link, method: str) -> None:
        at = int(store.now().timestamp() * 1000)
        seen = Record(
            RecordKind.VIEWED,
            at=at,
            recipient=link.recipient.key.hex(),
            sender=link.sender,
            details={"method": method},
        )
        await store.log_record(link.recipient.key, seen, store.client.stops)

    changes, roster = Changes(store), Roster(store)
    sending = Sending(pipeline, Outbox(store), APPS)
    subjects = Subjects(
        roster, changes.erase, Exporting(store, roster), Events(store, changes, roster, SENDERS)
    )
    doors = Doors(
        keys=keys,
        apps=APPS,
        senders=SENDERS,
        catalogue=lambda: pipeline.catalogue,
        recipient=store.keyring.recipient,
        handle=entry_handle,
        deciding=pipeline,
        changes=changes,
        reading=Reading(store),
        link=made.read,
        confirm_link=made.read_confirmation,
        confirmations=Confirmations(
            store,
            pipeline,
            made,
            SENDERS,
            own_mail(pipeline, made, box),
            requests(store, changes),
            changes=changes,
            put=sending.accept,
        ),
        address=store.address,
        record_view=record_view,
        audiences=Audiences(store, pipeline),
        importing=Importing(store, lambda: pipeline.catalogue, SENDERS, APPS, spool=folder / "imports"),
        largest_list=1 << 20,
        clock=store.now,
        form_key=b"f" * 32,
        sandbox=SandboxDoor(box, store.set_clock),
        subjects=subjects,
        sends=_sends(sending, made, roster),
        help_desk=HelpDesk(store, pipeline, changes, made, sending.outbox, roster),
    )
    return RealWorld(doors, made, store, box)


def _sends(sending: Sending, made: Links, roster: Roster) -> Sends:
    recipient = sending.pipeline.recipient
    texts, calls = Texts(SENDERS, made, recipient), Calls(SENDERS, made, recipient)
    return Sends(sending, sending.outbox, texts, calls, roster.strangers)


def own_mail(pipeline: Pipeline, made: Links, box: Sandbox) -> Post:
    """Without keys to sign with."""
    composer = Composer("gw.test", SENDERS, made, pipeline.recipient, dict.fromkeys(SENDERS, Signers()))
    return OwnMail(Relay(pipeline, SandboxCarriers(SandboxMailCarrier(box))), composer).send
