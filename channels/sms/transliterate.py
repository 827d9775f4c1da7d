"""Writing a text with the GSM alphabet, at less than half the price, where readers lose next to nothing by it.

Typographic quotes, dashes and blanks become plain ones, ligatures their letters, and letters with an accent that the
alphabet lacks lose it. A text that has anything else (Hindi, emoji) must go as UTF-16 whatever becomes of its quotes:
it is left as it is, whole.
"""

import unicodedata

from channels.sms.segments import GSM, is_gsm7

_REPLACEMENTS = str.maketrans({
    "\t": " ",
    "‘": "'", "’": "'", "‚": "'", "‛": "'", "′": "'", "`": "'", "´": "'", "ʼ": "'", "‹": "<", "›": ">",
    "“": '"', "”": '"', "„": '"', "‟": '"', "″": '"', "«": '"', "»": '"',
    "‐": "-", "‑": "-", "‒": "-", "–": "-", "—": "-", "―": "-", "−": "-",
    "•": "-", "·": ".", "⁄": "/", "×": "x", "\u2028": "\n", "\u2029": "\n",
    "œ": "oe", "Œ": "OE", "ẞ": "SS", "þ": "th", "Þ": "Th", "ð": "d", "Ð": "D", "đ": "d", "Đ": "D",
    "ł": "l", "Ł": "L", "ħ": "h", "Ħ": "H", "ŧ": "t", "Ŧ": "T", "ı": "i", "µ": "u",
    "©": "(c)", "®": "(R)", "™": "(TM)", "¢": "c",
})  # fmt: skip
# Tags of decompositions that keep the meaning (UAX 44 5.7.3). Not <super>, <fraction>: 10² is not 102, 1½ not 11/2.
_SAME_LETTER = ("<compat>", "<wide>", "<narrow>", "<noBreak>", "<font>")
_INVISIBLE = "Cf"


def to_gsm7(text: str) -> str:
    """The text in the GSM alphabet; unchanged if that cannot say it."""
    if is_gsm7(text):
        return text
    written = "".join(map(_written, unicodedata.normalize("NFC", text)))
    return written if is_gsm7(written) else text


def _written(letter: str) -> str:
    if letter in GSM:
        return letter
    if unicodedata.category(letter) == _INVISIBLE:
        return ""
    replaced = letter.translate(_REPLACEMENTS)
    return replaced if replaced != letter else _base(letter)


def _base(letter: str) -> str:
    """Without its accents; itself where that is no letter of the alphabet."""
    tag, _, _ = unicodedata.decomposition(letter).partition(" ")
    decomposed = unicodedata.normalize("NFKD" if tag in _SAME_LETTER else "NFD", letter).translate(
        _REPLACEMENTS
    )
    plain = "".join(part for part in decomposed if not unicodedata.combining(part))
    return plain if plain and is_gsm7(plain) else letter
