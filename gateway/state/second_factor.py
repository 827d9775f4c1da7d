"""One-time codes of agents (RFC 6238), and recovery codes for who lost the device. Each is good once.

    {console}code:NAME:STEP    a code that was used, until it would not be taken anyway
    {console}recovery:NAME     set: SHA-256 of recovery codes that are left

A recovery code has about 80 random bits: a fast hash will do.
"""

import hashlib
import secrets
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

import pyotp

from gateway.state.agents import Agent
from suppression.store.client import Lane
from suppression.store.sealed import Sealer

ISSUER = "Suppression gateway"
_STEP = 30  # seconds
_AROUND = (0, -1, 1)  # steps that a device's clock may be wrong
_RECOVERY_CODES = 10
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # none that look alike


class SecondFactor:
    """`clock`: the real one, as devices have it."""

    def __init__(
        self, lane: Lane, sealer: Sealer, clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self._lane = lane
        self._sealer = sealer
        self._clock = clock

    def new_secret(self, name: str) -> bytes:
        """Sealed, for this agent only."""
        return self._sealer.evidence({"secret": pyotp.random_base32()}, _bound_to(name))

    def shown(self, name: str, sealed: bytes) -> str:
        """For the device: base32."""
        return self._sealer.open_evidence(sealed, _bound_to(name))["secret"]

    def link(self, name: str, sealed: bytes) -> str:
        """The same for a device that opens links: otpauth://..."""
        return pyotp.TOTP(self.shown(name, sealed)).provisioning_uri(name=name, issuer_name=ISSUER)

    async def use(self, name: str, sealed: bytes, code: str) -> bool:
        """Whether it is the code of now; it is none a second time."""
        step = self._step_of(pyotp.TOTP(self.shown(name, sealed)), _digits(code))
        if step is None:
            return False
        key = f"{{console}}code:{name}:{step}"
        return bool(await self._lane.execute("SET", key, b"1", "NX", "EX", _STEP * 4))

    def _step_of(self, totp: pyotp.TOTP, code: str) -> int | None:
        now = int(self._clock().timestamp()) // _STEP
        right = [
            now + off for off in _AROUND if pyotp.utils.strings_equal(code, totp.at((now + off) * _STEP))
        ]
        return right[0] if right else None

    async def recovery_codes(self, name: str) -> Sequence[str]:
        """Ten new ones, shown this once; those of before are worth nothing."""
        codes = ["-".join(_letters(4) for _ in range(4)) for _ in range(_RECOVERY_CODES)]
        key = _recovery(name)
        await self._lane.execute_many(
            [("MULTI",), ("DEL", key), ("SADD", key, *(_digest(code) for code in codes)), ("EXEC",)]
        )
        return codes

    async def recover(self, agent: Agent, code: str) -> bool:
        """Whether it is one of his recovery codes; it is none from now on."""
        return bool(await self._lane.execute("SREM", _recovery(agent.name), _digest(code)))

    async def recovery_left(self, name: str) -> int:
        return int(await self._lane.read_one("SCARD", _recovery(name)))


def _bound_to(name: str) -> bytes:
    return b"agent|" + name.encode()


def _recovery(name: str) -> str:
    return f"{{console}}recovery:{name}"


def _digits(code: str) -> str:
    """People type blanks where devices show them."""
    return "".join(code.split())[:12]


def _letters(count: int) -> str:
    return "".join(secrets.choice(_LETTERS) for _ in range(count))


def _digest(code: str) -> str:
    plain = "".join(letter for letter in code.lower() if letter.isalnum())[:64]
    return hashlib.sha256(plain.encode("utf-8", "surrogatepass")).hexdigest()
