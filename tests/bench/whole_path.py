"""The whole path: SMTP in, decide, log, rewrite, sign, SMTP out to a sink; two workers; mail counted at the sink."""

import asyncio
import contextlib
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from gateway.assembly import store_access
from gateway.config import settings
from suppression.address import parse_email
from suppression.changes import GiveConsent
from suppression.model import Basis, Scope
from suppression.store.apply import apply
from tests.bench import mail_tools
from tests.bench.result import Result

MESSAGES = 3_000
ROUNDS = 3
WARM_UP = 1_000
WORKERS = 2

SETTINGS = """
public_url = "https://mail.example.com"
[store]
data_dir = "data"
[smtp]
host = "127.0.0.1"
ports = [{smtp}]
[http]
host = "127.0.0.1"
port = {http}
[operations]
port = {operations}
[next_hop]
host = "127.0.0.1"
port = {sink}
tls = "none"
[senders.brand]
title = "The Brand"
postal_address = "1 Main Street, Springfield"
from_domains = ["example.com"]
dkim = [{{ domain = "example.com", selector = "s1", key_file = "dkim.pem" }}]
[apps.shop]
sender = "brand"
default_purpose = "marketing/promotions"
networks = ["127.0.0.0/8"]
"""


@contextlib.contextmanager
def gateway(folder: Path, sink_port: int) -> Iterator[tuple[int, int, float]]:
    """(SMTP port, supervisor's pid, seconds from start to ready)."""
    ports = {name: mail_tools.free_port() for name in ("smtp", "http", "operations")}
    config = folder / "gateway.toml"
    config.write_text(SETTINGS.format(sink=sink_port, **ports))
    key = generate_private_key(65537, 2048)
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (folder / "dkim.pem").write_bytes(pem)
    (folder / "dkim.pem").chmod(0o600)
    run = [sys.executable, "-m", "gateway"]
    subprocess.run([*run, "init", "--config", str(config)], check=True, stdout=subprocess.DEVNULL)
    began = time.monotonic()
    with (folder / "gateway.log").open("wb") as log:
        command = [*run, "serve", "--config", str(config), "--workers", str(WORKERS)]
        process = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        mail_tools.wait_for_ready(ports["http"])
        ready = time.monotonic() - began
        asyncio.run(give_consents(config))
        yield ports["smtp"], process.pid, ready
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)


async def give_consents(config: Path) -> None:
    loaded = settings.load(config)
    async with store_access.open_store(loaded) as store:

        async def consent(number: int) -> None:
            recipient = store.keyring.recipient(parse_email(f"{number}b@example.net"))
            scope = Scope(purpose="marketing", sender="brand")
            change = GiveConsent(scope, Basis.OPT_IN, "bench", "bench", store.now(), recipient.exact)
            await apply(store, recipient, change)

        for start in range(1, MESSAGES + 1, 200):
            await asyncio.gather(*(consent(n) for n in range(start, min(start + 200, MESSAGES + 1))))


def memory_of_workers(supervisor: int) -> float:
    """The largest worker's resident memory, in MiB."""
    children = Path(f"/proc/{supervisor}/task/{supervisor}/children").read_text().split()
    sizes = []
    for pid in children:
        if b"valkey" in Path(f"/proc/{pid}/cmdline").read_bytes():
            continue
        (line,) = (
            li for li in Path(f"/proc/{pid}/status").read_text().splitlines() if li.startswith("VmRSS")
        )
        sizes.append(int(line.split()[1]) / 1024)
    return max(sizes)


def measure() -> tuple[float, float, float]:
    """(messages a second, median of the rounds; seconds to ready; MiB of a worker after them all)."""
    with TemporaryDirectory() as name, mail_tools.sink(Path(name)) as sink:
        folder = Path(name)
        message = folder / "newsletter"
        message.write_bytes(mail_tools.newsletter())
        message.chmod(0o644)
        folder.chmod(0o755)
        with gateway(folder, sink.port) as (port, supervisor, ready):
            mail_tools.send(port, WARM_UP, message)
            rates = [one_round(port, sink, message) for _ in range(ROUNDS)]
            return median(rates), ready, memory_of_workers(supervisor)


def one_round(port: int, sink: mail_tools.Sink, message: Path) -> float:
    before, began = sink.count, time.monotonic()
    mail_tools.send(port, MESSAGES, message)
    taken = time.monotonic() - began
    if sink.count - before != MESSAGES:
        raise RuntimeError(f"{sink.count - before} of {MESSAGES} messages came to the sink")
    return MESSAGES / taken


def results() -> list[Result]:
    from tests.bench import peer

    rate, ready, memory = measure()
    theirs = peer.rate(MESSAGES)
    tools = "smtp-source" if mail_tools.HAS_POSTFIX_TOOLS else "asyncio"
    name = f"whole path, 20 sessions by {tools}, 5 KB multipart, RSA-2048, 2 workers"
    mail = Result(name, rate, "messages/s", goal=">= 1.5 x peer")
    if theirs is not None:
        mail = Result(name, rate, "messages/s", "postfix + opendkim", theirs, rate / theirs, mail.goal)
    return [
        mail,
        Result("start to ready", ready, "s", goal="<= 3"),
        Result("resident memory of a worker after 10,000 messages", memory, "MiB", goal="<= 150"),
    ]
