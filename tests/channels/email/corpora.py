"""Messages that this project did not write, read from outside the repository."""

import os
import re
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[3]
FOLDER = Path(os.environ.get("GATEWAY_CORPORA", REPOSITORY.parent / "shared" / "corpora"))


def files(kind: str) -> list[Path]:
    """The files of one kind; none when the folder is not here."""
    return sorted(path for path in (FOLDER / kind).rglob("*") if path.is_file())


def require() -> None:
    """Skip where the corpora are not; in CI they must be."""
    if FOLDER.is_dir():
        return
    reason = "no messages that we did not write: put them at ../shared/corpora, or set GATEWAY_CORPORA"
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


def as_sent(path: Path) -> bytes:
    """The bytes as an SMTP client would send them: every line end CRLF, one at the end, no NUL."""
    raw = re.sub(rb"\r\n|\r|\n", b"\r\n", path.read_bytes().replace(b"\x00", b""))
    return raw if raw.endswith(b"\r\n") else raw + b"\r\n"
