"""A `gateway serve` before a next hop that keeps what it is given, and what a client has to know to send through it."""

import email
import os
import subprocess
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import cast

import dkim

from tests.channels.relay.sink import Taken
from tests.end_to_end.client import PATIENCE, address
from tests.end_to_end.hop import Hop
from tests.end_to_end.processes import until
from tests.end_to_end.production import AppClient, Production

ORDERS, PROMOTIONS = "transactional/orders", "marketing/promotions"
FREE = "127.0.0.2"  # what comes from here needs no password: the settings say whose it is
Done = subprocess.CompletedProcess[str]


@dataclass(frozen=True, slots=True)
class Account:
    """What an app's settings for outgoing mail name. `trusted`: a file with the gateway's certificate."""

    host: str
    port: int
    tls_port: int
    username: str
    password: str
    trusted: Path


class House:
    def __init__(self, production: Production, hop: Hop) -> None:
        self.production = production
        self.hop = hop
        self.shop: AppClient = production.client("shop")
        self.trusted = production.home / "trusted.pem"
        made = (production.home / "keys" / "tls.pem").read_text()
        self.trusted.write_text(made[made.index("-----BEGIN CERTIFICATE") :])
        shown = production.command("check")
        self._dns = shown.partition('._domainkey.example.com TXT "')[2].partition('"')[0].encode()

    def account(self, purpose: str = ORDERS) -> Account:
        ports = self.production.ports
        username = f"shop+{purpose}"
        return Account("127.0.0.1", ports["smtp"], ports["smtps"], username, self.shop.key, self.trusted)

    def copies(self, to: str) -> list[Taken]:
        return self.hop.taken(to)

    def arrived(self, to: str) -> EmailMessage:
        """The one copy that came, with a signature that holds."""
        until(lambda: self.copies(to), PATIENCE)
        [copy] = self.copies(to)
        assert dkim.verify(copy.raw, dnsfunc=lambda _name, timeout=5: self._dns)  # noqa: ARG005 - dkimpy's own
        return email.message_from_bytes(copy.raw, policy=default)


def plain_text(message: EmailMessage) -> str:
    """As a reader has it, its lines ended by line feeds."""
    part = message.get_body(("plain",))
    assert part is not None
    return str(part.get_content()).replace("\r\n", "\n")


def attachments(message: EmailMessage) -> dict[str, bytes]:
    return {
        part.get_filename("?"): cast("bytes", part.get_payload(decode=True))
        for part in message.iter_attachments()
    }


def program(*command: str | Path, told: str | bytes = "", **environment: str) -> Done:
    """A client's run, to its end: what it prints and how it ends are the test's to judge."""
    raw = told.encode() if isinstance(told, str) else told
    done = subprocess.run(
        [str(word) for word in command], input=raw, capture_output=True, timeout=60, check=False,
        env={**os.environ, **environment},
    )  # fmt: skip
    return Done(done.args, done.returncode, done.stdout.decode(), done.stderr.decode())


def stranger() -> str:
    """Somebody who never consented to anything."""
    return address("stranger")
