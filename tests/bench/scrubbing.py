"""How many addresses of a list one process checks in a second, as `/v1/scrub` does it."""

import asyncio
import time

import uvloop

from gateway.processes.garbage import tame
from gateway.roads.audiences import Audiences, Scrub
from gateway.roads.pipeline import Pipeline
from suppression.address import parse_email
from suppression.changes import GiveConsent
from suppression.model import Basis, Channel, Scope
from suppression.store.apply import apply
from suppression.store.store import Store
from tests.bench.decisions import APP, CATALOGUE, SENDERS, a_store
from tests.bench.result import Result

ADDRESSES = 40_000
CONSENTED = 10_000
AT_ONCE = 512


async def scrub() -> Result:
    async with a_store() as store:
        texts = [f"some.recipient{number}@example.net" for number in range(ADDRESSES)]
        for start in range(0, CONSENTED, 200):
            await asyncio.gather(*(consent(store, text) for text in texts[start : start + 200]))
        audiences = Audiences(store, Pipeline(store, CATALOGUE, SENDERS))
        listed = Scrub(APP, Channel.AUDIENCE, CATALOGUE.find("marketing/remarketing"), "bench")
        began = time.perf_counter()
        for start in range(0, ADDRESSES, AT_ONCE):
            await audiences.usable(listed, texts[start : start + AT_ONCE])
        rate = ADDRESSES / (time.perf_counter() - began)
        assert listed.usable == CONSENTED
    return Result("a list checked, a quarter of it known", rate, "addresses per second", goal=">= 15,000")


async def consent(store: Store, text: str) -> None:
    recipient = store.keyring.recipient(parse_email(text))
    scope = Scope(frozenset(), "marketing", "brand")
    given = GiveConsent(scope, Basis.OPT_IN, "form", "bench", store.now(), recipient.exact)
    await apply(store, recipient, given)


def results() -> list[Result]:
    tame()
    return [uvloop.run(scrub())]
