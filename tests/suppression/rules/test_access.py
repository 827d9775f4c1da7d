"""Rule 1: what an app may do at all."""

from datetime import timedelta
from typing import Any

import pytest

from suppression.decision import Reason, Refuse, Send
from suppression.model import App, Channel, Way
from tests.suppression.cases import EMAIL, MOVED, NOW, SMS, VOICE, ask, decided, facts, scope, stop, yes

REFUSED = (Refuse, Reason.NOT_PERMITTED, None)


class TestAccess:
    """Rule 1."""

    @pytest.mark.parametrize(
        "nodes", [("*",), ("marketing",), ("marketing/promotions",), ("service", "marketing")]
    )
    def test_an_app_may_use_what_lies_below_its_nodes(self, nodes: tuple[str, ...]) -> None:
        request = ask(app=App("shop", "brand", purposes=nodes))

        assert decided(request, facts(yes())) == (Send, Reason.CONSENTED, "yes")

    @pytest.mark.parametrize(
        "nodes", [(), ("service",), ("market",), ("marketing/promotions/more",), ("marketing/",)]
    )
    def test_an_app_may_use_nothing_else(self, nodes: tuple[str, ...]) -> None:
        request = ask(app=App("shop", "brand", purposes=nodes))

        assert decided(request, facts(yes())) == (Refuse, Reason.NOT_PERMITTED, None)

    def test_an_app_keeps_to_its_channels(self) -> None:
        app = App("shop", "brand", channels=frozenset({SMS}))

        assert decided(ask(app=app), facts(yes())) == (Refuse, Reason.NOT_PERMITTED, None)
        assert decided(ask(channel=SMS, app=app), facts(yes())) == (Send, Reason.CONSENTED, "yes")

    @pytest.mark.parametrize(
        ("path", "channel"),
        [("transactional/orders", VOICE), ("marketing/industry-news", SMS), ("marketing/remarketing", EMAIL)],
    )
    def test_a_purpose_keeps_to_its_channels(self, path: str, channel: Channel) -> None:
        assert decided(ask(path, channel), facts(yes())) == (Refuse, Reason.NOT_PERMITTED, None)

    @pytest.mark.parametrize("nodes", [("*",), ("system",), ("system/dsn",)])
    def test_no_app_may_use_the_gateways_own_purposes(self, nodes: tuple[str, ...]) -> None:
        request = ask("system/dsn", app=App("shop", "brand", purposes=nodes))

        assert decided(request, facts()) == (Refuse, Reason.NOT_PERMITTED, None)

    def test_the_gateway_uses_its_own_purposes_in_spite_of_stops(self) -> None:
        request = ask("system/dsn", system=True)

        assert decided(request, facts(stop())) == (Send, Reason.REQUIRED, None)

    def test_a_help_text_goes_in_spite_of_a_stop_by_text(self) -> None:
        request = ask("system/help", SMS, system=True, answers="SM1")

        assert decided(request, facts(stop(way=Way.SMS))) == (Send, Reason.REQUIRED, None)

    @pytest.mark.parametrize("path", ["system/help", "system/stop-confirmation", "system/dsn"])
    def test_no_text_of_the_gateways_own_goes_that_answers_nothing(self, path: str) -> None:
        request = ask(path, SMS, system=True)

        assert decided(request, facts(stop(at=NOW))) == (Refuse, Reason.NOT_PERMITTED, None)

    def test_the_gateway_uses_no_purpose_of_apps(self) -> None:
        app = App("gateway", "brand", purposes=())

        assert decided(ask(app=app, system=True), facts(yes())) == (Refuse, Reason.NOT_PERMITTED, None)

    def test_a_purpose_that_is_not_in_the_catalogue_is_refused(self) -> None:
        """A request made under another catalogue."""
        request = ask("transactional/orders")

        assert decided(request, facts(), MOVED) == (Refuse, Reason.NOT_PERMITTED, None)


class TestStopConfirmation:
    """Exactly one text passes a stop: the one that confirms it, and soon."""

    def confirms(self, entry: str = "stop", **given: Any) -> tuple[Any, ...]:
        request = ask("system/stop-confirmation", SMS, system=True, answers=entry)
        values: dict[str, Any] = {"way": Way.SMS, "at": NOW} | given
        return decided(request, facts(stop(scope("*", SMS), **values)))

    @pytest.mark.parametrize("ago", [timedelta(0), timedelta(minutes=5), -timedelta(seconds=1)])
    def test_it_goes_within_five_minutes(self, ago: timedelta) -> None:
        assert self.confirms(at=NOW - ago) == (Send, Reason.REQUIRED, None)

    def test_later_it_does_not(self) -> None:
        assert self.confirms(at=NOW - timedelta(minutes=5, seconds=1)) == REFUSED

    def test_it_names_the_stop_that_it_confirms(self) -> None:
        assert self.confirms("other") == REFUSED

    def test_a_stop_that_was_ended_is_not_confirmed(self) -> None:
        request = ask("system/stop-confirmation", SMS, system=True, answers="stop")

        assert decided(request, facts()) == REFUSED
        assert self.confirms(until=NOW) == REFUSED

    def test_what_is_no_stop_of_the_recipients_is_not_confirmed(self) -> None:
        assert self.confirms(reason=Reason.IN_REVIEW) == REFUSED

    def test_nothing_is_confirmed_to_a_number_that_the_carrier_blocks(self) -> None:
        assert self.confirms(way=Way.PROVIDER) == (Refuse, Reason.UNSUBSCRIBED, "stop")

    def test_an_app_confirms_nothing(self) -> None:
        request = ask("system/stop-confirmation", SMS, answers="stop")

        assert decided(request, facts(stop(at=NOW))) == REFUSED
