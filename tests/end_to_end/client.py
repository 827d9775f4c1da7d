"""A gateway from outside: SMTP, HTTP, and what is in its sandbox."""

import base64
import contextlib
import datetime as dt
import email
import itertools
import re
import secrets
import smtplib
from collections.abc import Iterator
from email.policy import default
from typing import Any, NamedTuple, cast

import httpx

SHOP = "shop@example.com"
PATIENCE = 30.0
_numbers = itertools.count(1)


def address(name: str = "person", domain: str = "example.net") -> str:
    """An address that no other test uses."""
    return f"{name}-{secrets.token_hex(4)}-{next(_numbers)}@{domain}"


def mail(
    *headers: str,
    text: str = "Good news.\r\n",
    sender: str = f"Shop <{SHOP}>",
    message_id: str | None = "",
    subject: str = "News",
) -> bytes:
    """A plain text message; with a Message-ID of its own, unless it is None."""
    lines = [f"From: {sender}", "To: friends@example.net", f"Subject: {subject}", *headers]
    if message_id is not None:
        lines.append(f"Message-ID: {message_id or f'<{secrets.token_hex(12)}@example.com>'}")
    return "\r\n".join([*lines, "", text]).encode()


class Reply(NamedTuple):
    code: int
    text: str

    @property
    def status(self) -> str:
        return self.text.split(" ", 1)[0]

    @property
    def words(self) -> list[str]:
        """After the enhanced code: message id and the hop's text, or reason and decision id."""
        return self.text.split()[1:]


class Talk(smtplib.SMTP):
    """An SMTP session. Bytes go as they are, but for dot-stuffing."""

    def __exit__(self, *_: object) -> None:
        """QUIT, as far as anybody listens."""
        with contextlib.suppress(smtplib.SMTPException, OSError):
            self.docmd("QUIT")
        self.close()

    def say(self, line: str) -> Reply:
        return _reply(self.docmd(line))

    def envelope(self, mail_from: str, *to: str) -> list[Reply]:
        """MAIL and RCPTs, pipelined by nobody."""
        sender = _reply(self.mail(mail_from))
        assert sender.code == 250, sender
        return [_reply(self.rcpt(one)) for one in to]

    def content(self, raw: bytes) -> Reply:
        """DATA and all of it."""
        try:
            return _reply(self.data(raw))
        except smtplib.SMTPDataError as error:
            return _reply((error.smtp_code, cast("bytes", error.smtp_error)))

    def submit(self, raw: bytes, *to: str, mail_from: str = SHOP) -> Reply:
        """One message; the first refusal at RCPT, where everybody is refused."""
        sender = _reply(self.mail(mail_from))
        if sender.code != 250:
            self.rset()
            return sender
        replies = [_reply(self.rcpt(one)) for one in to]
        if not any(reply.code == 250 for reply in replies):
            self.rset()
            return replies[0]
        return self.content(raw)


def _reply(answer: tuple[int, bytes]) -> Reply:
    return Reply(answer[0], answer[1].decode())


class Arrived:
    """One message of the sandbox."""

    def __init__(self, message: dict[str, Any]) -> None:
        self.id: str = message["id"]
        self.to: str = message["to"]
        self.mail_from: str = message["mail_from"]
        self.raw = base64.b64decode(message["raw"])
        self.parsed = email.message_from_bytes(self.raw, policy=default)

    @property
    def text(self) -> str:
        part = self.parsed.get_body(("plain",))
        assert part is not None
        return str(part.get_content())

    @property
    def mailto(self) -> str:
        """The address that a mail to stops."""
        found = re.search(r"<mailto:([^?>]+)\?subject=unsubscribe>$", self.parsed["List-Unsubscribe"])
        assert found
        return found[1]

    @property
    def header_link(self) -> str:
        """The one that the button of a mail program posts to."""
        found = re.match(r"<([^>]+)>", self.parsed["List-Unsubscribe"])
        assert found
        return found[1]

    @property
    def footer_link(self) -> str:
        found = re.search(r"https?://\S+/u/\S+", self.text)
        assert found
        return found[0]


class Client:
    """What an app, a recipient and support do with the gateway that dev.json tells of."""

    def __init__(self, facts: dict[str, Any]) -> None:
        self.facts = facts
        self.url = facts["http"]["url"]
        self.key = facts["http"]["api_key"]
        # A connection for each call: they spread over the workers, and none is kept when one of them dies.
        self.http = httpx.Client(
            base_url=self.url,
            headers={"Authorization": f"Bearer {self.key}"},
            limits=httpx.Limits(max_keepalive_connections=0),
            timeout=PATIENCE,
            trust_env=False,
        )

    def close(self) -> None:
        self.http.close()

    @contextlib.contextmanager
    def talk(self, purpose: str = "", source: str = "127.0.0.1") -> Iterator[Talk]:
        smtp = self.facts["smtp"]
        with Talk(smtp["host"], smtp["port"], timeout=PATIENCE, source_address=(source, 0)) as talk:
            talk.login(f"{smtp['username']}+{purpose}" if purpose else smtp["username"], smtp["password"])
            yield talk

    def send(self, raw: bytes, *to: str, purpose: str = "", mail_from: str = SHOP) -> Reply:
        with self.talk(purpose) as talk:
            return talk.submit(raw, *to, mail_from=mail_from)

    def order(self, to: str) -> Reply:
        """An order confirmation, which needs nobody's consent."""
        return self.send(mail(subject="Your order"), to, purpose="transactional/orders")

    def arrived(self, to: str | None = None) -> list[Arrived]:
        found = self.http.get("/sandbox/messages", params={"to": to} if to else {})
        assert found.status_code == 200, found.text
        return [Arrived(message) for message in found.json()["messages"]]

    def consent(self, to: str, **more: Any) -> dict[str, Any]:
        given = {
            "address": to,
            "channels": ["email"],
            "purpose": "marketing",
            "basis": "opt_in",
            "source": "checkout",
            "at": (dt.datetime.now(dt.UTC) - dt.timedelta(seconds=1)).isoformat(),
            "evidence": {"form": "newsletter"},
        }
        answer = self.http.post("/v1/consents", json=given | more)
        assert answer.status_code == 201, answer.text
        return dict(answer.json())

    def consented(self, name: str = "friend") -> str:
        """A new recipient who wants marketing."""
        to = address(name)
        assert self.consent(to)["effective"]
        return to

    def stop(self, to: str, **more: Any) -> dict[str, Any]:
        answer = self.http.post("/v1/suppressions", json={"address": to} | more)
        assert answer.status_code in (200, 201), answer.text
        return dict(answer.json())

    def would(self, to: str, purpose: str = "marketing/promotions") -> tuple[str, str]:
        """What would be decided now, and why."""
        asked = {"channel": "email", "to": to, "purpose": purpose}
        answer = self.http.post("/v1/decisions", json={"requests": [asked], "record": False})
        assert answer.status_code == 200, answer.text
        [made] = answer.json()["decisions"]
        return made["outcome"], made["reason"]

    def log(self, **asked: Any) -> list[dict[str, Any]]:
        answer = self.http.get("/v1/log", params=asked)
        assert answer.status_code == 200, answer.text
        return list(answer.json()["records"])

    def recipient(self, to: str) -> dict[str, Any]:
        answer = self.http.get(f"/v1/recipients/{to}")
        assert answer.status_code == 200, answer.text
        return dict(answer.json())


def click(link: str) -> httpx.Response:
    """What a mailbox provider does (RFC 8058 3.2)."""
    body = {"List-Unsubscribe": "One-Click"}
    return httpx.post(link, data=body, timeout=PATIENCE, trust_env=False)
