"""What Twilio answers, in types of ours: the `twilio` package has none."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Created:
    """Twilio took it. `sid`: its id there; `status`: "queued", "accepted"...; "failed" comes with a code."""

    sid: str
    status: str
    error_code: int = 0


@dataclass(frozen=True, slots=True)
class TwilioMessage:
    """A text at Twilio, sent or received. `at`: when it was made there, to the second."""

    sid: str
    direction: str  # "inbound", "outbound-api", "outbound-reply"...
    status: str
    sender: str
    to: str
    service: str
    body: str
    at: datetime
    error_code: int


@dataclass(frozen=True, slots=True)
class TwilioCall:
    """A call at Twilio. `at`: when it was made there, to the second; not known (None) until it is no longer queued."""

    sid: str
    direction: str
    status: str
    sender: str
    to: str
    at: datetime | None
    answered_by: str


class Refused(Exception):
    """`status`: HTTP's; `code`: Twilio's, 0 without one; `text`: its words, which may hold addresses."""

    def __init__(self, status: int, code: int, text: str) -> None:
        super().__init__(f"HTTP {status}, code {code}")
        self.status = status
        self.code = code
        self.text = text


class Lost(Exception):
    """It may have been taken. `str()`: what went wrong, without addresses. `status`: HTTP's, 0 if that did not come."""

    def __init__(self, what: str, status: int) -> None:
        super().__init__(what)
        self.status = status


def created(record: Any, prefixes: tuple[str, ...]) -> Created:
    """ValueError for an answer without the id that makes it one."""
    sid = _words(record.sid)
    if len(sid) != 34 or not sid.isalnum() or not sid.startswith(prefixes):
        raise ValueError("an answer without a SID")
    return Created(sid, _words(record.status), int(getattr(record, "error_code", 0) or 0))


def message(record: Any) -> TwilioMessage:
    return TwilioMessage(
        sid=created(record, ("SM", "MM")).sid,
        direction=_words(record.direction),
        status=_words(record.status),
        sender=_words(record.from_),
        to=_words(record.to),
        service=_words(record.messaging_service_sid),
        body=_words(record.body),
        at=_time(record.date_created) or _missing_time(),
        error_code=int(record.error_code or 0),
    )


def call(record: Any) -> TwilioCall:
    return TwilioCall(
        sid=created(record, ("CA",)).sid,
        direction=_words(record.direction),
        status=_words(record.status),
        sender=_words(record._from),  # noqa: SLF001 - no better name there
        to=_words(record.to),
        at=_time(record.date_created),
        answered_by=_words(record.answered_by),
    )


def _words(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _time(value: Any) -> datetime | None:
    """The package gives what it could not read as it came."""
    if not isinstance(value, datetime):
        return None
    return value if value.tzinfo else value.replace(tzinfo=UTC)


def _missing_time() -> datetime:
    raise ValueError("a message without its time")
