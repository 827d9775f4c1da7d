"""A sender's colour can be read wherever its pages use it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.config import colours

HEX = st.integers(0, 0xFFFFFF).map(lambda number: f"#{number:06x}")


@pytest.mark.parametrize(
    ("one", "other", "ratio"),
    [("#000000", "#ffffff", 21.0), ("#777777", "#ffffff", 4.48), ("#123456", "#123456", 1.0)],
)
def test_contrast_is_that_of_wcag(one: str, other: str, ratio: float) -> None:
    assert colours.contrast(one, other) == pytest.approx(ratio, abs=0.01)
    assert colours.contrast(other, one) == colours.contrast(one, other)


@pytest.mark.parametrize("text", ["#FFF", "1d5c4d", "#1d5c4", "#1D5C4D", "red", "#1d5c4d;}", "#1d5c4d\n"])
def test_only_six_hex_digits_are_a_colour(text: str) -> None:
    assert not colours.is_colour(text)


@given(HEX)
def test_every_colour_has_a_tint_for_the_dark_scheme(colour: str) -> None:
    tint = colours.for_dark(colour)
    assert colours.contrast(tint, colours.DARK_CARD) >= colours.READABLE
    assert colours.contrast(tint, colours.ON_DARK) >= colours.READABLE
    assert colours.contrast(colours.lighter(tint), colours.ON_DARK) >= colours.READABLE


@given(HEX.filter(colours.readable_on_light))
def test_white_can_be_read_on_a_colour_that_is_accepted(colour: str) -> None:
    assert colours.contrast(colour, colours.ON_LIGHT) >= colours.READABLE
    assert colours.contrast(colours.darker(colour), colours.ON_LIGHT) >= colours.READABLE
