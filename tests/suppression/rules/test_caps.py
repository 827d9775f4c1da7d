"""Rule 11, frequency caps: what is counted, when there is room again, and what is never capped."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from suppression.decision import SKIP, Defer, Reason, Refuse
from suppression.limits import Cap, Limits
from suppression.model import Counted, Facts, Request
from suppression.rules.caps import capping, caps
from tests.suppression.cases import CATALOGUE, EMAIL, NOW, SMS, VOICE, ask

HOUR = 3600
DAILY = Cap("daily", 24 * HOUR, 3, "marketing", frozenset({EMAIL}))


def counted(*hours_ago: float, cap: str = "daily", last: str = "m") -> Facts:
    now = NOW.timestamp() * 1000
    messages = [(f"{last}{n}", round(now - hours * HOUR * 1000)) for n, hours in enumerate(hours_ago)]
    return Facts(counted=(Counted(cap, tuple(messages)),))


def judged(known: Facts, request: Request | None = None, *limits: Cap) -> Any:
    catalogue = CATALOGUE.limited(Limits(caps=limits or (DAILY,)))
    return caps(request or ask(), known, catalogue)


def test_up_to_its_count_a_cap_lets_messages_pass() -> None:
    assert judged(counted(5, 3)) is None
    assert judged(Facts()) is None


def test_above_it_they_are_refused() -> None:
    assert judged(counted(5, 3, 1)) == Refuse(Reason.CAPPED, "caps", "daily")


def test_what_was_longer_ago_does_not_count() -> None:
    assert judged(counted(24, 3, 1)) is None


def test_a_message_may_wait_for_its_turn_as_long_as_the_cap_lets_it() -> None:
    waits = replace(DAILY, defer=4 * HOUR)
    assert judged(counted(20, 3, 1), None, waits) == Defer(
        Reason.CAPPED, NOW + timedelta(hours=4), "caps", "daily"
    )
    assert judged(counted(19.9, 3, 1), None, waits) == Refuse(Reason.CAPPED, "caps", "daily")


def test_the_cap_that_opens_last_is_named() -> None:
    short = Cap("short", HOUR, 1, "*", defer=HOUR)
    known = Facts(counted=(*counted(20, 3, 1).counted, *counted(0.5, cap="short").counted))
    decision = judged(known, None, replace(DAILY, defer=24 * HOUR), short)
    assert decision == Defer(Reason.CAPPED, NOW + timedelta(hours=4), "caps", "daily")


def test_a_cap_that_refuses_beats_one_that_defers() -> None:
    waits = Cap("waits", 48 * HOUR, 1, "*", defer=48 * HOUR)
    known = Facts(counted=(*counted(1, cap="waits").counted, *counted(5, 3, 1).counted))
    assert judged(known, None, waits, DAILY) == Refuse(Reason.CAPPED, "caps", "daily")


def test_a_message_that_was_counted_has_its_place() -> None:
    again = replace(ask(), message="m1")
    assert judged(counted(5, 3, 1), again) is None


def test_before_the_message_is_known_caps_are_not_asked() -> None:
    assert judged(counted(5, 3, 1), replace(ask(), message=None)) is SKIP


@pytest.mark.parametrize(
    ("request_", "counts"),
    [
        (ask(), True),
        (ask("marketing/partners/acme"), True),
        (ask(channel=SMS), False),
        (ask("service/feedback"), False),
    ],
)
def test_a_cap_counts_its_purposes_on_its_channels(request_: Request, counts: bool) -> None:  # noqa: FBT001 - a row's
    assert bool(capping(request_, Limits(caps=(DAILY,)))) is counts


@pytest.mark.parametrize(
    ("path", "channel"),
    [
        ("transactional/orders", EMAIL),
        ("transactional/security", SMS),
        ("transactional/payments", VOICE),
        ("system/dsn", EMAIL),
    ],
)
def test_transactions_and_required_are_never_capped(path: str, channel: Any) -> None:
    request = ask(path, channel)
    everything = Limits(caps=(Cap("all", HOUR, 1),))
    assert capping(request, everything) == ()
    assert capping(replace(request, purpose=replace(request.purpose, required=True)), everything) == ()


def test_a_legal_notice_is_not_capped_and_the_same_without_its_reference_is() -> None:
    everything = Limits(caps=(Cap("all", HOUR, 1),))
    assert capping(ask("service/policy-changes", legal_notice="terms 2027"), everything) == ()
    assert capping(ask("service/policy-changes"), everything) != ()


def test_purposes_that_moved_are_counted_where_they_were() -> None:
    moved = replace(ask().purpose, replaces=("offers/weekly",))
    assert capping(replace(ask(), purpose=moved), Limits(caps=(Cap("old", HOUR, 1, "offers"),)))
