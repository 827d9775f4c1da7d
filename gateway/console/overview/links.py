"""Links from a figure to the records behind it."""

from datetime import datetime, timedelta
from urllib.parse import urlencode

from gateway.console.overview.figures import Span
from gateway.http.render import moment

LOG = "/console/log"


def log_link(span: Span, **asked: str) -> str:
    times = {"since": moment(_minute(span.since)), "until": moment(_minute(span.until, up=True))}
    return f"{LOG}?{urlencode({**asked, **times})}"


def _minute(at: datetime, *, up: bool = False) -> datetime:
    """Whole minutes, so that a link stays the same for a while; it may show a little more than was counted."""
    whole = at.replace(second=0, microsecond=0)
    return whole + timedelta(minutes=1) if up and whole != at else whole
