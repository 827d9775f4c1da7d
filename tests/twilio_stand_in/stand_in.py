"""The stand-in itself: a server, what it is told to do, and the webhooks that it posts."""

import asyncio
import dataclasses
import json
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

import aiohttp

from channels.twilio.signature import Signatures
from tests.twilio_stand_in.api import Api, refusal, taken
from tests.twilio_stand_in.description import Description
from tests.twilio_stand_in.records import Record, SentLog, new_sid
from tests.twilio_stand_in.wire import Answer, Connection, Reply, Request, json_reply

ACCOUNT = "AC" + "0" * 31 + "1"
TOKEN = "an auth token of the stand-in"

Form = list[tuple[str, str]]


@dataclass(frozen=True)
class Posted:
    """What a webhook answered."""

    status: int
    body: str


class StandIn:
    """
    `always`     what is done with each request, but for those in `next`
    `rule`       decides for a request instead; None leaves it to `always`
    `requests`   all that arrived, whatever was done with them
    `reports`    states that are posted to the callback of each text or call that is taken, in order
    `deliver_to` where webhooks are really posted: the gateway as it is reached from here
    """

    def __init__(
        self,
        *,
        delay: float = 0.0,
        description: Description | None = None,
        log: Path | None = None,
        password: str | None = None,
        reports: Sequence[str] = (),
        deliver_to: str = "",
        token: str = TOKEN,
        keep_requests: bool = True,
    ) -> None:
        self.always = Answer(delay=delay)
        self.next: deque[Answer] = deque()
        self.rule: Callable[[Request], Answer | None] = lambda _: None
        self.requests: list[Request] = []
        self.reports = tuple(reports)
        self.deliver_to = deliver_to
        self.signatures = Signatures([token])
        self._password = password
        self._log = SentLog(log) if log else None
        self._keep_requests = keep_requests
        self._api = Api(description, self._log)
        self._api.on_taken = self._report_later
        self._connections: set[Connection] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None
        self._session: aiohttp.ClientSession | None = None

    @property
    def port(self) -> int:
        assert self._server is not None
        return int(self._server.sockets[0].getsockname()[1])

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def records(self) -> dict[str, Record]:
        """By SID, texts and calls, sent and received."""
        return self._api.records

    @property
    def sent(self) -> list[Record]:
        """Texts and calls that were taken, oldest first."""
        return taken(self.records.values())

    async def start(self, port: int = 0) -> None:
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(
            lambda: Connection(self._handle, self._connections), "127.0.0.1", port, backlog=1000
        )

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()
            for connection in list(self._connections):
                connection.abort()
            await self._server.wait_closed()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._session is not None:
            await self._session.close()
        if self._log is not None:
            self._log.close()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    def _handle(self, request: Request) -> Reply:
        if request.path.startswith("/control/"):
            return self._control(request)
        if self._keep_requests:
            self.requests.append(request)
        answer = self.next.popleft() if self.next else self.rule(request) or self.always
        return json_reply(*self._result(request, answer), answer)

    def _result(self, request: Request, answer: Answer) -> tuple[int, Any]:
        user, password = request.credentials
        if not user or self._password not in (None, password):
            return refusal(401, 20003, "Authenticate")
        problems = self._api.problems(request)
        if problems:
            return refusal(400, 20001, "; ".join(problems))
        if not answer.processes:
            return refusal(answer.status or 500, answer.code, answer.message)
        return self._api.perform(request)

    def _control(self, request: Request) -> Reply:
        """For whoever runs it as a process: tell it what to do, ask what it has."""
        if request.method == "POST":
            told = json.loads(request.raw)
            self.next.extend(Answer(**answer) for answer in told.get("next", []))
            self.always = Answer(**told["always"]) if "always" in told else self.always
            return json_reply(200, {"next": len(self.next)}, Answer())
        counts = [{"sid": record.sid, **record.form, "status": record.status} for record in self.sent]
        return json_reply(200, {"sent": counts}, Answer())

    # --- webhooks

    def _report_later(self, record: Record) -> None:
        if self.reports and record.form.get("StatusCallback"):
            task = asyncio.get_running_loop().create_task(self._report_all(record.sid))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def all_reported(self) -> None:
        """Until every state of what was taken so far is posted."""
        await asyncio.gather(*self._tasks)

    async def _report_all(self, sid: str) -> None:
        for status in self.reports:
            await self.report(sid, status)

    async def report(self, sid: str, status: str, error_code: int = 0, **more: str) -> Posted:
        """A new state of a text or call, posted to its callback."""
        record = self.records[sid]
        record.status, record.error_code = status, error_code
        if status not in {"queued", "accepted"}:
            record.sent = record.sent or time.time()
        form = call_state(record) if record.is_call else message_state(record)
        return await self.post(record.form["StatusCallback"], [*form, *more.items()])

    def receive(self, sender: str, to: str, body: str, **more: str) -> Form:
        """A text to a number of ours: kept for those who list, and its webhook's fields."""
        fields = {"MessageSid": new_sid("SM"), "AccountSid": ACCOUNT, "From": sender, "To": to, "Body": body}
        fields |= {"SmsStatus": "received", "NumMedia": "0", "NumSegments": "1", **more}
        fields["SmsSid"] = fields["SmsMessageSid"] = fields["MessageSid"]
        record = Record(fields["MessageSid"], ACCOUNT, "inbound", "received", fields, sent=time.time())
        self.records[record.sid] = record
        return list(fields.items())

    async def post(self, url: str, form: Form, headers: dict[str, str] | None = None) -> Posted:
        """As Twilio does: signed for `url`, which it was told, wherever that is reached from here."""
        if self._session is None:
            self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=15))
        signed = {"X-Twilio-Signature": self.signatures.sign(url, form), **(headers or {})}
        async with self._session.post(self._reached(url), data=form, headers=signed) as response:
            return Posted(response.status, await response.text())

    def _reached(self, url: str) -> str:
        url = url.partition("#")[0]
        if not self.deliver_to:
            return url
        there = urlsplit(self.deliver_to)
        return urlsplit(url)._replace(scheme=there.scheme, netloc=there.netloc).geturl()


def message_state(record: Record) -> Form:
    fields = {
        "MessageSid": record.sid,
        "SmsSid": record.sid,
        "AccountSid": record.account,
        "From": record.sender or "+15005550006",
        "To": record.to,
        "MessageStatus": record.status,
        "SmsStatus": record.status,
        "ApiVersion": "2010-04-01",
    }
    if record.error_code:
        fields["ErrorCode"] = str(record.error_code)
    return list(fields.items())


def call_state(record: Record) -> Form:
    fields = {
        "CallSid": record.sid,
        "AccountSid": record.account,
        "From": record.sender,
        "To": record.to,
        "CallStatus": record.status,
        "Direction": "outbound-api",
        "ApiVersion": "2010-04-01",
    }
    return list(fields.items())


def as_json(answer: Answer) -> dict[str, Any]:
    """For `POST /control/`."""
    return dataclasses.asdict(answer)
