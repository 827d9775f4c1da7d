"""How a text travels: in which alphabet, in how many units, as how many segments (3GPP TS 23.038, 23.040).

A text whose letters are all of the GSM alphabet goes at seven bits each, any other as UTF-16 code units. One segment
holds 160 or 70 units; of a text that needs several, each gives up six octets to its number: 153 or 67. No letter is
cut in two: neither an escaped one (two septets) nor a surrogate pair.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

# 3GPP TS 23.038 6.2.1. The escape itself (0x1B) is no letter.
BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ"
    " !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§"
    "¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
# 6.2.1.1: after an escape, so two septets each.
ESCAPED = frozenset("\f^{}\\[~]|€")
GSM = BASIC | ESCAPED

_ALL = BASIC | ESCAPED

Encoding = Literal["gsm7", "ucs2"]
_ALONE: Mapping[Encoding, int] = {"gsm7": 160, "ucs2": 70}
_ONE_OF_SEVERAL: Mapping[Encoding, int] = {"gsm7": 153, "ucs2": 67}


@dataclass(frozen=True, slots=True)
class Segments:
    """`units`: septets or UTF-16 code units of the whole text; `count`: segments it is sent and billed as."""

    encoding: Encoding
    units: int
    count: int


def segments(text: str) -> Segments:
    encoding = encoding_of(text)
    units = _units(text, encoding)
    if units <= _ALONE[encoding]:
        return Segments(encoding, units, 1 if text else 0)
    cuts = _cuts(list(_sizes(text, encoding)), _ONE_OF_SEVERAL[encoding])
    return Segments(encoding, units, 1 + sum(1 for _ in cuts))


def encoding_of(text: str) -> Encoding:
    return "gsm7" if is_gsm7(text) else "ucs2"


def is_gsm7(text: str) -> bool:
    """Whether every letter is of the GSM alphabet."""
    return GSM.issuperset(text)


def parts(text: str) -> list[str]:
    """What each segment carries."""
    encoding = encoding_of(text)
    if _units(text, encoding) <= _ALONE[encoding]:
        return [text] if text else []
    ends = [*_cuts(list(_sizes(text, encoding)), _ONE_OF_SEVERAL[encoding]), len(text)]
    return [text[start:end] for start, end in zip([0, *ends], ends, strict=False)]


def _units(text: str, encoding: Encoding) -> int:
    if encoding == "gsm7":
        return len(text) + sum(map(text.count, ESCAPED))
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def _sizes(text: str, encoding: Encoding) -> Iterator[int]:
    """Units of each letter."""
    if encoding == "gsm7":
        return (2 if letter in ESCAPED else 1 for letter in text)
    return (2 if letter > "\uffff" else 1 for letter in text)


def _cuts(sizes: list[int], room: int) -> Iterator[int]:
    """Where a new segment begins."""
    used = 0
    for at, size in enumerate(sizes):
        if used + size > room:
            yield at
            used = 0
        used += size
