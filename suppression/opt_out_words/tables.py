"""The tables of words, one a language, each with what all languages share (`common.toml`)."""

import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib import resources
from typing import Any

from suppression.errors import ConfigurationError
from suppression.opt_out_words.phrases import Compiler, Phrase, Phrases, Words
from suppression.opt_out_words.words import words

LANGUAGES = ("en", "es", "fr", "de", "hi")
_SECTIONS = frozenset({"keywords", "lists", "stop", "unclear", "harmless", "guards"})
_SHARED = ("sentence", "after", "later")  # guards that hold for all languages; they use no lists
_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "Ä": "ae", "Ö": "oe", "Ü": "ue"})


class ScopeWord(StrEnum):
    """What shall stop. CHANNEL: what a plain STOP does. CHANGE: nothing; the writer's data shall be corrected."""

    CHANNEL = "channel"
    MARKETING = "marketing"
    SERVICE = "service"
    EVERYTHING = "everything"
    DELETE = "delete"
    CHANGE = "change"


@dataclass(frozen=True, slots=True)
class Rule:
    """A group of phrases: its name (for the log), its scope, whether it is clear."""

    name: str
    scope: ScopeWord
    clear: bool


@dataclass(frozen=True, slots=True)
class Keywords:
    """Words that are the message, or nearly so; `common.toml` says which is which."""

    stop: frozenset[Words]
    stop_alone: frozenset[Words]
    unclear: frozenset[Words]
    help: frozenset[Words]
    start: frozenset[Words]
    courtesy: frozenset[Words]


@dataclass(frozen=True, slots=True)
class Guards:
    """What makes a clear phrase unclear, by where it stands."""

    right_before: Phrases[None]
    before: Phrases[None]
    sentence: Phrases[None]
    after: Phrases[None]
    later: Phrases[None]
    request: Phrases[None]


@dataclass(frozen=True, slots=True)
class Table:
    """One language. `by_mail` and `by_phone`: words that name a channel."""

    language: str
    keywords: Keywords
    rules: Phrases[Rule]
    harmless: Phrases[None]
    mentions: Phrases[None]
    guards: Guards
    by_mail: frozenset[str]
    by_phone: frozenset[str]


@cache
def tables() -> Mapping[str, Table]:
    files = {language: _file(language) for language in LANGUAGES}
    # A keyword of all languages is one in each table: what makes it unclear is, too.
    shared = {place: [text for file in files.values() for text in file["guards"][place]] for place in _SHARED}
    common = _file("common") | {"guards": shared}
    return {language: _table(language, common, own) for language, own in files.items()}


def _file(name: str) -> dict[str, Any]:
    file = resources.files("suppression").joinpath("opt_out_words", f"{name}.toml")
    return tomllib.loads(file.read_text(encoding="utf-8"))


def _table(language: str, common: Mapping[str, Any], own: Mapping[str, Any]) -> Table:
    if unknown := own.keys() - _SECTIONS:
        raise ConfigurationError(f"{language}.toml: unknown sections {sorted(unknown)}")
    lists, guards = own["lists"], own["guards"] | common["guards"]
    maker = _Maker(Compiler({name: list(_spellings(entries)) for name, entries in lists.items()}, words))
    return Table(
        language,
        Keywords(**{kind: maker.keywords(common, own, kind) for kind in Keywords.__dataclass_fields__}),
        Phrases(maker.rules(own)),
        maker.phrases(own["harmless"]["phrases"]),
        maker.phrases([*common["keywords"]["mentions"], *own["keywords"]["mentions"]]),
        Guards(**{place: maker.phrases(guards[place]) for place in Guards.__dataclass_fields__}),
        frozenset(word for entry in lists["by_mail"] for word in words(entry)),
        frozenset(word for entry in lists["by_phone"] for word in words(entry)),
    )


class _Maker:
    """Makes the parts of a table."""

    def __init__(self, compiler: Compiler) -> None:
        self._compiler = compiler

    def keywords(self, common: Mapping[str, Any], own: Mapping[str, Any], kind: str) -> frozenset[Words]:
        entries = [*common["keywords"].get(kind, ()), *own["keywords"].get(kind, ())]
        return frozenset(words(entry) for entry in _spellings(entries))

    def phrases(self, texts: Sequence[str]) -> Phrases[None]:
        return Phrases((phrase, None) for phrase in self._compiled(texts))

    def rules(self, own: Mapping[str, Any]) -> Iterator[tuple[Phrase, Rule]]:
        for verdict in ("stop", "unclear"):
            for scope, groups in own[verdict].items():
                for name, texts in groups.items():
                    rule = Rule(name, ScopeWord(scope), verdict == "stop")
                    yield from ((phrase, rule) for phrase in self._compiled(texts))

    def _compiled(self, texts: Iterable[str]) -> Iterator[Phrase]:
        return map(self._compiler.phrase, _spellings(texts))


def _spellings(texts: Iterable[str]) -> Iterator[str]:
    """Each, and with its umlauts written as two letters."""
    for text in texts:
        yield text
        if (other := text.translate(_UMLAUTS)) != text:
            yield other
