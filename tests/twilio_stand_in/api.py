"""Twilio's REST API for texts and calls, over the stand-in's records: a request in, status and JSON out."""

import re
import time
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from tests.twilio_stand_in.description import Description
from tests.twilio_stand_in.records import API, Record, SentLog, as_call, as_message, new_sid
from tests.twilio_stand_in.wire import Request

ROUTE = re.compile(API + r"/(AC\w{32})/(Messages|Calls)(?:/(\w{34}))?\.json")
KINDS: dict[str, Callable[[Record], dict[str, Any]]] = {"Messages": as_message, "Calls": as_call}


class Records(dict[str, Record]):
    """By SID; and by the number that they went to, for a hundred thousand of them are looked through often."""

    def __init__(self) -> None:
        super().__init__()
        self.to: dict[str, list[Record]] = {}

    def __setitem__(self, sid: str, record: Record) -> None:
        super().__setitem__(sid, record)
        self.to.setdefault(record.to, []).append(record)


class Api:
    """`sent`: texts and calls that were taken, in order. `received`: what came in. `on_taken` hears of each."""

    def __init__(self, description: Description | None, log: SentLog | None) -> None:
        self.records = Records()
        self.on_taken: Callable[[Record], None] = lambda _: None
        self._description = description
        self._log = log

    def problems(self, request: Request) -> list[str]:
        if self._description is None:
            return []
        return self._description.problems(request.method, request.path, request.query, request.form)

    def perform(self, request: Request) -> tuple[int, dict[str, Any]]:
        found = ROUTE.fullmatch(request.path)
        if found is None:
            return refusal(404, 20404, "The requested resource was not found")
        account, kind, sid = found.groups()
        if sid is None:
            return (
                self._create(account, kind, request)
                if request.method == "POST"
                else (200, self._list(kind, request))
            )
        record = self.records.get(sid)
        if record is None:
            return refusal(404, 20404, "The requested resource was not found")
        if request.method == "POST":
            update(record, request.fields)
        return 200, KINDS[kind](record)

    def _create(self, account: str, kind: str, request: Request) -> tuple[int, dict[str, Any]]:
        fields = request.fields
        status = "accepted" if "MessagingServiceSid" in fields else "queued"
        events = tuple(value for name, value in request.form or () if name == "StatusCallbackEvent")
        prefix = "SM" if kind == "Messages" else "CA"
        record = Record(new_sid(prefix), account, "outbound-api", status, fields, events)
        self.records[record.sid] = record
        if self._log is not None:
            self._log.add(record)
        self.on_taken(record)
        return 201, KINDS[kind](record)

    def _list(self, kind: str, request: Request) -> dict[str, Any]:
        wanted = dict(request.query)
        known = self.records.to.get(wanted["To"], []) if "To" in wanted else list(self.records.values())
        found = [record for record in reversed(known) if _matches(record, kind, wanted)]
        page, size = int(wanted.get("Page", 0)), int(wanted.get("PageSize", 50))
        shown = found[page * size : (page + 1) * size]
        more = (page + 1) * size < len(found)
        following = request.path + "?" + urlencode(wanted | {"Page": page + 1, "PageToken": "PAabc"})
        return {
            kind.lower(): [KINDS[kind](record) for record in shown],
            "page": page,
            "page_size": size,
            "start": page * size,
            "end": page * size + len(shown),
            "uri": request.target,
            "first_page_uri": request.target,
            "previous_page_uri": None,
            "next_page_uri": following if more else None,
        }


def refusal(status: int, code: int, message: str) -> tuple[int, dict[str, Any]]:
    more = f"https://www.twilio.com/docs/errors/{code}"
    return status, {"code": code, "message": message, "more_info": more, "status": status}


def update(record: Record, fields: dict[str, str]) -> None:
    """A call is cancelled while it waits or rings, hung up at any time, or goes on with other TwiML."""
    wanted = fields.get("Status", "")
    if wanted == "canceled" and record.status in {"queued", "ringing"}:
        record.status = "canceled"
    elif wanted == "completed" and record.status in {"queued", "ringing", "in-progress"}:
        record.status = "completed"
    if "Twiml" in fields:
        record.form["Twiml"] = fields["Twiml"]


def _matches(record: Record, kind: str, wanted: dict[str, str]) -> bool:
    return (
        record.is_call == (kind == "Calls")
        and wanted.get("To", record.to) == record.to
        and wanted.get("From", record.sender) == record.sender
        and _sent_within(record, wanted)
    )


def _sent_within(record: Record, wanted: dict[str, str]) -> bool:
    """By the time of sending, which what still waits has not."""
    since, until = wanted.get("DateSent>"), wanted.get("DateSent<")
    if since is None and until is None:
        return True
    if record.sent is None:
        return False
    earliest = _seconds(since) if since else 0.0
    return earliest <= int(record.sent) <= (_seconds(until) if until else time.time())


def _seconds(moment: str) -> float:
    return datetime.fromisoformat(moment).timestamp()


def taken(records: Iterable[Record]) -> list[Record]:
    return [record for record in records if record.direction == "outbound-api"]
