"""One process's view of a store, for the outbox's contracts."""

from gateway.phones.sending import Sending
from gateway.roads.changes import Changes
from gateway.roads.pipeline import Ask, Pipeline
from suppression.address import parse
from suppression.decision import Reason
from suppression.model import Basis, Channel, Scope, Way
from suppression.outbox import Accepted, Draft, Entry
from suppression.purposes import Catalogue
from suppression.records import RecordKind
from suppression.store.outbox import Outbox
from suppression.store.store import Store
from tests.conftest import APP, SENDER

CATALOGUE = Catalogue.shipped()
NUMBER = "+12025550143"
ORDERS, PROMOTIONS = "transactional/orders", "marketing/promotions"


class House:
    """One process's view of a store."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.pipeline = Pipeline(store, CATALOGUE, {SENDER.name: SENDER})
        self.outbox = Outbox(store)
        self.sending = Sending(self.pipeline, self.outbox, {APP.name: APP})
        self.changes = Changes(store)

    def ask(self, purpose: str = ORDERS, number: str = NUMBER, channel: Channel = Channel.SMS) -> Ask:
        return Ask(APP, channel, CATALOGUE.find(purpose), parse(number, channel))

    async def accept(self, number: int = 1, purpose: str = ORDERS, **given: object) -> Accepted:
        channel = given.pop("channel", Channel.SMS)
        draft = Draft(number.to_bytes(8, "big"), {"body": "Your order is on its way."}, **given)  # type: ignore[arg-type]
        return await self.sending.accept(self.ask(purpose, channel=Channel(str(channel))), draft)

    async def claim(self, lease: float = 30) -> list[Entry]:
        claimed = [await self.outbox.claim(shard.number, 10, lease) for shard in self.store.shards.all]
        return [entry for entries in claimed for entry in entries]

    async def stop(self, scope: Scope) -> str:
        """The entry's id."""
        recipient = self.pipeline.recipient(parse(NUMBER, "sms"))
        applied = await self.changes.suppress(
            recipient, scope, reason=Reason.UNSUBSCRIBED, way=Way.SMS, source="test", actor="recipient"
        )
        return applied.entry.id

    async def consent(self) -> None:
        recipient = self.pipeline.recipient(parse(NUMBER, "sms"))
        await self.changes.consent(
            recipient,
            Scope(purpose="marketing", sender=SENDER.name),
            basis=Basis.OPT_IN,
            source="form",
            actor="test",
            at=self.store.now(),
            evidence={"wording": "v1"},
        )

    async def kinds(self, message: str) -> list[RecordKind]:
        return [record.kind for record in await self.outbox.history(await self.outbox.entry(message))]
