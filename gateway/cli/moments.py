"""Points in time as people write them on a command line: RFC 3339, a day, or how long ago ("2h", "7d")."""

import re
from datetime import UTC, datetime, timedelta

_AGO = re.compile(r"(\d{1,6})([smhdw])", re.ASCII)
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def milliseconds(text: str, now: datetime) -> int:
    """Of Unix time; what names no zone is in UTC. ValueError."""
    ago = _AGO.fullmatch(text.strip().lower())
    try:
        if ago is not None:
            at = now - timedelta(**{_UNITS[ago[2]]: int(ago[1])})
        else:
            at = datetime.fromisoformat(text.strip())
    except (ValueError, OverflowError):
        raise ValueError(f"no point in time: {text[:40]!r}; write 2026-11-24T18:00:00Z, 2h or 7d") from None
    if at.tzinfo is None:
        at = at.replace(tzinfo=UTC)
    return max(0, round(at.timestamp() * 1000))
