"""`gateway dev` as a person and the tests outside this repository see it: real processes only."""

import base64
import json
import os
import re
import shlex
import signal
import smtplib
import stat
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import load_der_public_key

from gateway.dev import start as dev

Start = Callable[..., Any]
Run = Callable[..., "subprocess.CompletedProcess[str]"]


def begin(start: Start, data: Path, *arguments: str) -> Any:
    return start("dev", data, "--data-dir", data, *arguments)


def test_when_it_is_ready_dev_json_says_where_everything_is(start: Start, data: Path) -> None:
    running = begin(start, data)
    facts = running.ready()
    assert set(facts) == {"smtp", "inbound", "http", "console", "dkim", "pid"}
    assert set(facts["smtp"]) == {"host", "port", "username", "password"}
    assert set(facts["http"]) == {"url", "api_key"}
    assert set(facts["inbound"]) == {"host", "port"}
    assert set(facts["console"]) == {"url", "username", "password"}
    assert facts["pid"] == running.process.pid
    assert facts["smtp"]["username"] == "demo"
    assert running.answers(facts["smtp"]["port"])
    assert running.answers(int(facts["http"]["url"].rpartition(":")[2]))


def test_its_dkim_records_hold_an_rsa_and_an_ed25519_key_for_example_com(start: Start, data: Path) -> None:
    rsa, ed25519 = begin(start, data).ready()["dkim"]
    assert {rsa["domain"], ed25519["domain"]} == {"example.com"}
    assert rsa["selector"] != ed25519["selector"]
    assert rsa["txt"].startswith("v=DKIM1; k=rsa; p=")
    key: Any = load_der_public_key(base64.b64decode(rsa["txt"].rpartition("p=")[2]))
    assert key.key_size == 2048
    assert len(base64.b64decode(ed25519["txt"].removeprefix("v=DKIM1; k=ed25519; p="))) == 32


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_stops_everything_that_was_started(start: Start, data: Path, number: signal.Signals) -> None:
    running = begin(start, data, "--workers", "2")
    running.ready()
    assert len(running.processes()) >= 4
    assert running.stop(number) == 0
    assert running.processes() == []
    assert not (data / "dev.json").exists()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_while_it_starts_leaves_nothing_behind(
    start: Start, data: Path, number: signal.Signals
) -> None:
    running = begin(start, data)
    running.until((data / "store.json").exists)
    assert running.stop(number) == 0
    assert running.processes() == []
    assert "Traceback" not in running.output.read_text()


def test_ctrl_c_in_a_terminal_reaches_the_whole_group_and_stops_everything(start: Start, data: Path) -> None:
    running = begin(start, data)
    running.ready()
    os.killpg(running.process.pid, signal.SIGINT)
    assert running.process.wait(45) == 0
    assert running.processes() == []
    assert "Traceback" not in running.output.read_text()


def test_a_restart_keeps_data_credentials_keys_and_ports(start: Start, data: Path, gateway: Run) -> None:
    first = begin(start, data)
    before = first.ready()
    issued = gateway("keys", "issue", "--app", "demo", "--label", "kept", "--data-dir", data)
    assert issued.stdout.startswith("gk_")
    assert first.stop() == 0
    second = begin(start, data)
    after = second.ready()
    assert {**after, "pid": 0} == {**before, "pid": 0}
    assert "kept" in gateway("keys", "list", "--data-dir", data).stdout


def test_ports_that_are_given_are_taken(start: Start, data: Path) -> None:
    facts = begin(start, data).ready()
    port = facts["smtp"]["port"]
    other = begin(start, data.with_name("other"), "--smtp-port", str(port))
    assert other.process.wait(20) == 2
    assert f"cannot listen on 127.0.0.1:{port}" in other.output.read_text()


def test_after_kill_9_of_the_supervisor_the_next_start_adopts_the_server_with_all_it_holds(
    start: Start, data: Path, gateway: Run
) -> None:
    first = begin(start, data)
    facts = first.ready()
    issued = gateway("keys", "issue", "--app", "demo", "--label", "kept", "--data-dir", data)
    assert issued.returncode == 0, issued.stderr
    server = json.loads((data / "store.json").read_text())["pid"]
    first.kill()
    second = begin(start, data)
    second.until(lambda: (data / "dev.json").exists() and second.ready()["pid"] == second.process.pid)
    assert second.ready()["smtp"]["password"] == facts["smtp"]["password"]
    assert json.loads((data / "store.json").read_text())["pid"] == server
    assert "kept" in gateway("keys", "list", "--data-dir", data).stdout
    assert second.stop() == 0
    assert first.processes() == second.processes() == []


