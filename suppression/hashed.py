"""Unsalted hashes of addresses, as other companies exchange them: what they may have hashed of one address."""

import hashlib
from collections.abc import Iterator

from suppression.address import Address, Kind

ALGORITHMS = ("sha256", "md5")
_HEX_DIGITS = {64: "sha256", 32: "md5"}


def spellings(address: Address) -> Iterator[str]:
    """An e-mail address in lower case, as it is and folded; a number with and without its plus."""
    yield address.exact
    if address.kind is Kind.PHONE:
        yield address.exact.removeprefix("+")
    elif address.folded != address.exact:
        yield address.folded


def digest(text: str, algorithm: str) -> bytes:
    return hashlib.new(algorithm, text.encode(), usedforsecurity=False).digest()


def digests(address: Address, algorithm: str) -> tuple[bytes, ...]:
    """Every hash by which others may mean the address."""
    return tuple(digest(text, algorithm) for text in spellings(address))


def parse_digest(text: str) -> tuple[str, bytes] | None:
    """(algorithm, digest) of a hash written in hex; None for anything else."""
    algorithm = _HEX_DIGITS.get(len(text))
    if algorithm is None:
        return None
    try:
        raw = bytes.fromhex(text)
    except ValueError:
        return None
    return (algorithm, raw) if len(raw) * 2 == len(text) else None
