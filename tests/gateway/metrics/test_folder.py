"""The folder of counts: private, gone at the end, and what a killed gateway left is gone with the next start."""

import os
import signal
from pathlib import Path

from gateway.metrics.folder import own_folder


def killed_within(base: Path) -> Path:
    """A gateway that ended without a word."""
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        with own_folder(base) as folder:
            os.write(writing, os.fsencode(folder))
            os.kill(os.getpid(), signal.SIGKILL)
    os.waitpid(pid, 0)
    told = os.read(reading, 4096)
    os.close(reading)
    os.close(writing)
    return Path(os.fsdecode(told))


def test_it_is_private_and_gone_when_the_gateway_ends(tmp_path: Path) -> None:
    with own_folder(tmp_path) as folder:
        assert folder.stat().st_mode & 0o777 == 0o700
    assert not list(tmp_path.iterdir())


def test_what_a_killed_gateway_left_goes_with_the_next_start(tmp_path: Path) -> None:
    left = killed_within(tmp_path)
    assert left.is_dir()
    with own_folder(tmp_path) as folder:
        assert list(tmp_path.iterdir()) == [folder]


def test_another_gateways_folder_and_what_is_not_ours_stay(tmp_path: Path) -> None:
    strangers = tmp_path / "suppression-gateway-metrics-link"
    (tmp_path / "elsewhere").mkdir(mode=0o700)
    strangers.symlink_to(tmp_path / "elsewhere")
    with own_folder(tmp_path) as first, own_folder(tmp_path) as second:
        assert first.is_dir()
        assert second.is_dir()
    assert strangers.is_symlink()
