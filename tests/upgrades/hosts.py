"""Several gateways on one store, as on several hosts, and apps that turn to another one when one does not answer."""

import contextlib
import itertools
import smtplib
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Self

import httpx
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from gateway.dev.material import make as make_keys
from tests.conftest import free_port
from tests.end_to_end.client import PATIENCE, Talk, address, mail
from tests.end_to_end.phones import ORDERS, Numbers
from tests.end_to_end.processes import Running, run
from tests.end_to_end.production import TOML
from tests.interop.house import FREE

PORTS = ("smtp", "smtps", "http", "operations")


class Host:
    """One gateway: started, stopped as an operator would, started again with the same settings."""

    def __init__(self, config: Path, ports: dict[str, int], roles: str) -> None:
        self._config, self.ports, self._roles = config, ports, roles
        self._folder = config.with_suffix("")
        self._folder.mkdir()
        self._running: Running | None = None

    def start(self) -> None:
        told = ("--roles", self._roles) if self._roles else ()
        arguments = ("serve", "--workers", "1", *told, "--config", self._config)
        self._running = Running(self._folder, self._folder, *arguments)
        self._running.until(self._ready)

    def stop(self) -> None:
        """By SIGTERM: it ends in order."""
        if self._running is not None:
            assert self._running.stop() == 0, self._running.output.read_text()
            self._running.end()
            self._running = None

    def _ready(self) -> bool:
        with contextlib.suppress(httpx.HTTPError):
            url = f"http://127.0.0.1:{self.ports['operations']}/readyz"
            return httpx.get(url, timeout=PATIENCE, trust_env=False).status_code == 200
        return False


class Company:
    """Its settings; `more` beside those that all tests have."""

    def __init__(self, home: Path, store_url: str, hop_port: int, more: str) -> None:
        self._home, self._hop = home, hop_port
        self._more = f'{more}\n[archive]\nfolder = "log"\nevery = 0.5\n'
        self._store = f'redis_url = "{store_url}"'
        (home / "log").mkdir()
        make_keys(home)
        key = generate_private_key(65537, 2048)
        (home / "rsa.pem").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))

    def host(self, name: str, roles: str = "") -> Host:
        ports = {kind: free_port() for kind in PORTS}
        text = TOML.format(hop=self._hop, **ports).replace('data_dir = "data"', self._store)
        path = self._home / f"{name}.toml"
        path.write_text(text + self._more)
        return Host(path, ports, roles)

    def command(self, name: str, *arguments: str) -> str:
        told = run(*arguments, "--config", self._home / f"{name}.toml")
        assert told.returncode == 0, told.stderr
        return told.stdout.strip()


class Apps:
    """Each message is handed in again, to whichever host, until it is answered: as a mail server would."""

    def __init__(self, hosts: list[Host], key: str, numbers: Numbers) -> None:
        self.mailed: list[str] = []
        self.texted: list[str] = []
        self.tries = itertools.count()
        self._hosts = itertools.cycle(hosts)
        self._key, self._numbers = key, numbers
        self._done = threading.Event()
        work = (self._mail, self._mail, self._text)
        self._threads = [threading.Thread(target=self._until_done, args=(one,)) for one in work]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """What is under way is handed in to its end."""
        self._done.set()
        for thread in self._threads:
            thread.join()

    def _until_done(self, work: Callable[[], None]) -> None:
        while not self._done.is_set():
            work()

    def _mail(self) -> None:
        to, raw = address("rolling"), mail()
        self._again(lambda host: submitted(host, to, raw))
        self.mailed.append(to)

    def _text(self) -> None:
        to, key = self._numbers.one(), address("key")
        asked = {"to": to, "body": "Your order is on its way.", "purpose": ORDERS}
        headers = {"Authorization": f"Bearer {self._key}", "Idempotency-Key": key}

        def handed_in(host: Host) -> bool:
            url = f"http://127.0.0.1:{host.ports['http']}/v1/sms"
            answer = httpx.post(url, json=asked, headers=headers, timeout=PATIENCE, trust_env=False)
            assert answer.status_code in (202, 409, 503), answer.text  # 409: the first try is still under way
            return answer.status_code == 202

        self._again(handed_in)
        self.texted.append(to)

    def _again(self, attempt: Callable[[Host], bool]) -> None:
        deadline = time.monotonic() + 4 * PATIENCE
        for host in self._hosts:
            next(self.tries)
            with contextlib.suppress(OSError, smtplib.SMTPException, httpx.HTTPError):
                if attempt(host):
                    return
            assert time.monotonic() < deadline, "it was not taken"
            time.sleep(0.1)


def submitted(host: Host, to: str, raw: bytes) -> bool:
    """False: to be tried again."""
    with Talk("127.0.0.1", host.ports["smtp"], timeout=PATIENCE, source_address=(FREE, 0)) as talk:
        talk.ehlo()
        reply = talk.submit(raw, to)
    assert reply.code in (250, 421, 451), reply
    return reply.code == 250


@contextlib.contextmanager
def started(*hosts: Host) -> Iterator[None]:
    try:
        for host in hosts:
            host.start()
        yield
    finally:
        for host in hosts:
            host.stop()
