"""Whether a recipient may be contacted: one ordered list of rules, read once to decide and in full to explain.

Pure: no clock, no I/O; the time is in the request (DESIGN.md, "How a decision is made").
"""

from collections.abc import Iterable
from itertools import starmap

from suppression.decision import SKIP, Decision, Defer, Reason, Refuse, RuleVerdict, Send, Skip, Verdict
from suppression.model import Facts, Request
from suppression.purposes import Catalogue
from suppression.rules import Answer, Rule
from suppression.rules.access import access
from suppression.rules.address import address, undeliverable
from suppression.rules.caps import caps
from suppression.rules.consent import consent
from suppression.rules.hours import hours
from suppression.rules.lists import lists
from suppression.rules.person import child, erased
from suppression.rules.registers import registers
from suppression.rules.stops import complaint, suppression

# The first that refuses or defers wins. The names are a vocabulary: API, log and documents have them.
RULES: tuple[tuple[str, Rule], ...] = (
    ("access", access),
    ("address", address),
    ("erased", erased),
    ("child", child),
    ("undeliverable", undeliverable),
    ("complaint", complaint),
    ("suppression", suppression),
    ("registers", registers),
    ("lists", lists),
    ("consent", consent),
    ("caps", caps),
    ("hours", hours),
)


def decide(request: Request, facts: Facts, catalogue: Catalogue) -> Decision:
    """Send, Refuse or Defer. A Send is no permission yet: Store.commit makes the Permit."""
    return _settled(rule(request, facts, catalogue) for _, rule in RULES)


def explain(request: Request, facts: Facts, catalogue: Catalogue) -> tuple[Decision, tuple[RuleVerdict, ...]]:
    """The decision and what every rule said, also those after the one that decided."""
    answers = [(name, rule(request, facts, catalogue)) for name, rule in RULES]
    return _settled(answer for _, answer in answers), tuple(starmap(_verdict, answers))


def _settled(answers: Iterable[Answer]) -> Decision:
    """The first no, or the ground that a rule gave; without one it is no."""
    ground: Send | None = None
    for answer in answers:
        if answer is None or answer is SKIP:
            continue
        if isinstance(answer, Send):
            ground = answer
        elif not isinstance(answer, Skip):
            return answer
    return ground or Refuse(Reason.NO_CONSENT, "consent")


def _verdict(name: str, answer: Answer) -> RuleVerdict:
    match answer:
        case None:
            return RuleVerdict(name, Verdict.PASS)
        case Send(reason=reason, fact=fact):
            return RuleVerdict(name, Verdict.PASS, reason, fact)
        case Refuse(reason=reason, fact=fact):
            return RuleVerdict(name, Verdict.REFUSE, reason, fact)
        case Defer(reason=reason, until=until, fact=fact):
            return RuleVerdict(name, Verdict.DEFER, reason, fact, until)
        case _:
            return RuleVerdict(name, Verdict.SKIP)
