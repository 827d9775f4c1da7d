"""Reading a table of purposes, from a file, the settings or the store: every problem is found, then told at once."""

from collections import Counter
from collections.abc import Mapping
from enum import StrEnum
from typing import Any, TypeVar

from suppression.errors import ConfigurationError
from suppression.purposes import SYSTEM, WILDCARD, ConsentNeed, Purpose, WayOut, is_path, paths_above

CHANNELS = frozenset({"email", "sms", "voice", "audience"})
KEYS = frozenset({"title", "channels", "way_out", "required", "legal_notice", "replaces"})
MAX_TITLE = 100
# What a class gives to leaves that do not say it. A class that we do not know is taken for marketing.
DEFAULTS = {
    "transactional": (ConsentNeed.NONE, WayOut.NONE),
    "service": (ConsentNeed.OPT_OUT, WayOut.FOOTER),
}
STRICT = (ConsentNeed.OPT_IN, WayOut.FOOTER)

W = TypeVar("W", bound=StrEnum)


def read(table: Mapping[str, Any]) -> list[Purpose]:
    """The purposes, sorted by path. ConfigurationError with every problem in it."""
    problems: list[str] = []
    leaves = [_Row(path, row, problems).purpose() for path, row in sorted(table.items())]
    if not leaves:
        problems.append("no purposes")
    problems += _problems_of_tree(leaves)
    problems += _problems_of_replacements(leaves)
    if problems:
        raise ConfigurationError("the catalogue of purposes cannot be used:\n  " + "\n  ".join(problems))
    return leaves


class _Row:
    """One purpose as given. Reads what it can and notes what it cannot."""

    def __init__(self, path: str, row: Any, problems: list[str]) -> None:
        self._path = path
        self._problems = problems
        self._row: Mapping[str, Any] = row if isinstance(row, Mapping) else {}
        if not isinstance(row, Mapping):
            self._note("must be a table")
        self._consent, self._way_out = DEFAULTS.get(path.partition("/")[0], STRICT)

    def purpose(self) -> Purpose:
        self._check_path()
        for key in sorted(self._row.keys() - KEYS):
            self._note(f"unknown key {key!r}")
        channels = self._channels()
        purpose = Purpose(
            path=self._path,
            title=self._title(),
            channels=channels,
            way_out=self._given_way_out(channels),
            required=self._flag("required"),
            legal_notice=self._flag("legal_notice"),
            replaces=self._replaces(),
        )
        self._check_meaning(purpose)
        return purpose

    def _note(self, problem: str) -> None:
        self._problems.append(f"{self._path!r}: {problem}")

    def _check_path(self) -> None:
        if not is_path(self._path.removesuffix(WILDCARD)):
            self._note("a path is 1 to 6 segments of a-z, 0-9 and -, 64 bytes in all")
        elif self._path.endswith(WILDCARD) and self._path.count("/") > 5:
            self._note("a path has 6 segments at most")
        if self._path.partition("/")[0] == SYSTEM:
            self._note("system/ is the gateway's own")

    def _title(self) -> str:
        words = self._path.removesuffix(WILDCARD).rpartition("/")[2].replace("-", " ").capitalize()
        title = self._row.get("title", words)
        if (
            not isinstance(title, str)
            or not title.strip()
            or not title.isprintable()
            or len(title) > MAX_TITLE
        ):
            self._note(f"`title` must be a line of 1 to {MAX_TITLE} characters")
            return words
        return title

    def _channels(self) -> dict[str, ConsentNeed]:
        given = self._row.get("channels")
        if isinstance(given, list) and all(isinstance(name, str) for name in given):
            given = dict.fromkeys(given, self._consent)
        if not isinstance(given, Mapping) or not given:
            self._note("`channels` must name at least one channel")
            return {}
        for name in sorted(given.keys() - CHANNELS):
            self._note(f"unknown channel {name!r}: one of {', '.join(sorted(CHANNELS))}")
        return {
            name: self._word(ConsentNeed, need, f"consent for {name}", ConsentNeed.OPT_IN)
            for name, need in sorted(given.items())
        }

    def _given_way_out(self, channels: Mapping[str, ConsentNeed]) -> WayOut:
        default = self._way_out if "email" in channels else WayOut.NONE
        return self._word(WayOut, self._row.get("way_out", default), "way_out", default)

    def _word(self, words: type[W], given: Any, what: str, otherwise: W) -> W:
        try:
            return words(given)
        except ValueError:
            self._note(f"{what}: {given!r} is none of {', '.join(words)}")
            return otherwise

    def _flag(self, key: str) -> bool:
        given = self._row.get(key, False)
        if not isinstance(given, bool):
            self._note(f"`{key}` must be true or false")
            return False
        return given

    def _replaces(self) -> tuple[str, ...]:
        given = self._row.get("replaces", [])
        if not isinstance(given, list) or not all(isinstance(old, str) for old in given):
            self._note("`replaces` must be a list of paths")
            return ()
        for old in given:
            if not is_path(old.removesuffix(WILDCARD)) or old.startswith(f"{SYSTEM}/"):
                self._note(f"`replaces`: {old!r} is no path")
            elif old.endswith(WILDCARD) != self._path.endswith(WILDCARD):
                self._note(f"`replaces`: only a path that ends in * takes the place of another one: {old!r}")
        return tuple(given)

    def _check_meaning(self, purpose: Purpose) -> None:
        if purpose.legal_notice and not purpose.required:
            self._note("`legal_notice` says when a `required` purpose is one: set `required` too")
        if purpose.class_ in DEFAULTS:
            return
        if purpose.required:
            self._note("marketing cannot be `required`: nobody could stop it")
        if "email" in purpose.channels and purpose.way_out is not WayOut.FOOTER:
            self._note('marketing mail needs `way_out = "footer"`')


def _problems_of_tree(leaves: list[Purpose]) -> list[str]:
    paths = {leaf.path for leaf in leaves}
    return [
        f"{path!r}: below the leaf {above!r}; only leaves are purposes"
        for path in sorted(paths)
        for above in paths_above(path)
        if above in paths or above.rpartition("/")[0] + WILDCARD in paths
    ]


def _problems_of_replacements(leaves: list[Purpose]) -> list[str]:
    taken = {leaf.path for leaf in leaves}
    taken.update(above for path in list(taken) for above in paths_above(path))
    counts = Counter(old for leaf in leaves for old in leaf.replaces)
    problems = [
        f"{leaf.path!r}: `replaces` names {old!r}, which is in the catalogue"
        for leaf in leaves
        for old in leaf.replaces
        if old in taken or old.rpartition("/")[0] + WILDCARD in taken
    ]
    return problems + [f"{old!r}: replaced more than once" for old, times in counts.items() if times > 1]
