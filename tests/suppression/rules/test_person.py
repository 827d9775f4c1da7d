"""Rules 3 and 4: erased recipients and children."""

from typing import Any

import pytest

from suppression.decision import Reason, Refuse, Send
from suppression.model import Scope
from tests.suppression.cases import (
    AGO,
    SMS,
    ask,
    decided,
    facts,
    scope,
    stop,
    yes,
)


class TestPerson:
    """Rules 3 and 4."""

    @pytest.mark.parametrize("path", ["transactional/security", "marketing/promotions", "service/account"])
    @pytest.mark.parametrize("where", [scope(), scope("marketing", SMS)], ids=["all", "a part"])
    def test_an_erased_recipient_gets_nothing(self, path: str, where: Scope) -> None:
        known = facts(stop(where, Reason.ERASED), yes(order="99-0", direct=True))

        assert decided(ask(path), known) == (Refuse, Reason.ERASED, "stop")

    def test_an_erasure_that_was_ended_holds_no_more(self) -> None:
        known = facts(stop(reason=Reason.ERASED, until=AGO))

        assert decided(ask("transactional/orders"), known) == (Send, Reason.NO_CONSENT_NEEDED, None)

    @pytest.mark.parametrize(
        "known",
        [{"child": True}, {"birth_year": 2026}, {"birth_year": 2014}, {"birth_year": 2013}],
        ids=str,
    )
    @pytest.mark.parametrize("path", ["marketing/promotions", "transactional/orders"])
    def test_a_child_gets_nothing_but_what_is_required(self, path: str, known: dict[str, Any]) -> None:
        """Born in 2013 one may still be 12 in November 2026: unknown means no."""
        assert decided(ask(path), facts(yes(), **known)) == (Refuse, Reason.CHILD, None)
        assert decided(ask("transactional/security"), facts(**known)) == (Send, Reason.REQUIRED, None)

    def test_who_has_turned_the_age_is_no_child(self) -> None:
        assert decided(ask(), facts(yes(), birth_year=2012)) == (Send, Reason.CONSENTED, "yes")

    def test_the_age_is_the_senders(self) -> None:
        assert decided(ask(minimum_age=16), facts(yes(), birth_year=2011)) == (Refuse, Reason.CHILD, None)
