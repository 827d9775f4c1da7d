"""`gateway serve --roles`: several gateways on one store, each with what it is for and nothing else."""

import contextlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from gateway.config.roles import ALL, Role, parse
from gateway.dev.material import make as make_keys
from gateway.embedded.server import EmbeddedServer
from suppression.errors import ConfigurationError
from tests.conftest import free_port
from tests.end_to_end.client import address
from tests.end_to_end.hop import Hop
from tests.end_to_end.processes import ROOT, Running, environment, name_of, run, running_in, until
from tests.end_to_end.production import TOML, AppClient

PORTS = ("smtp", "smtps", "http", "operations")


class House:
    """One store and one archive; a gateway for some roles, with ports of its own, as all are on one machine here."""

    def __init__(self, home: Path, url: str, hop: int) -> None:
        self.home = home
        self._url, self._hop = url, hop
        (home / "log").mkdir()
        make_keys(home)
        pem = generate_private_key(65537, 2048).private_bytes(
            Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
        )
        (home / "rsa.pem").write_bytes(pem)

    def config(self, name: str, ports: dict[str, int]) -> Path:
        """What a role does not need is not there for it."""
        text = TOML.format(hop=self._hop, **ports).replace('data_dir = "data"', f'redis_url = "{self._url}"')
        if name != "init" and Role.SMTP not in name:
            text = text.replace('"keys/tls.pem"', '"keys/not-here.pem"')
        if name in {Role.DISPATCHER, Role.ARCHIVER}:
            text = text.replace('"rsa.pem"', '"not-here.pem"')
        path = self.home / f"{name}.toml"
        path.write_text(f'{text}\n[archive]\nfolder = "log"\nevery = 0.1\n')
        return path

    def serve(self, roles: str) -> "Part":
        ports = {name: free_port() for name in PORTS}
        folder = self.home / roles
        folder.mkdir()
        arguments = ("serve", "--workers", "1", "--roles", roles, "--config", self.config(roles, ports))
        return Part(Running(folder, folder, *arguments), ports)


class Part:
    def __init__(self, running: Running, ports: dict[str, int]) -> None:
        self.running, self.ports = running, ports

    @property
    def processes(self) -> set[str]:
        """What the supervisor has started."""
        started = running_in(self.running.home) - {self.running.process.pid}
        return {name_of(pid) for pid in started}

    @property
    def listens_on(self) -> set[str]:
        """Of the ports that its settings name."""
        return {name for name, port in self.ports.items() if _answers(port)}

    def operations(self, path: str) -> httpx.Response:
        url = f"http://127.0.0.1:{self.ports['operations']}{path}"
        return httpx.get(url, timeout=20, trust_env=False)

    def ready(self) -> bool:
        with contextlib.suppress(httpx.HTTPError):
            return self.operations("/readyz").status_code == 200
        return False


def _answers(port: int) -> bool:
    return subprocess.run([sys.executable, "-c", _CONNECT, str(port)], check=False).returncode == 0


_CONNECT = """
import socket, sys
try:
    socket.create_connection(("127.0.0.1", int(sys.argv[1])), 5).close()
except OSError:
    sys.exit(1)
"""


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    home = tmp_path_factory.mktemp("roles")
    with EmbeddedServer(home / "store") as server, Hop() as hop:
        house = House(home, f"unix://{server.socket}", hop.port)
        made = run(
            "init", "--config", house.config("init", dict(zip(PORTS, range(40001, 40005), strict=True)))
        )
        assert made.returncode == 0, made.stderr
        yield house


@pytest.fixture(scope="module")
def parts(house: House) -> Iterator[dict[str, Part]]:
    started: dict[str, Part] = {}
    try:
        for role in Role:
            started[role] = house.serve(role)
        for part in started.values():
            part.running.until(part.ready)
        yield started
    finally:
        for part in started.values():
            part.running.end()


def test_each_has_the_processes_and_the_sockets_of_its_role_and_no_others(parts: dict[str, Part]) -> None:
    assert {role: part.processes for role, part in parts.items()} == {
        "smtp": {"gw-worker-0"},
        "http": {"gw-worker-0"},
        "dispatcher": {"gw-worker-0"},
        "archiver": {"gw-archiver"},
    }
    assert {role: part.listens_on for role, part in parts.items()} == {
        "smtp": {"smtp", "smtps", "operations"},
        "http": {"http", "operations"},
        "dispatcher": {"operations"},
        "archiver": {"operations"},
    }


