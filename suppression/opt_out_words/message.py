"""A message as every table reads it."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from suppression.opt_out_words.phrases import Span, Words
from suppression.opt_out_words.tables import tables
from suppression.opt_out_words.words import Clause, clauses

Kind = Literal["sms", "mail"]

_PASSED_OVER = ""  # stands for a word, and is none


@dataclass(frozen=True, slots=True)
class Message:
    """What somebody wrote.

    said      clause by clause
    harmless  of each clause, what has another meaning ("the bus stop"), in whatever language
    plain     the clauses without that, for keywords, guards and mentions
    bare      there are no emoji
    """

    said: Sequence[Clause]
    harmless: Sequence[Sequence[Span]]
    plain: Sequence[Words]
    kind: Kind
    bare: bool

    @staticmethod
    def of(text: str, kind: Kind) -> "Message":
        said = clauses(text)
        harmless = [
            [span for table in tables().values() for span, _ in table.harmless.find(clause.words)]
            for clause in said
        ]
        plain = [_without(clause.words, spans) for clause, spans in zip(said, harmless, strict=True)]
        return Message(said, harmless, plain, kind, not any(map(_is_symbol, text)))

    @property
    def all_words(self) -> Words:
        return tuple(word for words in self.plain for word in words)

    def means_something_else(self, at: int, span: Span) -> bool:
        """Whether these words of a clause are but part of something harmless."""
        return any(known.start <= span.start and span.end <= known.end for known in self.harmless[at])


def _without(words: Words, spans: Sequence[Span]) -> Words:
    passed_over = {place for span in spans for place in range(span.start, span.end)}
    return tuple(_PASSED_OVER if place in passed_over else word for place, word in enumerate(words))


def _is_symbol(letter: str) -> bool:
    return unicodedata.category(letter) == "So"
