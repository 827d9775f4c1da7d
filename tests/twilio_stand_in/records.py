"""What the stand-in has taken or received, and how Twilio tells of it."""

import json
import os
import secrets
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

API = "/2010-04-01/Accounts"


@dataclass
class Record:
    """A text or a call. `form`: the fields that it was made of (of a received text: those of the webhook)."""

    sid: str
    account: str
    direction: str
    status: str
    form: dict[str, str]
    events: tuple[str, ...] = ()
    made: float = field(default_factory=time.time)
    sent: float | None = None
    error_code: int = 0

    @property
    def is_call(self) -> bool:
        return self.sid.startswith("CA")

    @property
    def to(self) -> str:
        return self.form["To"]

    @property
    def sender(self) -> str:
        return self.form.get("From", "")

    @property
    def body(self) -> str:
        return self.form.get("Body", "")


def new_sid(prefix: str) -> str:
    return prefix + secrets.token_hex(16)


def as_message(record: Record) -> dict[str, Any]:
    uri = f"{API}/{record.account}/Messages/{record.sid}.json"
    return {
        "sid": record.sid,
        "account_sid": record.account,
        "api_version": "2010-04-01",
        "direction": record.direction,
        "status": record.status,
        "to": record.to,
        "from": record.sender or None,
        "messaging_service_sid": record.form.get("MessagingServiceSid"),
        "body": record.body,
        "num_segments": "1",
        "num_media": "0",
        "date_created": _time(record.made),
        "date_updated": _time(record.made),
        "date_sent": _time(record.sent),
        "error_code": record.error_code or None,
        "error_message": None,
        "price": None,
        "price_unit": "USD",
        "uri": uri,
        "subresource_uris": {"media": uri.replace(".json", "/Media.json")},
    }


def as_call(record: Record) -> dict[str, Any]:
    return {
        "sid": record.sid,
        "account_sid": record.account,
        "api_version": "2010-04-01",
        "direction": record.direction,
        "status": record.status,
        "to": record.to,
        "from": record.sender,
        # A call has no times while it is queued.
        "date_created": None if record.status == "queued" else _time(record.made),
        "start_time": _time(record.sent),
        "answered_by": None,
        "duration": None,
        "uri": f"{API}/{record.account}/Calls/{record.sid}.json",
    }


def _time(moment: float | None) -> str | None:
    return None if moment is None else _second(int(moment))


@lru_cache(maxsize=1000)
def _second(moment: int) -> str:
    return format_datetime(datetime.fromtimestamp(moment, UTC))


class SentLog:
    """A line for each text or call that was taken, in a file that outlives whoever is killed."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)

    def add(self, record: Record) -> None:
        line = {"sid": record.sid, "at": record.made, **record.form}
        os.write(self._file, json.dumps(line).encode() + b"\n")

    def close(self) -> None:
        os.close(self._file)


def read_log(path: Path) -> list[dict[str, str]]:
    return [json.loads(line) for line in path.read_bytes().splitlines()]
