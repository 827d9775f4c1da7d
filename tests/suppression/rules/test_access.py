"""Rule 1: what an app may do at all."""

import pytest

from suppression.decision import Reason, Refuse, Send
from suppression.model import App, Channel
from tests.suppression.cases import EMAIL, MOVED, SMS, VOICE, ask, decided, facts, stop, yes


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
        """The confirmation of a stop comes after the stop."""
        request = ask("system/stop-confirmation", SMS, system=True)

        assert decided(request, facts(stop())) == (Send, Reason.REQUIRED, None)

    def test_the_gateway_uses_no_purpose_of_apps(self) -> None:
        app = App("gateway", "brand", purposes=())

        assert decided(ask(app=app, system=True), facts(yes())) == (Refuse, Reason.NOT_PERMITTED, None)

    def test_a_purpose_that_is_not_in_the_catalogue_is_refused(self) -> None:
        """A request made under another catalogue."""
        request = ask("transactional/orders")

        assert decided(request, facts(), MOVED) == (Refuse, Reason.NOT_PERMITTED, None)
