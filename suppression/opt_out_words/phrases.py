"""Phrases as the tables write them, and where they occur among words.

    stop           this word
    stop|quit      one of these
    any_more       words that belong together
    #              a number, "9" or "9pm"
    {message}      an entry of that list, of one word or of several
    [the|{det}]    one of these, or nothing
    ...            up to three words, whichever
    ^ $            the clause begins, ends here

A phrase is walked once from each place, with the set of places that it may have come to: its cost is places times
steps, whatever the text.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from suppression.errors import ConfigurationError

GAP = 3

T = TypeVar("T")
Words = tuple[str, ...]
Lists = Mapping[str, Sequence[str]]
NUMBER = "#"


@dataclass(frozen=True, slots=True)
class Step:
    """What may come next: any of `entries`, by their first words; nothing, if it is `optional`; some other words."""

    entries: Mapping[str, tuple[Words, ...]]
    optional: bool = False
    gap: int = 0

    def after(self, words: Words, places: set[int]) -> set[int]:
        """Where the step may end, having begun at one of these places."""
        found = set(places) if self.optional else set()
        for place in places:
            found.update(range(place + 1, min(place + self.gap, len(words)) + 1))
            if place < len(words):
                found.update(self._ends(words, place))
        return found

    def _ends(self, words: Words, place: int) -> Iterator[int]:
        for entry in self.entries.get(words[place], ()):
            if words[place : place + len(entry)] == entry:
                yield place + len(entry)
        if NUMBER in self.entries and words[place][:1].isdecimal():
            yield place + 1


@dataclass(frozen=True, slots=True)
class Span:
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Phrase:
    text: str
    steps: tuple[Step, ...]
    at_start: bool
    at_end: bool

    def first_words(self) -> frozenset[str]:
        """Those it may begin with; none if it may begin with any."""
        first: set[str] = set()
        for step in self.steps:
            first.update(step.entries)
            if step.gap:
                return frozenset()
            if not step.optional:
                return frozenset(first)
        return frozenset()

    def match(self, words: Words, start: int) -> Span | None:
        """The longest that begins at `start`."""
        if self.at_start and start:
            return None
        places = {start}
        for step in self.steps:
            places = step.after(words, places)
            if not places:
                return None
        end = max(places)
        return None if (self.at_end and end != len(words)) or end == start else Span(start, end)


class Phrases(Generic[T]):
    """Several phrases with what each stands for, found by the words they begin with."""

    def __init__(self, phrases: Iterable[tuple[Phrase, T]]) -> None:
        self._by_first: dict[str, list[tuple[Phrase, T]]] = {}
        for phrase, meaning in phrases:
            entry = (phrase, meaning)
            for word in phrase.first_words():
                self._by_first.setdefault(word, []).append(entry)

    def find(self, words: Words) -> Iterator[tuple[Span, T]]:
        """Each occurrence, from left to right."""
        for start, word in enumerate(words):
            for phrase, meaning in self._by_first.get(word, ()):
                span = phrase.match(words, start)
                if span is not None:
                    yield span, meaning

    def all(self) -> list[tuple[Phrase, T]]:
        """Each once."""
        return list({id(entry): entry for entries in self._by_first.values() for entry in entries}.values())

    def occur(self, words: Words) -> bool:
        return any(True for _ in self.find(words))

    def end(self, words: Words) -> bool:
        """Whether one stands at the very end."""
        return any(span.end == len(words) for span, _ in self.find(words))


class Compiler:
    """Makes phrases of their text, with the lists of one language. ConfigurationError names what is wrong."""

    def __init__(self, lists: Lists, split: Callable[[str], Words]) -> None:
        self._split = split
        self._lists = {name: [split(entry) for entry in entries] for name, entries in lists.items()}

    def phrase(self, text: str) -> Phrase:
        parts = text.split()
        at_start, at_end = parts[:1] == ["^"], parts[-1:] == ["$"]
        steps = tuple(self._step(part, text) for part in parts[at_start : len(parts) - at_end])
        phrase = Phrase(text, steps, at_start, at_end)
        if not phrase.first_words():
            raise ConfigurationError(f"{text!r} must begin with words")
        return phrase

    def _step(self, part: str, text: str) -> Step:
        if part == "...":
            return Step({}, optional=True, gap=GAP)
        optional = part.startswith("[") and part.endswith("]")
        choices = part[1:-1].split("|") if optional else part.split("|")
        entries: dict[str, tuple[Words, ...]] = {}
        for entry in {entry for choice in choices for entry in self._entries(choice, text)}:
            entries[entry[0]] = (*entries.get(entry[0], ()), entry)
        return Step(entries, optional)

    def _entries(self, choice: str, text: str) -> Iterable[Words]:
        if choice.startswith("{") and choice.endswith("}"):
            entries = self._lists.get(choice[1:-1], [])
        else:
            entries = [(NUMBER,) if choice == NUMBER else self._split(choice)]
        if not entries or () in entries:
            raise ConfigurationError(f"{text!r}: {choice!r} is neither word nor list")
        return entries
