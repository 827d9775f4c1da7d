"""Text as plain words: one spelling for all ways to write the same, in clauses as punctuation makes them.

"STOP!!!", "s.t.o.p", "ｓｔｏｐ" and "Stoooop" are one word here. Every step looks at each letter a fixed number of
times, and no expression can match the same letters in two ways: time grows with length, and length is cut.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, replace

LONGEST = 2_000  # characters that are looked at
LONG_LINE = 40  # characters: a line this long was broken to fit, a shorter one ends where its author wanted
OWN_WORDS = 3  # up to so many in quotation marks are the writer's own: reply "STOP"

# Letters that look Latin and are not, as jokers and fancy keyboards write them.
_LOOKALIKES = str.maketrans(
    "аеорсхукмтнвіѕјԁοαερτυκινᴀʙᴄᴅᴇғɢʜɪᴊᴋʟᴍɴᴏᴘʀꜱᴛᴜᴠᴡʏᴢ",
    "aeopcxykmthbisjdoaeptukinabcdefghijklmnoprstuvwyz",
)
_SPELLINGS = str.maketrans({"ँ": "ं", "़": None, "œ": "oe", "æ": "ae", "ø": "o", "ł": "l", "ı": "i"})
_DEVANAGARI = ("\u0900", "\u097f")
_QUOTATION = re.compile(r"“[^“”„]*[“”]|„[^“”„]*[“”]|«[^«»]*»|\"[^\"]*\"")
_LINK = re.compile(r"https?:|www\.|[^/.]*\.[^/]*/")  # matched at the start of a word
_SPELT_OUT = re.compile(r"(?<![^\W_])[a-z](?:[ ._*-]{1,2}[a-z](?![^\W_])){2,}")
_STRETCHED = re.compile(r"([a-z])\1\1+")
# Vowel signs are no letters to the expression engine.
_LETTER = r"[^\W_\u0900-\u0903\u093a-\u094f]|[\u0900-\u0903\u093a-\u094f]"
_TOKEN = re.compile(rf"(?:{_LETTER})+(?:'(?:{_LETTER})+)*|[🛑⛔🚫✋🖕🙅]|[.!?;:,…।॥¡¿()—–|]|(?<= )-+(?= )")
_APOSTROPHES = str.maketrans(dict.fromkeys("’‘ʼ`´", "'"))
_ELISIONS = frozenset(("c", "d", "j", "l", "m", "n", "s", "t", "qu"))  # m'écrire is two words, don't is one
_SENTENCE_ENDS = ".!?;…।॥¡¿"
_MARKS = _SENTENCE_ENDS + ",:()—–|-"


@dataclass(frozen=True, slots=True)
class Clause:
    """Words between two marks. `line` and `sentence` are counted from 0; `asks`: a question mark follows."""

    words: tuple[str, ...]
    sentence: int = 0
    line: int = 0
    asks: bool = False


def words(text: str) -> tuple[str, ...]:
    """All words in order."""
    return tuple(word for clause in clauses(text) for word in clause.words)


def clauses(text: str) -> list[Clause]:
    """What the writer says, without long quotations of somebody else."""
    plain = _plain(text[:LONGEST])
    own = _clauses(_QUOTATION.sub(_kept, plain))
    return own or _clauses(plain)


def _plain(text: str) -> str:
    """One letter for all that look or mean the same; nothing invisible."""
    folded = unicodedata.normalize("NFKC", text.translate(_APOSTROPHES))[:LONGEST].casefold()
    decomposed = unicodedata.normalize("NFD", folded.translate(_LOOKALIKES))
    return "".join(letter for letter in decomposed if not _is_dropped(letter)).translate(_SPELLINGS)


def _is_dropped(letter: str) -> bool:
    """Accents, invisible formats and variations; the signs of Devanagari are kept."""
    category = unicodedata.category(letter)
    first, last = _DEVANAGARI
    return category == "Cf" or (category == "Mn" and not first <= letter <= last)


def _kept(quotation: re.Match[str]) -> str:
    inside = quotation[0][1:-1]
    return f" {inside} " if len(inside.split()) <= OWN_WORDS else " "


def _clauses(plain: str) -> list[Clause]:
    reader = _Reader()
    for line, paragraph in enumerate(_paragraphs(plain)):
        reader.read(_STRETCHED.sub(r"\1", _SPELT_OUT.sub(_joined, paragraph)), line)
    return reader.found


def _joined(spelt_out: re.Match[str]) -> str:
    return "".join(filter(str.isalpha, spelt_out[0]))


def _paragraphs(plain: str) -> Iterator[str]:
    """Lines, joined again where one was broken to fit; without links and addresses."""
    joined: list[str] = []
    for line in plain.splitlines():
        joined += (word for word in line.split() if not _is_link(word))
        if len(line) < LONG_LINE and joined:
            yield " ".join(joined)
            joined = []
    if joined:
        yield " ".join(joined)


def _is_link(word: str) -> bool:
    return "@" in word[1:-1] or _LINK.match(word) is not None


class _Reader:
    """Collects clauses, mark by mark."""

    def __init__(self) -> None:
        self.found: list[Clause] = []
        self._words: list[str] = []
        self._sentence = 0
        self._line = 0

    def read(self, paragraph: str, line: int) -> None:
        self._line = line
        for token in _TOKEN.findall(paragraph):
            if token[0] in _MARKS:
                self._end_clause()
                self._mark(token)
            else:
                self._words += _split(token)
        self._end_clause()
        self._sentence += 1

    def _mark(self, mark: str) -> None:
        if self.found and mark == "!":  # "stop?!" is no question
            self.found[-1] = replace(self.found[-1], asks=False)
        elif self.found and mark == "?" and self.found[-1].sentence == self._sentence:
            self.found[-1] = replace(self.found[-1], asks=True)
        if mark in _SENTENCE_ENDS:
            self._sentence += 1

    def _end_clause(self) -> None:
        if self._words:
            self.found.append(Clause(tuple(self._words), self._sentence, self._line))
            self._words = []


def _split(token: str) -> list[str]:
    """By apostrophes: those of French part words, all others are left out."""
    first, apostrophe, rest = token.partition("'")
    if apostrophe and first in _ELISIONS:
        return [first, *_split(rest)]
    return [token.replace("'", "")]
