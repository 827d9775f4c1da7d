"""Sessions that send order confirmations without a pause, whatever happens to the gateway meanwhile."""

import smtplib
import threading
import time
from dataclasses import dataclass
from typing import Self

from tests.end_to_end.client import Client, Reply, address, mail

ORDERS = "transactional/orders"


@dataclass(frozen=True, slots=True)
class Sent:
    """One message, and what was said to it: None where the connection broke before the answer."""

    to: str
    raw: bytes
    reply: Reply | None


class Load:
    """Each message has a recipient and a Message-ID of its own. A broken session comes again."""

    def __init__(self, client: Client, sessions: int = 6) -> None:
        self.sent: list[Sent] = []
        self.turned_away: list[int] = []  # codes at AUTH
        self._client = client
        self._done = threading.Event()
        self._threads = [threading.Thread(target=self._run) for _ in range(sessions)]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        for thread in self._threads:
            thread.join()

    def _run(self) -> None:
        while not self._done.is_set():
            try:
                self._session()
            except smtplib.SMTPAuthenticationError as refused:
                self.turned_away.append(refused.smtp_code)
            except (smtplib.SMTPException, OSError):
                time.sleep(0.05)

    def _session(self) -> None:
        with self._client.talk(ORDERS) as talk:
            while not self._done.is_set():
                to, raw = address("loaded"), mail()
                reply = None
                try:
                    reply = talk.submit(raw, to)
                finally:
                    self.sent.append(Sent(to, raw, reply))

    @property
    def codes(self) -> set[int]:
        return {one.reply.code for one in self.sent if one.reply}

    @property
    def taken(self) -> set[str]:
        """To whom a message went that was answered 250."""
        return {one.to for one in self.sent if one.reply and one.reply.code == 250}

    @property
    def unanswered(self) -> list[Sent]:
        return [one for one in self.sent if one.reply is None]
