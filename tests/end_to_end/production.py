"""A `gateway serve` with a settings file, as an operator would set it up, and a client of one of its apps."""

import base64
import contextlib
import ssl
from collections.abc import Iterator
from pathlib import Path

import httpx
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from gateway.dev.material import make as make_keys
from tests.conftest import free_port
from tests.end_to_end.client import PATIENCE, Client, Reply, Talk
from tests.end_to_end.processes import Running, run

TOML = """
public_url = "https://mail.example.com"

[store]
data_dir = "data"

[smtp]
host = "127.0.0.1"
ports = [{smtp}]
tls_ports = [{smtps}]
tls_certificate = "keys/tls.pem"
tls_key = "keys/tls.pem"

[http]
host = "127.0.0.1"
port = {http}

[operations]
port = {operations}

[next_hop]
host = "127.0.0.1"
port = {hop}
tls = "none"
connect_timeout = 1
command_timeout = 1
final_timeout = 2

[senders.brand]
title = "The Brand"
postal_address = "1 Main Street, Springfield"
from_domains = ["example.com"]
dkim = [{{ domain = "example.com", selector = "s1", key_file = "rsa.pem" }}]

[senders.other]
title = "Another Brand"
postal_address = "2 Main Street, Springfield"

[apps.shop]
sender = "brand"
default_purpose = "transactional/orders"

[apps.mixed]
sender = "brand"
purposes = ["marketing/promotions", "transactional/orders"]
default_purpose = "transactional/orders"
purpose_from = "header"

[apps.legacy]
sender = "brand"
purposes = ["transactional"]
default_purpose = "transactional/orders"
networks = ["127.0.0.2/32"]

[apps.texts]
sender = "brand"
channels = ["sms"]
default_purpose = "transactional/orders"

[apps.stranger]
sender = "other"
default_purpose = "service/notifications"
"""


class Production:
    """Its keys are issued by the command, while it runs."""

    def __init__(self, home: Path, hop_port: int, workers: int = 1, more: str = "") -> None:
        """`more`: settings beside these."""
        self.home = home
        self.config = home / "gateway.toml"
        self.ports = {name: free_port() for name in ("smtp", "smtps", "http", "operations")}
        self.config.write_text(TOML.format(hop=hop_port, **self.ports) + more)
        make_keys(home)  # a certificate; the DKIM key of the settings is another one
        key = generate_private_key(65537, 2048)
        pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        (home / "rsa.pem").write_bytes(pem)
        self._workers = workers
        self.running: Running
        self._keys: dict[str, str] = {}

    def begin(self) -> None:
        arguments = ("serve", "--config", self.config, "--workers", str(self._workers))
        self.running = Running(self.home, self.home / "data", *arguments)
        self.running.until(self.ready)

    def ready(self) -> bool:
        with contextlib.suppress(httpx.HTTPError):
            return self.operations("/readyz").status_code == 200
        return False

    def operations(self, path: str) -> httpx.Response:
        url = f"http://127.0.0.1:{self.ports['operations']}{path}"
        return httpx.get(url, timeout=PATIENCE, trust_env=False)

    def command(self, *arguments: str) -> str:
        told = run(*arguments, "--config", self.config)
        assert told.returncode == 0, told.stderr
        return told.stdout

    def issue(self, app: str, *scopes: str) -> str:
        named = [word for scope in scopes for word in ("--scope", scope)]
        return self.command("keys", "issue", "--app", app, *named).strip()

    def client(self, app: str, key: str = "") -> "AppClient":
        """With a key of its own, issued at the first call."""
        key = key or self._keys.get(app) or self._keys.setdefault(app, self.issue(app, "app", "agent"))
        smtp = {"host": "127.0.0.1", "port": self.ports["smtp"], "username": app, "password": key}
        url = f"http://127.0.0.1:{self.ports['http']}"
        return AppClient({"smtp": smtp, "http": {"url": url, "api_key": key}})

    def local(self, link: str) -> str:
        """The link of a mail, as the proxy in front would pass it on."""
        return link.replace("https://mail.example.com", f"http://127.0.0.1:{self.ports['http']}")

    def end(self) -> None:
        assert self.running.stop() == 0, self.running.output.read_text()
        self.running.end()


class AppClient(Client):
    """Says its password over TLS only."""

    @contextlib.contextmanager
    def talk(self, purpose: str = "", source: str = "127.0.0.1") -> Iterator[Talk]:
        smtp = self.facts["smtp"]
        with self.plain(source) as talk:
            assert talk.starttls(context=anybody())[0] == 220
            talk.login(f"{smtp['username']}+{purpose}" if purpose else smtp["username"], smtp["password"])
            yield talk

    def turned_away(self) -> Reply:
        """What AUTH says, asked once: smtplib would try every mechanism, and each costs a wait."""
        said = f"\0{self.facts['smtp']['username']}\0{self.key}"
        with self.plain() as talk:
            talk.starttls(context=anybody())
            talk.ehlo()
            return talk.say("AUTH PLAIN " + base64.b64encode(said.encode()).decode())

    @contextlib.contextmanager
    def plain(self, source: str = "127.0.0.1") -> Iterator[Talk]:
        """A client that says no more than EHLO."""
        smtp = self.facts["smtp"]
        with Talk(smtp["host"], smtp["port"], timeout=PATIENCE, source_address=(source, 0)) as talk:
            talk.ehlo()
            yield talk


def anybody() -> ssl.SSLContext:
    """Takes any certificate: it is self-signed."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context
