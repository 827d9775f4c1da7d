"""HTTP as the stand-in speaks it, and the ways in which it fails to."""

import asyncio
import base64
import binascii
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from http import HTTPStatus
from typing import Any, cast
from urllib.parse import parse_qsl, urlsplit

import httptools


class Fault(StrEnum):
    NONE = ""
    CLOSE_BEFORE = "close_before"  # nothing was processed
    CLOSE_AFTER = "close_after"  # processed, and no answer
    CUT = "cut"  # processed, and half of the answer
    GARBAGE = "garbage"  # processed, and an answer that says nothing
    NOT_HTTP = "not_http"
    SILENCE = "silence"  # processed, and no answer as long as the client waits
    ENDLESS = "endless"  # processed, and an answer without end


@dataclass(frozen=True)
class Answer:
    """What to do with one request. `status` 0: what Twilio would."""

    status: int = 0
    code: int = 0
    message: str = "refused by the stand-in"
    delay: float = 0.0
    fault: Fault = Fault.NONE
    body: str | None = None
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def processes(self) -> bool:
        return self.status < 300 and self.fault != Fault.CLOSE_BEFORE


@dataclass
class Request:
    method: str
    target: str
    headers: dict[str, str]
    raw: bytes

    @cached_property
    def path(self) -> str:
        return urlsplit(self.target).path

    @cached_property
    def query(self) -> list[tuple[str, str]]:
        return parse_qsl(urlsplit(self.target).query, keep_blank_values=True)

    @cached_property
    def form(self) -> list[tuple[str, str]] | None:
        """None without a body."""
        return parse_qsl(self.raw.decode(), keep_blank_values=True) if self.raw else None

    @cached_property
    def fields(self) -> dict[str, str]:
        return dict(self.form or ())

    @property
    def credentials(self) -> tuple[str, str]:
        kind, _, encoded = self.headers.get("authorization", "").partition(" ")
        try:
            name, _, password = base64.b64decode(encoded).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            return "", ""
        return (name, password) if kind.lower() == "basic" else ("", "")


@dataclass(frozen=True)
class Reply:
    status: int
    body: bytes
    headers: dict[str, str]
    delay: float
    fault: Fault


def json_reply(status: int, content: Any, answer: Answer) -> Reply:
    body = json.dumps(content).encode() if answer.body is None else answer.body.encode()
    return Reply(status, body, answer.headers, answer.delay, answer.fault)


Handler = Callable[[Request], Reply]


class Connection(asyncio.Protocol):
    """One connection: a request at a time, answered when its delay has passed."""

    def __init__(self, handle: Handler, connections: "set[Connection]") -> None:
        self._handle = handle
        self._connections = connections
        self._parser = httptools.HttpRequestParser(self)
        self._target = b""
        self._headers: dict[str, str] = {}
        self._body = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's own is no subclass
        self._connections.add(self)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's
        self._transport = None
        self._connections.discard(self)

    def abort(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    def data_received(self, data: bytes) -> None:
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError:
            self.abort()

    def on_url(self, url: bytes) -> None:
        self._target += url

    def on_header(self, name: bytes, value: bytes) -> None:
        self._headers[name.decode("latin-1").lower()] = value.decode("latin-1")

    def on_body(self, body: bytes) -> None:
        self._body += body

    def on_message_complete(self) -> None:
        request = Request(
            self._parser.get_method().decode(), self._target.decode(), self._headers, self._body
        )
        self._target, self._headers, self._body = b"", {}, b""
        reply = self._handle(request)
        if reply.delay:
            asyncio.get_running_loop().call_later(reply.delay, self._answer, reply)
        else:
            self._answer(reply)

    def _answer(self, reply: Reply) -> None:
        if self._transport is None:
            return
        match reply.fault:
            case Fault.NONE:
                self._transport.write(_http(reply))
            case Fault.SILENCE:
                pass
            case Fault.CLOSE_BEFORE | Fault.CLOSE_AFTER:
                self._transport.close()
            case Fault.CUT:
                whole = _http(reply)
                self._transport.write(whole[: len(whole) - len(reply.body) // 2])
                self._transport.close()
            case Fault.GARBAGE:
                self._transport.write(_http(Reply(reply.status, b"<html>\x00\xff", {}, 0, Fault.NONE)))
            case Fault.NOT_HTTP:
                self._transport.write(b"220 mail.example.com ESMTP\r\n")
                self._transport.close()
            case Fault.ENDLESS:
                self._transport.write(b"HTTP/1.1 201 Created\r\nContent-Type: application/json\r\n\r\n")
                self._pour()

    def _pour(self) -> None:
        if self._transport is not None:
            self._transport.write(b" " * 1_000_000)
            asyncio.get_running_loop().call_later(0.001, self._pour)


def _http(reply: Reply) -> bytes:
    lines = [
        f"HTTP/1.1 {reply.status} {HTTPStatus(reply.status).phrase}",
        "Content-Type: application/json",
        f"Content-Length: {len(reply.body)}",
        *(f"{name}: {value}" for name, value in reply.headers.items()),
    ]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + reply.body
