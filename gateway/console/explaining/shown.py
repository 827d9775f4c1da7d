"""What the pages show of a decision: of then, of now, and what each rule said."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from gateway.console.recipients.timeline import Line

PASSED, REFUSED, WAITED, NOT_ASKED, SKIPPED = "pass", "no", "later", "not_asked", "aside"
_SYMBOLS = {PASSED: "✓", REFUSED: "✕", WAITED: "◷", NOT_ASKED: "·", SKIPPED: "–"}


@dataclass(frozen=True, slots=True)
class Told:
    """What a rule said. `kind`: how it is marked."""

    kind: str
    said: str

    @property
    def symbol(self) -> str:
        return _SYMBOLS[self.kind]


@dataclass(frozen=True, slots=True)
class RuleRow:
    """`decided`: it was this rule that decided (of what is asked now: that decides). `link`: to its entry."""

    name: str
    asks: str
    then: Told | None
    now: Told | None
    decided: bool
    link: str = ""

    @property
    def differs(self) -> bool:
        """What is known of then is not what holds now."""
        silent = (NOT_ASKED, SKIPPED)
        if self.then is None or self.now is None or self.then.kind == NOT_ASKED:
            return False
        then, now = (PASSED if told.kind in silent else told.kind for told in (self.then, self.now))
        return then != now


@dataclass(frozen=True, slots=True)
class FactView:
    """What a decision went by. `state`: how it stands now; `link`: to it, where it still stands."""

    name: str
    line: Line | None
    state: str
    link: str


@dataclass(frozen=True, slots=True)
class NowView:
    """What would be decided now. `kind` as of a rule."""

    kind: str
    title: str
    because: str
    rules: Sequence[RuleRow]

    @property
    def symbol(self) -> str:
        return _SYMBOLS[self.kind]


@dataclass(frozen=True, slots=True)
class DecisionView:
    """`history`: what became of it; `since`: changes of the recipient after it; `whole`: these are all."""

    id: str
    at: datetime
    kind: str
    title: str
    because: str
    message: str
    who: str
    path: str
    other_spelling: bool
    rule: str
    asks: str
    front: bool
    fact: FactView | None
    policy: str
    policy_now: str
    legal_notice: str
    history: Sequence[Line]
    rules: Sequence[RuleRow]
    now: NowView | None
    since: Sequence[Line]
    whole: bool

    @property
    def symbol(self) -> str:
        return _SYMBOLS[self.kind]

    @property
    def changed(self) -> bool:
        """What is known of the recipient, or the rules' settings, are others now."""
        return bool(self.since) or not self.whole or self.policy != self.policy_now
