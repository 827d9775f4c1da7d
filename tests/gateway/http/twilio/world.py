"""The webhooks on a real store, told by somebody who signs as Twilio does."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlencode

import httpx
from fastapi import FastAPI

from channels.twilio.outcomes import Breaker
from channels.twilio.signature import Signatures, body_hash
from gateway.assembly.phone_ways_in import WaysIn, ways_in
from gateway.config.twilio import TwilioAccount
from gateway.http.app import create_app
from gateway.links import Hook, Links
from gateway.phones.sending import Sending
from gateway.roads.changes import Changes
from gateway.roads.pipeline import Ask, Pipeline
from gateway.roads.reviews import Reviewing
from suppression.address import parse
from suppression.model import App, CallSettings, Channel, Recipient, Sender, Suppression, TextSettings
from suppression.outbox import Draft, Entry
from suppression.purposes import Catalogue
from suppression.records import Record
from suppression.store.outbox import Outbox
from suppression.store.reviews import Reviews
from suppression.store.store import Store
from suppression.token import TokenKeys
from tests.gateway.http.world import SECRETS, RealWorld

PUBLIC = "https://gateway.example.com"
TOKEN, OLD, STRANGE = "current token", "token before", "another account's token"
ACCOUNT, OTHER_ACCOUNT = "AC" + "1" * 32, "AC" + "2" * 32
SHOP, FREE, ADVANCED, STRANGER = "+12025550100", "+12025550110", "+12025550120", "+12025550130"
SERVICE = "MG" + "1" * 32
CALLER, LINE = "+12025550101", "+18005550100"
BOB = "+12025550143"
SENDERS = {
    "shop": Sender(
        "shop",
        "The Shop",
        support_phone="+12025550199",
        texts=TextSettings((SHOP,)),
        calls=CallSettings((CALLER,), opt_out_line=LINE, detect_machine=True),
    ),
    "free": Sender("free", "Free & Easy", texts=TextSettings(("+12025550111", FREE), opt_out="off")),
    "advanced": Sender("advanced", "Advanced", texts=TextSettings((ADVANCED,), SERVICE, opt_out="advanced")),
    "stranger": Sender("stranger", "Stranger", texts=TextSettings((STRANGER,))),
}
APPS = {name: App(name, name) for name in SENDERS}
ACCOUNTS = {
    name: TwilioAccount(OTHER_ACCOUNT, (STRANGE,))
    if name == "stranger"
    else TwilioAccount(ACCOUNT, (TOKEN, OLD))
    for name in SENDERS
}

Form = Sequence[tuple[str, str]]


@dataclass
class Hooked:
    """`replaced`: TwiML that calls under way went on with; `faults`: what the breaker heard."""

    store: Store
    sending: Sending
    links: Links
    ways: WaysIn
    app: FastAPI
    client: httpx.AsyncClient
    changes: Changes
    replaced: list[tuple[str, str, str]]
    heard: list[tuple[Channel, str, str, Breaker]]
    numbers: int = field(default=0)
    refuses: bool = False

    async def replace_twiml(self, sender: str, call: str, twiml: str) -> None:
        if self.refuses:
            raise RuntimeError("the call has ended")
        self.replaced.append((sender, call, twiml))

    async def post(self, target: str, form: Form, token: str = TOKEN, **headers: str) -> httpx.Response:
        """`target`: path and query."""
        signed = {"X-Twilio-Signature": Signatures([token]).sign(PUBLIC + target, form)}
        return await self.raw(target, urlencode(form).encode(), **(signed | headers))

    async def json(self, target: str, body: bytes, token: str = TOKEN) -> httpx.Response:
        target += ("&" if "?" in target else "?") + "bodySHA256=" + body_hash(body)
        signature = Signatures([token]).sign(PUBLIC + target)
        return await self.raw(
            target, body, **{"X-Twilio-Signature": signature, "Content-Type": "application/json"}
        )

    async def raw(self, target: str, body: bytes, **headers: str) -> httpx.Response:
        headers = {"Content-Type": "application/x-www-form-urlencoded"} | headers
        return await self.client.post(target, content=body, headers=headers)

    async def text(self, body: str, *, to: str = SHOP, sid: str = "", **more: str) -> httpx.Response:
        token = more.pop("token", TOKEN)
        form = text_form(body, to=to, sid=sid or self.new_sid("SM"), **more)
        return await self.post("/hooks/twilio/sms", form, token)

    def new_sid(self, prefix: str) -> str:
        self.numbers += 1
        return f"{prefix}{self.numbers:032x}"

    def bob(self, number: str = BOB) -> Recipient:
        return self.store.keyring.recipient(parse(number))

    async def stops(self, number: str = BOB) -> set[tuple[str, str, str, str]]:
        """Channels, purpose, reason and way."""
        return {told(entry) for entry in await self.entries(number)}

    async def entries(self, number: str = BOB) -> Sequence[Suppression]:
        return (await self.store.facts(self.bob(number))).suppressions

    async def answers(self, number: str = BOB) -> list[tuple[str, str]]:
        """What waits to be sent to them by the gateway itself: purpose and text."""
        waiting = await self.sending.outbox.waiting(self.bob(number))
        return [(entry.purpose, (entry.content or {}).get("body", "")) for entry in waiting if entry.system]

    async def records(self, number: str = BOB) -> list[Record]:
        """Oldest first."""
        return (await self.store.log.of(self.bob(number).key))[::-1]

    async def message(self, channel: Channel = Channel.SMS, purpose: str = "", **content: str) -> Entry:
        """A message of the shop's to Bob, in the outbox."""
        purpose = purpose or ("service/notifications" if channel is Channel.SMS else "transactional/payments")
        ask = Ask(APPS["shop"], channel, Catalogue.shipped().find(purpose), parse(BOB))
        self.numbers += 1
        draft = Draft(self.numbers.to_bytes(8, "big"), {"body": "hello", **content})
        accepted = await self.sending.accept(ask, draft)
        return await self.sending.outbox.entry(accepted.id)

    async def submitted(self, channel: Channel = Channel.SMS, purpose: str = "", **content: str) -> Entry:
        """The same, handed over: its answer is on the way."""
        entry = await self.message(channel, purpose, **content)
        shard = self.store.shards.of(self.bob().key).number
        for leased in await self.sending.outbox.claim(shard, 10, 30):
            await self.sending.submit(leased, 30)
        return await self.sending.outbox.entry(entry.id)

    async def report(self, entry: Entry, state: str, **more: str) -> httpx.Response:
        url = self.links.hook_url(Hook.STATUS, entry.id).removeprefix(PUBLIC)
        prefix, name = ("Message", "SM") if entry.channel is Channel.SMS else ("Call", "CA")
        given = {"AccountSid": ACCOUNT, "To": BOB, f"{prefix}Sid": name + "f" * 32, f"{prefix}Status": state}
        token = more.pop("token", TOKEN)
        return await self.post(url, list((given | more).items()), token)


