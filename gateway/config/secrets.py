"""The secrets of one gateway and its store, in a file that only its user may read.

pepper   makes recipients' keys: data, not to be rotated
epoch    of the store that was prepared with these secrets; written by `gateway init`
sealing  keys that seal addresses and evidence in the store, by id; new ones may be added
tokens   keys of the links in messages, by id; a key that is taken out makes its links dead
"""

import hashlib
import os
import secrets as randomness
import stat
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from suppression.errors import ConfigurationError

_BYTES = 32


@dataclass(frozen=True, slots=True)
class KeyRing:
    """Keys by id (0 to 255), and which of them makes new things."""

    keys: Mapping[int, bytes] = field(repr=False)
    current: int


@dataclass(frozen=True, slots=True)
class Secrets:
    pepper: bytes = field(repr=False)
    sealing: KeyRing
    tokens: KeyRing
    epoch: str = ""

    @property
    def form_key(self) -> bytes:
        """Signs what forms carry: the same in all workers, and different from the keys that it is made of."""
        return hashlib.sha256(b"forms|" + self.tokens.keys[self.tokens.current]).digest()


def generate() -> Secrets:
    return Secrets(
        pepper=randomness.token_bytes(_BYTES),
        sealing=KeyRing({1: randomness.token_bytes(_BYTES)}, 1),
        tokens=KeyRing({1: randomness.token_bytes(_BYTES)}, 1),
    )


def read(path: Path) -> Secrets:
    """ConfigurationError when it is missing, others may read it, or it is not complete."""
    try:
        with path.open("rb") as file:
            if stat.S_IMODE(os.fstat(file.fileno()).st_mode) & 0o077:
                raise ConfigurationError("others than its owner may read it: chmod 600")
            document = tomllib.load(file)
    except FileNotFoundError as error:
        raise ConfigurationError(
            "does not exist: run `gateway init` (or restore it with the store)"
        ) from error
    except OSError as error:
        raise ConfigurationError(f"cannot be read: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigurationError("is no TOML") from error  # the parser's words may quote a key
    return _parse(document)


def create(path: Path) -> Secrets:
    """New ones, for a new store. ConfigurationError when the file is there: the store needs the old ones."""
    made = generate()
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with open(path, "x", opener=_private, encoding="utf-8") as file:
            file.write(_format(made))
    except FileExistsError as error:
        raise ConfigurationError(f"{path} exists") from error
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be written: {error.strerror}") from error
    return made


def record_epoch(path: Path, epoch: str) -> Secrets:
    """Bind the secrets to the store that was just prepared with them. Renamed into place."""
    bound = replace(read(path), epoch=epoch)
    written = path.with_name(path.name + ".new")
    with open(written, "w", opener=_private, encoding="utf-8") as file:
        file.write(_format(bound))
        file.flush()
        os.fsync(file.fileno())
    written.replace(path)
    return bound


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _format(secrets: Secrets) -> str:
    lines = [
        "# The secrets of this gateway and its store. Keep a copy where the backups of the store are:",
        "# without the pepper nobody is found in it.",
        f'pepper = "{secrets.pepper.hex()}"',
        f'epoch = "{secrets.epoch}"',
    ]
    for name, ring in (("sealing", secrets.sealing), ("tokens", secrets.tokens)):
        lines += ["", f"[{name}]", f"current = {ring.current}", f"[{name}.keys]"]
        lines += [f'{number} = "{key.hex()}"' for number, key in sorted(ring.keys.items())]
    return "\n".join(lines) + "\n"


def _parse(document: dict[str, Any]) -> Secrets:
    try:
        return Secrets(
            pepper=_key(document["pepper"]),
            sealing=_ring(document["sealing"]),
            tokens=_ring(document["tokens"]),
            epoch=str(document.get("epoch", "")),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ConfigurationError(
            "needs pepper, and sealing and tokens with current and keys of 32 bytes in hexadecimal"
        ) from error


def _ring(table: dict[str, Any]) -> KeyRing:
    keys = {int(number): _key(text) for number, text in table["keys"].items()}
    current = int(table["current"])
    if current not in keys or not all(0 <= number <= 255 for number in keys):
        raise ValueError("current")
    return KeyRing(keys, current)


def _key(text: str) -> bytes:
    key = bytes.fromhex(text)
    if len(key) != _BYTES:
        raise ValueError("length")
    return key
