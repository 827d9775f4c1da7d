"""Every row of table.csv, through the real pipeline on a real store. The table is for lawyers: see its first line."""

import csv
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from gateway.roads.pipeline import Ask, Pipeline, Refused
from suppression.decision import Decision, Defer, Reason
from suppression.hashed import digest
from suppression.limits import Cap, Limits, PartnerList, Register
from suppression.model import Channel, Sender
from suppression.purposes import Catalogue
from suppression.store import lists
from suppression.store.hand_over import HandOver
from suppression.store.opening import publish
from suppression.store.permit import Permit
from suppression.store.store import Store
from tests.decision_table.story import APPS, LISTS, TOLD, Story, address, asking, moment

ROWS = [
    row
    for row in csv.DictReader((Path(__file__).parent / "table.csv").read_text("utf-8").splitlines())
    if not row["topic"].startswith("#")
]
LOADED = datetime(2026, 11, 20, 9, tzinfo=UTC)
USUALLY = "2026-11-24T18:00Z"  # a Tuesday: 13:00 in New York
DAY = 86_400
LIMITS = Limits(
    caps=(
        Cap("calls", DAY, 3, "marketing", frozenset({"voice"})),
        Cap("mails", 7 * DAY, 2, "marketing/promotions", frozenset({"email"}), defer=2 * DAY),
    ),
    registers=(
        Register("dnc", "dnc", frozenset({"sms", "voice"}), frozenset({"US"}), 31 * DAY),
        Register("tps", "tps", frozenset({"voice"}), frozenset({"GB"}), 28 * DAY),
    ),
    lists=(PartnerList("acme", ("marketing/partners/acme",), hashed="sha256"),),
)
SENDERS = {name: Sender(name, name.title()) for name in ("brand", "stranger")}


def test_there_are_enough_rows_and_every_ground_of_the_rules_is_in_them() -> None:
    assert len(ROWS) >= 150
    not_by_rules = {Reason.UNUSABLE_ADDRESS, Reason.IN_REVIEW, Reason.NO_VISIBLE_WAY_OUT}
    assert {row["reason"] for row in ROWS} >= {reason.value for reason in set(Reason) - not_by_rules}


async def test_every_row_is_decided_as_it_says(store: Store) -> None:
    pipeline = await prepared(store)
    wrong = []
    for number, row in enumerate(ROWS):
        told = await decide(store, pipeline, number, row)
        expected = " ".join(filter(None, (row["outcome"], row["reason"], row["until"])))
        if told != expected:
            wrong.append(f"{row['topic']}: {row['given'] or 'nothing'}; {row['to']}, {row['channel']}, "
                         f"{row['purpose']}, {row['at']}: {told}, not {expected}")  # fmt: skip
    assert not wrong, "\n" + "\n".join(wrong)


async def prepared(store: Store) -> Pipeline:
    """The limits in force, with everybody loaded whom a row says to be in a register or on a list."""
    await publish(store, Catalogue.shipped().limited(LIMITS))
    await store.set_clock(LOADED)
    for entry in LIMITS.to_load:
        await lists.load(store, entry, _members(store, entry))
    return Pipeline(store, await store.catalogue(), SENDERS)


async def _members(store: Store, entry: Register | PartnerList) -> AsyncIterator[bytes]:
    somebody = {"dnc": "+12025559999", "tps": "+442079469999", "acme": "ab" * 32}
    yield lists.member(store.keyring, entry, somebody[entry.name])
    for number, row in enumerate(ROWS):
        if entry.name in {found["name"] for found in LISTS.finditer(row["given"])}:
            text = address(row["to"], number).folded
            if entry.hashed:
                text = digest(text, entry.hashed).hex()
            yield lists.member(store.keyring, entry, text)


async def decide(store: Store, pipeline: Pipeline, number: int, row: dict[str, str]) -> str:
    """What becomes of the request; explain, the commit and the log say the same."""
    channel = Channel(row["channel"])
    await store.set_clock(TOLD)
    await Story(store, pipeline, number, row["to"], channel).tell(row["given"])
    await store.set_clock(moment(row["at"] or USUALLY))
    purpose = pipeline.catalogue.find(row["purpose"])
    ask = asking(row["request"], Ask(APPS["shop"], channel, purpose, address(row["to"], number)))
    explained, _ = await pipeline.explain(ask)
    if channel is Channel.AUDIENCE:
        made = (await pipeline.decide_and_record(ask)).decision
    else:
        answer = await pipeline.permit(ask, HandOver(f"row {number}", "message"))
        assert isinstance(answer, Permit | Refused)
        made = answer.decision
        record = await store.log.find(answer.decision_id)
        assert (record.outcome, record.reason) == (type(made).__name__.lower(), made.reason)
    assert _words(explained) == _words(made)
    return _words(made)


def _words(decision: Decision) -> str:
    words = [type(decision).__name__.lower(), decision.reason.value]
    if isinstance(decision, Defer):
        # A cap opens to the second of the first message.
        until = decision.until - timedelta(seconds=decision.until.second)
        words.append(f"{until:%Y-%m-%dT%H:%MZ}")
    return " ".join(words)
