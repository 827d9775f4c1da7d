"""Units, the store's settings, Postfix, nginx, scripts: each read by the program that it is for."""

import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from gateway.embedded import binary as server_binary
from gateway.embedded.server import COMPACT, DURABLE
from tests.conftest import free_port
from tests.documents import readme
from tests.documents.readme import ROOT
from tests.end_to_end.processes import run, until
from tests.gateway.config.conftest import write_certificate, write_key

DEPLOY = ROOT / "deploy"
RUNBOOK = "deploy/RUNBOOK.md"


def needs(program: str) -> str:
    path = shutil.which(program) or shutil.which(program, path="/usr/sbin:/sbin")
    if path is None:
        pytest.skip(f"no {program} on PATH: install its package")
    return path


def told(*command: str | Path) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


@pytest.fixture
def unit(tmp_path: Path) -> Path:
    """As it is installed, but for the program, which is not there."""
    text = (DEPLOY / "systemd/gateway.service").read_text()
    assert "/opt/gateway/.venv/bin/gateway serve" in text
    path = tmp_path / "gateway.service"
    path.write_text(text.replace("/opt/gateway/.venv/bin/gateway", "/bin/true"))
    return path


def test_the_unit_is_one_that_systemd_takes(unit: Path) -> None:
    checked = told(needs("systemd-analyze"), "verify", unit)
    assert (checked.returncode, checked.stderr) == (0, "")


def test_the_unit_is_well_confined(unit: Path) -> None:
    shown = told(needs("systemd-analyze"), "security", "--offline=true", unit).stdout
    found = re.search(r"exposure level for gateway.service: ([0-9.]+)", shown)
    assert found
    assert float(found[1]) < 2.5


def test_the_unit_may_write_where_the_settings_of_this_folder_say() -> None:
    unit = (DEPLOY / "systemd/gateway.service").read_text()
    (named,) = re.findall("^StateDirectory=(.+)$", unit, re.MULTILINE)
    settings = tomllib.loads((DEPLOY / "gateway.toml").read_text())
    for written in (settings["archive"]["folder"], settings["imports"]["spool_dir"]):
        assert any(Path(written).is_relative_to(f"/var/lib/{name}") for name in named.split()), written


def test_the_store_writes_into_a_folder_that_its_unit_makes() -> None:
    """valkey.conf names none: in containers it is a volume."""
    drop_in = (DEPLOY / "systemd/valkey-server.service.d/gateway.conf").read_text()
    (made,) = re.findall("^StateDirectory=(.+)$", drop_in, re.MULTILINE)
    assert f"WorkingDirectory=/var/lib/{made}\n" in drop_in
    assert not re.search("^dir ", (DEPLOY / "valkey.conf").read_text(), re.MULTILINE)


def test_the_drop_in_of_the_store_is_one_that_systemd_takes(tmp_path: Path) -> None:
    shutil.copytree(DEPLOY / "systemd/valkey-server.service.d", tmp_path / "valkey-server.service.d")
    unit = tmp_path / "valkey-server.service"
    unit.write_text("[Service]\nExecStart=/bin/true\n")
    checked = told(needs("systemd-analyze"), "verify", unit)
    assert (checked.returncode, checked.stderr) == (0, "")


