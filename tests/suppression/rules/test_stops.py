"""Rules 6 and 7: complaints, stops and blocks, and what passes them."""

import pytest

from suppression.decision import Reason, Refuse, Send
from suppression.model import Channel, Scope, Way
from suppression.purposes import Catalogue
from suppression.store.codec import scope_text
from tests.suppression.cases import (
    AHEAD,
    EMAIL,
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


class TestComplaint:
    """Rule 6."""

    entry = stop(scope("marketing/surveys", EMAIL, sender="other"), Reason.COMPLAINED)

    @pytest.mark.parametrize("path", ["marketing/promotions", "service/account", "service/product-updates"])
    def test_a_complaint_stops_marketing_and_service_on_its_channel(self, path: str) -> None:
        known = facts(self.entry, yes(order="99-0", direct=True, overrides=frozenset({"stop"})))

        assert decided(ask(path), known) == (Refuse, Reason.COMPLAINED, "stop")

    @pytest.mark.parametrize("path", ["transactional/orders", "transactional/security"])
    def test_a_complaint_leaves_transactions_alone(self, path: str) -> None:
        assert decided(ask(path), facts(stop(reason=Reason.COMPLAINED)))[0] is Send

    def test_a_complaint_is_of_its_channel(self) -> None:
        assert decided(ask(channel=SMS), facts(self.entry, yes()))[0] is Send

    def test_a_legal_notice_passes_a_complaint(self) -> None:
        request = ask("service/policy-changes", legal_notice="terms-2026")

        assert decided(request, facts(self.entry)) == (Send, Reason.REQUIRED, None)
        assert decided(ask("service/policy-changes"), facts(self.entry))[0] is Refuse

    def test_a_class_nobody_knows_is_stopped_like_marketing(self) -> None:
        own = Catalogue.from_table({"club/news": {"channels": ["email"]}})

        known = facts(self.entry, yes("club"))
        assert decided(ask("club/news", catalogue=own), known, own)[1] is Reason.COMPLAINED


COVERING = [
    scope(),
    scope("marketing"),
    scope("marketing/promotions"),
    scope("*", EMAIL),
    scope("*", EMAIL, SMS),
    scope(sender="brand"),
    scope(app="shop"),
    scope("marketing/promotions", EMAIL, sender="brand", app="shop"),
]
PASSING_BY = [
    scope("service"),
    scope("marketing/surveys"),
    scope("marketing/promo"),
    scope("marketing/promotions/more"),
    scope("*", SMS, VOICE),
    scope(sender="other"),
    scope(app="other"),
]


class TestSuppression:
    """Rule 7."""

    @pytest.mark.parametrize("where", COVERING, ids=scope_text)
    @pytest.mark.parametrize("reason", [Reason.UNSUBSCRIBED, Reason.BLOCKED, Reason.IN_REVIEW, Reason.LISTED])
    def test_an_entry_that_covers_the_request_refuses_it(self, where: Scope, reason: Reason) -> None:
        assert decided(ask(), facts(stop(where, reason), yes())) == (Refuse, reason, "stop")

    @pytest.mark.parametrize("where", PASSING_BY, ids=scope_text)
    def test_an_entry_beside_the_request_lets_it_pass(self, where: Scope) -> None:
        assert decided(ask(), facts(stop(where), yes())) == (Send, Reason.CONSENTED, "yes")

    def test_a_stop_of_the_folded_address_holds_for_every_spelling(self) -> None:
        assert decided(ask(), facts(stop(exact=OTHER), yes()))[1] is Reason.UNSUBSCRIBED

    def test_a_pause_ends_by_itself(self) -> None:
        assert decided(ask(), facts(stop(until=AHEAD), yes()))[0] is Refuse
        assert decided(ask(), facts(stop(until=NOW), yes()))[0] is Send

    def test_the_narrowest_entry_is_named(self) -> None:
        known = facts(
            stop(id="all"),
            stop(scope("marketing", EMAIL), id="class"),
            stop(scope("marketing/promotions"), Reason.BLOCKED, id="leaf"),
        )

        assert decided(ask(), known) == (Refuse, Reason.BLOCKED, "leaf")

    def test_of_equally_narrow_ones_the_oldest_is_named(self) -> None:
        """By number, not by letter: 9-5 was before 10-0."""
        known = facts(stop(id="c", order="10-0"), stop(id="b", order="9-10"), stop(id="a", order="9-5"))

        assert decided(ask(), known)[2] == "a"

    @pytest.mark.parametrize("way", [way for way in Way if way is not Way.PROVIDER])
    @pytest.mark.parametrize("reason", [Reason.UNSUBSCRIBED, Reason.IN_REVIEW, Reason.LISTED, Reason.BLOCKED])
    @pytest.mark.parametrize("channel", [EMAIL, SMS, VOICE])
    def test_required_passes_every_stop_of_everything(
        self, way: Way, reason: Reason, channel: Channel
    ) -> None:
        known = facts(stop(reason=reason, way=way))

        assert decided(ask("transactional/security", channel), known) == (Send, Reason.REQUIRED, None)

    def test_required_passes_no_block_that_names_it(self) -> None:
        entry = stop(scope("transactional/security"), Reason.BLOCKED, way=Way.AGENT)

        assert decided(ask("transactional/security"), facts(entry)) == (Refuse, Reason.BLOCKED, "stop")

    def test_required_passes_a_stop_that_names_it(self) -> None:
        known = facts(stop(scope("transactional/security")))

        assert decided(ask("transactional/security"), known)[0] is Send

    @pytest.mark.parametrize(("channel", "kind"), [(EMAIL, Send), (SMS, Refuse), (VOICE, Refuse)])
    def test_required_passes_no_block_of_a_carrier_on_the_number(self, channel: Channel, kind: type) -> None:
        known = facts(stop(way=Way.PROVIDER))

        assert decided(ask("transactional/security", channel), known)[0] is kind

    def test_required_names_what_binds_it(self) -> None:
        """A narrower stop beside it does not hide the block."""
        known = facts(
            stop(scope("transactional/security", EMAIL), id="stop"),
            stop(scope("transactional/security"), Reason.BLOCKED, id="block"),
        )

        assert decided(ask("transactional/security"), known) == (Refuse, Reason.BLOCKED, "block")

    @pytest.mark.parametrize(("reference", "kind"), [("", Refuse), (" ", Refuse), ("terms-2026", Send)])
    def test_a_policy_change_passes_stops_only_as_a_legal_notice(self, reference: str, kind: type) -> None:
        request = ask("service/policy-changes", legal_notice=reference)

        assert decided(request, facts(stop()))[0] is kind

    def test_a_legal_reference_makes_nothing_else_required(self) -> None:
        assert decided(ask("service/account", legal_notice="terms-2026"), facts(stop()))[0] is Refuse
