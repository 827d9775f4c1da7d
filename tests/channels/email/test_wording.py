"""The footer in the sender's language, and in English where a part's charset has no letters for it."""

from email import message_from_bytes
from email.policy import default

import pytest

from channels.email.charsets import charset
from channels.email.compose import Original
from channels.email.ways_out import WaysOut
from channels.email.wording import LANGUAGES, wording

PAGE = "https://mail.example.com/u/" + "b" * 54


def with_footer(language: str, encoding: str) -> str:
    raw = f"From: a@example.com\r\nContent-Type: text/plain; charset={encoding}\r\n\r\nHello.\r\n".encode()
    ways = WaysOut(
        header_url=PAGE,
        page_url=PAGE,
        preferences_url=PAGE,
        mailto=None,
        sender_name="The Shop",
        postal_address="1 Main Street",
        list_id="x.list-id.example.com",
        list_title="x",
        language=language,
    )
    copy = Original.parse(raw).with_way_out(ways, b"")
    assert copy.visible_way_out
    part = message_from_bytes(copy.raw, policy=default)
    return str(part.get_content())


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_footer_is_in_the_senders_language(language: str) -> None:
    said = with_footer(language, "utf-8")
    assert wording(language).stop in said
    assert PAGE in said


@pytest.mark.parametrize(
    ("language", "encoding", "said"),
    [
        ("hi", "iso-8859-1", "en"),
        ("hi", "us-ascii", "en"),
        ("de", "iso-8859-1", "de"),
        ("fr", "iso-8859-15", "fr"),
    ],
)
def test_letters_that_a_charset_has_not_are_not_guessed(language: str, encoding: str, said: str) -> None:
    assert wording(said).stop in with_footer(language, encoding)


def test_accents_may_be_taken_off_but_letters_not() -> None:
    assert charset(b"us-ascii").has_letters_for("für Sie?")
    assert not charset(b"us-ascii").has_letters_for("यहाँ")


def test_every_language_has_all_words() -> None:
    for words in LANGUAGES.values():
        assert "{sender}" in words.sent_by
        assert "{address}" in words.sent_by
        assert words.stop.endswith(":")
