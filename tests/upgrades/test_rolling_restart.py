"""A new version is rolled out host by host: every mail and text of that time leaves exactly once."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.embedded.server import EmbeddedServer
from tests.conftest import free_port
from tests.end_to_end.hop import Hop
from tests.end_to_end.phones import Numbers
from tests.end_to_end.processes import until
from tests.end_to_end.test_twilio import SETTINGS, TOKEN, Twilio
from tests.twilio_stand_in import read_log
from tests.upgrades.hosts import Apps, Company, Host, started

ROUNDS = 2
pytestmark = pytest.mark.slow


@pytest.fixture
def twilio(tmp_path: Path) -> Iterator[Twilio]:
    """Its reports go nowhere: no host's port is known yet."""
    home = tmp_path / "stand-in"
    home.mkdir()
    port = free_port()
    twilio = Twilio(home, port, f"http://127.0.0.1:{free_port()}")
    yield twilio
    twilio.end()


def test_hosts_are_restarted_one_after_the_other_under_load(tmp_path: Path, twilio: Twilio) -> None:
    """Two with the fronts, one with the dispatcher and the archiver: each stopped by SIGTERM and started again."""
    port = int(twilio.url.rpartition(":")[2])
    with EmbeddedServer(tmp_path / "store") as server, Hop() as hop:
        company = Company(tmp_path, f"unix://{server.socket}", hop.port, SETTINGS % port)
        (tmp_path / "twilio-tokens").write_text(f"{TOKEN}\n")
        hosts = [company.host("left"), company.host("right", "smtp,http")]
        behind = company.host("behind", "dispatcher,archiver")
        company.command("left", "init")
        with started(*hosts, behind):
            key = company.command("left", "keys", "issue", "--app", "texts", "--scope", "app")
            with Apps(hosts, key, Numbers(7000)) as apps:
                for host in (*hosts, behind) * ROUNDS:
                    roll(host, apps)
            until(lambda: len(texts(twilio)) >= len(apps.texted))
        mailed = Counter(one.to for one in hop.sink.taken)
        assert mailed == Counter(apps.mailed), "none lost, none twice"
        assert Counter(texts(twilio)) == Counter(apps.texted)
        assert next(apps.tries) > len(apps.mailed) + len(apps.texted), "somebody had to try again"
        assert "is whole" in company.command("left", "log", "verify")


def roll(host: Host, apps: Apps) -> None:
    """Away for a while, in which others take something."""
    before = len(apps.mailed)
    host.stop()
    until(lambda: len(apps.mailed) >= before + 5)
    host.start()
    until(lambda: len(apps.mailed) >= before + 10)


def texts(twilio: Twilio) -> list[str]:
    """To whom they went."""
    return [form["To"] for form in read_log(twilio._log)]