def told(entry: Suppression) -> tuple[str, str, str, str]:
    channels = ",".join(sorted(entry.scope.channels)) or "*"
    return channels, entry.scope.purpose, entry.reason.value, entry.way.value


def text_form(body: str, *, to: str = SHOP, sid: str, **more: str) -> Form:
    """As Twilio sends it."""
    account = OTHER_ACCOUNT if to == STRANGER else ACCOUNT
    given = {
        "ToCountry": "US",
        "MediaContentType0": "",
        "MessageSid": sid,
        "SmsMessageSid": sid,
        "SmsSid": sid,
        "NumMedia": "0",
        "SmsStatus": "received",
        "Body": body,
        "To": to,
        "From": BOB,
        "AccountSid": account,
        "ApiVersion": "2010-04-01",
    }
    return list((given | more).items())


async def hooked(world: RealWorld) -> Hooked:
    """`world`: for its keys and its other doors."""
    store = world.store
    pipeline = Pipeline(store, Catalogue.shipped(), SENDERS)
    sending = Sending(pipeline, Outbox(store), APPS)
    keys = TokenKeys({1: b"t" * 32}, 1)
    made = Links(PUBLIC, keys, SENDERS, APPS, Catalogue.shipped)
    replaced: list[tuple[str, str, str]] = []
    heard: list[tuple[Channel, str, str, Breaker]] = []

    async def replace_twiml(sender: str, call: str, twiml: str) -> None:
        await made_ready[0].replace_twiml(sender, call, twiml)

    made_ready: list[Hooked] = []
    changes = Changes(store)
    ways = ways_in(
        store,
        made,
        SENDERS,
        ACCOUNTS,
        sending,
        changes,
        public_url=PUBLIC,
        replace=replace_twiml,
        heard=lambda *told: heard.append(told),
    )
    doors = replace(
        world.doors, hooks=ways.hooks, reviewing=Reviewing(store, Reviews(store), changes), senders=SENDERS
    )
    app = create_app(doors)
    # Another name than the public one, as behind a proxy: it proves nothing.
    client = httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://10.0.0.7:8080")
    made_ready.append(Hooked(store, sending, made, ways, app, client, changes, replaced, heard))
    return made_ready[0]


def bearer(key: str = "agent") -> dict[str, Any]:
    return {"Authorization": f"Bearer {SECRETS[key]}"}