def test_kill_9_of_a_worker_and_of_the_server_are_survived(start: Start, data: Path, gateway: Run) -> None:
    running = begin(start, data)
    facts = running.ready()
    server = json.loads((data / "store.json").read_text())["pid"]
    workers = set(running.processes()) - {running.process.pid, server}
    os.kill(server, signal.SIGKILL)
    running.until(lambda: json.loads((data / "store.json").read_text())["pid"] != server)
    for worker in workers:
        os.kill(worker, signal.SIGKILL)
    running.until(lambda: bool(set(running.processes()) - workers - {running.process.pid}))
    running.until(lambda: running.answers(facts["smtp"]["port"]))
    listed = gateway("keys", "list", "--data-dir", data)
    assert "gateway dev" in listed.stdout, listed.stderr
    assert running.stop() == 0
    assert running.processes() == []


def test_a_second_gateway_on_the_folder_is_refused_with_the_pid_of_the_first(
    start: Start, data: Path, gateway: Run
) -> None:
    first = begin(start, data)
    facts = first.ready()
    second = gateway("dev", "--data-dir", data)
    assert second.returncode == 2
    assert second.stderr == f"gateway: data folder {data} is in use by the gateway with pid {facts['pid']}\n"
    assert (data / "dev.json").exists()
    assert first.answers(facts["smtp"]["port"])


def test_a_data_folder_of_150_bytes_works(start: Start) -> None:
    with tempfile.TemporaryDirectory() as short:
        data = Path(short) / ("d" * (150 - len(short)))
        running = begin(start, data)
        running.ready()
        assert running.stop() == 0
        assert running.processes() == []


def test_what_it_keeps_is_for_its_user_only(start: Start, data: Path) -> None:
    begin(start, data).ready()
    for path in (data / "api_key", data / "secrets.toml", data / "dev.json", data / "keys" / "tls.pem"):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path


def test_it_names_the_data_folder_at_the_start_and_then_where_to_look(start: Start, data: Path) -> None:
    running = begin(start, data)
    facts = running.ready()
    running.until(lambda: "Ctrl-C" in running.output.read_text())
    text = running.output.read_text()
    assert text.startswith(f"Data folder: {data}\n")
    assert f"{facts['http']['url']}/sandbox" in text
    assert facts["smtp"]["password"] in text


def test_the_example_is_three_lines_that_a_shell_takes_and_that_send_a_mail() -> None:
    smtp = {"host": "127.0.0.1", "port": 2525, "username": "demo", "password": "gk_x"}
    console = {"url": "", "username": "demo", "password": "x"}
    text = dev.welcome({"smtp": smtp, "http": {"url": "", "api_key": ""}, "console": console})
    (example,) = re.findall(r"^python3 -c .*?\"$", text, re.DOTALL | re.MULTILINE)
    assert example.count("\n") == 2
    assert not set("!$`") & set(example)
    program = shlex.split(example)[2]
    compile(program, "example", "exec")
    assert "ann@example.net" in program


def test_the_example_arrives_in_the_sandbox_pasted_as_it_is(start: Start, data: Path) -> None:
    running = begin(start, data)
    running.ready()
    running.until(lambda: "Ctrl-C" in running.output.read_text())
    (example,) = re.findall(r"^python3 -c .*?\"$", running.output.read_text(), re.DOTALL | re.MULTILINE)
    pasted = subprocess.run(["sh", "-c", example], capture_output=True, text=True, timeout=30, check=False)
    assert pasted.returncode == 0, pasted.stderr
    assert "221" in pasted.stdout


def test_a_mail_from_the_demo_app_to_ann_is_taken_and_to_a_stranger_refused(start: Start, data: Path) -> None:
    smtp = begin(start, data).ready()["smtp"]
    with smtplib.SMTP(smtp["host"], smtp["port"], timeout=10) as client:
        client.login(smtp["username"], smtp["password"])
        mail = "From: shop@example.com\r\nTo: ann@example.net\r\nSubject: x\r\n\r\nHello.\r\n"
        assert client.sendmail("shop@example.com", "ann@example.net", mail) == {}
        with pytest.raises(smtplib.SMTPRecipientsRefused) as refused:
            client.sendmail("shop@example.com", "bob@example.net", mail)
    ((code, text),) = refused.value.recipients.values()
    assert code == 550
    assert text.startswith(b"5.7.1 no_consent")


def test_start_to_ready_is_quick(start: Start, data: Path) -> None:
    """The bench measures it; here only what no machine should need."""
    began = time.monotonic()
    begin(start, data).ready()
    assert time.monotonic() - began < 10
