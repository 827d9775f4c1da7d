"""What the log may know of an exception: its kind and where it was raised; its words may hold addresses."""

import traceback
from pathlib import Path

import structlog

log = structlog.get_logger(__name__)


def tell(event: str, error: BaseException, **known: str) -> None:
    """Log a failure that somebody ought to look at."""
    log.error(event, cause=type(error).__name__, where=where(error), **known)


def where(error: BaseException) -> str:
    """The innermost three places, "delivery.py:120 < server.py:80 < connection.py:200"."""
    frames = traceback.extract_tb(error.__traceback__)[-3:]
    return " < ".join(f"{Path(frame.filename).name}:{frame.lineno}" for frame in reversed(frames))
