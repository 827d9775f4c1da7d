"""The way in for mail of apps, assembled: who they are, what they may do at a time, and their sockets."""

import asyncio
import ipaddress
import ssl
from dataclasses import replace
from functools import partial

from gateway.assembly.ports import SMTP, SMTPS
from gateway.config.settings import Settings
from gateway.processes import acceptor
from gateway.processes.connections import Connections
from gateway.processes.connections import Limits as ConnectionLimits
from gateway.processes.worker_process import WorkerContext
from gateway.roads.pipeline import Pipeline
from gateway.smtp.auth import Login
from gateway.smtp.delivery import Delivery
from gateway.smtp.front import House
from gateway.smtp.limits import Guard, Limits
from gateway.smtp.mail_server import REFUSAL
from gateway.smtp.recipients import Recipients
from gateway.smtp.server import SmtpServer
from gateway.state.api_keys import ApiKeys, digest_of
from suppression.model import App


def limits(settings: Settings) -> Limits:
    given = settings.smtp
    return Limits(
        size=given.max_size,
        recipients=given.max_recipients,
        idle=given.idle_timeout,
        bare_lf=given.bare_lf,
        auth_on_loopback=settings.dev,
        free_loopback=settings.dev,
    )


def server(settings: Settings, pipeline: Pipeline, delivery: Delivery, keys: ApiKeys) -> SmtpServer:
    given = limits(settings)
    tls = _tls(settings)
    house = House(
        hostname=settings.hostname,
        limits=given,
        guard=Guard(given),
        authenticate=partial(authenticate, settings, keys),
        recipients=Recipients(pipeline, given),
        catalogue=lambda: pipeline.catalogue,
        tls=tls is not None,
    )
    return SmtpServer(house, delivery, app_for_address=partial(_app_for_address, settings), tls=tls)


def _tls(settings: Settings) -> ssl.SSLContext | None:
    given = settings.smtp
    if given.tls_certificate is None:
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(given.tls_certificate, given.tls_key)
    return context


async def authenticate(settings: Settings, keys: ApiKeys, name: str, password: str) -> Login | None:
    """An app's SMTP password is one of its API keys."""
    still = partial(_may_send, keys, name, digest_of(password))
    app = settings.apps.get(name)
    return Login(app, still) if await still() and app is not None else None


async def _may_send(keys: ApiKeys, name: str, digest: bytes) -> bool:
    key = await keys.of(digest)
    return key is not None and key.app == name and "app" in key.scopes


def _app_for_address(settings: Settings, address: str) -> App | None:
    """The app whose networks a client without credentials comes from."""
    try:
        client = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return None
    client = getattr(client, "ipv4_mapped", None) or client
    names = (name for network, name in settings.networks if client in network)
    return settings.apps.get(next(names, ""))


def accept(
    settings: Settings, context: WorkerContext, smtp: SmtpServer, tasks: asyncio.TaskGroup
) -> list[asyncio.Task[None]]:
    caps = ConnectionLimits(settings.smtp.max_connections_per_address, settings.smtp.max_connections)
    if settings.dev:
        caps = replace(caps, per_address=caps.total)
    connections = Connections(caps, context.row)
    accepting = []
    for name, listener in context.sockets.items():
        kind = name.partition(":")[0]
        if kind in {SMTP, SMTPS}:
            serving = acceptor.serve(
                listener,
                smtp.protocol,
                connections=connections,
                refusal=REFUSAL,
                tls=smtp.tls if kind == SMTPS else None,
            )
            accepting.append(tasks.create_task(serving))
    return accepting
