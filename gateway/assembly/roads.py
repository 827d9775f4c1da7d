"""The roads of one worker, with the implementations they run on."""

from dataclasses import dataclass

from gateway.assembly import ways_out
from gateway.assembly.archives import history_of
from gateway.assembly.phone_ways_in import WaysIn, ways_in
from gateway.assembly.ways_out import Phones
from gateway.config.settings import Settings
from gateway.duties.desk import Desk
from gateway.duties.telling import Telling
from gateway.imports.importing import Importing
from gateway.links import Links
from gateway.phones.provider_codes import Failure
from gateway.phones.sending import Sending
from gateway.roads.changes import Changes
from gateway.roads.pipeline import Pipeline
from gateway.roads.reading import Reading
from gateway.webhooks.delivering import Delivering
from gateway.webhooks.destination import Destinations
from suppression.outbox import Entry
from suppression.store.event_entries import EventEntries
from suppression.store.outbox import Outbox
from suppression.store.store import Store
from suppression.token import TokenKeys


@dataclass(frozen=True, slots=True)
class Roads:
    """What one worker has of each. `incoming`: None where nobody has an account at Twilio."""

    store: Store
    pipeline: Pipeline
    links: Links
    changes: Changes
    sending: Sending
    phones: Phones
    desk: Desk
    delivering: Delivering
    incoming: WaysIn | None
    importing: Importing

    @property
    def reading(self) -> Reading:
        return Reading(self.store, self.pipeline.history)


async def make_roads(settings: Settings, store: Store) -> Roads:
    pipeline = Pipeline(store, await store.catalogue(), settings.senders, history_of(settings, store.log))
    links, changes = _links(settings, pipeline), Changes(store, settings.consent_expiry)
    outbox = Outbox(store, pipeline.history.records)
    sending = Sending(pipeline, outbox, settings.apps)
    phones = ways_out.phones(settings, links.hooks, store.now)
    incoming = ways_in(
        store,
        links,
        settings.senders,
        settings.twilio,
        sending,
        changes,
        public_url=settings.public_url,
        replace=phones.replace,
        heard=lambda *told: desk.gates.reported(*told),  # noqa: PLW0108 - the desk is made below
    )

    async def learn(entry: Entry, code: int) -> None:
        sender = settings.senders.get(entry.sender)
        await incoming.codes.learn(Failure(entry.id, entry.recipient, entry.channel, sender, code))

    delivering = Delivering(Destinations(settings.webhooks.allow_networks))
    telling = Telling(EventEntries(store), settings.webhooks, delivering)
    desk = Desk(sending, settings.senders, links.hook_url, phones.ways, learn, telling=telling)
    heard_of = incoming if settings.twilio else None
    lists = _importing(settings, store, pipeline)
    return Roads(store, pipeline, links, changes, sending, phones, desk, delivering, heard_of, lists)


def _links(settings: Settings, pipeline: Pipeline) -> Links:
    keys = TokenKeys(settings.secrets.tokens.keys, settings.secrets.tokens.current)
    domain = settings.inbound.domain if settings.inbound else ""
    return Links(
        settings.public_url, keys, settings.senders, settings.apps, lambda: pipeline.catalogue, domain
    )


def _importing(settings: Settings, store: Store, pipeline: Pipeline) -> Importing:
    return Importing(
        store,
        lambda: pipeline.catalogue,
        settings.senders,
        settings.apps,
        spool=settings.spool_dir,
        data_dir=settings.store.data_dir,
    )
