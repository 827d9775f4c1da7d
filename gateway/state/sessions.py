"""Sessions of agents: a random id of 256 bits in a cookie, kept as its SHA-256 only.

    {console}session:DIGEST   hash: agent, generation, stage, started, and notes that wait for the next page

It ends by itself when nothing was done for the idle time, and for good when its time is over. The id changes at each
step of signing in: one that somebody planted is never one that is signed in.
"""

import hashlib
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from suppression.errors import StoreUnavailable
from suppression.store.client import Argument, Lane

SIGNING_IN = timedelta(minutes=10)  # from the password to the code
_OWN = frozenset({b"agent", b"generation", b"stage", b"started"})


class Stage(StrEnum):
    """How far a session has come. `ENROL`: one-time codes are to be set up."""

    PROVIDER = "provider"  # somebody is on the way to the company's provider and back: no agent yet
    CODE = "code"
    ENROL = "enrol"
    SIGNED_IN = "in"


@dataclass(frozen=True, slots=True)
class Session:
    """A session that is good now. `notes`: what waits for a next page, as bytes by name."""

    id: str = field(repr=False)
    agent: str
    generation: str
    stage: Stage
    started: datetime
    notes: Mapping[str, bytes] = field(repr=False)


class Sessions:
    """The sessions of one store. `clock` is the real one: the sandbox's has nothing to do with who sits there."""

    def __init__(
        self,
        lane: Lane,
        *,
        idle: timedelta = timedelta(minutes=30),
        longest: timedelta = timedelta(hours=12),
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._lane = lane
        self._idle = idle
        self._longest = longest
        self._clock = clock

    async def start(
        self,
        agent: str,
        generation: str,
        stage: Stage,
        notes: Mapping[str, bytes] | None = None,
        *,
        started: datetime | None = None,
    ) -> Session:
        """A new one, under an id that nobody knew before."""
        session_id, started = secrets.token_urlsafe(32), started or self._clock()
        session = Session(session_id, agent, generation, stage, started, dict(notes or {}))
        await self._write(session)
        return session

    async def find(self, session_id: str, *, touch: bool = True) -> Session | None:
        """The session of a cookie. `touch`: its agent did something, and the idle time begins anew
        (not while he signs in).
        """
        if not 0 < len(session_id) <= 100:
            return None
        key = _key(session_id)
        wanted: list[tuple[Argument, ...]] = [("HGETALL", key)]
        if touch:
            wanted.append(("PEXPIRE", key, _milliseconds(self._idle)))
        flat, *_ = await self._lane.read(wanted)
        if not flat:
            return None
        session = _decode(session_id, dict(zip(flat[::2], flat[1::2], strict=True)))
        if self._clock() - session.started >= self._longest:
            await self.end(session_id)
            return None
        return session

    async def renewed(
        self, session: Session, *, stage: Stage | None = None, generation: str | None = None
    ) -> Session:
        """The same agent's session under a new id; the old id is worth nothing from now on."""
        await self.end(session.id)
        return await self.start(
            session.agent,
            generation or session.generation,
            stage or session.stage,
            session.notes,
            started=None if stage else session.started,
        )

    async def end(self, session_id: str) -> None:
        await self._lane.execute("DEL", _key(session_id))

    async def note(self, session: Session, name: str, value: bytes) -> None:
        """Keep something for the next page. Nothing is made of a session that has ended."""
        script = (
            "if redis.call('EXISTS', KEYS[1]) == 1 then redis.call('HSET', KEYS[1], ARGV[1], ARGV[2]) end"
        )
        await self._lane.execute("EVAL", script, 1, _key(session.id), name, value)

    async def forget(self, session: Session, *names: str) -> None:
        """Notes that were shown."""
        if names:
            await self._lane.execute("HDEL", _key(session.id), *names)

    async def _write(self, session: Session) -> None:
        key = _key(session.id)
        idle = self._idle if session.stage is Stage.SIGNED_IN else SIGNING_IN
        fields: dict[str, Argument] = {
            **session.notes,
            "agent": session.agent,
            "generation": session.generation,
            "stage": session.stage.value,
            "started": session.started.isoformat(),
        }
        flat = [part for pair in fields.items() for part in pair]
        made, _ = await self._lane.execute_many([("HSET", key, *flat), ("PEXPIRE", key, _milliseconds(idle))])
        if not made:
            raise StoreUnavailable("a session was not stored")


def _key(session_id: str) -> str:
    digest = hashlib.sha256(session_id.encode("utf-8", "surrogatepass")).hexdigest()
    return f"{{console}}session:{digest}"


def _milliseconds(time: timedelta) -> int:
    return int(time / timedelta(milliseconds=1))


def _decode(session_id: str, read: dict[bytes, bytes]) -> Session:
    try:
        return Session(
            id=session_id,
            agent=read[b"agent"].decode(),
            generation=read[b"generation"].decode(),
            stage=Stage(read[b"stage"].decode()),
            started=datetime.fromisoformat(read[b"started"].decode()),
            notes={name.decode(): value for name, value in read.items() if name not in _OWN},
        )
    except (ValueError, KeyError) as error:
        raise StoreUnavailable("a session that cannot be read") from error
