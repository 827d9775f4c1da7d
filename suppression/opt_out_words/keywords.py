"""Messages that are nothing but a keyword, courtesy aside: "STOP", "Please stop now, thank you", "STOP 36105"."""

from suppression.opt_out_words.phrases import Words

LONGEST_ENTRY = 6  # words
SHORT_CODE = 4  # digits, of a number that texts are sent to

Entries = frozenset[Words]


def consists_of(words: Words, keywords: Entries, courtesy: Entries) -> bool:
    """At least one keyword, and nothing else but courtesy and short codes."""
    place, found = 0, False
    while place < len(words):
        keyword = _longest(words, place, keywords)
        step = keyword or _longest(words, place, courtesy) or _is_number(words[place])
        if not step:
            return False
        found = found or keyword > 0
        place += step
    return found


def _longest(words: Words, place: int, entries: Entries) -> int:
    """Of how many words the longest entry is that stands there; 0: none does."""
    return next((n for n in range(LONGEST_ENTRY, 0, -1) if words[place : place + n] in entries), 0)


def _is_number(word: str) -> int:
    return word.isdecimal() and len(word) >= SHORT_CODE