def test_a_store_with_the_settings_of_this_folder_is_accepted(tmp_path: Path) -> None:
    """The very file: `gateway init` and `gateway check` take the server that runs on it."""
    port = free_port()
    server = subprocess.Popen(
        [server_binary.find().path, DEPLOY / "valkey.conf", "--port", str(port), "--dir", tmp_path],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        config = tmp_path / "gateway.toml"
        config.write_text(MINIMAL.format(port=port))
        until(lambda: run("init", "--config", config).returncode == 0, pause=0.2)
        checked = run("check", "--config", config)
        assert checked.returncode == 0, checked.stderr
        assert "keeps what it acknowledges" in checked.stdout
    finally:
        server.terminate()
        server.wait(20)


MINIMAL = """
public_url = "https://mail.example.com"
[store]
redis_url = "redis://127.0.0.1:{port}/0"
[next_hop]
host = "127.0.0.1"
[senders.shop]
title = "The Shop"
[apps.shop]
sender = "shop"
purposes = ["transactional"]
"""


def test_the_stores_file_says_what_the_embedded_server_is_told() -> None:
    lines = (line.partition(" ") for line in (DEPLOY / "valkey.conf").read_text().splitlines())
    said = {name: value.strip('"') for name, _, value in lines if name and not name.startswith("#")}
    assert (DURABLE | COMPACT).items() <= said.items()


def test_postfix_reads_its_files(tmp_path: Path) -> None:
    postconf = needs("postconf")
    for name in ("main.cf", "master.cf", "header_checks"):
        shutil.copy(DEPLOY / "postfix" / name, tmp_path)
    for question in ("-n", "-M"):
        shown = told(postconf, "-c", tmp_path, question)
        assert (shown.returncode, shown.stderr) == (0, "")
    assert "maximal_queue_lifetime = 5d" in told(postconf, "-c", tmp_path, "-n").stdout


def test_only_mail_with_a_way_out_goes_to_the_instance_of_short_life() -> None:
    (rule,) = re.findall(
        r"^/(.+)/ +FILTER (\S+)$", (DEPLOY / "postfix/header_checks").read_text(), re.MULTILINE
    )
    assert re.match(rule[0], "List-Unsubscribe-Post: List-Unsubscribe=One-Click")
    assert not re.match(rule[0], "List-Unsubscribe: <https://mail.example.com/u/x>")
    assert rule[1] == "smtp:[127.0.0.1]:10026"


def test_nginx_reads_its_file(tmp_path: Path) -> None:
    nginx = needs("nginx")
    key = ec.generate_private_key(ec.SECP256R1())
    write_key(tmp_path / "mail.example.com.key", key)
    write_certificate(tmp_path / "mail.example.com.pem", key)
    text = (DEPLOY / "nginx.conf").read_text()
    for path in ("/etc/nginx/tls", "/var/log/nginx"):
        assert path in text
        text = text.replace(path, str(tmp_path))
    text = text.replace("listen [::]:443", "listen 127.0.0.1:8443").replace("listen [::]:80;", "")
    (tmp_path / "nginx.conf").write_text(f"pid {tmp_path}/pid;\nevents {{}}\nhttp {{\n{text}\n}}\n")
    checked = told(nginx, "-t", "-q", "-e", tmp_path / "error.log", "-c", tmp_path / "nginx.conf")
    assert checked.returncode == 0, checked.stderr


def test_nginx_logs_neither_paths_nor_queries() -> None:
    text = (DEPLOY / "nginx.conf").read_text()
    (logged,) = re.findall(r"log_format gateway_bare '(.*)';", text)
    assert not {"$request", "$uri", "$request_uri", "$args", "$http_referer"} & set(
        re.findall(r"\$\w+", logged)
    )
    assert "error_log /var/log/nginx/gateway-error.log crit" in text


@pytest.mark.parametrize("script", ["deploy/postfix/start.sh", ".ci/run"])
def test_scripts_are_clean(script: str) -> None:
    checked = told(needs("shellcheck"), ROOT / script)
    assert checked.returncode == 0, checked.stdout


def test_what_the_runbook_copies_is_there() -> None:
    installed = readme.blocks("Install", "", page=RUNBOOK)[0]
    copied = set(re.findall(r"/opt/gateway/(deploy/\S+)", installed))
    assert len(copied) > 3
    assert [name for name in copied if not (ROOT / name).exists()] == []


def test_the_runbooks_keys_are_made_as_it_says(tmp_path: Path) -> None:
    (block,) = readme.blocks("DKIM", "sh", page=RUNBOOK)
    (tmp_path / "keys").mkdir()
    subprocess.run(["bash", "-ec", block], cwd=tmp_path, check=True)
    assert {path.name for path in (tmp_path / "keys").iterdir()} == {"s2026.pem", "e2026.pem"}
