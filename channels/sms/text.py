"""The text that leaves: placeholders filled, the way out at its end, and nothing that cannot be sent as one text."""

import re
import unicodedata
from collections.abc import Mapping

from channels.sms.message import LONGEST
from channels.sms.segments import segments
from channels.sms.transliterate import to_gsm7
from suppression.errors import InvalidInput

MOST_GIVEN = 10_000  # before placeholders are filled: nobody's template is longer

# As in mail: channels/email/placeholders.py
_PLACEHOLDER = re.compile(
    r"\{\{ *(unsubscribe_url|preferences_url|postal_address) *\}\}"
    r"|%%(unsubscribe_url|preferences_url|postal_address)%%"
)
# Controls but for line ends and tab, halves of pairs, and what Unicode 23.7 calls noncharacters: those beyond the
# first plane apart, for without them the search is ten times faster.
_NO_TEXT = re.compile(
    "[\\x00-\\x08\\x0b\\x0c\\x0e-\\x1f\\x7f-\\x9f\\ud800-\\udfff\\ufdd0-\\ufdef\\ufffe\\uffff]"
)
_NO_TEXT_BEYOND = re.compile(
    "[" + "".join(f"\\U{plane:04x}fffe\\U{plane:04x}ffff" for plane in range(1, 17)) + "]"
)
_LINE_ENDS_AND_TAB = "\n\r\t"
_BLANK_ENDS = " " + _LINE_ENDS_AND_TAB  # no other blanks: what cannot be sent is not passed over
_UNSEEN = ("C", "Z", "M")  # categories: controls and formats, separators, marks without a letter
_BLANKS = "\u115f\u1160\u3164\uffa0\u2800"  # letters by category, but nothing to see


class TextTooLong(InvalidInput):
    """`detail` says by how much: for the caller."""

    peer_text = "text too long"

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail


class EmptyText(InvalidInput):
    peer_text = "empty text"


class UnencodableText(InvalidInput):
    """`detail` names the character by its number; never the text."""

    peer_text = "text with a character that cannot be sent"

    def __init__(self, letter: str) -> None:
        self.detail = f"The text has a character that cannot be sent: U+{ord(letter):04X}."
        super().__init__(self.detail)


def compose(
    body: str,
    *,
    hint: str,
    url: str = "",
    preferences_url: str = "",
    postal_address: str = "",
    max_segments: int,
    transliterate: bool,
) -> str:
    """The body with its placeholders filled, and the hint on a line of its own unless it, or the link, is there.

    `hint`: how to stop; "" for texts that need no way out. `url`: this recipient's link. A placeholder of
    something that is "" is left out.
    """
    if len(body) > MOST_GIVEN:
        raise TextTooLong(f"The text has {len(body)} characters; at most {LONGEST} can be sent.")
    values = {"unsubscribe_url": url, "preferences_url": preferences_url, "postal_address": postal_address}
    text = _filled(body, values).rstrip(_BLANK_ENDS)
    if not any(map(_is_seen, text)):
        raise EmptyText("nothing to read")
    if hint and not _says(text, hint) and not _has_link(text, url):
        text = f"{text}\n{hint}"
    _check_characters(text)
    if transliterate:
        text = to_gsm7(text)
    _check_length(text, max_segments)
    return text


def _filled(body: str, values: Mapping[str, str]) -> str:
    """In one pass: what a value holds is never a placeholder."""
    return _PLACEHOLDER.sub(lambda match: values[match[1] or match[2]].strip(), body)


def _is_seen(letter: str) -> bool:
    return unicodedata.category(letter)[0] not in _UNSEEN and letter not in _BLANKS


def _says(text: str, hint: str) -> bool:
    """Whether the author wrote the hint, in whatever case and lines."""
    return " ".join(hint.casefold().split()) in " ".join(text.casefold().split())


def _has_link(text: str, url: str) -> bool:
    """The whole link, not one that goes on."""
    return bool(url) and re.search(re.escape(url) + r"(?![A-Za-z0-9_~%/=&?#+-])", text) is not None


def _check_characters(text: str) -> None:
    found = _NO_TEXT.search(text) or (None if text.isascii() else _NO_TEXT_BEYOND.search(text))
    if found is not None:
        raise UnencodableText(found[0])


def _check_length(text: str, max_segments: int) -> None:
    characters = len(text.encode("utf-16-le")) // 2
    if characters > LONGEST:
        raise TextTooLong(f"The text has {characters} characters; at most {LONGEST} can be sent.")
    found = segments(text)
    if found.count > max_segments:
        alphabet = "the GSM alphabet" if found.encoding == "gsm7" else "Unicode"
        raise TextTooLong(
            f"The text needs {found.count} segments in {alphabet}; at most {max_segments} are allowed."
        )
