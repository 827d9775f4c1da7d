"""What goes into a part: the footer (link, sender's name, postal address), and the values of placeholders."""

import html
import textwrap
from dataclasses import dataclass

from channels.email.charsets import Charset
from channels.email.splices import Kind
from channels.email.ways_out import WaysOut, one_line, safe_uri
from channels.email.wording import wording

RULE = "_" * 40
WIDTH = 74
# Colours are both given: a dark mail would hide a footer that sets only one.
STYLE = "clear:both;margin:0;padding:16px 8px;background:#ffffff;color:#444444;"
FONT = "font:12px/18px Arial,Helvetica,sans-serif;text-align:center"


@dataclass(frozen=True, slots=True)
class Setting:
    """How a text part ends: its line ends, whether the last line has one, whether there is a last line at all."""

    eol: str
    ended: bool
    empty: bool
    keep_ended: bool  # the footer must end with a line end too


def plain_values(ways: WaysOut, charset: Charset, setting: Setting, closing: bytes) -> dict[Kind, bytes]:
    """For text/plain. `closing` leads a shifted charset back to ASCII."""
    return {
        Kind.FOOTER: closing + charset.encode(_plain_footer(ways, setting)),
        Kind.UNSUBSCRIBE: charset.encode(safe_uri(ways.page_url)),
        Kind.PREFERENCES: charset.encode(safe_uri(ways.preferences_url)),
        Kind.POSTAL_ADDRESS: charset.encode(one_line(ways.postal_address)),
    }


def html_values(ways: WaysOut, charset: Charset, closing: bytes) -> dict[Kind, bytes]:
    """For text/html: escaped, fit for text and for attributes."""
    return {
        Kind.FOOTER: closing + charset.encode_html(_html_footer(ways)),
        Kind.UNSUBSCRIBE: charset.encode_html(html.escape(safe_uri(ways.page_url))),
        Kind.PREFERENCES: charset.encode_html(html.escape(safe_uri(ways.preferences_url))),
        Kind.POSTAL_ADDRESS: charset.encode_html(html.escape(one_line(ways.postal_address))),
    }


def _plain_footer(ways: WaysOut, setting: Setting) -> str:
    words = wording(ways.language)
    lines = [RULE, words.stop, safe_uri(ways.page_url), *_wrapped(_sent_by(ways))]
    eol = setting.eol
    lead = "" if setting.empty else eol if setting.ended else eol * 2
    return lead + eol.join(lines) + (eol if setting.ended or setting.keep_ended else "")


def _html_footer(ways: WaysOut) -> str:
    words = wording(ways.language)
    sent_by = "\r\n".join(html.escape(line) for line in _wrapped(_sent_by(ways)))
    return (
        f'\r\n<div style="{STYLE}\r\n{FONT}">\r\n'
        f'<a href="{html.escape(safe_uri(ways.page_url))}"\r\n'
        f'style="color:#444444;text-decoration:underline">{html.escape(words.unsubscribe)}</a><br>\r\n'
        f"{sent_by}</div>\r\n"
    )


def _sent_by(ways: WaysOut) -> str:
    sent_by = wording(ways.language).sent_by
    name, address = one_line(ways.sender_name), one_line(ways.postal_address)
    return sent_by.format(sender=name, address=address).strip(" ,")


def _wrapped(text: str) -> list[str]:
    lines = textwrap.wrap(text, WIDTH, break_on_hyphens=False)
    # No line may look like a MIME delimiter, a mailbox line, or quoted or flowed text (RFC 3676 4.4).
    return [f" {line}" if line.startswith(("--", "From ", ">")) else line for line in lines]
