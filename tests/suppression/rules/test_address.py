"""Rules 2 and 5: an address that the channel can use."""

from dataclasses import replace

import pytest

from suppression.address import Address, parse_phone
from suppression.decision import Reason, Refuse, Send
from suppression.model import Channel, Recipient, Suppression
from tests.suppression.cases import (
    ANN,
    AUDIENCE,
    EMAIL,
    EXACT,
    NOW,
    OTHER,
    PHONE,
    SMS,
    VOICE,
    ask,
    decided,
    facts,
    scope,
    stop,
    yes,
)


class TestAddress:
    """Rules 2 and 5."""

    @pytest.mark.parametrize(
        ("path", "channel", "address"),
        [
            ("transactional/security", EMAIL, PHONE),
            ("transactional/security", SMS, ANN),
            ("transactional/security", VOICE, ANN),
        ],
    )
    def test_an_address_of_the_wrong_kind_is_unusable(
        self, path: str, channel: Channel, address: Address
    ) -> None:
        assert decided(ask(path, channel, address=address), facts()) == (
            Refuse,
            Reason.UNUSABLE_ADDRESS,
            None,
        )

    @pytest.mark.parametrize("channel", [SMS, VOICE])
    @pytest.mark.parametrize(
        "number", ["+19002223333", "+449098790123", "+499001234567", "+33899123456", "+979123456789"]
    )
    def test_a_premium_rate_number_is_unusable_even_for_what_is_required(
        self, number: str, channel: Channel
    ) -> None:
        request = ask("transactional/security", channel, address=parse_phone(number))

        assert decided(request, facts()) == (Refuse, Reason.UNUSABLE_ADDRESS, None)

    @pytest.mark.parametrize("number", ["+12025550143", "+447700900123", "+18005551212", "+919876543210"])
    def test_numbers_that_cost_what_others_cost_are_usable(self, number: str) -> None:
        request = ask("transactional/security", SMS, address=parse_phone(number))

        assert decided(request, facts())[0] is Send

    @pytest.mark.parametrize("address", [ANN, PHONE], ids=["email", "phone"])
    def test_an_audience_is_of_both_kinds(self, address: Address) -> None:
        request = ask("marketing/remarketing", AUDIENCE, address=address)

        assert decided(request, facts(yes())) == (Send, Reason.CONSENTED, "yes")

    def test_a_recipient_known_by_key_only_is_unusable(self) -> None:
        request = replace(ask("transactional/orders"), recipient=Recipient(b"k" * 16, EXACT))

        assert decided(request, facts()) == (Refuse, Reason.UNUSABLE_ADDRESS, None)

    @pytest.mark.parametrize("reason", [Reason.UNDELIVERABLE, Reason.UNUSABLE_ADDRESS])
    @pytest.mark.parametrize("path", ["transactional/security", "marketing/promotions"])
    @pytest.mark.parametrize("exact", [None, EXACT])
    def test_a_dead_address_gets_nothing(self, reason: Reason, path: str, exact: str | None) -> None:
        """`required` too, and whatever purpose, sender and app the entry names."""
        entry = stop(scope("service/account", EMAIL, sender="other", app="other"), reason, exact=exact)

        assert decided(ask(path), facts(entry, yes())) == (Refuse, reason, "stop")

    @pytest.mark.parametrize(
        "entry",
        [
            stop(reason=Reason.UNDELIVERABLE, exact=OTHER),
            stop(scope("*", SMS, VOICE), Reason.UNDELIVERABLE),
            stop(reason=Reason.UNDELIVERABLE, until=NOW),
        ],
        ids=["another exact address", "another channel", "ended"],
    )
    def test_a_dead_address_is_dead_for_itself_only(self, entry: Suppression) -> None:
        assert decided(ask("transactional/security"), facts(entry)) == (Send, Reason.REQUIRED, None)
