"""Addresses and evidence as they rest in the store: AES-256-GCM, bound to their recipient, key id in front."""

import json
import os
from collections.abc import Iterable, Mapping

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from suppression.address import Address, parse
from suppression.errors import StoreUnavailable

_NONCE = 12


class Sealer:
    """Seals with the current key, opens with any of the keys; ids are 0 to 255."""

    def __init__(self, keys: Mapping[int, bytes], current: int) -> None:
        self._keys = {number: AESGCM(key) for number, key in keys.items()}
        self._current = current

    def _seal(self, plain: bytes, recipient_key: bytes) -> bytes:
        nonce = os.urandom(_NONCE)
        sealed = self._keys[self._current].encrypt(nonce, plain, recipient_key)
        return bytes([self._current]) + nonce + sealed

    def _open(self, sealed: bytes, recipient_key: bytes) -> bytes:
        try:
            return self._keys[sealed[0]].decrypt(sealed[1 : 1 + _NONCE], sealed[1 + _NONCE :], recipient_key)
        except (KeyError, IndexError, InvalidTag) as error:
            raise StoreUnavailable("a sealed value cannot be opened with the keys at hand") from error

    def address(self, address: Address, recipient_key: bytes) -> bytes:
        return self._seal(_plain(address), recipient_key)

    def addresses(self, addresses: Iterable[tuple[Address, bytes]]) -> list[bytes]:
        """`address` of many, for whose nonces the system is asked once: it takes as long as the sealing else."""
        wanted = list(addresses)
        nonces, encrypt = os.urandom(_NONCE * len(wanted)), self._keys[self._current].encrypt
        number, sealed = bytes([self._current]), []
        for at, (address, recipient_key) in enumerate(wanted):
            nonce = nonces[at * _NONCE : (at + 1) * _NONCE]
            sealed.append(number + nonce + encrypt(nonce, _plain(address), recipient_key))
        return sealed

    def open_address(self, sealed: bytes, recipient_key: bytes) -> Address:
        kind, _, text = self._open(sealed, recipient_key).decode().partition("|")
        return parse(text, "email" if kind == "email" else "sms")

    def evidence(self, evidence: Mapping[str, str], recipient_key: bytes) -> bytes:
        return self._seal(json.dumps(dict(evidence), ensure_ascii=False).encode(), recipient_key)

    def open_evidence(self, sealed: bytes, recipient_key: bytes) -> dict[str, str]:
        loaded: dict[str, str] = json.loads(self._open(sealed, recipient_key))
        return loaded


def _plain(address: Address) -> bytes:
    return (address.kind + "|" + address.text).encode()  # formatting an enum takes four times as long
