"""What makes a request unclear that would be clear by itself: negations, questions, conditions, limits, jokes."""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from functools import cached_property

from suppression.opt_out_words.message import Message
from suppression.opt_out_words.phrases import Phrases, Span, Words
from suppression.opt_out_words.tables import ScopeWord, Table

NEAR = 12  # words: what is further away in the same clause is about something else


class Doubts:
    """What may be doubtful about the requests in one message, by one table. Each clause is looked at once."""

    def __init__(self, table: Table, message: Message) -> None:
        self._table = table
        self._guards = table.guards
        self._message = message

    def about(self, scope: ScopeWord, at: int, span: Span, lines: int) -> str:
        """The first doubt about what stands there; "" for none. `lines`: in mail, how far down it counts."""
        plain = self._message.plain[at]
        said = self._message.said[at].words[: span.start]
        before, after = plain[max(span.start - NEAR, 0) : span.start], plain[span.end : span.end + NEAR]
        doubts = {
            "negated": self._guards.right_before.end(self._without_courtesy(said[-NEAR:])),
            "condition": self._is_conditional(at, before),
            "limit": self._is_limited(at, after),
            "question": self._is_question(at),
            "taken_back": self._is_taken_back(at, after),
            "far_down": self._message.kind == "mail" and self._message.said[at].line >= lines,
            "other_channel": scope is ScopeWord.CHANNEL and self._names_other_channel(at, span),
        }
        return next((doubt for doubt, holds in doubts.items() if holds), "")

    def _without_courtesy(self, words: Words) -> Words:
        """In "don't please unsubscribe me", what stands right before is the negation."""
        while words and self._guards.request.occur(words[-1:]):
            words = words[:-1]
        return words

    def _is_conditional(self, at: int, before: Words) -> bool:
        first = self._sentence(at)[0]
        return (
            self._guards.before.occur(before)
            or self._guards.sentence.occur(before)
            or any(self._conditions[first:at])
        )

    def _is_limited(self, at: int, after: Words) -> bool:
        end = self._sentence(at)[1]
        return self._guards.after.occur(after) or any(self._limits[at + 1 : end])

    def _is_question(self, at: int) -> bool:
        clause = self._message.said[at]
        return clause.asks and not self._guards.request.occur(clause.words)

    def _is_taken_back(self, at: int, after: Words) -> bool:
        return self._guards.later.occur(after) or any(self._retractions[at + 1 :])

    def _names_other_channel(self, at: int, span: Span) -> bool:
        """Somebody who texts "stop emailing me" does not mean texts."""
        named = set(self._message.said[at].words[span.start : span.end])
        own, other = self._table.by_phone, self._table.by_mail
        if self._message.kind == "mail":
            own, other = other, own
        return bool(named & other) and not named & own

    def _sentence(self, at: int) -> tuple[int, int]:
        """The clauses of the same sentence: the first, and one past the last."""
        sentence = self._message.said[at].sentence
        return bisect_left(self._sentences, sentence), bisect_right(self._sentences, sentence)

    @cached_property
    def _sentences(self) -> Sequence[int]:
        return [clause.sentence for clause in self._message.said]

    @cached_property
    def _conditions(self) -> Sequence[bool]:
        return self._where(self._guards.sentence)

    @cached_property
    def _limits(self) -> Sequence[bool]:
        return self._where(self._guards.after)

    @cached_property
    def _retractions(self) -> Sequence[bool]:
        return self._where(self._guards.later)

    def _where(self, phrases: Phrases[None]) -> Sequence[bool]:
        """Of each clause, whether one of these occurs in it."""
        return [phrases.occur(words) for words in self._message.plain]
