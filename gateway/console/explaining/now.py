"""What would be decided now of a message, rule by rule. Pure."""

from dataclasses import dataclass
from datetime import datetime

from gateway.console.explaining.shown import PASSED, REFUSED, SKIPPED, WAITED, NowView, RuleRow, Told
from gateway.console.explaining.wording import RULES, because
from gateway.console.recipients import handles, words
from gateway.console.recipients.grid import reachable
from suppression import policy
from suppression.decision import Decision, Defer, Refuse, RuleVerdict, Send, Verdict
from suppression.errors import UnknownPurpose
from suppression.model import MINIMUM_AGE, App, Channel, Consent, Facts, Recipient, Request, Suppression
from suppression.purposes import Catalogue
from suppression.store.apply import CONSENT_HANDLE, SUPPRESSION_HANDLE
from suppression.store.keys import handle


@dataclass(frozen=True, slots=True)
class Asked:
    """One message that is asked about."""

    app: App
    channel: Channel
    purpose: str
    legal_notice: str = ""
    minimum_age: int = MINIMUM_AGE


def now(
    asked: Asked, recipient: Recipient, facts: Facts, catalogue: Catalogue, at: datetime
) -> NowView | None:
    """What would be decided now, as the recipient's page has it. None for a purpose that is no more."""
    try:
        purpose = catalogue.find(asked.purpose)
    except UnknownPurpose:
        return None
    request = Request(
        asked.app,
        asked.channel,
        purpose,
        reachable(recipient, asked.channel),
        at,
        legal_notice=asked.legal_notice,
        minimum_age=asked.minimum_age,
    )
    made, verdicts = policy.explain(request, facts, catalogue)
    kind, title = _would(made)
    rows = [
        RuleRow(
            one.rule,
            RULES[one.rule],
            None,
            _verdict(one),
            one.rule == made.rule,
            _link(recipient, facts, one),
        )
        for one in verdicts
    ]
    return NowView(kind, title, because(made.reason), rows)


def _would(made: Decision) -> tuple[str, str]:
    match made:
        case Send():
            return PASSED, "It would go now"
        case Refuse():
            return REFUSED, "It would be refused now"
        case Defer():
            return WAITED, f"It would wait now, until {words.minute(made.until)}"


def _verdict(one: RuleVerdict) -> Told:
    said = because(one.reason) if one.reason else ""
    match one.verdict:
        case Verdict.REFUSE:
            return Told(REFUSED, f"Refuses: {said}")
        case Verdict.DEFER:
            until = f", until {words.minute(one.until)}" if one.until else ""
            return Told(WAITED, f"Puts it off: {said}{until}")
        case Verdict.SKIP:
            return Told(SKIPPED, "Does not concern it")
        case _:
            return Told(PASSED, f"Allows it: {said}" if said else "Has nothing against it")


def _link(recipient: Recipient, facts: Facts, one: RuleVerdict) -> str:
    entry = entry_of(facts, one.fact or "")
    return "" if entry is None else place_of(recipient, entry)


def entry_of(facts: Facts, entry_id: str) -> Suppression | Consent | None:
    known: list[Suppression | Consent] = [*facts.suppressions, *facts.consents]
    return next((entry for entry in known if entry.id == entry_id), None)


def place_of(recipient: Recipient, entry: Suppression | Consent) -> str:
    """On the recipient's page."""
    prefix = SUPPRESSION_HANDLE if isinstance(entry, Suppression) else CONSENT_HANDLE
    return f"{handles.page(recipient)}#{handle(prefix, recipient.key, entry.id)}"
