"""Short words for the cases of the rules' tests: who asks, what is known, what is decided."""

from datetime import UTC, datetime, timedelta
from typing import Any

from suppression.address import Address, parse
from suppression.decision import Defer, Reason, Refuse, Verdict
from suppression.model import App, Basis, Channel, Consent, Facts, Recipient, Request, Scope, Suppression, Way
from suppression.policy import RULES, decide, explain
from suppression.purposes import Catalogue

NOW = datetime(2026, 11, 24, 18, tzinfo=UTC)  # within calling hours of PHONE
AGO, AHEAD = NOW - timedelta(days=1), NOW + timedelta(days=1)
EMAIL, SMS, VOICE, AUDIENCE = Channel.EMAIL, Channel.SMS, Channel.VOICE, Channel.AUDIENCE
ANN, PHONE = parse("ann@example.net"), parse("+12025550143")
EXACT, OTHER = "e" * 16, "f" * 16  # keys of two exact addresses under one folded one
CATALOGUE = Catalogue.shipped()
MOVED = Catalogue.from_table(
    {
        "marketing/promotions": {"channels": ["email", "sms"], "replaces": ["offers/weekly"]},
        "marketing/surveys": {"channels": ["email"]},
    }
)


def scope(purpose: str = "*", *channels: Channel, sender: str = "*", app: str = "*") -> Scope:
    return Scope(frozenset(channels), purpose, sender, app)


def stop(where: Scope | None = None, reason: Reason = Reason.UNSUBSCRIBED, **given_: Any) -> Suppression:
    values: dict[str, Any] = {"id": "stop", "way": Way.LINK, "order": "10-0", "at": AGO} | given_
    return Suppression(
        scope=where or scope(), reason=reason, source="unsubscribe", actor="recipient", **values
    )


def yes(purpose: str = "marketing", *channels: Channel, sender: str = "brand", **given_: Any) -> Consent:
    values: dict[str, Any] = {"id": "yes", "basis": Basis.OPT_IN, "order": "5-0", "exact": EXACT} | given_
    where = scope(purpose, *channels, sender=sender)
    return Consent(scope=where, source="form", actor="app", at=AGO, **values)


def facts(*known: Suppression | Consent, **given_: Any) -> Facts:
    return Facts(
        suppressions=tuple(fact for fact in known if isinstance(fact, Suppression)),
        consents=tuple(fact for fact in known if isinstance(fact, Consent)),
        **given_,
    )


def ask(
    path: str = "marketing/promotions",
    channel: Channel = EMAIL,
    *,
    app: App | None = None,
    catalogue: Catalogue = CATALOGUE,
    address: Address | None = None,
    **given_: Any,
) -> Request:
    to = Recipient(b"k" * 16, EXACT, address or (ANN if channel in (EMAIL, AUDIENCE) else PHONE))
    return Request(app or App("shop", "brand"), channel, catalogue.find(path), to, NOW, **given_)


def decided(request: Request, known: Facts, catalogue: Catalogue = CATALOGUE) -> tuple[Any, ...]:
    """Class, reason and fact; and that explain says the same."""
    decision = decide(request, known, catalogue)
    explained, verdicts = explain(request, known, catalogue)
    assert explained == decision
    assert [line.rule for line in verdicts] == [name for name, _ in RULES]
    assert not isinstance(decision, Defer)
    if isinstance(decision, Refuse):
        first = next(line for line in verdicts if line.verdict is Verdict.REFUSE)
        assert (first.rule, first.reason, first.fact) == (decision.rule, decision.reason, decision.fact)
    return type(decision), decision.reason, decision.fact
