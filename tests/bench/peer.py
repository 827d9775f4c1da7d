"""The peer: Postfix that stores and forwards, with OpenDKIM signing RSA-2048 as a milter, to the same kind of sink.

It is what a company would put here without the gateway. Runs only where Debian's postfix and opendkim are
installed and we are root; everything it writes is in a folder of its own, but for Postfix's queue.
"""

import contextlib
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from tempfile import mkdtemp

from tests.bench import mail_tools

NEEDED = ("postfix", "postconf", "opendkim", "opendkim-genkey", "smtp-source", "smtp-sink")
QUEUE = Path("/var/spool/postfix")
ROUNDS = 3


def rate(messages: int) -> float | None:
    """Messages a second from the first session to an empty queue, median; None where it cannot run."""
    if os.geteuid() or not all(shutil.which(tool) for tool in NEEDED):
        return None
    folder = Path(mkdtemp())
    folder.chmod(0o755)
    try:
        with mail_tools.sink(folder) as sink, _opendkim(folder) as milter:
            return _measured(folder, sink, milter, messages)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _measured(folder: Path, sink: mail_tools.Sink, milter: Path, messages: int) -> float:
    message = folder / "newsletter"
    message.write_bytes(mail_tools.newsletter())
    with _postfix(folder, sink.port, milter) as port:
        rates = []
        for _ in range(ROUNDS):
            before, began = sink.count, time.monotonic()
            mail_tools.send(port, messages, message)
            while sink.count - before < messages and time.monotonic() - began < 120:
                time.sleep(0.02)
            rates.append((sink.count - before) / (time.monotonic() - began))
        return median(rates)


@contextlib.contextmanager
def _opendkim(folder: Path) -> Iterator[Path]:
    keys, run = folder / "keys", folder / "run"
    keys.mkdir()
    run.mkdir()
    generate = ["opendkim-genkey", "-b", "2048", "-s", "s1", "-d", "example.com", "-D", str(keys)]
    subprocess.run(generate, check=True)
    subprocess.run(["chown", "-R", "opendkim", str(keys), str(run)], check=True)
    config = folder / "opendkim.conf"
    config.write_text(
        f"Syslog no\nDomain example.com\nSelector s1\nKeyFile {keys}/s1.private\nSocket local:{run}/socket\n"
        "Mode s\nUserID opendkim\nRequireSafeKeys no\nUMask 000\nInternalHosts 127.0.0.1\n"
    )
    process = subprocess.Popen(["opendkim", "-f", "-x", str(config)])
    try:
        while not (run / "socket").exists():
            time.sleep(0.02)
        yield run / "socket"
    finally:
        process.terminate()
        process.wait()


@contextlib.contextmanager
def _postfix(folder: Path, sink_port: int, milter: Path) -> Iterator[int]:
    port, config = mail_tools.free_port(), folder / "postfix"
    shutil.copytree("/etc/postfix", config)
    subprocess.run(["postconf", "-e", f"alternate_config_directories={config}"], check=True)
    settings = {
        "relayhost": f"[127.0.0.1]:{sink_port}",
        "inet_interfaces": "127.0.0.1",
        "inet_protocols": "ipv4",
        "mydestination": "",
        "mynetworks": "127.0.0.0/8",
        "smtpd_peername_lookup": "no",
        "maillog_file": "/var/log/suppression-gateway-bench.log",
        "default_destination_concurrency_limit": "50",
        "smtp_destination_concurrency_limit": "50",
        "smtp_host_lookup": "native",
        "smtp_dns_support_level": "disabled",
        "smtpd_milters": f"unix:{milter}",
        "milter_default_action": "tempfail",
    }
    for name, value in settings.items():
        subprocess.run(["postconf", "-c", str(config), "-e", f"{name}={value}"], check=True)
    service = f"{port}/inet={port} inet n - n - 100 smtpd"
    subprocess.run(["postconf", "-c", str(config), "-M", service], check=True)
    subprocess.run(["postfix", "-c", str(config), "start"], check=True, capture_output=True)
    try:
        mail_tools.wait_for(port)
        yield port
    finally:
        subprocess.run(["postfix", "-c", str(config), "stop"], check=False, capture_output=True)
        subprocess.run(["postconf", "-X", "alternate_config_directories"], check=False)
