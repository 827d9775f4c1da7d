"""What one connection was asked and said, for metrics, spans and its line in the log: counts and codes only."""

import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import structlog

from gateway import logs, tracing
from gateway.metrics import observed
from gateway.smtp.replies import Reply
from gateway.smtp.session import Session


class Watch:
    """`port`: what kind."""

    def __init__(self, port: str) -> None:
        self._port = port
        self._began = time.monotonic()
        self._codes: Counter[int] = Counter()
        self._messages = 0

    def begin(self) -> None:
        """In the connection's own task: all that it logs from now on has the session's id."""
        structlog.contextvars.bind_contextvars(session=logs.new_id())

    def said(self, code: int) -> None:
        self._codes[code] += 1

    @contextmanager
    def message(self) -> Iterator[Callable[[Sequence[Reply]], None]]:
        """From the final dot to the reply: yields what to tell the replies."""
        began = time.perf_counter()
        with tracing.span("smtp message", port=self._port) as span:

            def answered(replies: Sequence[Reply]) -> None:
                for reply in replies:
                    observed.smtp_reply(self._port, reply.code)
                span.note(code=replies[0].code)

            try:
                yield answered
            finally:
                self._messages += 1
                observed.smtp_message(self._port, time.perf_counter() - began)

    def end(self, talk: Session) -> None:
        observed.smtp_session(self._port)
        logs.access(
            "smtp_session",
            port=self._port,
            app=talk.app.name if talk.app is not None else "",
            tls=talk.tls,
            messages=self._messages,
            replies={str(code): count for code, count in sorted(self._codes.items())},
            seconds=round(time.monotonic() - self._began, 3),
        )
