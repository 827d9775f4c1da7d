"""One spelling for all ways to write the same; clauses as punctuation makes them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from suppression.opt_out_words.words import LONGEST, Clause, clauses, words


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("STOP!!!", "stop"),
        ("Ｓｔｏｐ", "stop"),
        ("𝓢𝓽𝓸𝓹", "stop"),
        ("ꜱᴛᴏᴘ", "stop"),
        ("ЅТОР", "stop"),
        ("st\u200bo\u00adp", "stop"),
        ("s.t.o.p", "stop"),
        ("S - T - O - P", "s t o p"),
        ("s t o p", "stop"),
        ("Stoooooop", "stop"),
        ("too soon", "too soon"),
        ("opt-out", "opt out"),
        ("don't don’t don`t don´t", "dont dont dont dont"),
        ("m'écrire qu'on l’arrêt", "m ecrire qu on l arret"),
        ("o'clock y'all", "oclock yall"),
        ("Größe Straße Œuvre", "grosse strasse oeuvre"),
        ("बन्द करें", "बन्द करें"),
        ("हूँ फ़ोन", "हूं फोन"),
        ("👍 ok 🛑 ✋🏽", "ok 🛑 ✋"),
        ("see https://example.com/stop or www.example.com or example.com/stop a@stop.example", "see or or"),
        ("$5 #1 a_b", "5 1 a b"),
        ("", ""),
        ("?!", ""),
    ],
)
def test_words_have_one_spelling(text: str, expected: str) -> None:
    assert " ".join(words(text)) == expected


def test_marks_end_clauses_and_sentences() -> None:
    assert clauses("No, stop. Ok? Yes") == [
        Clause(("no",), 0),
        Clause(("stop",), 0),
        Clause(("ok",), 1, asks=True),
        Clause(("yes",), 2),
    ]


@pytest.mark.parametrize(
    ("text", "asks"), [("a?", True), ("a??", True), ("a?!", False), ("a!?", False), ("a", False)]
)
def test_a_shout_is_no_question(text: str, asks: bool) -> None:  # noqa: FBT001
    assert clauses(text)[0].asks is asks


def test_a_line_that_was_broken_to_fit_goes_on() -> None:
    assert words("please do not send any of these things to\nme") == words(
        "please do not send any of these things to me"
    )
    assert len(clauses("please do not send any of these things to\nme")) == 1
    assert [clause.line for clause in clauses("stop\n\nnow")] == [0, 1]
    assert len(clauses("please do not send any of these things to\n\nme")) == 2


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Liked “Reply STOP to opt out”", "liked"),
        ("Gefällt „Antworten Sie STOP zum Abmelden“", "gefallt"),
        ("A aimé « Répondez STOP pour arrêter »", "a aime"),
        ('I replied "stop" twice', "i replied stop twice"),
        ('"please stop texting me now"', "please stop texting me now"),
        ('it is 5" wide, stop', "it is 5 wide stop"),
    ],
)
def test_long_quotations_are_not_the_writers_words(text: str, expected: str) -> None:
    assert " ".join(words(text)) == expected


@given(st.text())
def test_words_read_again_are_the_same(text: str) -> None:
    once = [word for word in words(text) if len(word) > 1]
    assert list(words("\n".join(once)[:LONGEST])) == once or len("\n".join(once)) > LONGEST


@given(st.text(st.characters(), max_size=3_000))
def test_clauses_are_never_empty_and_in_order(text: str) -> None:
    found = clauses(text)
    assert all(clause.words and all(clause.words) for clause in found)
    assert [clause.sentence for clause in found] == sorted(clause.sentence for clause in found)
    assert sum(len(word) for clause in found for word in clause.words) <= 2 * LONGEST
