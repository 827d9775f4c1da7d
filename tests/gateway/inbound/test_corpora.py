"""Every bounce of the corpora through the whole handler, on a real store: what the table says is suppressed, and
nothing else. The table is that of the readers: tests/channels/email/inbound/bounces.csv.
"""

import csv
from collections.abc import Iterator
from pathlib import Path

import pytest

from suppression.address import parse_email
from suppression.decision import Reason
from suppression.errors import UnusableAddress
from suppression.model import Recipient
from tests.channels.email.corpora import FOLDER, as_sent
from tests.gateway.smtp.inbound_door import MAILBOX, InboundDoor

TABLE = Path(__file__).parents[2] / "channels" / "email" / "inbound" / "bounces.csv"
ROWS = list(csv.DictReader(TABLE.read_text(encoding="utf-8").splitlines()))
NOBODY = "somebody@nowhere.example"
_SOFT = 4

pytestmark = [pytest.mark.corpus, pytest.mark.usefixtures("corpora_here")]


def told(row: dict[str, str]) -> Iterator[tuple[list[str], bool]]:
    """Of each block of a report: whom it names, and whether it suppresses them. A complaint says one thing of all."""
    if row["nature"] == "complaint":
        return iter([(row["recipients"].replace("-", "").split(), row["suppresses"] == "yes")])
    blocks = zip(row["recipients"].split(), row["suppresses"].split(), strict=True)
    return (([] if named == "-" else named.split("|"), yes == "yes") for named, yes in blocks)


def known(door: InboundDoor, named: list[str]) -> Iterator[Recipient]:
    for address in named:
        try:
            yield door.pipeline.recipient(parse_email(address))
        except UnusableAddress:
            continue


async def reasons(door: InboundDoor, recipient: Recipient) -> set[Reason]:
    return {entry.reason for entry in (await door.store.facts(recipient)).suppressions}


async def forget(door: InboundDoor, recipient: Recipient) -> None:
    """As if it had never been heard of: many files are about the same address."""
    shard = door.store.shards.of(recipient.key)
    for key in (shard.recipient(recipient.key), shard.failures(recipient.key, _SOFT)):
        await door.store.client.stops.execute("DEL", key)


async def wrong(door: InboundDoor, place: int, row: dict[str, str], about: Recipient) -> str | None:
    """What is not as the table says after the file came with the token of one that it is about."""
    blocks = list(told(row))
    own = [yes for named, yes in blocks if about.key in {one.key for one in known(door, named)}]
    expected = all(own or [yes for _, yes in blocks])
    path = door.links.return_path(about, purpose="marketing/promotions", number=place.to_bytes(8, "big"))
    answer = await door.take(path, as_sent(FOLDER / "bounces" / row["file"]))
    everybody = {one.key: one for named, _ in blocks for one in known(door, named)} | {about.key: about}
    found = {key: await reasons(door, one) for key, one in everybody.items()}
    for one in everybody.values():
        await forget(door, one)
    reason = Reason.COMPLAINED if row["nature"] == "complaint" else Reason.UNDELIVERABLE
    wanted = {key: {reason} if key == about.key and expected else set() for key in everybody}
    if answer.code == 250 and found == wanted:
        return None
    return (
        f"{row['file']}: {answer.code}, {sorted(map(sorted, found.values()))}, not {expected}: {row['why']}"
    )


async def test_with_a_token_what_the_table_says_is_suppressed_and_nothing_else(door: InboundDoor) -> None:
    found: list[str | None] = []
    for place, row in enumerate(ROWS):
        named = {one.key: one for block, _ in told(row) for one in known(door, block)}
        everybody = list(named.values()) or list(known(door, [NOBODY]))
        found += [await wrong(door, place, row, about) for about in everybody]
    assert [one for one in found if one] == []
    assert len(found) >= len(ROWS) > 400


async def test_without_a_token_no_file_does_anything_to_those_whom_it_names(door: InboundDoor) -> None:
    """Each of them a forged report, as far as we can know."""
    for place, row in enumerate(ROWS):
        to = MAILBOX if place % 2 else door.links.complaints_address
        raw = as_sent(FOLDER / "bounces" / row["file"])
        assert (await door.take(to, raw, "" if row["nature"] == "bounce" else "x@example.org")).code == 250
        if row["nature"] != "written":
            for named, _ in told(row):
                for one in known(door, named):
                    assert await reasons(door, one) == set(), row["file"]
