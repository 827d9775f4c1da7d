"""Our own mails: what a standard reader finds in them, whatever names and words they are made of."""

import email
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import default

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.email.letter import Letter, Link, write

URL = "https://mail.example.com/c/" + "a" * 54
FIELDS = (
    "From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "Content-Language", "MIME-Version",
    "Content-Type",
)  # fmt: skip
NOW = datetime(2026, 11, 24, 18, 0, tzinfo=UTC)


def letter(name: str = "The Shop", subject: str = "Please confirm", paragraph: str = "Hello.") -> Letter:
    return Letter(
        id="0123",
        from_name=name,
        from_address="hello@example.com",
        to="ann@example.net",
        subject=subject,
        blocks=(paragraph, ("one", "two"), Link(URL, "Open")),
        close=(name, "1 Main Street\nSpringfield"),
        language="en",
    )


def parsed(raw: bytes) -> EmailMessage:
    return email.message_from_bytes(raw, policy=default)


def part(message: EmailMessage, kind: str) -> str:
    found = message.get_body((kind,))
    assert found is not None
    return str(found.get_content())


def test_text_and_html_say_alike() -> None:
    message = parsed(write(letter(), NOW))

    for kind in ("plain", "html"):
        said = part(message, kind)
        for text in ("Hello.", "one", "two", URL, "The Shop", "1 Main Street Springfield"):
            assert text in said
    assert message.get_content_type() == "multipart/alternative"
    assert message["Date"].datetime == NOW
    assert message["Message-ID"] == "<0123@example.com>"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message.defects == []


@pytest.mark.parametrize(
    "name", ["The Shop", 'Ann "The" Shop\\', "Käse & Söhne", "पुष्टि दुकान", "Shop, Inc. <x@y>"]
)
def test_a_name_is_read_as_it_was_given(name: str) -> None:
    message = parsed(write(letter(name=name)))

    [sender] = message["From"].addresses
    assert (sender.display_name, sender.addr_spec) == (name, "hello@example.com")


@given(st.text(max_size=200), st.text(max_size=200), st.text(max_size=400))
def test_no_words_break_out(name: str, subject: str, paragraph: str) -> None:
    """One From, one To, one Subject; ASCII lines of 998 bytes at most, no bare CR or LF."""
    raw = write(letter(name, subject, paragraph))
    message = parsed(raw)

    assert sorted(message.keys()) == sorted(FIELDS)
    assert raw.isascii()
    assert max(map(len, raw.split(b"\r\n"))) <= 998
    assert b"\n" not in raw.replace(b"\r\n", b"")
    assert b"\r" not in raw.replace(b"\r\n", b"")
    assert len(list(message.iter_parts())) == 2
    assert "<script" not in part(message, "html")


def test_a_tag_in_the_words_is_text() -> None:
    html = part(parsed(write(letter(name="<script>x</script>", paragraph='"><b>'))), "html")
    assert "<script" not in html
    assert "<b>" not in html
