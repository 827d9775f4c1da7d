"""The rules, a file per family. Each is a function of request, facts and catalogue, without clock and I/O, and answers

    None         nothing against it
    SKIP         the rule does not concern this request
    Send         nothing against it, and this is the ground on which it may go (consent)
    Refuse       not at all
    Defer        not yet

The order of the rules is policy.RULES.
"""

from collections.abc import Callable

from suppression.decision import Decision, Skip
from suppression.model import Facts, Request
from suppression.purposes import Catalogue

Answer = Decision | Skip | None
Rule = Callable[[Request, Facts, Catalogue], Answer]
