"""The commands beside `dev`: what they print, and that errors are lines and exit codes, never tracebacks."""

import json
import re
import socket
import subprocess
import sys
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

Run = Callable[..., "subprocess.CompletedProcess[str]"]
Start = Callable[..., Any]

GATEWAY_TOML = """
public_url = "https://mail.example.com"
store.data_dir = "data"
next_hop = {{ host = "127.0.0.1", port = {0}, tls = "none" }}
smtp = {{ host = "127.0.0.1", ports = [{1}] }}
http = {{ host = "127.0.0.1", port = {2} }}
operations = {{ host = "127.0.0.1", port = {3} }}

[senders.brand]
title = "The Brand"
postal_address = "1 Main Street, Springfield"
from_domains = ["example.com"]
dkim = [{{ domain = "example.com", selector = "s1", key_file = "dkim.pem" }}]

[apps.shop]
sender = "brand"
"""


def free_ports(count: int) -> list[int]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """A good one, on free ports, with an embedded store."""
    key = Ed25519PrivateKey.generate()
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (tmp_path / "dkim.pem").write_bytes(pem)
    (tmp_path / "gateway.toml").write_text(GATEWAY_TOML.format(*free_ports(4)))
    return tmp_path / "gateway.toml"


def test_help_names_every_command(gateway: Run) -> None:
    told = gateway("--help")
    assert told.returncode == 0
    for command in ("dev", "init", "serve", "check", "explain", "log", "keys", "agents", "lists", "events"):
        assert f"  {command} " in told.stdout
    assert "Exit codes: 0 it is done" in told.stdout


def test_the_version_is_that_of_the_distribution(gateway: Run) -> None:
    assert gateway("--version").stdout == f"gateway {version('suppression-gateway')}\n"


def test_help_loads_nothing_that_takes_time() -> None:
    heavy = ("redis", "fastapi", "cryptography", "pydantic", "rich", "uvloop", "structlog", "phonenumbers")
    program = f"import sys, gateway.cli.commands; print([n for n in {heavy} if n in sys.modules])"
    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert loaded.stdout == "[]\n"


@pytest.mark.parametrize("command", [["serve"], ["check"], ["init"], ["keys", "list"]])
def test_configuration_errors_are_a_line_each_and_exit_code_2(
    gateway: Run, config: Path, command: list[str]
) -> None:
    config.write_text(config.read_text().replace("https://", "http://").replace("dkim.pem", "none.pem"))
    told = gateway(*command, "--config", config)
    lines = told.stderr.splitlines()
    assert told.returncode == 2
    assert all(line.startswith("gateway: ") for line in lines)
    told_of = {line.split(": ")[1] for line in lines}
    assert "public_url" in told_of
    # A command that sends nothing misses no key.
    assert ("senders.brand.dkim[0].key_file" in told_of) is (command != ["keys", "list"])


def test_a_settings_file_that_is_not_there_is_named(gateway: Run, tmp_path: Path) -> None:
    told = gateway("check", "--config", tmp_path / "none.toml")
    assert (told.returncode, told.stderr) == (2, f"gateway: {tmp_path / 'none.toml'}: does not exist\n")


def test_a_folder_that_is_none_of_dev_is_named(gateway: Run, tmp_path: Path) -> None:
    told = gateway("keys", "list", "--data-dir", tmp_path)
    assert told.returncode == 2
    assert "is no data folder of `gateway dev`" in told.stderr


def test_serve_before_init_says_what_to_do(gateway: Run, config: Path) -> None:
    told = gateway("serve", "--config", config)
    assert told.returncode == 2
    assert "run `gateway init`" in told.stderr


def test_init_prepares_a_store_once(gateway: Run, config: Path) -> None:
    first = gateway("init", "--config", config)
    assert first.returncode == 0, first.stderr
    second = gateway("init", "--config", config)
    assert second.returncode == 2
    assert "Traceback" not in second.stderr


def test_check_prints_settings_dns_records_and_that_the_store_is_ours(gateway: Run, config: Path) -> None:
    gateway("init", "--config", config)
    told = gateway("check", "--config", config)
    assert told.returncode == 0, told.stderr
    assert 'public_url = "https://mail.example.com"' in told.stdout
    assert '# DNS: s1._domainkey.example.com TXT "v=DKIM1; k=ed25519; p=' in told.stdout
    assert told.stdout.splitlines()[-1].startswith("# The store is ours")


def test_check_and_serve_tell_of_an_extra_that_is_missing(gateway: Run, config: Path, tmp_path: Path) -> None:
    gateway("init", "--config", config)
    with config.open("a") as file:
        file.write('\n[traces]\nendpoint = "http://127.0.0.1:4318/v1/traces"\n')
    hiding = tmp_path / "hiding" / "opentelemetry"  # a package that stands before the real one, and is empty
    hiding.mkdir(parents=True)
    (hiding / "__init__.py").touch()
    for command in ("check", "serve"):
        told = gateway(command, "--config", config, before=hiding.parent)
        assert told.returncode == 2
        assert "traces.endpoint: needs the extra: pip install 'suppression-gateway[otel]'" in told.stderr


