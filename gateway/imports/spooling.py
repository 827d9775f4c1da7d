"""A list written to a file while it comes in: never held, and for nobody else of this host."""

import asyncio
import hashlib
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import BinaryIO

from gateway.imports.importing import Spooled
from suppression.errors import Unavailable

_WRITTEN_AT_ONCE = 1 << 20


class Away(Unavailable):
    """The list cannot be kept here now."""


async def spool(pieces: AsyncIterator[bytes], path: Path) -> Spooled:
    """All of it. Away; whatever ends the pieces early leaves a part of it there: the caller removes it."""
    digest, size = hashlib.sha256(), 0
    try:
        file = await asyncio.to_thread(_opened, path)
        with file:
            waiting: list[bytes] = []
            held = 0
            async for piece in pieces:
                waiting.append(piece)
                held += len(piece)
                if held >= _WRITTEN_AT_ONCE:
                    size += held
                    await asyncio.to_thread(_write, file, digest, b"".join(waiting))
                    waiting, held = [], 0
            await asyncio.to_thread(_write, file, digest, b"".join(waiting))
    except OSError as error:
        raise Away(f"a list cannot be kept: {error.strerror}") from error
    return Spooled(path, size + held, digest.hexdigest())


def _opened(path: Path) -> BinaryIO:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")


def _write(file: BinaryIO, digest: "hashlib._Hash", data: bytes) -> None:
    digest.update(data)
    file.write(data)
    file.flush()
