"""Rule 12, calling and quiet hours: which requests they concern, and what is known of the zone."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from suppression.address import parse
from suppression.decision import SKIP, Defer, Reason, Refuse
from suppression.limits import Limits
from suppression.model import Facts
from suppression.rules.hours import hours, open_until
from tests.suppression.cases import CATALOGUE, EMAIL, SMS, VOICE, ask

NIGHT = datetime(2026, 11, 24, 8, tzinfo=UTC)  # 3 in New York
OPENS = datetime(2026, 11, 24, 14, tzinfo=UTC)
TOLL_FREE = parse("+18005550143")


def judged(request: Any, known: Facts | None = None, at: datetime = NIGHT, catalogue: Any = CATALOGUE) -> Any:
    return hours(replace(request, at=at), known or Facts(), catalogue)


@pytest.mark.parametrize(
    ("path", "channel", "concerned"),
    [
        ("marketing/promotions", SMS, True),
        ("marketing/promotions", VOICE, True),
        ("marketing/promotions", EMAIL, False),
        ("service/feedback", VOICE, True),
        ("service/notifications", SMS, False),
        ("transactional/security", VOICE, False),
        ("transactional/orders", SMS, False),
    ],
)
def test_hours_concern_texts_of_marketing_and_calls_of_marketing_and_service(
    path: str,
    channel: Any,
    concerned: bool,  # noqa: FBT001 - a row's
) -> None:
    deferred = Defer(Reason.OUTSIDE_HOURS, OPENS, "hours", "us-strict")
    assert judged(ask(path, channel)) == (deferred if concerned else SKIP)


def test_within_them_nothing_is_against_it() -> None:
    assert judged(ask(channel=SMS), at=OPENS) is None


def test_a_known_zone_is_added_for_marketing_and_replaces_for_service() -> None:
    """9 in Honolulu is 14 in New York."""
    lives_there = Facts(zone="Pacific/Honolulu")
    assert judged(ask(channel=SMS), lives_there, OPENS) == Defer(
        Reason.OUTSIDE_HOURS, datetime(2026, 11, 24, 19, tzinfo=UTC), "hours", "us-strict"
    )
    assert judged(ask("service/feedback", VOICE), lives_there, datetime(2026, 11, 25, 3, tzinfo=UTC)) is None


def test_the_law_of_where_somebody_lives_holds_beside_that_of_the_number() -> None:
    lives_in_france = Facts(zone="Europe/Paris", country="FR")
    decision = judged(ask("service/feedback", VOICE), lives_in_france, OPENS.replace(hour=12, minute=30))
    assert isinstance(decision, Defer)


def test_a_number_of_no_known_zone_is_refused_until_one_is_known() -> None:
    request = ask(channel=SMS, address=TOLL_FREE)
    assert judged(request) == Refuse(Reason.ZONE_UNKNOWN, "hours")
    assert isinstance(judged(request, Facts(zone="America/New_York")), Defer)


def test_a_zone_that_is_none_is_refused() -> None:
    assert judged(ask(channel=SMS), Facts(zone="Mars/Olympus")) == Refuse(Reason.ZONE_UNKNOWN, "hours")


def test_zones_too_far_apart_never_open() -> None:
    far_away = Facts(zone="Asia/Karachi")
    decision = judged(ask(channel=SMS), far_away)
    assert isinstance(decision, Refuse)
    assert decision.reason is Reason.OUTSIDE_HOURS


def test_a_company_s_own_hours_are_those_of_its_catalogue() -> None:
    table = {"presets": {"early": {"windows": ["daily 02:00-06:00"]}}, "countries": {"US": "early"}}
    own = CATALOGUE.limited(Limits(hours=table))
    assert judged(ask(channel=SMS), catalogue=own) is None
    assert own.generation != CATALOGUE.generation


def test_an_unusable_number_is_another_rule_s() -> None:
    request = ask(channel=SMS)
    unknown = replace(request, recipient=replace(request.recipient, address=None))
    assert judged(unknown) is SKIP


EVENING = datetime(2026, 11, 25, 0, 30, tzinfo=UTC)  # half past seven in New York
TEN_HOURS = timedelta(hours=10)


def test_a_message_of_marketing_may_arrive_until_the_hours_end() -> None:
    request = replace(ask(channel=SMS), at=EVENING)
    closes = datetime(2026, 11, 25, 1, tzinfo=UTC)
    assert judged(request, at=EVENING) is None
    assert isinstance(judged(request, at=closes), Defer)
    assert open_until(request, Facts(), CATALOGUE, TEN_HOURS) == closes
    assert open_until(request, Facts(), CATALOGUE, timedelta(minutes=10)) is None


def test_who_lives_further_east_closes_sooner() -> None:
    request = replace(ask(channel=SMS), at=datetime(2026, 11, 24, 15, tzinfo=UTC))
    known = Facts(zone="America/Sao_Paulo")
    alone = open_until(request, Facts(), CATALOGUE, TEN_HOURS)
    both = open_until(request, known, CATALOGUE, TEN_HOURS)
    assert alone is not None
    assert both is not None
    assert both < alone


def test_messages_that_no_hours_concern_may_arrive_whenever_they_do() -> None:
    request = replace(ask("transactional/orders", SMS), at=EVENING)
    assert open_until(request, Facts(), CATALOGUE, TEN_HOURS) is None
