"""What one worker has: each front and duty with the implementations it runs on. One function a role."""

import asyncio
from collections.abc import Callable, Coroutine, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import uvloop
from fastapi import FastAPI

from gateway.assembly import consoles, mail_submission, mail_ways_in
from gateway.assembly.archives import is_archived
from gateway.assembly.http_doors import make_doors
from gateway.assembly.outgoing_mail import OutgoingMail, make_outgoing
from gateway.assembly.phone_ways_in import catching_up
from gateway.assembly.ports import HTTP, OPERATIONS
from gateway.assembly.roads import Roads, make_roads
from gateway.assembly.store_access import open_store
from gateway.config.needs import Needs
from gateway.config.roles import ALL, Role
from gateway.config.settings import Settings
from gateway.duties.bounding import bound_forever
from gateway.duties.desk import Desk
from gateway.duties.headroom import watch_headroom
from gateway.duties.importing import import_forever
from gateway.duties.migrating import migrate_forward
from gateway.duties.rewriting import rewrite_forever
from gateway.duties.sweeper import sweep_forever
from gateway.http import server as http_server
from gateway.http.app import create_app, create_operations_app
from gateway.metrics.measuring import Measuring
from gateway.processes import garbage
from gateway.processes.draining import told_to_drain
from gateway.processes.worker_process import WorkerContext
from gateway.smtp.delivery import Delivery
from gateway.smtp.inbound_server import InboundServer
from gateway.smtp.server import SmtpServer
from gateway.state.api_keys import ApiKeys
from suppression.store.event_backlog import EventBacklog

_DRAIN = 25.0  # seconds; the supervisor kills at 30


def run_worker(
    settings: Settings, context: WorkerContext, counts: Path | None = None, *, roles: frozenset[Role] = ALL
) -> None:
    """One worker process, until it is told to drain. Blocking. Where it serves is what sockets it has.

    counts  the folder where all processes of this gateway count
    """
    uvloop.run(_work(settings, context, roles, counts))


@dataclass(frozen=True, slots=True)
class _Doorways:
    """Of who takes mail. `inbound`: by the kind of socket."""

    submission: SmtpServer
    inbound: Mapping[str, InboundServer]

    def accept(
        self, settings: Settings, context: WorkerContext, tasks: asyncio.TaskGroup
    ) -> list[asyncio.Task[None]]:
        accepting = mail_submission.accept(settings, context, self.submission, tasks)
        return [*accepting, *mail_ways_in.accept(settings, context, self.inbound, tasks)]

    async def drain(self, seconds: float) -> None:
        await asyncio.gather(*(one.drain(seconds) for one in (self.submission, *self.inbound.values())))


async def _work(
    settings: Settings, context: WorkerContext, roles: frozenset[Role], counts: Path | None
) -> None:
    async with open_store(settings) as store:
        roads = await make_roads(settings, store)
        mail = make_outgoing(settings, roads) if Needs.of(roles).mail else None
        doorways = _doorways(settings, roads, mail) if mail and Role.SMTP in roles else None
        measuring = Measuring(store, counts, context.row, archived=is_archived(settings))
        apps = {OPERATIONS: partial(create_operations_app, roads.reading, measuring.scrape)}
        if mail and Role.HTTP in roles:
            apps[HTTP] = partial(_public_app, settings, roads, mail, measuring)
        garbage.tame()
        async with asyncio.TaskGroup() as tasks:
            running = [tasks.create_task(duty) for duty in _duties(settings, roads, roles)]
            running += doorways.accept(settings, context, tasks) if doorways else []
            http = [await task for task in _serve_http(context, apps)]
            context.ready()
            await told_to_drain(context)
            context.row.drain()
            for task in running:
                task.cancel()
            await asyncio.wait(running)  # a connection that was just accepted is to be drained too
            draining = [roads.desk.drain(_DRAIN), *(server.drain() for server in http)]
            await asyncio.gather(*draining, *([doorways.drain(_DRAIN)] if doorways else ()))
        if mail:
            await mail.carriers.close()
        await roads.phones.close()
        await roads.delivering.close()


def _doorways(settings: Settings, roads: Roads, mail: OutgoingMail) -> _Doorways:
    store, pipeline, limits = roads.store, roads.pipeline, mail_submission.limits(settings)
    delivery = Delivery(pipeline, mail.carriers, mail.composer, limits, mail.ways_back)
    smtp = mail_submission.server(settings, pipeline, delivery, ApiKeys(store.client.sends))
    inbound = mail_ways_in.servers(
        settings, store, pipeline, roads.links, mail.own, mail.ways_back, mail.confirmations, smtp.tls
    )
    return _Doorways(smtp, inbound)


def _duties(settings: Settings, roads: Roads, roles: frozenset[Role]) -> Iterator[Coroutine[Any, Any, None]]:
    """What runs until it is cancelled."""
    yield watch_headroom(roads.store, settings.store.data_dir)
    if Role.HTTP in roles:  # a list lies on the host that it was brought to
        yield import_forever(roads.importing)
    if Role.DISPATCHER not in roles:
        return
    yield sweep_forever(roads.store, find=roads.pipeline.history.find)
    yield rewrite_forever(roads.store)
    yield migrate_forward(roads.store)
    yield bound_forever(EventBacklog(roads.store), settings.webhooks.most_waiting)
    if roads.phones.ways or settings.webhooks.of_app:
        yield _dispatch(roads.desk)
    if roads.incoming is not None and roads.phones.clients:
        clients, replies = roads.phones.clients, roads.incoming.replies
        yield catching_up(roads.store, settings.senders, settings.twilio, clients, replies).run()


async def _dispatch(desk: Desk) -> None:
    await desk.start()


def _public_app(settings: Settings, roads: Roads, mail: OutgoingMail, measuring: Measuring) -> FastAPI:
    doors = make_doors(settings, roads, mail)
    console = consoles.routes(settings, roads.store, doors, mail.own.send)
    return create_app(doors, operations=settings.dev, console=console, scrape=measuring.scrape)


def _serve_http(
    context: WorkerContext, apps: Mapping[str, Callable[[], FastAPI]]
) -> list[asyncio.Task[http_server.HttpServer]]:
    return [
        asyncio.create_task(http_server.serve(apps[name.partition(":")[0]](), [listener]))
        for name, listener in context.sockets.items()
        if name.partition(":")[0] in apps
    ]
