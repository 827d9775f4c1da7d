"""Colours of a sender's pages: whether they can be read, and what follows from the one that is given. Pure.

WCAG 2.2 1.4.3: text has a contrast of 4.5 to 1 at least with what it stands on.
"""

import re

READABLE = 4.5
# What page.css lets text of the sender's colour stand on.
LIGHT_GROUND = "#f4f5f3"
DARK_CARD = "#202627"
ON_LIGHT = "#ffffff"
ON_DARK = "#10181a"
_HEX = re.compile(r"#[0-9a-f]{6}")
_STEPS = 100


def is_colour(text: str) -> bool:
    """#rrggbb, in lower case."""
    return _HEX.fullmatch(text) is not None


def contrast(one: str, other: str) -> float:
    """WCAG 2.2 "contrast ratio": 1 to 21."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def readable_on_light(colour: str) -> bool:
    """As text on the page's ground; then white text on it can be read as well."""
    return contrast(colour, LIGHT_GROUND) >= READABLE


def darker(colour: str) -> str:
    """For a button that is pointed at."""
    return _mixed(colour, "#000000", 0.25)


def for_dark(colour: str) -> str:
    """The nearest tint that can be read on the dark card, and that dark text can be read on."""
    for step in range(_STEPS + 1):
        tint = _mixed(colour, "#ffffff", step / _STEPS)
        if contrast(tint, DARK_CARD) >= READABLE and contrast(tint, ON_DARK) >= READABLE:
            return tint
    return "#ffffff"


def lighter(colour: str) -> str:
    return _mixed(colour, "#ffffff", 0.35)


def _luminance(colour: str) -> float:
    """WCAG 2.2 "relative luminance"."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _mixed(one: str, other: str, share: float) -> str:
    pairs = ((int(one[at : at + 2], 16), int(other[at : at + 2], 16)) for at in (1, 3, 5))
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in pairs)