def test_a_store_of_other_secrets_is_refused(gateway: Run, config: Path) -> None:
    gateway("init", "--config", config)
    secrets = config.with_name("secrets.toml")
    lines = secrets.read_text().splitlines()
    secrets.write_text("\n".join('pepper = "' + "00" * 32 + '"' if "pepper =" in x else x for x in lines))
    for command in ("check", "serve"):
        told = gateway(command, "--config", config)
        assert told.returncode == 2
        assert "another pepper" in told.stderr
        assert "Traceback" not in told.stderr


def test_a_store_that_cannot_be_reached_is_a_line(gateway: Run, config: Path) -> None:
    gateway("init", "--config", config)
    config.write_text(
        config.read_text().replace('data_dir = "data"', 'redis_url = "unix:///nowhere/redis.sock"')
    )
    told = gateway("keys", "list", "--config", config)
    assert told.returncode != 0
    assert len(told.stderr.splitlines()) == 1
    assert "Traceback" not in told.stderr


def test_keys_are_issued_listed_and_revoked(gateway: Run, config: Path) -> None:
    gateway("init", "--config", config)
    issued = gateway("keys", "issue", "--app", "shop", "--label", "web shop", "--config", config)
    assert issued.stdout.startswith("gk_")
    listed = gateway("keys", "list", "--config", config).stdout.split("\t")
    assert listed[1:4] == ["shop", "app", "web shop"]
    assert issued.stdout.strip() not in listed
    assert gateway("keys", "revoke", listed[0], "--config", config).returncode == 0
    assert gateway("keys", "list", "--config", config).stdout == ""
    again = gateway("keys", "revoke", listed[0], "--config", config)
    assert (again.returncode, again.stderr) == (1, "gateway: no key of this id\n")


def test_a_key_for_an_app_that_is_not_configured_is_refused(gateway: Run, config: Path) -> None:
    gateway("init", "--config", config)
    told = gateway("keys", "issue", "--app", "shpo", "--config", config)
    assert (told.returncode, told.stderr) == (1, "gateway: there is no app shpo\n")


def test_explain_shows_the_decision_and_every_rule(gateway: Run, config: Path) -> None:
    gateway("init", "--config", config)
    told = gateway(
        "explain", "bob@example.net", "--channel", "email", "--purpose", "marketing/promotions",
        "--config", config,
    )  # fmt: skip
    lines = told.stdout.splitlines()
    assert lines[0] == "refuse no_consent by rule consent"
    assert [line.split("\t")[0] for line in lines[1:3]] == ["access", "address"]


@pytest.mark.parametrize(
    ("address", "purpose", "words"),
    [
        ("bob", "marketing/promotions", "no domain"),
        ("bob@example.net", "marketing", "group"),
        ("bob@example.net", "nothing", "catalogue"),
    ],
)
def test_explain_of_what_it_cannot_understand_is_a_line(
    gateway: Run, config: Path, address: str, purpose: str, words: str
) -> None:
    gateway("init", "--config", config)
    told = gateway("explain", address, "--channel", "email", "--purpose", purpose, "--config", config)
    assert told.returncode == 1
    assert len(told.stderr.splitlines()) == 1
    assert words in told.stderr


def test_log_takes_exactly_one_question(gateway: Run, config: Path) -> None:
    assert gateway("log", "--config", config).returncode == 2
    assert gateway("log", "--follow", "--decision", "x", "--config", config).returncode == 2


def test_log_of_a_recipient_and_of_one_record(start: Start, data: Path, gateway: Run) -> None:
    start("dev", data, "--data-dir", data).ready()
    told = gateway("log", "--recipient", "ann@example.net", "--data-dir", data)
    (record,) = [line.split("\t") for line in told.stdout.splitlines()]
    assert record[1] == "consented"
    as_json = gateway("log", "--decision", record[-1], "--json", "--data-dir", data)
    read = json.loads(as_json.stdout)
    assert (read["kind"], read["id"]) == ("consented", record[-1])
    assert "ann" not in told.stdout + as_json.stdout
    nothing = gateway("log", "--decision", "0" * 16, "--data-dir", data)
    assert nothing.returncode == 1
    assert len(nothing.stderr.splitlines()) == 1


def test_serve_listens_until_it_is_told_to_stop(gateway: Run, start: Start, config: Path) -> None:
    gateway("init", "--config", config)
    running = start("serve", config.with_name("data"), "--config", config, "--workers", "2")
    _next_hop, *ports = map(int, re.findall(r"\b\d{4,5}\b", config.read_text()))
    assert len(ports) == 3
    for port in ports:
        running.until(lambda port=port: running.answers(port))
    assert running.stop() == 0
    assert running.processes() == []
