"""A next hop made by hand: it answers as its script says and keeps what it was given."""

import asyncio
import re
import ssl
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self, cast

CLOSE = "<close>"  # close without an answer; after an answer: answer, then close
HANG = "<hang>"  # never answer, and read no more
KILL = "<kill>"  # as CLOSE, but by a reset
END = re.compile(r" ?(<close>|<hang>|<kill>)$")

Script = str | list[str]

DEFAULTS: dict[str, Script] = {
    "GREETING": "220 sink.example ESMTP",
    "EHLO": "250-sink.example\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250-SIZE 50000000\r\n250 ENHANCEDSTATUSCODES",
    "HELO": "250 sink.example",
    "MAIL": "250 2.1.0 Ok",
    "RCPT": "250 2.1.5 Ok",
    "DATA": "354 Go on",
    "END": "250 2.0.0 Ok: queued as 4F2A77B1",
    "RSET": "250 2.0.0 Ok",
    "NOOP": "250 2.0.0 Ok",
    "AUTH": "235 2.7.0 Welcome",
    "STARTTLS": "220 2.0.0 Go on",
    "QUIT": "221 2.0.0 Bye <close>",
}


@dataclass
class Taken:
    """A message that the sink answered 250."""

    mail_from: str
    to: str
    raw: bytes  # as on the wire, unstuffed
    options: str
    tls: bool


class Gone(Exception):
    """The connection ends here."""


@dataclass
class Sink:
    """`script` replaces DEFAULTS; a list is used up in order, its last answer stays.

    rcpt  an answer by recipient, before the script's
    """

    script: dict[str, Script] = field(default_factory=dict)
    rcpt: dict[str, str] = field(default_factory=dict)
    tls: ssl.SSLContext | None = None
    implicit: bool = False
    delay: dict[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.taken: list[Taken] = []
        self.commands: list[str] = []
        self.connections = 0
        self.open = 0
        self.reached: dict[str, asyncio.Event] = {}
        self._script = DEFAULTS | self.script
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def port(self) -> int:
        assert self._server is not None
        return int(self._server.sockets[0].getsockname()[1])

    def event(self, step: str) -> asyncio.Event:
        """Set when the sink got to this step."""
        return self.reached.setdefault(step, asyncio.Event())

    def answer(self, step: str, script: Script) -> None:
        self._script[step] = script

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(
            self._serve, "127.0.0.1", 0, ssl=self.tls if self.implicit else None, limit=2**26
        )
        return self

    async def __aexit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        assert self._server is not None
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self.connections += 1
        self.open += 1
        try:
            await Conversation(self, reader, writer).run()
        except (Gone, OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            self.open -= 1
            self._tasks.discard(task)
            writer.close()

    def next_answer(self, step: str) -> str:
        script = self._script.get(step, "502 5.5.1 What?")
        if isinstance(script, str):
            return script
        return script.pop(0) if len(script) > 1 else script[0]


class Conversation:
    """One connection to the sink."""

    def __init__(self, sink: Sink, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.sink = sink
        self.reader = reader
        self.writer = writer
        self.mail_from = self.options = self.to = ""

    async def run(self) -> None:
        await self.say("GREETING")
        while line := (await self.reader.readuntil(b"\n")).decode().rstrip("\r\n"):
            self.sink.commands.append(line)
            verb = line.partition(" ")[0].upper()
            if verb == "MAIL":
                path, _, self.options = line[len("MAIL FROM:") :].partition(" ")
                self.mail_from = path.strip("<>")
            if verb == "RCPT":
                self.to = line[len("RCPT TO:<") : -1]
            code = await self.say(verb, self.sink.rcpt.get(self.to) if verb == "RCPT" else None)
            if verb == "DATA" and code == "354":
                await self.content()
            if verb == "STARTTLS" and code == "220":
                assert self.sink.tls is not None
                await self.writer.start_tls(self.sink.tls)

    async def content(self) -> None:
        lines = []
        while (line := await self.reader.readuntil(b"\r\n")) != b".\r\n":
            lines.append(line.removeprefix(b"."))
        taken = Taken(self.mail_from, self.to, b"".join(lines), self.options, self.over_tls)
        answer = self.sink.next_answer("END")
        if answer.startswith("250"):
            self.sink.taken.append(taken)
        await self.say("END", answer)

    @property
    def over_tls(self) -> bool:
        return self.writer.get_extra_info("sslcontext") is not None

    async def say(self, step: str, answer: str | None = None) -> str:
        answer = self.sink.next_answer(step) if answer is None else answer
        self.sink.event(step).set()
        await asyncio.sleep(self.sink.delay.get(step, 0))
        found = END.search(answer)
        text = answer[: found.start()] if found else answer
        if text:
            self.writer.write(text.encode() + b"\r\n")
            await self.writer.drain()
        if found is None:
            return text[:3]
        if found[1] == HANG:
            cast("asyncio.Transport", self.writer.transport).pause_reading()
            await asyncio.Event().wait()
        if found[1] == KILL:
            self.writer.transport.abort()
        raise Gone
