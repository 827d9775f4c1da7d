"""A mail of our own to a person: a few paragraphs, a link, who it is from; as plain text and as HTML, said alike."""

import html
import quopri
import re
import secrets
import textwrap
from dataclasses import dataclass
from datetime import UTC, datetime
from email.header import Header
from email.utils import format_datetime

from channels.email.footer import STYLE
from channels.email.ways_out import one_line, safe_uri

_WIDTH = 74
_MESSAGE_ID = re.compile(r"[!-;=?-~]{1,250}")  # printable ASCII without angle brackets
_PAGE = "margin:0;padding:24px 16px;background:#fff;color:#222;font:16px/24px sans-serif"
_BUTTON = "display:inline-block;padding:12px 20px;background:#1d5c4d;color:#fff;font-weight:bold"


@dataclass(frozen=True, slots=True)
class Link:
    url: str
    label: str


Block = str | tuple[str, ...] | Link  # a paragraph, a list, a link on a line of its own


@dataclass(frozen=True, slots=True)
class Letter:
    """`id`: of the message, for its Message-ID. `close`: the small print: who sends it.

    in_reply_to  of a mail that this one answers by itself: its Message-ID, "" where it has none
    """

    id: str
    from_name: str
    from_address: str
    to: str
    subject: str
    blocks: tuple[Block, ...]
    close: tuple[str, ...]
    language: str = "en"
    in_reply_to: str | None = None


def write(letter: Letter, now: datetime | None = None) -> bytes:
    """The message, ready to be signed."""
    boundary = f"=_{secrets.token_hex(12)}"
    parts = (("text/plain", _plain(letter)), ("text/html", _html(letter)))
    body = b"".join(
        f"--{boundary}\r\nContent-Type: {kind}; charset=utf-8\r\n"
        "Content-Transfer-Encoding: quoted-printable\r\n\r\n".encode()
        + _quoted(text)
        + b"\r\n"
        for kind, text in parts
    )
    return (
        _top(letter, format_datetime(now or datetime.now(UTC)), boundary)
        + body
        + f"--{boundary}--\r\n".encode()
    )


def _top(letter: Letter, when: str, boundary: str) -> bytes:
    domain = letter.from_address.rpartition("@")[2]
    return (
        f"From: {_display(letter.from_name)} <{letter.from_address}>\r\n"
        f"To: <{letter.to}>\r\n"
        f"Subject: {_encoded(letter.subject, 'Subject: ')}\r\n"
        f"Date: {when}\r\n"
        f"Message-ID: <{letter.id}@{domain}>\r\n"
        f"{_automatic(letter.in_reply_to)}"
        f"Content-Language: {letter.language}\r\n"
        "MIME-Version: 1.0\r\n"
        f'Content-Type: multipart/alternative;\r\n\tboundary="{boundary}"\r\n\r\n'
    ).encode()


def _automatic(answers: str | None) -> str:
    """RFC 3834 3.1.5, 5: no automatic reply is wanted; what somebody else wrote goes back only if it is an id."""
    if answers is None:
        return "Auto-Submitted: auto-generated\r\n"
    reply = "Auto-Submitted: auto-replied\r\n"
    if _MESSAGE_ID.fullmatch(answers):
        reply += f"In-Reply-To: <{answers}>\r\nReferences: <{answers}>\r\n"
    return reply


def _display(name: str) -> str:
    """RFC 5322 3.4: a quoted string, or encoded words where it is not ASCII."""
    name = one_line(name)
    if name.isascii():
        return '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return _encoded(name, "From: ")


def _encoded(text: str, before: str) -> str:
    """RFC 2047, folded."""
    return Header(
        one_line(text), "utf-8" if not text.isascii() else "us-ascii", 76, before.strip(": ")
    ).encode(linesep="\r\n")


def _quoted(text: str) -> bytes:
    """RFC 2045 6.7; the library ends lines with LF alone."""
    return quopri.encodestring(text.encode()).replace(b"\n", b"\r\n")


def _plain(letter: Letter) -> str:
    blocks = [_plain_block(block) for block in letter.blocks]
    return "\n\n".join([*blocks, "\n".join(("_" * 40, *map(one_line, letter.close)))]) + "\n"


def _plain_block(block: Block) -> str:
    match block:
        case Link():
            return safe_uri(block.url)
        case tuple():
            return "\n".join(
                textwrap.fill(f"* {one_line(line)}", _WIDTH, subsequent_indent="  ") for line in block
            )
        case _:
            return textwrap.fill(one_line(block), _WIDTH, break_long_words=False, break_on_hyphens=False)


def _html(letter: Letter) -> str:
    close = "<br>\n".join(html.escape(one_line(line)) for line in letter.close)
    return "\n".join(
        (
            "<!doctype html>",
            f'<html lang="{letter.language}"><head><meta charset="utf-8">',
            f"<title>{html.escape(one_line(letter.subject))}</title></head>",
            f'<body style="{_PAGE}">',
            *map(_html_block, letter.blocks),
            f'<div style="{STYLE}">{close}</div>',
            "</body></html>",
            "",
        )
    )


def _html_block(block: Block) -> str:
    match block:
        case Link():
            url, label = html.escape(safe_uri(block.url)), html.escape(one_line(block.label))
            return f'<p><a href="{url}" style="{_BUTTON}">{label}</a></p>'
        case tuple():
            return "<ul>" + "".join(f"<li>{html.escape(one_line(line))}</li>" for line in block) + "</ul>"
        case _:
            return f"<p>{html.escape(one_line(block))}</p>"
