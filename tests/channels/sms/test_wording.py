"""Our words in texts: every language has them, they cost one segment, and nothing in them invites anybody back."""

import pytest

from channels.sms import wording
from channels.sms.segments import is_gsm7, segments

TITLE = "The Example Company"
PHONE = "+1 888 555 0143"
LATIN = [language for language in wording.LANGUAGES if language != "hi"]


@pytest.mark.parametrize("language", LATIN)
def test_latin_words_keep_to_the_gsm_alphabet_and_to_one_segment(language: str) -> None:
    for said in (
        wording.hint_reply(language),
        wording.hint_link(language, "https://example.com/u/abc"),
        wording.stop_confirmation(language, TITLE, PHONE),
        wording.help_reply(language, TITLE, PHONE),
    ):
        assert is_gsm7(said)
        assert segments(said).count == 1


def test_hindi_words_take_two_segments_at_most() -> None:
    assert segments(wording.hint_reply("hi")).units <= 30
    assert segments(wording.stop_confirmation("hi", TITLE, PHONE)).count == 2
    assert segments(wording.help_reply("hi", TITLE, PHONE)).count <= 2


@pytest.mark.parametrize("language", wording.LANGUAGES)
def test_help_names_the_sender_the_contact_and_how_to_stop(language: str) -> None:
    said = wording.help_reply(language, TITLE, "help@example.com")
    assert TITLE in said
    assert "help@example.com" in said
    assert "STOP" in said


@pytest.mark.parametrize("language", wording.LANGUAGES)
def test_a_confirmation_names_the_sender_and_asks_for_nothing(language: str) -> None:
    said = wording.stop_confirmation(language, TITLE, PHONE)
    assert said.startswith(TITLE)
    assert said.endswith(PHONE)
    assert not {"START", "YES", "?", "!"} & set(said.replace(".", " ").split())
    assert "?" not in said


@pytest.mark.parametrize("language", wording.LANGUAGES)
def test_without_a_contact_nothing_dangles(language: str) -> None:
    assert wording.stop_confirmation(language, TITLE, " ").endswith((".", "।"))
    assert wording.help_reply(language, TITLE, "").endswith((".", "।"))


@pytest.mark.parametrize("language", wording.LANGUAGES)
def test_hints_say_how(language: str) -> None:
    assert "STOP" in wording.hint_reply(language)
    assert wording.hint_link(language, "https://example.com/u/abc").endswith(" https://example.com/u/abc")


def test_names_stay_on_one_line_and_braces_are_no_places() -> None:
    said = wording.stop_confirmation("en", "A {contact}\r\nB", "{title}")
    assert said.startswith("A {contact} B: ")
    assert said.endswith("{title}")


@pytest.mark.parametrize(("tag", "same_as"), [("de-AT", "de"), ("DE", "de"), ("pt", "en"), ("", "en")])
def test_other_languages_get_english(tag: str, same_as: str) -> None:
    assert wording.wording(tag) is wording.LANGUAGES[same_as]
