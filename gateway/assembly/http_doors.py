"""What the HTTP front needs of the rest, with the implementations it runs on."""

from datetime import datetime
from functools import partial

from gateway.assembly import mail_providers, ways_out
from gateway.assembly.outgoing_mail import OutgoingMail
from gateway.assembly.phone_ways_in import erasure_question
from gateway.assembly.roads import Roads
from gateway.config.settings import Settings
from gateway.http.doors import Doors, Subjects
from gateway.http.sandbox.box import Sandbox as SandboxDoor
from gateway.http.sends import Sends
from gateway.links import Link
from gateway.phones.calls import Calls
from gateway.phones.texts import Texts
from gateway.roads.audiences import Audiences
from gateway.roads.events import Events
from gateway.roads.exporting import Exporting
from gateway.roads.help_desk import HelpDesk
from gateway.roads.reviews import Reviewing
from gateway.roads.roster import Roster
from gateway.state.api_keys import ApiKeys
from suppression.records import Record, RecordKind
from suppression.store import codec
from suppression.store.apply import entry_handle
from suppression.store.reviews import Reviews
from suppression.store.store import Store


def make_doors(settings: Settings, roads: Roads, mail: OutgoingMail) -> Doors:
    store, pipeline, changes, roster = roads.store, roads.pipeline, roads.changes, Roster(roads.store)
    confirmations = mail.confirmations
    ask_erasure = erasure_question(confirmations, settings.senders, store)
    return Doors(
        keys=ApiKeys(store.client.stops),
        apps=settings.apps,
        senders=settings.senders,
        catalogue=lambda: pipeline.catalogue,
        recipient=store.keyring.recipient,
        handle=lambda recipient, entry: entry_handle(recipient.key, entry),
        deciding=pipeline,
        changes=changes,
        reading=roads.reading,
        link=roads.links.read,
        confirm_link=roads.links.read_confirmation,
        confirmations=confirmations,
        address=store.address,
        record_view=partial(_record_view, store),
        audiences=Audiences(store, pipeline),
        importing=roads.importing,
        largest_list=settings.given.imports.max_size,
        clock=store.now,
        form_key=settings.secrets.form_key,
        sandbox=_sandbox(settings, roads) if settings.dev else None,
        subjects=Subjects(
            roster=roster,
            erase=changes.erase,
            exporting=Exporting(store, roster, pipeline.history),
            events=Events(store, changes, roster, settings.senders),
        ),
        sends=Sends(
            roads.sending,
            roads.sending.outbox,
            Texts(settings.senders, roads.links, pipeline.recipient),
            Calls(settings.senders, roads.links, pipeline.recipient),
            roster.strangers,
        ),
        mail_hooks=mail_providers.hooks(settings, store, roads.links, mail.ways_back, pipeline.history),
        hooks=roads.incoming.hooks if roads.incoming is not None else None,
        reviewing=Reviewing(store, Reviews(store), changes, ask_erasure),
        help_desk=HelpDesk(store, pipeline, changes, roads.links, roads.sending.outbox, roster),
    )


def _sandbox(settings: Settings, roads: Roads) -> SandboxDoor:
    store = roads.store

    async def set_clock(now: datetime | None) -> None:
        await store.set_clock(now)
        roads.desk.look()

    return SandboxDoor(
        ways_out.sandbox(settings, store.now), set_clock, store.follow_clock, roads.phones.played
    )


async def _record_view(store: Store, link: Link, method: str) -> None:
    """People and scanners look alike: nothing changed, and the log says so."""
    record = Record(
        kind=RecordKind.VIEWED,
        at=codec.milliseconds(store.now()),
        recipient=link.recipient.key.hex(),
        channel=link.channel.value,
        purpose=link.purpose,
        sender=link.sender,
        app=link.app,
        details={"method": method},
    )
    await store.log_record(link.recipient.key, record, store.client.stops)
