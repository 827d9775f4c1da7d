"""What replies are taken for. opt_out_words.csv is the specification, for people who speak these languages."""

import csv
import re
import sys
from collections import Counter
from pathlib import Path
from types import FrameType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from suppression.opt_out_words import Reading, ScopeWord, Verdict, read
from suppression.opt_out_words.words import words

TABLE = Path(__file__).with_name("opt_out_words.csv")
with TABLE.open(encoding="utf-8", newline="") as file:
    ROWS = list(csv.DictReader(file))
VOCABULARY = sorted({word for row in ROWS for word in [*row["text"].split(), ",", "?"]})
TALK = st.lists(st.sampled_from(VOCABULARY), max_size=30).map(" ".join)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row['language']} {row['text'][:40]!a}")
def test_a_reply_is_read_as_the_table_says(row: dict[str, str]) -> None:
    reading = read(row["text"], language=row["language"])
    assert (reading.verdict, reading.scope) == (row["verdict"], row["scope"]), (reading.rule, row["why"])


def test_the_table_covers_all_languages_and_much_that_is_no_opt_out() -> None:
    verdicts = Counter((row["language"], row["verdict"]) for row in ROWS)
    for language in ("en", "es", "fr", "de", "hi"):
        assert verdicts[language, "stop"] >= 25
        assert verdicts[language, "unclear"] >= 7
        assert verdicts[language, "none"] >= 15
    scopes = {(row["language"], row["scope"]) for row in ROWS if row["verdict"] != "none"}
    assert scopes == {(language, scope) for language in ("en", "es", "fr", "de", "hi") for scope in ScopeWord}


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row['language']} {row['text'][:40]!a}")
def test_case_and_blanks_change_nothing(row: dict[str, str]) -> None:
    expected = read(row["text"], language=row["language"])
    for text in (row["text"].upper(), row["text"].lower(), f"\u200b \n{row['text']}\u00a0 \n\n"):
        assert read(text, language=row["language"]) == expected


@pytest.mark.parametrize("language", [None, "", "en", "en-US", "pt", "de", "hi", "x" * 100])
def test_every_language_is_understood_whichever_was_expected(language: str | None) -> None:
    for row in ROWS:
        if row["verdict"] == "stop":
            assert read(row["text"], language=language).verdict is Verdict.STOP


@pytest.mark.parametrize(
    ("text", "given", "expected"),
    [
        ("STOP", None, "en"),
        ("STOP", "hi", "hi"),
        ("STOP", "DE-at", "de"),
        ("STOP", "pt", "en"),
        ("ARRET", "en", "fr"),
        ("STOP por favor", "de", "es"),
        ("Thanks", "fr", "fr"),
        ("Thanks", "pt-BR", "pt"),
        ("Thanks", None, "en"),
    ],
)
def test_the_language_is_that_of_the_words_then_the_given_one(
    text: str, given: str | None, expected: str
) -> None:
    assert read(text, language=given).language == expected


def test_a_reading_names_its_rule_and_nothing_of_the_text() -> None:
    assert read("Please take me off your list, I am Ann") == Reading(
        Verdict.STOP, ScopeWord.CHANNEL, "take_me_off", "en"
    )
    assert read("Stop?").rule == "keyword/question"
    assert read("Thanks Ann") == Reading(Verdict.NONE, ScopeWord.CHANNEL, "", "en")
    for row in ROWS:
        assert re.fullmatch(r"[a-z_]*(/[a-z_]+)?", read(row["text"]).rule)


