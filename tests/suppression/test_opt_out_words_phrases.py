"""What a phrase means, and which are refused."""

import pytest

from suppression.errors import ConfigurationError
from suppression.opt_out_words.phrases import Compiler, Phrases, Span
from suppression.opt_out_words.words import words

COMPILER = Compiler({"message": ["text", "text message", "E-Mails"], "me": ["me"]}, words)


def spans(phrase: str, text: str) -> list[Span]:
    found = Phrases([(COMPILER.phrase(phrase), None)]).find(tuple(text.split()))
    return [span for span, _ in found]


@pytest.mark.parametrize(
    ("phrase", "text", "expected"),
    [
        ("stop", "please stop now", [Span(1, 2)]),
        ("stop|quit it", "stop it quit it stop that", [Span(0, 2), Span(2, 4)]),
        ("no {message}", "no text message", [Span(0, 3)]),
        ("no {message}", "no e mails", [Span(0, 3)]),
        ("no {message} $", "no text messages", []),
        ("no [more|any] {message}", "no more text no text", [Span(0, 3), Span(3, 5)]),
        ("[please] stop", "please stop", [Span(0, 2), Span(1, 2)]),
        ("stop ... {me}", "stop me", [Span(0, 2)]),
        ("stop ... {me}", "stop a b c me", [Span(0, 5)]),
        ("stop ... {me}", "stop a b c d me", []),
        ("^ stop", "stop stop", [Span(0, 1)]),
        ("stop $", "stop stop", [Span(1, 2)]),
        ("^ [please] stop $", "please stop", [Span(0, 2)]),
        ("any_more|again now", "any more now again now", [Span(0, 3), Span(3, 5)]),
        ("after # [am|pm]", "after 9 pm after 10am after five", [Span(0, 3), Span(3, 5)]),
        ("Arrêtez", "arretez", [Span(0, 1)]),
    ],
)
def test_a_phrase_occurs(phrase: str, text: str, expected: list[Span]) -> None:
    assert spans(phrase, text) == expected


@pytest.mark.parametrize(
    "phrase", ["{unknown}", "", "^ $", "... stop", "[please]", "stop !", "stop | it", "a $|b"]
)
def test_a_phrase_that_means_nothing_is_refused(phrase: str) -> None:
    with pytest.raises(ConfigurationError):
        COMPILER.phrase(phrase)


def test_phrases_say_whether_they_occur_and_whether_they_end() -> None:
    phrases = Phrases([(COMPILER.phrase("do not"), None)])
    assert phrases.occur(("please", "do", "not", "go"))
    assert not phrases.occur(("do", "it", "not"))
    assert phrases.end(("please", "do", "not"))
    assert not phrases.end(("do", "not", "go"))
