"""How long the server takes for the page of one recipient, and for finding it, among a million."""

import asyncio
import random
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import uvloop

from gateway.console.recipients import handles
from gateway.processes.garbage import tame
from suppression.address import parse_email
from suppression.changes import GiveConsent, Suppress
from suppression.decision import Reason
from suppression.model import Basis, Channel, Scope, Way
from suppression.store.apply import apply
from suppression.store.bulk import Bulk, Template
from suppression.store.store import Store
from tests.bench.decisions import a_store, percentile
from tests.bench.result import Result
from tests.gateway.console.house import Browser, employ, house
from tests.gateway.http.world import real_world

RECIPIENTS = 1_000_000
PAGES = 300
RICH = 30  # pages among them of somebody with a long history
GOAL = "<= 100"


async def fill(store: Store, count: int) -> None:
    """Each with a stop, a record and a sealed address."""
    scope = Scope(frozenset({Channel.EMAIL}), "marketing", "shop")
    stop = Suppress(
        scope, Reason.UNSUBSCRIBED, Way.IMPORT, "list", "agent:bench", store.now(), batch="0" * 16
    )
    template, bulk = Template(stop, bound=False), Bulk[int](store, stop.batch, 3600)
    for number in range(count):
        if bulk.put(store.keyring.recipient(parse_email(_name(number))), template, "from a list", number):
            await bulk.send()
    rest = await bulk.drain()
    assert not rest


def _name(number: int) -> str:
    return f"recipient{number}@example.net"


async def enrich(store: Store, number: int) -> None:
    """Twenty entries, with what was said about each."""
    recipient = store.keyring.recipient(parse_email(_name(number)))
    for place in range(10):
        scope = Scope(frozenset({Channel.EMAIL}), f"marketing/partners/p{place}", "shop")
        said = {"note": "called us", "reference": f"T-{place}"}
        yes = GiveConsent(
            scope, Basis.OPT_IN, "form", "agent:bench", store.now(), recipient.exact, evidence=said
        )
        await apply(store, recipient, yes)
        no = Suppress(scope, Reason.UNSUBSCRIBED, Way.LINK, "page", "recipient", store.now(), evidence=said)
        await apply(store, recipient, no)


async def pages(count: int = RECIPIENTS) -> list[Result]:
    async with a_store() as store:
        with TemporaryDirectory() as folder:
            world = await real_world(store, Path(folder))
            await fill(store, count)
            chosen = random.Random(1).sample(range(count), PAGES)
            await asyncio.gather(*(enrich(store, number) for number in chosen[:RICH]))
            made = house(store, world.doors)
            await employ(made)
            browser = await made.signed_in()
            shown = [await _shown(browser, store, number) for number in chosen]
            found = [await _found(browser, number) for number in chosen]
    named = f"a recipient's page among {count:,}"
    return [
        Result(f"{named}, median", percentile(shown, 0.5) * 1000, "ms", goal=GOAL),
        Result(f"{named}, p99", percentile(shown, 0.99) * 1000, "ms", goal=GOAL),
        Result("finding it by its address, to the redirect, p99", percentile(found, 0.99) * 1000, "ms"),
    ]


async def _shown(browser: Browser, store: Store, number: int) -> float:
    path = handles.page(store.keyring.recipient(parse_email(_name(number))))
    began = time.perf_counter()
    answer = await browser.get(path)
    taken = time.perf_counter() - began
    assert answer.status_code == 200
    assert _name(number) in answer.text
    return taken


async def _found(browser: Browser, number: int) -> float:
    began = time.perf_counter()
    answer = await browser.post("/console/find", {"q": _name(number)})
    assert answer.status_code == 303
    return time.perf_counter() - began


def results() -> list[Result]:
    tame()
    return uvloop.run(pages())
