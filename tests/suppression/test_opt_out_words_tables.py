"""The tables as they are shipped: whole, and every phrase in them does what it says."""

from collections.abc import Iterator

import pytest

from suppression.opt_out_words import Verdict, read
from suppression.opt_out_words.phrases import NUMBER, Phrase
from suppression.opt_out_words.tables import LANGUAGES, Rule, tables

TWILIO_STOP = ["STOP", "UNSUBSCRIBE", "END", "QUIT", "STOPALL", "REVOKE", "OPTOUT", "CANCEL"]
TWILIO_PROXY = ["ARRET", "ARRETE", "ARRETT"]
FCC_STOP = ["stop", "quit", "end", "revoke", "opt out", "cancel", "unsubscribe"]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("keyword", [*TWILIO_STOP, *TWILIO_PROXY, *FCC_STOP])
def test_the_keywords_of_networks_and_law_are_stops(keyword: str, language: str) -> None:
    assert read(keyword, language=language).verdict is Verdict.STOP
    assert read(f" {keyword.title()}!! ", language=language).verdict is Verdict.STOP


@pytest.mark.parametrize("language", LANGUAGES)
def test_start_and_help_are_twilios(language: str) -> None:
    for keyword in ("START", "yes", "Unstop"):
        assert read(keyword, language=language).verdict is Verdict.START
    for keyword in ("HELP", "info"):
        assert read(keyword, language=language).verdict is Verdict.HELP


@pytest.mark.parametrize("language", LANGUAGES)
def test_keywords_are_of_one_kind_each(language: str) -> None:
    keywords = tables()[language].keywords
    kinds = [keywords.stop | keywords.stop_alone, keywords.unclear, keywords.help, keywords.start]
    assert sum(map(len, kinds)) == len(frozenset().union(*kinds))
    assert not (keywords.stop | keywords.stop_alone) & keywords.courtesy


def phrases(language: str) -> Iterator[tuple[Phrase, Rule]]:
    yield from tables()[language].rules.all()


def shortest(phrase: Phrase) -> str:
    """Something that the phrase matches."""
    said: list[str] = []
    for step in phrase.steps:
        if not step.optional:
            first = min(step.entries)
            said += ["9"] if first == NUMBER else min(step.entries[first])
    return " ".join(said)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_phrase_does_what_it_is_for(language: str) -> None:
    """Alone, by text or by mail, a clear phrase stops, and none is lost to a guard or to what is harmless."""
    idle = []
    for phrase, rule in phrases(language):
        text = shortest(phrase)
        verdicts = {read(text, language=language).verdict, read(text, language=language, kind="mail").verdict}
        wanted = {Verdict.STOP} if rule.clear else {Verdict.UNCLEAR, Verdict.STOP}
        if not verdicts & wanted:
            idle.append(phrase.text)
    assert idle == []
