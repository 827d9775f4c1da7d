"""What a check finds: how bad it is, what it means, and what to do about it. No secrets, no addresses of recipients."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class Finding:
    """`about`: what was looked at; `todo`: "" where there is nothing to do."""

    level: Level
    about: str
    said: str
    todo: str = ""


Findings = list[Finding]
Check = Callable[[], Awaitable[Findings]]


def ok(about: str, said: str) -> Finding:
    return Finding(Level.OK, about, said)


def warn(about: str, said: str, todo: str) -> Finding:
    return Finding(Level.WARN, about, said, todo)


def fail(about: str, said: str, todo: str) -> Finding:
    return Finding(Level.FAIL, about, said, todo)
