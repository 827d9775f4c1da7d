"""Debian's Postfix and Exim as next hop: signatures are whole behind them, and what they refuse the app hears."""

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.conftest import free_port
from tests.end_to_end.client import address, mail
from tests.end_to_end.hop import Hop
from tests.end_to_end.production import Production
from tests.interop import exim, postfix
from tests.interop.house import PROMOTIONS, House, plain_text
from tests.interop.tried import Version

Behind = Callable[[int], contextlib.AbstractContextManager[House]]

MIME = ("MIME-Version: 1.0", "Content-Type: text/plain; charset=utf-8", "Content-Transfer-Encoding: 8bit")
WORDS = "Grüße aus Köln.\r\n.A dot\r\nFrom here on it is a line like others.\r\n"


@pytest.fixture
def last() -> Iterator[Hop]:
    """Where the next hop delivers."""
    with Hop() as hop:
        yield hop


@pytest.fixture
def behind(last: Hop, tmp_path: Path) -> Behind:
    """A gateway whose next hop listens on that port."""

    @contextlib.contextmanager
    def begin(port: int) -> Iterator[House]:
        production = Production(tmp_path, port)
        production.command("init")
        try:
            production.begin()
            yield House(production, last)
        finally:
            production.end()

    return begin


def passes_on_and_refuses(house: House) -> None:
    """What both do: an order goes as it is, marketing with its way out, and nobody has no mailbox."""
    to, friend = address(), house.shop.consented()
    taken = house.shop.send(mail(*MIME, text=WORDS), to)
    assert (taken.code, taken.status) == (250, "2.0.0")
    assert plain_text(house.arrived(to)) == WORDS.replace("\r\n", "\n")

    assert house.shop.send(mail(*MIME, text=WORDS), friend, purpose=PROMOTIONS).code == 250
    found = house.arrived(friend)
    assert plain_text(found).startswith(WORDS.replace("\r\n", "\n"))
    assert found["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"

    refused = house.shop.order("nobody@example.net")
    assert (refused.code, refused.status) == (550, "5.1.1")
    assert "No such user" in refused.text


@pytest.mark.client("Postfix as next hop")
def test_postfix_also_after_it_was_away(behind: Behind, last: Hop, version: Version) -> None:
    """Meanwhile the app hears 451; when it sends again, the mail goes, once."""
    settings = {
        "relayhost": f"[127.0.0.1]:{last.port}",
        "smtpd_recipient_restrictions":
            "check_recipient_access inline:{{nobody@example.net = 550 5.1.1 No such user}}",
    }  # fmt: skip
    to, raw, port = address(), mail(), free_port()
    with behind(port) as house:
        away = house.shop.send(raw, to)
        assert (away.code, away.status) == (451, "4.4.1")
        with postfix.running(settings, port):
            version(postfix.version())
            assert house.shop.send(raw, to).code == house.shop.send(raw, to).code == 250
            house.arrived(to)
            passes_on_and_refuses(house)


@pytest.mark.client("Exim as next hop")
def test_exim(behind: Behind, last: Hop, version: Version) -> None:
    with exim.running(last.port) as hop, behind(hop.port) as house:
        version(hop.version)
        passes_on_and_refuses(house)
