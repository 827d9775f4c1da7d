"""What goes into a part: the footer (link, sender's name, postal address), and the values of placeholders."""

import html
import textwrap
from dataclasses import dataclass
from functools import lru_cache

from channels.email.splices import Kind
from channels.email.ways_out import WaysOut, one_line, safe_uri
from channels.email.wording import wording

RULE = "_" * 40
WIDTH = 74
# Both colours are given: a dark mail would hide a footer that sets only one.
STYLE = "clear:both;padding:16px 8px;background:#fff;color:#444;font:12px/18px sans-serif"


@dataclass(frozen=True, slots=True)
class Setting:
    """How a text part ends: its line ends, whether the last line has one, whether there is a last line at all."""

    eol: str
    ended: bool
    empty: bool
    keep_ended: bool  # the footer must end with a line end too


def plain_value(kind: Kind, ways: WaysOut, setting: Setting) -> str:
    """What goes into that place of text/plain."""
    return _plain_footer(ways, setting) if kind is Kind.FOOTER else _placeholder_value(kind, ways)


def html_value(kind: Kind, ways: WaysOut) -> str:
    """The same for text/html: escaped, fit for text and for attributes."""
    return _html_footer(ways) if kind is Kind.FOOTER else html.escape(_placeholder_value(kind, ways))


def _placeholder_value(kind: Kind, ways: WaysOut) -> str:
    match kind:
        case Kind.UNSUBSCRIBE:
            return safe_uri(ways.page_url)
        case Kind.PREFERENCES:
            return safe_uri(ways.preferences_url)
        case _:
            return one_line(ways.postal_address)


def _plain_footer(ways: WaysOut, setting: Setting) -> str:
    sent_by = _sent_by(ways.language, ways.sender_name, ways.postal_address)
    lines = (RULE, wording(ways.language).stop, safe_uri(ways.page_url), *sent_by)
    eol = setting.eol
    lead = "" if setting.empty else eol if setting.ended else eol * 2
    return lead + eol.join(lines) + (eol if setting.ended or setting.keep_ended else "")


def _html_footer(ways: WaysOut) -> str:
    before, after = _html_around_link(ways.language, ways.sender_name, ways.postal_address)
    return before + html.escape(safe_uri(ways.page_url)) + after


@lru_cache(maxsize=1024)
def _html_around_link(language: str, sender: str, address: str) -> tuple[str, str]:
    sent_by = "\r\n".join(html.escape(line) for line in _sent_by(language, sender, address))
    return (
        f'\r\n<div style="{STYLE}">\r\n<a href="',
        f'"\r\nstyle="color:#444">{html.escape(wording(language).unsubscribe)}</a><br>\r\n{sent_by}</div>\r\n',
    )


@lru_cache(maxsize=1024)
def _sent_by(language: str, sender: str, address: str) -> tuple[str, ...]:
    text = wording(language).sent_by.format(sender=one_line(sender), address=one_line(address)).strip(" ,")
    lines = textwrap.wrap(text, WIDTH, break_on_hyphens=False)
    # No line may look like a MIME delimiter, a mailbox line, or quoted or flowed text (RFC 3676 4.4).
    return tuple(f" {line}" if line.startswith(("--", "From ", ">")) else line for line in lines)
