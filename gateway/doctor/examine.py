"""All checks of one gateway's settings, at once, each within its time."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator
from collections.abc import Set as AbstractSet
from datetime import UTC, datetime
from functools import partial

import structlog

from gateway.assembly import archives, ways_out
from gateway.assembly.store_access import open_store
from gateway.config import extras
from gateway.config.needs import Needs
from gateway.config.roles import ALL, Role
from gateway.config.settings import Settings
from gateway.dns.checking import DnsCheck
from gateway.doctor import archive, certificate, dns, hop, outside, store
from gateway.doctor.findings import Check, Finding, Findings, fail, warn
from gateway.embedded.server import reachable
from gateway.webhooks.destination import Destinations
from suppression.errors import ConfigurationError, Unavailable
from suppression.store.store import Store

SECONDS = 15.0  # for each check

_log = structlog.get_logger(__name__)


async def examine(
    settings: Settings,
    *,
    roles: AbstractSet[Role] = ALL,
    dns_check: DnsCheck | None = None,
    seconds: float = SECONDS,
) -> Findings:
    """In the order of checks, the same each time. `roles`: of this host; what others need is looked at there."""
    async with contextlib.AsyncExitStack() as opened:
        checks = list(_without_store(settings, Needs.of(roles), dns_check or DnsCheck()))
        try:
            known = await opened.enter_async_context(_opened(settings))
        except (ConfigurationError, Unavailable) as error:
            found = [_no_store(error)]
        else:
            found = []
            checks = [*_of_store(settings, known), *checks]
        checks += await opened.enter_async_context(_of_twilio(settings))
        told = await asyncio.gather(*(_within(seconds, name, check) for name, check in checks))
    return [*found, *(finding for one in told for finding in one)]


Named = tuple[str, Check]


def _of_store(settings: Settings, known: Store) -> Iterator[Named]:
    yield store.STORE, partial(store.look, known, settings.store.data_dir)
    yield store.CLOCK, partial(store.look_at_clock, known)

    async def look_at_archive() -> Findings:
        remembered = await known.log.archived()
        return await archive.look(
            archives.place_of(settings),
            archives.scratch_of(settings),
            remembered,
            is_to_come=archives.is_to_come(settings),
        )

    yield archive.ARCHIVE, look_at_archive


def _without_store(settings: Settings, needs: Needs, dns_check: DnsCheck) -> Iterator[Named]:
    if needs.mail and settings.given.next_hop is not None:
        given = settings.next_hop
        yield hop.HOP, lambda: hop.look(ways_out.next_hop(settings), verify=given.verify)
        if given.username is None:  # a service's addresses are its own matter
            yield dns.DNS, partial(dns.look_at_reverse, given.host)
    path, hostname = settings.smtp.tls_certificate, settings.hostname
    if needs.tls and path is not None:
        yield certificate.TLS, partial(asyncio.to_thread, certificate.look_at_file, path, hostname)
        if settings.smtp.ports:
            host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(settings.smtp.host, settings.smtp.host)
            yield certificate.TLS, partial(certificate.look_at_port, host, settings.smtp.ports[0], hostname)
    yield "extras", partial(_look_at_extras, settings)
    yield outside.PUBLIC, partial(outside.look_at_public_url, settings.public_url, settings.secrets.form_key)
    destinations = Destinations(settings.webhooks.allow_networks)
    yield outside.RECEIVERS, partial(outside.look_at_receivers, settings.webhooks.of_app, destinations)
    yield dns.DNS, partial(dns.look_at_records, settings, dns_check)


async def _look_at_extras(settings: Settings) -> Findings:
    lines = (line.partition(": needs the extra: ") for line in extras.missing(settings.given))
    return [
        fail(
            "extras", f"{setting} is set, and what it needs is not installed.", f"{command}, and start anew."
        )
        for setting, _, command in lines
    ]


@contextlib.asynccontextmanager
async def _of_twilio(settings: Settings) -> AsyncIterator[list[Named]]:
    ways = ways_out.phones(settings, settings.public_url, partial(datetime.now, UTC))
    try:
        yield [
            (outside.TWILIO, partial(outside.look_at_twilio, client, account.account_sid))
            for account, client in ways.clients.items()
        ]
    finally:
        await ways.close()


@contextlib.asynccontextmanager
async def _opened(settings: Settings) -> AsyncIterator[Store]:
    """With an embedded store: the server that runs, or one for as long as this lasts."""
    data_dir = settings.store.data_dir
    with contextlib.nullcontext() if data_dir is None else reachable(data_dir):
        async with open_store(settings) as known:
            yield known


def _no_store(error: Exception) -> Finding:
    if isinstance(error, ConfigurationError):
        return fail(
            store.STORE, str(error), "Mend the store (deploy/valkey.conf has the settings that it needs)."
        )
    todo = "Start the store, and look at store.redis_url and the network between."
    return fail(store.STORE, "It does not answer: everything is refused with 451 and 503.", todo)


async def _within(seconds: float, name: str, check: Check) -> Findings:
    """A check that fails tells of itself, and takes no other with it."""
    try:
        async with asyncio.timeout(seconds):
            return await check()
    except TimeoutError:
        return [fail(name, f"No answer within {seconds:g} s.", "Look at the network between here and there.")]
    except Exception as error:  # noqa: BLE001 - whatever it was: the others must be told
        _log.debug("check_failed", about=name, error=type(error).__name__)
        return [warn(name, f"Could not be looked at ({type(error).__name__}).", "Run gateway check.")]
