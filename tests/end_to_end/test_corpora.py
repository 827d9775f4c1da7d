"""Every real and hostile message of the corpora through a running gateway, in at its door and out at its sandbox."""

from collections.abc import Iterator
from pathlib import Path

import dkim
import pytest

from tests.channels.email.byte_checks import header_and_rest, name_of
from tests.channels.email.corpora import as_sent, files, require
from tests.channels.email.test_corpora import BROKEN_HEADERS
from tests.end_to_end.client import Client, Talk, address
from tests.end_to_end.signatures import signatures_valid

MESSAGES = files("mime")
HOSTILE = pytest.mark.parametrize("path", MESSAGES or [Path("none")], ids=lambda path: path.name)
ORDERS = "transactional/orders"

pytestmark = [pytest.mark.corpus, pytest.mark.usefixtures("corpora")]


@pytest.fixture(scope="module")
def corpora() -> None:
    require()


@pytest.fixture(scope="module")
def talks(shared_facts: dict[str, object]) -> Iterator[dict[str, Talk]]:
    """A session for each purpose, which every message goes through."""
    client = Client(shared_facts)
    with client.talk(ORDERS) as orders, client.talk() as marketing:
        yield {ORDERS: orders, "": marketing}
    client.close()


@HOSTILE
def test_as_an_order_it_arrives_with_lines_on_top_only(
    gateway: Client, talks: dict[str, Talk], path: Path
) -> None:
    raw, to = as_sent(path), address("order")
    reply = talks[ORDERS].submit(raw, to)
    assert reply.code == 250, reply

    [arrived] = gateway.arrived(to)
    fields, rest = header_and_rest(raw)
    removed = ("bcc", "resent-bcc")
    kept = b"".join(field for field in fields if name_of(field) not in removed) + rest
    assert arrived.raw.endswith(kept)
    on_top, _ = header_and_rest(arrived.raw[: -len(kept)] + b"\r\n")
    assert {name_of(field) for field in on_top if field.strip()} <= {"received", "dkim-signature"}
    assert on_top[-1].startswith(b"Received: from ")


@HOSTILE
def test_as_marketing_it_gets_its_way_out_or_is_refused_for_its_from(
    gateway: Client, talks: dict[str, Talk], path: Path
) -> None:
    raw, to = as_sent(path), gateway.consented("market")
    reply = talks[""].submit(raw, to)
    if reply.code == 550:
        assert reply.status == "5.7.1"
        assert "exactly one From" in reply.text
        assert gateway.arrived(to) == []
        return
    assert reply.code == 250, reply

    [arrived] = gateway.arrived(to)
    names = [name_of(field) for field in header_and_rest(arrived.raw)[0]]
    assert names.count("received") == 1 + [name_of(f) for f in header_and_rest(raw)[0]].count("received")
    if names.count("list-unsubscribe-post") == 0:
        assert b"auto-submitted: auto-replied" in raw.lower() or b"multipart/report" in raw.lower()
        return
    assert names.count("list-unsubscribe") == names.count("list-unsubscribe-post") == 1
    if path.name in BROKEN_HEADERS:
        with pytest.raises(dkim.MessageFormatError):
            signatures_valid(arrived.raw, gateway.facts)
        return
    assert signatures_valid(arrived.raw, gateway.facts)[:2] == [True, True]
