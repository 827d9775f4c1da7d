"""Rule 10, and purposes that moved."""

import pytest

from suppression.decision import Reason, Refuse, Send
from suppression.model import Basis, Channel, Consent
from tests.suppression.cases import (
    AGO,
    AHEAD,
    AUDIENCE,
    EMAIL,
    MOVED,
    NOW,
    OTHER,
    SMS,
    VOICE,
    ask,
    decided,
    facts,
    scope,
    stop,
    yes,
)


class TestConsent:
    """Rule 10."""

    @pytest.mark.parametrize(
        ("path", "channel", "reason"),
        [
            ("transactional/orders", EMAIL, Reason.NO_CONSENT_NEEDED),
            ("transactional/payments", VOICE, Reason.NO_CONSENT_NEEDED),
            ("service/account", EMAIL, Reason.NO_CONSENT_NEEDED),
            ("service/policy-changes", EMAIL, Reason.NO_CONSENT_NEEDED),
            ("transactional/security", SMS, Reason.REQUIRED),
            ("service/feedback", EMAIL, Reason.NOT_OBJECTED),
        ],
    )
    def test_somebody_unknown_may_get(self, path: str, channel: Channel, reason: Reason) -> None:
        assert decided(ask(path, channel), facts()) == (Send, reason, None)

    @pytest.mark.parametrize(
        ("path", "channel"),
        [
            ("marketing/promotions", EMAIL),
            ("marketing/partners/acme", SMS),
            ("service/feedback", VOICE),
            ("service/scheduled-calls", VOICE),
            ("marketing/personalisation", AUDIENCE),
        ],
    )
    def test_somebody_unknown_may_not_get(self, path: str, channel: Channel) -> None:
        assert decided(ask(path, channel), facts()) == (Refuse, Reason.NO_CONSENT, None)

    @pytest.mark.parametrize("basis", Basis)
    def test_a_consent_is_named_by_its_basis(self, basis: Basis) -> None:
        reason = Reason.SOFT_OPT_IN if basis is Basis.SOFT_OPT_IN else Reason.CONSENTED

        assert decided(ask(), facts(yes(basis=basis))) == (Send, reason, "yes")

    @pytest.mark.parametrize(
        "consent",
        [
            yes(sender="other"),
            yes(sender="*"),
            yes("marketing/surveys"),
            yes("service"),
            yes("marketing", SMS),
            yes(exact=OTHER),
            yes(withdrawn=AGO),
        ],
        ids=[
            "other sender",
            "no sender",
            "other leaf",
            "other class",
            "other channel",
            "other exact",
            "withdrawn",
        ],
    )
    def test_no_yes_for_this_is_no_consent(self, consent: Consent) -> None:
        assert decided(ask(), facts(consent)) == (Refuse, Reason.NO_CONSENT, None)

    def test_a_consent_that_has_expired_is_named(self) -> None:
        known = facts(yes(id="older", order="1-0", expires=AGO), yes(expires=NOW))

        assert decided(ask(), known) == (Refuse, Reason.CONSENT_EXPIRED, "yes")

    def test_an_expired_consent_beside_one_in_force_does_no_harm(self) -> None:
        known = facts(yes(id="gone", order="9-0", expires=AGO), yes(expires=AHEAD))

        assert decided(ask(), known) == (Send, Reason.CONSENTED, "yes")

    def test_the_latest_consent_is_named(self) -> None:
        known = facts(yes(id="new", order="10-0"), yes(id="old", order="9-0"))

        assert decided(ask(), known)[2] == "new"

    @pytest.mark.parametrize("path", ["marketing/promotions", "service/feedback"])
    def test_a_withdrawal_ends_every_yes_before_it(self, path: str) -> None:
        """Who withdrew the later, narrower consent does not want to be reminded of the wider one."""
        known = facts(
            yes(path.partition("/")[0], order="1-0"), yes(path, id="gone", order="2-0", withdrawn=AGO)
        )

        assert decided(ask(path), known)[:2] == (Refuse, Reason.NO_CONSENT)

    @pytest.mark.parametrize("path", ["marketing/promotions", "service/feedback"])
    def test_a_new_yes_ends_a_withdrawal(self, path: str) -> None:
        known = facts(yes(path, id="gone", order="2-0", withdrawn=AGO), yes(path, order="10-0"))

        assert decided(ask(path), known)[0] is Send

    def test_a_withdrawal_is_an_objection(self) -> None:
        known = facts(yes("service", withdrawn=AGO))

        assert decided(ask("service/feedback"), known) == (Refuse, Reason.NO_CONSENT, "yes")

    def test_an_expired_consent_is_no_objection(self) -> None:
        known = facts(yes("service", expires=AGO))

        assert decided(ask("service/feedback"), known) == (Send, Reason.NOT_OBJECTED, None)


class TestMovedPurposes:
    """A purpose keeps the stops and consents of its older paths, and of the nodes above them."""

    @pytest.mark.parametrize("node", ["offers/weekly", "offers", "marketing", "marketing/promotions"])
    def test_an_old_stop_holds(self, node: str) -> None:
        request = ask("offers/weekly", catalogue=MOVED)

        assert decided(request, facts(stop(scope(node)), yes()), MOVED)[1] is Reason.UNSUBSCRIBED

    @pytest.mark.parametrize("node", ["offers/weekly", "offers"])
    def test_an_old_consent_holds(self, node: str) -> None:
        request = ask("marketing/promotions", catalogue=MOVED)

        assert decided(request, facts(yes(node)), MOVED) == (Send, Reason.CONSENTED, "yes")

    def test_an_old_stop_holds_for_nothing_else(self) -> None:
        request = ask("marketing/surveys", catalogue=MOVED)

        assert decided(request, facts(stop(scope("offers")), yes()), MOVED)[0] is Send
