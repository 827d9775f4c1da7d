"""A real Postfix of a test's own: configuration, queue and log in a folder; only as root, as Postfix wants it."""

import contextlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.conftest import free_port

NEEDED = ("postfix", "postconf")
SETTINGS = {
    "compatibility_level": "3.6",
    "inet_interfaces": "127.0.0.1",
    "inet_protocols": "ipv4",
    "myhostname": "mx.example.net",
    "mydestination": "",
    "mynetworks": "127.0.0.0/8",
    "smtpd_peername_lookup": "no",
    "smtp_dns_support_level": "disabled",
    "lmtp_dns_support_level": "disabled",
    "minimal_backoff_time": "1s",
    "maximal_backoff_time": "1s",
    "queue_run_delay": "1s",
}


@dataclass(frozen=True)
class Postfix:
    """`port`: where it listens by SMTP."""

    folder: Path
    port: int

    @property
    def queued(self) -> int:
        """Mails that it has not delivered or given up."""
        names = ("maildrop", "incoming", "active", "deferred")
        return sum(file.is_file() for name in names for file in (self.folder / "queue" / name).rglob("*"))

    @property
    def log(self) -> str:
        return (self.folder / "log").read_text()


@contextlib.contextmanager
def running(settings: Mapping[str, str], port: int = 0) -> Iterator[Postfix]:
    """With these settings over the usual ones, on that port or any. Skips the test where there is no Postfix to run."""
    if os.geteuid() or not all(shutil.which(tool) for tool in NEEDED):
        pytest.skip("needs Debian's package postfix, and to be root")
    with tempfile.TemporaryDirectory() as name:
        folder, port = Path(name), port or free_port()
        _configure(folder, port, settings)
        try:
            _run("postfix", "-c", folder / "config", "start")
            yield Postfix(folder, port)
        finally:
            _run("postfix", "-c", folder / "config", "stop")


def version() -> str:
    """For a test that runs one."""
    return f"Postfix {_run('postconf', '-h', 'mail_version').strip()}"


def _configure(folder: Path, port: int, settings: Mapping[str, str]) -> None:
    folder.chmod(0o755)  # its daemons are not root
    config = folder / "config"
    shutil.copytree("/etc/postfix", config)
    for name in ("queue", "data"):
        (folder / name).mkdir()
    shutil.chown(folder / "data", "postfix")
    own = {
        "queue_directory": folder / "queue", "data_directory": folder / "data",
        "maillog_file": folder / "log", "maillog_file_prefixes": folder,
    }  # fmt: skip
    for name, value in {**SETTINGS, **own, **settings}.items():
        _run("postconf", "-c", config, "-e", f"{name}={value}")
    _run("postconf", "-c", config, "-MX", "smtp/inet")
    _run("postconf", "-c", config, "-M", f"{port}/inet={port} inet n - n - - smtpd")


def _run(*command: object) -> str:
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
