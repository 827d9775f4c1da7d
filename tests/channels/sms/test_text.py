"""What a text becomes before it leaves, and what is refused with which words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.sms.segments import segments
from channels.sms.text import EmptyText, TextTooLong, UnencodableText, compose
from channels.sms.wording import LANGUAGES, hint_link, hint_reply
from suppression.errors import SenderError

HINT = "Reply STOP to opt out"
URL = "https://example.com/u/abc"


def composed(
    body: str,
    hint: str = HINT,
    url: str = URL,
    preferences_url: str = "https://example.com/u/abc/preferences",
    postal_address: str = "1 Main Street",
    max_segments: int = 10,
    *,
    transliterate: bool = False,
) -> str:
    return compose(
        body,
        hint=hint,
        url=url,
        preferences_url=preferences_url,
        postal_address=postal_address,
        max_segments=max_segments,
        transliterate=transliterate,
    )


def test_the_hint_stands_on_a_line_of_its_own() -> None:
    assert composed("Sale today!") == "Sale today!\nReply STOP to opt out"


def test_a_body_that_ends_in_blanks_gets_no_empty_line() -> None:
    assert composed("Sale today! \r\n\n") == "Sale today!\nReply STOP to opt out"


def test_without_a_hint_nothing_is_added() -> None:
    assert composed("Your code is 123456", hint="") == "Your code is 123456"


@pytest.mark.parametrize("written", [HINT, "reply stop to OPT OUT.", "Reply\nSTOP to  opt out"])
def test_a_hint_that_the_author_wrote_is_not_repeated(written: str) -> None:
    assert composed(f"Sale! {written}") == f"Sale! {written}"


@pytest.mark.parametrize(
    "place",
    ["{{unsubscribe_url}}", "{{ unsubscribe_url }}", "{{unsubscribe_url  }}", "%%unsubscribe_url%%"],
)
def test_a_placeholder_is_filled_and_is_the_way_out(place: str) -> None:
    assert composed(f"Sale! Stop: {place}") == f"Sale! Stop: {URL}"


@pytest.mark.parametrize("language", LANGUAGES)
def test_hints_with_a_link_are_not_repeated_either(language: str) -> None:
    hint = hint_link(language, URL)
    once = composed("Sale!", hint=hint)
    assert once == f"Sale!\n{hint}"
    assert composed(once, hint=hint) == once


def test_another_link_that_begins_alike_is_not_the_way_out() -> None:
    assert composed(f"See {URL}def") == f"See {URL}def\n{HINT}"
    assert composed(f"See {URL}.") == f"See {URL}."
    assert composed("See {{preferences_url}}").endswith(HINT)


def test_all_places_are_filled_and_values_are_not_read_again() -> None:
    body = "{{preferences_url}} %%postal_address%% %%preferences_url%% {{other}}"
    said = composed(body, postal_address="{{unsubscribe_url}}", hint="")
    assert said == (
        "https://example.com/u/abc/preferences {{unsubscribe_url}} https://example.com/u/abc/preferences {{other}}"
    )


def test_a_placeholder_without_a_value_is_no_way_out() -> None:
    assert composed("Stop: {{unsubscribe_url}}", url="") == f"Stop:\n{HINT}"


@pytest.mark.parametrize(
    "body", ["", " ", "\n\t ", "\u200b\ufeff", "\u00a0\u3000", "\ufe0f", "\u3164\u2800", "\u0301", "\x00"]
)
def test_a_text_with_nothing_to_read_is_refused(body: str) -> None:
    with pytest.raises(EmptyText):
        composed(body)


def test_a_placeholder_of_nothing_alone_is_an_empty_text() -> None:
    with pytest.raises(EmptyText):
        composed("{{unsubscribe_url}}", url="")


@pytest.mark.parametrize(
    ("body", "named"),
    [("a\x00", "U+0000"), ("a\x1b[0m", "U+001B"), ("a\x7f", "U+007F"), ("a\x85", "U+0085"), ("a\x0c", "U+000C"),
     ("a\ud83d", "U+D83D"), ("\ude00a", "U+DE00"), ("a\ufffe", "U+FFFE"), ("a\U0010ffff", "U+10FFFF"),
     ("a\ufdd0", "U+FDD0")],
)  # fmt: skip
def test_what_cannot_be_sent_is_refused_by_its_number(body: str, named: str) -> None:
    with pytest.raises(UnencodableText) as caught:
        composed(body)
    assert named in caught.value.detail
    assert body not in caught.value.detail


def test_controls_in_values_are_refused_too() -> None:
    with pytest.raises(UnencodableText):
        composed("%%postal_address%%", postal_address="1 Main\x00Street")


def test_line_ends_and_tabs_may_be_sent() -> None:
    assert composed("a\r\nb\tc", hint="") == "a\r\nb\tc"


def test_too_many_segments_are_refused_with_both_numbers() -> None:
    with pytest.raises(TextTooLong) as caught:
        composed("a" * 300, max_segments=2)
    assert caught.value.detail == "The text needs 3 segments in the GSM alphabet; at most 2 are allowed."


def test_the_hint_counts() -> None:
    assert segments(composed("a" * 138, max_segments=1)).units == 160
    with pytest.raises(TextTooLong):
        composed("a" * 139, max_segments=1)


def test_the_links_length_counts_not_the_placeholders() -> None:
    body = "a" * 135 + "{{unsubscribe_url}}"
    assert segments(composed(body, max_segments=1)).units == 160
    with pytest.raises(TextTooLong):
        composed("a" + body, max_segments=1)


def test_transliteration_can_save_a_text() -> None:
    body = "It’s on! " + "a" * 100
    with pytest.raises(TextTooLong, match="2 segments in Unicode"):
        composed(body, max_segments=1)
    assert composed(body, max_segments=1, transliterate=True).startswith("It's on!")


def test_transliteration_covers_the_hint() -> None:
    assert composed("Ola", hint="Répondez STOP – merci", transliterate=True) == "Ola\nRépondez STOP - merci"


def test_no_text_has_more_than_1600_characters() -> None:
    assert len(composed("a" * 1600, hint="", max_segments=99)) == 1600
    with pytest.raises(TextTooLong, match=r"1601 .* 1600"):
        composed("a" * 1601, hint="", max_segments=99)
    with pytest.raises(TextTooLong):
        composed("😀" * 801, hint="", max_segments=99)


def test_a_huge_body_is_refused_before_any_work() -> None:
    with pytest.raises(TextTooLong, match="10001"):
        composed("%%postal_address%%" * 555 + "a" * 11)


def test_each_refusal_is_the_senders_to_mend() -> None:
    for refusal in (TextTooLong, EmptyText, UnencodableText):
        assert issubclass(refusal, SenderError)
        assert refusal.peer_text != SenderError.peer_text


@given(body=st.text(max_size=200), transliterate=st.booleans(), language=st.sampled_from(sorted(LANGUAGES)))
def test_a_text_has_a_way_out_and_fits_or_is_refused(
    body: str, *, transliterate: bool, language: str
) -> None:
    hint = hint_reply(language)
    try:
        said = composed(body, hint=hint, max_segments=4, transliterate=transliterate)
    except SenderError:
        return
    assert segments(said).count <= 4
    assert hint in said
    said.encode()
