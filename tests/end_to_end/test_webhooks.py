"""A `gateway serve` whose apps are told what happens: refused and discarded mail, stops, replay, over TLS."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.end_to_end.client import mail
from tests.end_to_end.hop import Hop
from tests.end_to_end.processes import until
from tests.end_to_end.production import Production
from tests.gateway.smtp.certificate import client_context, server_context
from tests.gateway.webhooks.receiver import KEY, Receiver, whsec

TOML = """
[archive]
every = 60

[webhooks]
allow_networks = ["127.0.0.0/8"]

[apps.quiet]
sender = "brand"
default_purpose = "marketing/promotions"
on_refusal = "discard"

[apps.quiet.webhook]
url = "https://localhost:{port}/events"
secret = "{secret}"
"""


@contextmanager
def serving(folder: Path) -> Iterator[Receiver]:
    """A receiver in a thread of its own."""
    receiver, started, ended = Receiver(), threading.Event(), asyncio.Event()
    loop = asyncio.new_event_loop()

    async def run() -> None:
        async with receiver.open(server_context(folder)):
            started.set()
            await ended.wait()

    thread = threading.Thread(target=lambda: loop.run_until_complete(run()))
    thread.start()
    assert started.wait(10)
    try:
        yield receiver
    finally:
        loop.call_soon_threadsafe(ended.set)
        thread.join()
        loop.close()


@pytest.fixture
def receiver(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Receiver]:
    """Its certificate is one that this machine trusts."""
    client_context(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "localhost.pem"))
    with serving(tmp_path) as receiver:
        yield receiver


def test_an_app_hears_of_discarded_mail_and_stops_and_hears_it_again(
    receiver: Receiver, tmp_path: Path
) -> None:
    home = tmp_path / "serve"
    home.mkdir()
    with Hop() as hop:
        more = TOML.format(port=receiver.port, secret=whsec(KEY))
        production = Production(home, hop.port, workers=2, more=more)
        production.command("init")
        assert whsec(KEY) not in production.command("check")
        production.begin()
        quiet = production.client("quiet")

        taken = quiet.send(mail(), "stranger@example.net")
        assert (taken.code, taken.status) == (250, "2.0.0")
        until(lambda: len(receiver.came) == 1)
        (refused,) = receiver.came
        told = refused.verified()
        assert (told["type"], told["data"]["reason"]) == ("refused", "no_consent")
        assert hop.taken("stranger@example.net") == []

        to = quiet.consented()
        quiet.stop(to)
        assert quiet.send(mail(), to).code == 250
        assert hop.taken(to) == []
        until(lambda: len(receiver.came) == 4)
        assert sorted(receiver.types()) == ["consented", "refused", "refused", "suppressed"]

        said = production.command("events", "replay", "--app", "quiet", "--since", "2020-01-01")
        assert said == "4 events wait for quiet again.\n"
        until(lambda: len(receiver.came) == 8)
        assert {came.id for came in receiver.came[4:]} == {came.id for came in receiver.came[:4]}
        production.end()
        shown = "".join(path.read_text() for path in home.glob("gateway-*.out"))
        assert "stranger@example.net" not in shown
        assert whsec(KEY).removeprefix("whsec_") not in shown
