"""Where log lines go: to stderr, as JSON or for people. Loggers take events with fields, never sentences.

Lines of one SMTP session or HTTP request share an id. A message's own id joins them with what happens to it later,
in other processes and on other days: when it leaves, and when its provider reports.
"""

import logging
import re
import secrets
import sys
import time
import traceback
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from suppression.errors import GatewayError

_MOST_CAUSES = 1000  # that are told apart at a time

_access = False
_log = structlog.get_logger(__name__)

# W3C Trace Context 3.2: version, trace-id (not all zeros), parent-id (the same), flags.
TRACE_PARENT = re.compile(r"00-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")
_REQUEST_ID = re.compile(r"(?=[0-9a-f-]*[a-f-])[0-9a-f-]{8,64}")


def configure(*, people: bool) -> None:
    """Once per process, before it logs. `people`: readable lines, for `gateway dev`."""
    last: list[Processor] = (
        [structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())]
        if people
        else [structlog.processors.JSONRenderer()]
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            where_it_failed,
            *last,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.WriteLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    # Libraries: their warnings only. At INFO some of them log addresses.
    logging.basicConfig(
        level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s", stream=sys.stderr
    )


def where_it_failed(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """An exception as its class and places. Its words only when they are ours: others quote what they got."""
    given = event.pop("exc_info", None)
    error = sys.exc_info()[1] if given is True else given[1] if isinstance(given, tuple) else given
    if isinstance(error, BaseException):
        words = f": {error}" if isinstance(error, GatewayError) else ""
        event["exception"] = f"{type(error).__name__}{words} {_places(error.__traceback__)}"
    return event


def _places(trace: TracebackType | None) -> str:
    return " > ".join(f"{frame.filename}:{frame.lineno}" for frame in traceback.extract_tb(trace))


def log_access(*, on: bool) -> None:
    """Whether each request, session and message has a line of its own."""
    global _access  # noqa: PLW0603 - once per process, when it begins
    _access = on


def access(event: str, **fields: object) -> None:
    """One of these lines. Routes, codes and ids only: no path, no query, no address."""
    if _access:
        _log.info(event, **fields)


class Seldom:
    """Lines of a kind that one fault can cause for every message: some in a minute for each cause, and then how many
    more there were. What happened to each message is in the decision log all the same.
    """

    def __init__(
        self, most: int = 5, seconds: float = 60.0, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._most = most
        self._seconds = seconds
        self._clock = clock
        self._told: OrderedDict[tuple[str, ...], _Told] = OrderedDict()

    def say(self, write: Callable[..., object], event: str, *cause: str, **fields: object) -> None:
        """`write`: a logger's method; `cause`: what such lines are counted by."""
        now = self._clock()
        told = self._told.setdefault((event, *cause), _Told(now))
        self._told.move_to_end((event, *cause))
        if len(self._told) > _MOST_CAUSES:
            self._told.popitem(last=False)
        if now - told.since >= self._seconds:
            told.since, told.lines = now, 0
        if told.lines >= self._most:
            told.left_out += 1
            return
        more = {"left_out": told.left_out} if told.left_out else {}
        told.lines, told.left_out = told.lines + 1, 0
        write(event, **fields, **more)


@dataclass(slots=True)
class _Told:
    """Since when so many lines were written; and how many were not, since the last one that was."""

    since: float
    lines: int = 0
    left_out: int = 0


def new_id() -> str:
    return secrets.token_hex(8)


def request_id(trace_parent: str, given: str) -> str:
    """A caller's own id where it is one that cannot be anything else: hex and hyphens, with a letter or hyphen in it,
    for a row of digits may be a phone number. A new one otherwise.
    """
    if trace := TRACE_PARENT.fullmatch(trace_parent):
        return trace[1]
    return given if _REQUEST_ID.fullmatch(given) else new_id()