def test_together_they_are_one_gateway(house: House, parts: dict[str, Part]) -> None:
    """A mail through the one, its log through the other, and the archive made by the third."""
    issued = run("keys", "issue", "--app", "shop", "--scope", "app", "--config", house.home / "http.toml")
    smtp = {"host": "127.0.0.1", "port": parts["smtp"].ports["smtp"]}
    smtp |= {"username": "shop", "password": issued.stdout.strip()}
    url = f"http://127.0.0.1:{parts['http'].ports['http']}"
    shop = AppClient({"smtp": smtp, "http": {"url": url, "api_key": issued.stdout.strip()}})
    to = address()
    assert shop.order(to).code == 250
    assert [record["kind"] for record in shop.log(recipient=to)] == ["handing_over", "sent"]
    until(lambda: list((house.home / "log").rglob("*.parquet")))


def test_who_only_archives_tells_of_its_health_and_of_what_all_its_processes_counted(
    parts: dict[str, Part],
) -> None:
    asked = parts["archiver"].operations
    assert asked("/healthz").json() == {"status": "alive"}
    until(lambda: _value("gateway_archive_last_success_timestamp_seconds", asked("/metrics").text) > 0)
    told = asked("/metrics").text
    assert _value('gateway_process_starts_total{role="archiver"}', told) == 1
    assert _value("gateway_store_up", told) == 1
    assert _value('gateway_workers{state="running"}', told) == 1
    assert "gateway_archive_lag_seconds" in told
    assert asked("/v1/decide").status_code == 404


def test_of_an_archiver_beside_workers_they_tell(house: House) -> None:
    part = house.serve("dispatcher,archiver")
    try:
        part.running.until(part.ready)
        assert part.processes == {"gw-worker-0", "gw-archiver"}
        until(lambda: _starts(part) == {"worker": 1, "archiver": 1})
    finally:
        part.running.end()


def _starts(part: Part) -> dict[str, float]:
    told = part.operations("/metrics").text
    return {
        role: _value(f'gateway_process_starts_total{{role="{role}"}}', told)
        for role in ("worker", "archiver")
    }


def _value(name: str, text: str) -> float:
    found = (line.rpartition(" ")[2] for line in text.splitlines() if line.startswith(name + " "))
    return float(next(found, "0"))


def test_who_only_archives_imports_neither_fronts_nor_duties() -> None:
    asked = (
        "import sys, gateway.assembly.serving; print(*(name for name in sys.argv[1:] if name in sys.modules))"
    )
    heavy = (
        "gateway.assembly.wiring",
        "gateway.http.app",
        "gateway.smtp.server",
        "gateway.duties.desk",
        "fastapi",
        "twilio",
    )
    told = subprocess.run(
        [sys.executable, "-c", asked, *heavy],
        capture_output=True, text=True, check=True, env=environment(), cwd=ROOT,
    )  # fmt: skip
    assert told.stdout.strip() == ""


def test_a_role_that_misses_its_own_secret_is_refused_and_check_tells_it_of_the_same_roles(
    house: House,
) -> None:
    path = house.config("http", {name: free_port() for name in PORTS})
    for command in ("serve", "check"):
        told = run(command, "--roles", "smtp", "--config", path)
        assert told.returncode == 2
        assert "smtp.tls_certificate, tls_key: cannot be read" in told.stderr
    assert run("check", "--roles", "http", "--config", path).returncode == 0


def test_an_archiver_without_an_archive_is_refused(house: House) -> None:
    path = house.config("nowhere", {name: free_port() for name in PORTS})
    path.write_text(path.read_text().replace('folder = "log"\n', ""))
    told = run("serve", "--roles", "archiver", "--config", path)
    assert told.returncode == 2
    assert "nothing for the archiver to do" in told.stderr


def test_roles_are_written_with_commas_and_the_unknown_are_refused() -> None:
    assert parse("smtp, http") == {Role.SMTP, Role.HTTP}
    assert parse(",".join(ALL)) == ALL
    for wrong in ("", ",", "smtp,web"):
        with pytest.raises(ConfigurationError, match="some of smtp, http, dispatcher, archiver"):
            parse(wrong)
