"""Every text that is shown has a translation in every language, with the same places; nothing else is in them."""

import re
import tomllib
from datetime import date
from functools import cache
from importlib import resources
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po
from hypothesis import given
from hypothesis import strategies as st

from gateway import languages
from gateway.languages import LANGUAGES, negotiated, words

ROOT = Path(__file__).parents[2]
TRANSLATED = LANGUAGES[1:]
KEYWORDS = {"_": None, "words": None, "marked": None}
# For agents, not for recipients: in English.
NOT_FOR_RECIPIENTS = {
    *("docs.html", "export.html", "sandbox.html", "sandbox_message.html"),
    *("sandbox_text.html", "sandbox_call.html", "sandbox_line.html", "_heard.html", "_sent.html"),
}


@cache
def shown() -> frozenset[str]:
    """What is marked in the code and the templates, and the titles of the shipped purposes."""
    found = set()
    for folder, method in (
        ("gateway/http/templates", ("**.html", "jinja2")),
        ("gateway", ("**.py", "python")),
    ):
        for _, _, text, _, _ in extract_from_dir(ROOT / folder, method_map=[method], keywords=KEYWORDS):
            found.add(str(text))
    catalogue = resources.files("suppression").joinpath("catalogue.toml").read_text("utf-8")
    found |= {purpose["title"] for purpose in tomllib.loads(catalogue)["purposes"].values()}
    return frozenset(found)


@cache
def catalogue(language: str) -> Catalog:
    path = ROOT / "gateway" / "locale" / language / "LC_MESSAGES" / "gateway.po"
    with path.open("rb") as file:
        return read_po(file, locale=language, abort_invalid=True)


def texts(language: str) -> dict[str, str]:
    return {str(message.id): str(message.string) for message in catalogue(language) if message.id}


@pytest.mark.parametrize("language", TRANSLATED)
def test_every_text_is_translated_and_none_is_left_over(language: str) -> None:
    assert set(texts(language)) == set(shown())
    assert [text for text, said in texts(language).items() if not said.strip()] == []
    assert [message.id for message in catalogue(language) if message.id and message.fuzzy] == []


@pytest.mark.parametrize("language", TRANSLATED)
def test_a_translation_has_the_places_of_its_text(language: str) -> None:
    for text, said in texts(language).items():
        assert sorted(re.findall(r"\{\w*\}", text)) == sorted(re.findall(r"\{\w*\}", said)), text


@pytest.mark.parametrize("language", TRANSLATED)
def test_a_translation_ends_as_its_text_does(language: str) -> None:
    """A sentence stays one; nothing has blanks at its ends."""
    ends = {".": ".।", ":": ":", "?": "?"}
    for text, said in texts(language).items():
        assert said == said.strip()
        assert said[-1] in ends.get(text[-1], said[-1]), text


def test_templates_for_recipients_have_no_text_that_is_not_marked() -> None:
    for path in sorted((ROOT / "gateway" / "http" / "templates").glob("*.html")):
        if path.name in NOT_FOR_RECIPIENTS:
            continue
        text = re.sub(r"\{% block kind %\}.*\{% endblock %\}", "", path.read_text("utf-8"))
        words_and_tags = re.sub(r"\{%.*?%\}|\{\{.*?\}\}", "", text, flags=re.DOTALL)
        bare = re.sub(r"<[^>]*>", " ", words_and_tags)
        assert re.findall(r"[A-Za-z]{2,}", bare) == [], path.name


@pytest.mark.parametrize(
    ("header", "others", "language"),
    [
        ("de", (), "de"),
        ("de-CH-1996", (), "de"),
        ("DE_at", (), "de"),
        ("pt, fr;q=0.5", (), "fr"),
        ("en;q=0.2, es;q=0.9, fr;q=0.9", (), "es"),
        ("fr;q=0, de;q=0.001", (), "de"),
        ("*", ("es", "de"), "es"),
        ("", (None, "hi"), "hi"),
        ("ja", ("pt", "xx"), "en"),
        ("de;q=2, es", (), "es"),
        ("de;q=nan, es", (), "es"),
        ("de;level=1, es;q=0.1", (), "es"),
    ],
)
def test_the_readers_first_choice_that_we_have(
    header: str, others: tuple[str | None, ...], language: str
) -> None:
    assert negotiated(header, *others).language == language


@given(st.text(max_size=600))
def test_no_header_is_too_strange(header: str) -> None:
    assert negotiated(header).language in LANGUAGES


@pytest.mark.parametrize("language", LANGUAGES)
def test_places_take_any_text(language: str) -> None:
    hostile = "{0} {what} %s <b>"
    assert hostile in words(language)("We stopped {what}.", what=hostile)


def test_what_is_not_in_a_catalogue_stays_as_it_is() -> None:
    assert words("de")("A company's {own} purpose") == "A company's {own} purpose"
    assert words("de")("") == ""
    assert words("tlh").language == languages.DEFAULT


def test_a_day_is_written_as_it_is_there() -> None:
    day = date(2026, 12, 24)
    assert words("en").date(day) == "December 24, 2026"
    assert words("de").date(day) == "24. Dezember 2026"
