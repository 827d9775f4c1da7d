"""Where log lines go: to stderr, as JSON or for people. Loggers take events with fields, never sentences."""

import logging
import sys
import traceback
from types import TracebackType

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from suppression.errors import GatewayError


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
