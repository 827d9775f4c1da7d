"""Which consent overrides which stop, and what a new consent is told."""

from dataclasses import replace

import pytest

from suppression.decision import Reason, Refuse, Send
from suppression.model import Consent, Suppression
from suppression.rules.stops import stands_against
from tests.suppression.cases import (
    AGO,
    CATALOGUE,
    EMAIL,
    EXACT,
    MOVED,
    NOW,
    OTHER,
    SMS,
    ask,
    decided,
    facts,
    scope,
    stop,
    yes,
)


class TestOverriding:
    """A consent over an `unsubscribed` entry, in rule 7."""

    later = yes(order="11-0", direct=True)

    @pytest.mark.parametrize(
        "consent",
        [
            later,
            replace(later, order="10-1"),
            replace(later, order="100-0"),
            replace(later, direct=False, overrides=frozenset({"stop"})),
            replace(later, scope=scope("marketing/promotions", EMAIL, sender="brand")),
        ],
        ids=["direct", "same millisecond", "by number", "named", "narrower than the stop"],
    )
    def test_a_later_yes_overrides_a_stop(self, consent: Consent) -> None:
        assert decided(ask(), facts(stop(), consent)) == (Send, Reason.CONSENTED, "yes")

    @pytest.mark.parametrize(
        "consent",
        [
            replace(later, direct=False),
            replace(later, direct=False, overrides=frozenset({"another"})),
            replace(later, order="9-0"),
            replace(later, order="10-0"),
            replace(later, order="9-99"),
            replace(later, exact=OTHER),
            replace(later, scope=scope("marketing/surveys", sender="brand")),
            replace(later, scope=scope("marketing", SMS, sender="brand")),
            replace(later, scope=scope("marketing", sender="other")),
            replace(later, scope=scope("marketing")),
            replace(later, expires=NOW),
            replace(later, withdrawn=AGO),
        ],
        ids=[
            "by an app",
            "names another",
            "before",
            "at once",
            "before, by number",
            "another exact address",
            "another purpose",
            "another channel",
            "another sender",
            "no named sender",
            "expired",
            "withdrawn",
        ],
    )
    def test_no_other_yes_does(self, consent: Consent) -> None:
        known = facts(stop(), consent, yes(id="old", order="1-0"))

        assert decided(ask(), known) == (Refuse, Reason.UNSUBSCRIBED, "stop")

    @pytest.mark.parametrize(
        "reason",
        [reason for reason in Reason if reason is not Reason.UNSUBSCRIBED],
    )
    def test_nothing_but_a_stop_is_overridden(self, reason: Reason) -> None:
        known = facts(stop(reason=reason), replace(self.later, overrides=frozenset({"stop"})))

        assert decided(ask(), known) == (Refuse, reason, "stop")

    def test_an_overridden_stop_goes_on_refusing_all_else(self) -> None:
        known = facts(
            stop(scope("marketing")), yes("marketing/surveys", order="11-0", direct=True), yes(id="old")
        )

        assert decided(ask("marketing/surveys"), known)[0] is Send
        assert decided(ask("marketing/promotions"), known)[0] is Refuse

    def test_every_entry_is_overridden_for_itself(self) -> None:
        """Entries stand side by side: a yes that names one leaves the other."""
        consent = yes(order="11-0", overrides=frozenset({"one"}))
        known = facts(stop(id="one"), stop(id="two"), consent)

        assert decided(ask(), known) == (Refuse, Reason.UNSUBSCRIBED, "two")


class TestStandsAgainst:
    """What a consent is told when it is given: `effective`, or `blocked_by`."""

    consent = yes("marketing", EMAIL, order="11-0", direct=True)

    @pytest.mark.parametrize(
        "entry",
        [
            stop(scope("*"), Reason.BLOCKED),
            stop(scope("marketing"), Reason.BLOCKED),
            stop(scope("marketing/surveys"), Reason.BLOCKED),
            stop(scope("marketing", EMAIL, SMS), Reason.LISTED),
            stop(scope(sender="brand", app="shop"), Reason.BLOCKED),
            stop(order="12-0"),
            stop(scope("service", SMS), Reason.ERASED),
            stop(scope("service", EMAIL), Reason.COMPLAINED),
            stop(scope("service", EMAIL), Reason.UNDELIVERABLE, exact=EXACT),
            stop(reason=Reason.UNDELIVERABLE),
        ],
        ids=lambda entry: f"{entry.reason} {entry.scope.purpose}",
    )
    def test_an_entry_that_meets_it_stands_against_it(self, entry: Suppression) -> None:
        assert stands_against(self.consent, facts(entry), NOW, CATALOGUE) == ("stop",)

    @pytest.mark.parametrize(
        "entry",
        [
            stop(),
            stop(scope("marketing/surveys")),
            stop(scope("service"), Reason.BLOCKED),
            stop(scope("market"), Reason.BLOCKED),
            stop(scope("*", SMS), Reason.BLOCKED),
            stop(scope(sender="other"), Reason.BLOCKED),
            stop(reason=Reason.BLOCKED, until=NOW),
            stop(reason=Reason.UNDELIVERABLE, exact=OTHER),
            stop(scope("*", SMS), Reason.COMPLAINED),
        ],
        ids=lambda entry: f"{entry.reason} {entry.scope.purpose}",
    )
    def test_others_do_not(self, entry: Suppression) -> None:
        assert stands_against(self.consent, facts(entry), NOW, CATALOGUE) == ()

    def test_a_consent_that_overrides_nothing_is_told_of_all(self) -> None:
        known = facts(stop(id="one"), stop(scope("marketing/surveys", EMAIL), id="two"))

        assert stands_against(replace(self.consent, direct=False), known, NOW) == ("one", "two")

    def test_a_complaint_stands_against_no_consent_to_transactions(self) -> None:
        known = facts(stop(reason=Reason.COMPLAINED))

        assert stands_against(yes("transactional/payments"), known, NOW) == ()

    def test_entries_under_an_older_path_are_found(self) -> None:
        known = facts(stop(scope("offers"), order="99-0"))

        for node in ("marketing", "marketing/promotions"):
            assert stands_against(yes(node), known, NOW, MOVED) == ("stop",)
        assert stands_against(yes("marketing/surveys"), known, NOW, MOVED) == ()
