"""Values of a JSON document that may be anything: each is what was asked for, or empty."""

import json
import math
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from channels.email.providers.events import FEEDBACK_ID, Malformed

MOST_TEXT = 1000
_CODE = re.compile(r"[^A-Za-z0-9._-]+")
_LONGEST_CODE = 40
_LATEST = 253_402_300_799.0  # the last second of the year 9999

Json = Mapping[str, Any]


def document(body: bytes | str) -> Any:
    """The whole of a body. Malformed."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as error:
        raise Malformed("no JSON") from error


def table(value: object, *path: str) -> Json:
    """The object at this path."""
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return value if isinstance(value, dict) else {}


def rows(value: object, most: int) -> list[Any]:
    """Malformed for more than anybody sends: what is left out would be lost."""
    if not isinstance(value, list):
        return []
    if len(value) > most:
        raise Malformed("a list that is too long")
    return value


def text(value: object) -> str:
    """Numbers too: providers write codes either way."""
    if isinstance(value, str):
        return value[:MOST_TEXT]
    return str(value)[:MOST_TEXT] if isinstance(value, int) and not isinstance(value, bool) else ""


def code(*words: object) -> str:
    """A provider's words as a log may hold them: whatever else they hold is taken out."""
    cleaned = (_CODE.sub("-", text(word)).strip("-")[:_LONGEST_CODE] for word in words)
    return "/".join(word for word in cleaned if word)


def number(value: object) -> int | None:
    """An SMTP reply."""
    digits = text(value)
    return int(digits) if re.fullmatch(r"[2-6][0-9]{2}", digits) else None


def unix_time(value: object) -> datetime | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    if not math.isfinite(value) or not 0 <= value <= _LATEST:
        return None
    return datetime.fromtimestamp(value, UTC)


def iso_time(value: object) -> datetime | None:
    try:
        found = datetime.fromisoformat(text(value))
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def message_id(value: object) -> str:
    return text(value).strip().strip("<>").strip()


def token(named: Iterable[tuple[object, object]]) -> str:
    """Our feedback id among header fields, or among what goes by the name of metadata; any letter case, "_" for "-"."""
    for name, value in named:
        if text(name).lower().replace("_", "-") == FEEDBACK_ID:
            return "".join(text(value).split())  # RFC 9477: white space means nothing in it
    return ""
