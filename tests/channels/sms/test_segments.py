"""Segments: the GSM alphabet and UTF-16, the limits of one text and of several, and no letter cut in two."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.sms.segments import BASIC, ESCAPED, Segments, is_gsm7, parts, segments

EMOJI = "😀"
LETTERS = st.one_of(
    st.sampled_from("aZ €{\n@Ø"), st.sampled_from("ंनç😀"), st.characters(exclude_categories=["Cs"])
)
TEXTS = st.text(LETTERS, max_size=500)


def room(text: str) -> int:
    return 153 if is_gsm7(text) else 67


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", Segments("gsm7", 0, 0)),
        ("a", Segments("gsm7", 1, 1)),
        ("a" * 160, Segments("gsm7", 160, 1)),
        ("a" * 161, Segments("gsm7", 161, 2)),
        ("a" * 306, Segments("gsm7", 306, 2)),
        ("a" * 307, Segments("gsm7", 307, 3)),
        ("€" * 80, Segments("gsm7", 160, 1)),
        ("€" * 81, Segments("gsm7", 162, 2)),
        ("न" * 70, Segments("ucs2", 70, 1)),
        ("न" * 71, Segments("ucs2", 71, 2)),
        ("न" * 134, Segments("ucs2", 134, 2)),
        ("न" * 135, Segments("ucs2", 135, 3)),
        (EMOJI * 35, Segments("ucs2", 70, 1)),
        (EMOJI * 36, Segments("ucs2", 72, 2)),
        ("a" * 70 + "ç", Segments("ucs2", 71, 2)),
        ("a\tb", Segments("ucs2", 3, 1)),
        ("a\x1bb", Segments("ucs2", 3, 1)),
    ],
)
def test_a_text_is_counted_as_the_network_does(text: str, expected: Segments) -> None:
    assert segments(text) == expected


def test_the_alphabet_has_127_letters_and_ten_escaped_ones() -> None:
    assert (len(BASIC), len(ESCAPED)) == (127, 10)
    assert not BASIC & ESCAPED


def test_an_escaped_letter_is_not_cut_in_two() -> None:
    text = "a" * 152 + "€" + "b" * 20
    assert parts(text) == ["a" * 152, "€" + "b" * 20]


def test_a_surrogate_pair_is_not_cut_in_two() -> None:
    text = "न" * 66 + EMOJI + "न" * 20
    assert parts(text) == ["न" * 66, EMOJI + "न" * 20]


def test_a_letter_that_was_not_cut_may_cost_a_segment() -> None:
    """306 septets, but 152 and the escape's two do not go into the first."""
    assert segments("a" * 152 + "€" + "b" * 152) == Segments("gsm7", 306, 3)


@given(TEXTS)
def test_the_parts_make_the_text_and_each_fits(text: str) -> None:
    found = parts(text)
    assert "".join(found) == text
    assert all(found)
    if len(found) > 1:
        units = [2 if (c in ESCAPED if is_gsm7(text) else c > "\uffff") else 1 for c in text]
        assert sum(units) == segments(text).units
        assert all(len(part.encode("utf-16-le")) // 2 <= room(text) for part in found)


@given(TEXTS, LETTERS)
def test_a_longer_text_never_needs_fewer_segments(text: str, letter: str) -> None:
    assert segments(text + letter).count >= segments(text).count


@given(TEXTS)
def test_count_lies_within_what_units_allow(text: str) -> None:
    found = segments(text)
    alone = 160 if found.encoding == "gsm7" else 70
    if found.units <= alone:
        assert found.count == bool(text)
    else:
        assert -(-found.units // room(text)) <= found.count <= -(-found.units // (room(text) - 1))
