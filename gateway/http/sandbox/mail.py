"""A mail as its reader sees it, for the sandbox's pages. Pure.

What cannot be read is left out: this is for looking at, nothing is made of it.
"""

import email
import email.policy
import re
from contextlib import suppress
from dataclasses import dataclass
from email.message import Message
from urllib.parse import urlsplit

_LINK = re.compile(rb"<(https?://[^>\s]+)>")
_BODY_LINK = re.compile(r"https?://[^\s<>\"']+/u/[A-Za-z0-9_.~=-]+")


@dataclass(frozen=True, slots=True)
class MailView:
    """Headers as text; decoded bodies.

    one_click  path of the one-click header's link, on this gateway; footer: of the link in the body
    files      names of the parts that are shown as attachments
    """

    headers: tuple[tuple[str, str], ...]
    subject: str
    text: str | None
    html: str | None
    one_click: str | None
    footer: str | None
    files: tuple[str, ...]
    source: str


def view(raw: bytes) -> MailView:
    message = email.message_from_bytes(raw, policy=email.policy.compat32)
    parts = [part for part in message.walk() if not part.is_multipart()]
    text = _first(parts, "text/plain")
    html = _first(parts, "text/html")
    headers = tuple((name, _header(raw, name)) for name in ("From", "To", "Subject", "Date"))
    return MailView(
        headers=tuple((name, value) for name, value in headers if value),
        subject=_header(raw, "Subject") or "(no subject)",
        text=text,
        html=html,
        one_click=_one_click(message),
        footer=_footer(text, html),
        files=tuple(str(part.get_filename()) for part in parts if part.get_filename()),
        source=raw.decode("utf-8", "replace"),
    )


def _header(raw: bytes, name: str) -> str:
    """Decoded; what the standard library trips over is left out."""
    block = raw.partition(b"\r\n\r\n")[0] + b"\r\n\r\n"
    with suppress(Exception):
        return str(email.message_from_bytes(block, policy=email.policy.default).get(name, ""))
    return ""


def _first(parts: list[Message], media: str) -> str | None:
    for part in parts:
        if part.get_content_type() == media and part.get_content_disposition() != "attachment":
            payload = part.get_payload(decode=True)
            return _decoded(payload, part.get_content_charset()) if isinstance(payload, bytes) else None
    return None


def _decoded(payload: bytes, charset: str | None) -> str:
    try:
        return payload.decode(charset or "utf-8")
    except (LookupError, UnicodeDecodeError):
        return payload.decode("latin-1")


def _one_click(message: Message) -> str | None:
    """RFC 8058 3.1: the one HTTPS link (here: HTTP) of a mail that says that it takes a POST."""
    if message.get("List-Unsubscribe-Post") is None:
        return None
    found = _LINK.search(str(message.get("List-Unsubscribe", "")).encode("ascii", "replace"))
    return _path(found.group(1).decode()) if found else None


def _footer(*bodies: str | None) -> str | None:
    for body in bodies:
        found = _BODY_LINK.search(body or "")
        if found:
            return _path(found.group())
    return None


def _path(url: str) -> str | None:
    """Of this gateway's own links: they work under whatever name the sandbox was opened."""
    try:
        path = urlsplit(url).path
    except ValueError:
        return None
    return path if path.startswith("/u/") else None