@pytest.mark.parametrize(
    ("text", "scope"),
    [
        ("STOP. No more ads!", ScopeWord.CHANNEL),
        ("stop texting me ads", ScopeWord.MARKETING),
        ("stop texting me ads. Stop texting me.", ScopeWord.CHANNEL),
        ("stop all communication and delete my account", ScopeWord.DELETE),
        ("no more ads and never contact me again", ScopeWord.EVERYTHING),
        ("change my address and unsubscribe me", ScopeWord.CHANNEL),
    ],
)
def test_of_several_wishes_the_widest_counts(text: str, scope: ScopeWord) -> None:
    reading = read(text)
    assert (reading.verdict, reading.scope) == (Verdict.STOP, scope)


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        ("unsubscribe", "stop"),
        ("Re: Sale today\n\nPlease remove me from this list.\nThanks, Ann", "stop"),
        ("Unsubscribe\n\nSent from my iPhone", "stop"),
        ("Hello,\n\nI no longer wish to receive these\nemails.\n\nAnn", "stop"),
        ("Opt out\n\nWe would like you to stop all communication with us and to delete our account.", "stop"),
        (
            "a long subject about a sale that lasts until Sunday\n\nplease do not send\nme any more emails",
            "stop",
        ),
        # A word that is a stop by text is none by mail.
        ("Cancel", "unclear"),
        ("End", "unclear"),
        # Nothing starts by mail, and help is no keyword there.
        ("START", "none"),
        ("Yes", "none"),
        ("Help", "none"),
        ("stop texting me", "unclear"),
        ("stop calling and emailing me", "stop"),
    ],
)
def test_mail_is_read_as_mail(text: str, verdict: str) -> None:
    assert read(text, kind="mail").verdict == verdict


def test_a_newsletter_under_a_question_is_no_stop() -> None:
    newsletter = "\n".join(
        [
            "Spring Sale",
            "20% off all chairs",
            "Only this week",
            "See you in the shop",
            "Visit us",
            "Unsubscribe",
        ]
        + [f"Chair {number}" for number in range(10)]
        + ["You get this mail because you are our customer.", "Remove me from this list", "1 Main Street"]
    )
    reading = read(f"Re: Spring Sale\n\nDo you have it in red?\n\n{newsletter}", kind="mail")
    assert (reading.verdict, reading.scope) == (Verdict.UNCLEAR, ScopeWord.CHANNEL)
    assert read(f"Unsubscribe\n\n{newsletter}", kind="mail").verdict is Verdict.STOP


def test_only_the_first_2000_characters_are_read() -> None:
    assert read("a " * 990 + "\n\nSTOP").verdict is Verdict.STOP
    assert read("a " * 1000 + "\n\nSTOP").verdict is Verdict.NONE
    assert read("STOP\n\n" + "a" * 1_000_000).verdict is Verdict.STOP


@given(st.text(max_size=300))
def test_whatever_was_said_before_a_stop_is_never_passed_over(text: str) -> None:
    assert read(f"{text}\n\nSTOP").verdict in (Verdict.STOP, Verdict.UNCLEAR)
    assert read(f"STOP\n\n{text}").verdict in (Verdict.STOP, Verdict.UNCLEAR)


@given(TALK, st.sampled_from(["sms", "mail"]))
def test_a_start_is_nothing_but_its_keyword(text: str, kind: str) -> None:
    reading = read(text, kind="mail" if kind == "mail" else "sms")
    if reading.verdict is Verdict.START:
        assert " ".join(words(text)) in {"start", "yes", "unstop"}


@given(st.text(st.characters(), max_size=300))
def test_no_text_breaks_the_reader(text: str) -> None:
    read(text, kind="mail")
    read(text, kind="sms")


def calls(text: str) -> int:
    """How many functions run to read a text: work, counted without a clock."""
    count = 0

    def counted(_frame: FrameType, event: str, _argument: object) -> None:
        nonlocal count
        count += event in {"call", "c_call"}

    read("")  # the tables are loaded
    before = sys.getprofile()
    sys.setprofile(counted)
    try:
        read(text)
    finally:
        sys.setprofile(before)
    return count


@given(TALK)
def test_work_grows_with_length_alone(text: str) -> None:
    """Twice the text takes twice the steps and a little: nothing is tried in more than one way."""
    once = f"{text} "[:900]
    assert calls(once * 2) <= 2.6 * calls(once) + 3_000


@pytest.mark.parametrize(
    "part",
    [
        "stop ",
        "stop, ",
        "stop. ",
        "no ",
        "don't ",
        "take me ",
        "s t ",
        "'",
        "a'",
        "“",
        "“a” ",
        "-",
        "x.y/",
        "@",
        "मत ",
        "ﷺ",
        "\n",
    ],
)
def test_no_text_takes_unreasonable_work(part: str) -> None:
    assert calls(part * (2_000 // len(part))) < 2_000_000
