"""A real Exim of a test's own. Debian's package cannot be installed beside Postfix: it is unpacked into build/exim.

Its user is one that this machine need not have: libnss-wrapper shows it a passwd file with it.
"""

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.conftest import free_port
from tests.end_to_end.processes import until
from tests.interop.tried import ROOT

PACKAGED = ROOT / "build" / "exim" / "usr" / "sbin" / "exim4"
UID = 8801
PASSWD = f"root:x:0:0:root:/root:/bin/sh\nmail:x:8:8::/:\nDebian-exim:x:{UID}:{UID}::/:\n"
GROUP = f"root:x:0:\nmail:x:8:\nadm:x:4:\nDebian-exim:x:{UID}:\n"
START = """#!/bin/sh
export LD_PRELOAD={wrapper} NSS_WRAPPER_PASSWD={folder}/passwd NSS_WRAPPER_GROUP={folder}/group
exec {folder}/exim4 "$@"
"""
CONFIG = """
keep_environment =
exim_path = {folder}/exim
spool_directory = {folder}/spool
log_file_path = {folder}/log/%s
pid_file_path = {folder}/spool/pid
local_interfaces = 127.0.0.1
daemon_smtp_ports = {port}
primary_hostname = mx.example.net
tls_advertise_hosts =
host_lookup =
rfc1413_hosts =
acl_smtp_rcpt = check

begin acl
check:
  deny local_parts = nobody
       message = 5.1.1 No such user
  accept

begin routers
onwards:
  driver = manualroute
  route_list = * 127.0.0.1 byname
  transport = onwards
  self = send

begin transports
onwards:
  driver = smtp
  port = {onwards}
  allow_localhost

begin retry
* * F,1h,1s
"""


@dataclass(frozen=True)
class Exim:
    """`port`: where it listens by SMTP. `version`: as it says."""

    port: int
    version: str


@contextlib.contextmanager
def running(onwards: int) -> Iterator[Exim]:
    """It takes mail for everybody but nobody@, and passes it on to that port."""
    wrapper = next(Path("/usr/lib").glob("*/libnss_wrapper.so"), None)
    if os.geteuid() or wrapper is None or not PACKAGED.exists():
        pytest.skip(
            "needs exim4-daemon-light in build/exim (.ci/run unpacks it), libnss-wrapper, and to be root"
        )
    with tempfile.TemporaryDirectory() as name:
        folder, port = Path(name), free_port()
        _configure(folder, port, onwards, wrapper)
        command = [str(folder / "exim"), "-C", str(folder / "config")]
        told = subprocess.run([*command, "-bV"], capture_output=True, text=True, check=True).stdout
        with subprocess.Popen([*command, "-bdf", "-q1s"], stderr=subprocess.DEVNULL) as daemon:
            try:
                until(lambda: "listening for SMTP" in _log(folder))
                yield Exim(port, told.splitlines()[0])
            finally:
                daemon.send_signal(signal.SIGTERM)
                daemon.wait(20)


def _configure(folder: Path, port: int, onwards: int, wrapper: Path) -> None:
    folder.chmod(0o755)  # it is not root when it delivers
    shutil.copyfile(PACKAGED, folder / "exim4")  # without the set-user-id bit: a library is put before it
    (folder / "passwd").write_text(PASSWD)
    (folder / "group").write_text(GROUP)
    (folder / "exim").write_text(START.format(wrapper=wrapper, folder=folder))
    (folder / "config").write_text(CONFIG.format(folder=folder, port=port, onwards=onwards))
    for name in ("exim", "exim4"):
        (folder / name).chmod(0o755)
    for name in ("spool", "log"):
        (folder / name).mkdir()
        os.chown(folder / name, UID, UID)


def _log(folder: Path) -> str:
    file = folder / "log" / "main"
    return file.read_text() if file.exists() else ""
