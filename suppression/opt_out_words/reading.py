"""Reading a reply: what in it asks for a stop, what makes that unclear, and which of all counts.

A clear request anywhere in a message is a stop. What may be one (a question, a condition, a word out of place) is
unclear: a person reads it, and marketing waits meanwhile. Only a START needs to be exactly that: it loosens.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from suppression.opt_out_words.doubts import Doubts
from suppression.opt_out_words.keywords import consists_of
from suppression.opt_out_words.message import Kind, Message
from suppression.opt_out_words.phrases import Span
from suppression.opt_out_words.tables import ScopeWord, Table, tables

# In mail, what stands further down may be the newsletter that was answered: its "Unsubscribe", its "Remove me". Lines.
KEYWORD_LINES = 3  # for what is that short
PHRASE_LINES = 12
_SHORT = 2  # words

_WIDEST_FIRST = (
    ScopeWord.DELETE,
    ScopeWord.EVERYTHING,
    ScopeWord.CHANNEL,
    ScopeWord.SERVICE,
    ScopeWord.MARKETING,
    ScopeWord.CHANGE,
)
_NARROW = (ScopeWord.SERVICE, ScopeWord.MARKETING)
_NOWHERE = Span(0, 0)


class Verdict(StrEnum):
    STOP = "stop"
    START = "start"
    HELP = "help"
    UNCLEAR = "unclear"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Reading:
    """What a message asks for.

    scope     what shall stop; CHANNEL where nothing else was said
    rule      which rule found it, "take_me_off" or "take_me_off/question": for the log, never the writer's words
    language  of the words that were found; else the one that was given
    """

    verdict: Verdict
    scope: ScopeWord
    rule: str
    language: str

    @property
    def told(self) -> dict[str, str]:
        """For the log and for who decides in a review: names only, never the writer's words."""
        told = {
            "verdict": self.verdict.value,
            "scope": self.scope.value,
            "rule": self.rule,
            "language": self.language,
        }
        return {name: value for name, value in told.items() if value}


@dataclass(frozen=True, slots=True)
class _Finding:
    verdict: Verdict
    scope: ScopeWord
    rule: str
    language: str
    clause: int
    span: Span


def read(text: str, *, language: str | None = None, kind: Kind = "sms") -> Reading:
    """What the writer asks for. `kind`: "mail" for subject, blank line and the writer's first lines."""
    given = (language or "en").lower().partition("-")[0]
    message = Message.of(text, kind)
    best = _best([finding for table in _tables(given) for finding in _Reader(table, message).findings()])
    if best is None:
        return Reading(Verdict.NONE, ScopeWord.CHANNEL, "", given)
    return Reading(best.verdict, best.scope, best.rule, best.language)


def _tables(first: str) -> list[Table]:
    """All languages: people answer in their own. The given one counts where several know the words."""
    return sorted(tables().values(), key=lambda table: table.language != first)


def _best(found: Sequence[_Finding]) -> _Finding | None:
    for verdict in (Verdict.STOP, Verdict.UNCLEAR, Verdict.START, Verdict.HELP):
        these = [finding for finding in found if finding.verdict is verdict]
        narrow = [finding for finding in these if finding.scope in _NARROW]
        these = [finding for finding in these if not _is_narrowed(finding, narrow)]
        if these:
            return min(these, key=lambda finding: _WIDEST_FIRST.index(finding.scope))
    return None


def _is_narrowed(finding: _Finding, narrow: Sequence[_Finding]) -> bool:
    """To stop texting somebody ads is about ads, although to stop texting them is not."""
    return finding.scope is ScopeWord.CHANNEL and any(
        other.clause == finding.clause
        and other.span.start < finding.span.end
        and finding.span.start < other.span.end
        for other in narrow
    )


class _Reader:
    """Reads one message by one table."""

    def __init__(self, table: Table, message: Message) -> None:
        self._table = table
        self._message = message
        self._doubts = Doubts(table, message)

    def findings(self) -> Iterator[_Finding]:
        yield from self._of_the_whole()
        keywords = self._table.keywords
        for at, words in enumerate(self._message.plain):
            if consists_of(words, keywords.stop, keywords.courtesy):
                yield self._judged("keyword", ScopeWord.CHANNEL, at, Span(0, len(words)))
            yield from self._phrases(at)
            if self._table.mentions.occur(words):
                yield self._unclear("mention", ScopeWord.CHANNEL, at)

    def _of_the_whole(self) -> Iterator[_Finding]:
        """By keywords that are all that was said."""
        words = self._message.all_words
        keywords, in_mail = self._table.keywords, self._message.kind == "mail"
        if words in keywords.start and self._message.bare and not in_mail:
            yield self._keyword(Verdict.START)
        if consists_of(words, keywords.help, keywords.courtesy) and not in_mail:
            yield self._keyword(Verdict.HELP)
        if consists_of(words, keywords.unclear, keywords.courtesy):
            yield self._keyword(Verdict.UNCLEAR)
        if consists_of(words, keywords.stop | keywords.stop_alone, keywords.courtesy):
            asks = any(clause.asks for clause in self._message.said)
            if asks and not self._table.guards.request.occur(words):
                yield self._keyword(Verdict.UNCLEAR, "keyword/question")
            else:
                yield self._keyword(Verdict.UNCLEAR if in_mail else Verdict.STOP)

    def _phrases(self, at: int) -> Iterator[_Finding]:
        for span, rule in self._table.rules.find(self._message.said[at].words):
            if self._message.means_something_else(at, span):
                continue
            if rule.clear:
                yield self._judged(rule.name, rule.scope, at, span)
            else:
                yield self._unclear(rule.name, rule.scope, at, span)

    def _judged(self, name: str, scope: ScopeWord, at: int, span: Span) -> _Finding:
        """A stop, unless something about it is doubtful."""
        lines = KEYWORD_LINES if len(self._message.said[at].words) <= _SHORT else PHRASE_LINES
        if doubt := self._doubts.about(scope, at, span, lines):
            return self._unclear(f"{name}/{doubt}", scope, at, span)
        return _Finding(Verdict.STOP, scope, name, self._table.language, at, span)

    def _unclear(self, name: str, scope: ScopeWord, at: int, span: Span = _NOWHERE) -> _Finding:
        return _Finding(Verdict.UNCLEAR, scope, name, self._table.language, at, span)

    def _keyword(self, verdict: Verdict, name: str = "keyword") -> _Finding:
        return _Finding(verdict, ScopeWord.CHANNEL, name, self._table.language, 0, _NOWHERE)
