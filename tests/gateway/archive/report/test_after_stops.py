"""No message after a stop: what counts as one, and what the log allows all the same."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from suppression.model import Basis, Channel, Consent, Scope
from suppression.records import RecordKind
from suppression.store import codec
from tests.gateway.archive.report.conftest import FiguresOf
from tests.gateway.archive.report.written_log import BOB, SECURITY, WrittenLog, ms

STOPPED, LATER = "2026-10-05 08:00", "2026-10-05 09:00"
CONSENT = Consent(
    "0000000000c0", Scope(frozenset({Channel.EMAIL}), "marketing", "shop"), Basis.DOUBLE_OPT_IN, "page", "recipient",
    codec.moment(ms(STOPPED)), "", "e1" * 8, direct=True,
)  # fmt: skip


def writes(consent: Consent) -> Mapping[str, str]:
    """As the step that writes a consent says so in its record."""
    return {"c" + consent.id: "+" + codec.encode_consent(consent)}


def test_a_message_before_the_stop_is_none_after_it(log: WrittenLog, of: FiguresOf) -> None:
    log.mail("2026-10-05 07:59")
    log.stop(STOPPED)
    found = of().after_stops
    assert (found.looked_at, found.passed, found.violated) == (1, 0, 0)


def test_a_message_after_the_stop_is_named_with_it(log: WrittenLog, of: FiguresOf) -> None:
    stop = log.stop(STOPPED)
    mail = log.mail(LATER)
    found = of().after_stops
    assert found.violated == 1
    assert [(one.hand_over, one.stop, one.after) for one in found.violations] == [(mail, stop, 3_600_000)]


def test_within_a_millisecond_the_order_of_commits_decides(log: WrittenLog, of: FiguresOf) -> None:
    log.mail(STOPPED)
    log.stop(STOPPED)
    after = log.mail(STOPPED)
    assert [one.hand_over for one in of().after_stops.violations] == [after]


def test_a_stop_of_a_year_ago_still_counts(log: WrittenLog, of: FiguresOf) -> None:
    log.stop("2025-10-01 00:00")
    log.mail(LATER)
    assert of().after_stops.violated == 1


def test_another_recipients_stop_does_not(log: WrittenLog, of: FiguresOf) -> None:
    log.stop(STOPPED, recipient=BOB)
    log.mail(LATER)
    assert of().after_stops.violated == 0


@pytest.mark.parametrize(
    ("scope", "covered"),
    [
        ("*|*|*|*", True),
        ("email|marketing|shop|crm", True),
        ("email,sms|marketing/promotions|*|*", True),
        ("sms|marketing|shop|*", False),
        ("email|marketing/surveys|shop|*", False),
        ("email|marketing/promo|shop|*", False),
        ("email|marketing|other|*", False),
        ("email|marketing|shop|till", False),
    ],
)
def test_a_stop_covers_by_its_scope(
    scope: str,
    covered: bool,  # noqa: FBT001
    log: WrittenLog,
    of: FiguresOf,
) -> None:
    log.stop(STOPPED, scope)
    log.mail(LATER)
    assert of().after_stops.violated == covered


@pytest.mark.parametrize(
    ("stop", "mail", "covered"),
    [
        ({}, {"purpose": SECURITY}, False),
        ({"reason": "erased"}, {"purpose": SECURITY}, True),
        ({"reason": "erased", "scope": "email|marketing|shop|*"}, {}, True),
        ({"reason": "blocked", "scope": "*|*|*|*"}, {"purpose": SECURITY}, False),
        ({"reason": "blocked", "scope": f"*|{SECURITY}|*|*"}, {"purpose": SECURITY}, True),
        ({"way": "provider", "scope": "sms|*|*|*"}, {"purpose": SECURITY, "channel": "sms"}, True),
        ({"way": "provider", "scope": "*|*|*|*"}, {"purpose": SECURITY}, False),
        ({"scope": "*|*|*|*"}, {"purpose": "service/policy-changes"}, True),
        ({"scope": "*|*|*|*"}, {"purpose": "service/policy-changes", "legal_notice": "2026/1"}, False),
        ({"scope": "*|*|*|*"}, {"purpose": "system/stop-confirmation", "channel": "sms"}, False),
        ({"reason": "complained", "scope": "email|*|*|*"}, {"purpose": "service/account"}, True),
        ({"reason": "complained", "scope": "email|*|*|*"}, {"purpose": "transactional/orders"}, False),
        ({"reason": "undeliverable", "scope": "email|*|*|*"}, {}, False),
        ({"scope": "*|*|*|*"}, {"purpose": "gone/from-the-catalogue"}, True),
    ],
)
def test_what_is_required_passes_most_stops(
    stop: dict[str, str],
    mail: dict[str, str],
    covered: bool,  # noqa: FBT001
    log: WrittenLog,
    of: FiguresOf,
) -> None:
    kind = RecordKind.ERASED if stop.get("reason") == "erased" else RecordKind.SUPPRESSED
    fields = {"reason": "unsubscribed", "way": "link", "scope": "*|*|*|*", "entry": "0a" * 6} | stop
    log.write(kind, STOPPED, **fields)
    log.mail(LATER, **mail)
    assert of().after_stops.violated == covered


def test_a_stop_ends_when_it_is_lifted_and_begins_when_it_is_said_again(
    log: WrittenLog, of: FiguresOf
) -> None:
    log.stop(STOPPED)
    log.write(RecordKind.LIFTED, "2026-10-05 08:30", entry="00000000000a", scope="*|marketing|shop|*")
    log.mail(LATER)
    log.stop("2026-10-05 10:00")
    again = log.mail("2026-10-05 11:00")
    found = of().after_stops
    assert (found.passed, [one.hand_over for one in found.violations]) == (1, [again])


def test_lifting_one_stop_leaves_the_other(log: WrittenLog, of: FiguresOf) -> None:
    log.stop(STOPPED)
    log.stop(STOPPED, "*|*|*|*", entry="00000000000b")
    log.write(RecordKind.LIFTED, "2026-10-05 08:30", entry="00000000000b", scope="*|*|*|*")
    log.mail(LATER)
    assert of().after_stops.violated == 1


def test_a_pause_ends_by_itself(log: WrittenLog, of: FiguresOf) -> None:
    log.stop(STOPPED, until=ms("2026-10-05 08:30"))
    log.mail("2026-10-05 08:29")
    log.mail("2026-10-05 08:30")
    found = of().after_stops
    assert (found.violated, found.passed) == (1, 1)


def test_who_returns_after_an_erasure_gets_what_is_required_alone(log: WrittenLog, of: FiguresOf) -> None:
    erased = {"reason": "erased", "way": "link", "scope": "*|*|*|*", "entry": "0e" * 6}
    returned = {"reason": "unsubscribed", "way": "link", "scope": "*|*|*|*", "entry": "0f" * 6}
    log.write(RecordKind.ERASED, STOPPED, **erased)
    log.write(RecordKind.RETURNED, "2026-10-05 08:30", **returned)
    log.mail(LATER, purpose=SECURITY)
    promotion = log.mail(LATER)
    assert [one.hand_over for one in of().after_stops.violations] == [promotion]


def test_a_consent_that_the_recipient_gave_after_the_stop_allows_its_own_scope(
    log: WrittenLog, of: FiguresOf
) -> None:
    log.stop(STOPPED)
    log.consent("2026-10-05 08:30", writes=writes(CONSENT))
    log.mail(LATER)
    found = of().after_stops
    assert (found.violated, found.passed) == (0, 1)


@pytest.mark.parametrize(
    "consent",
    [
        replace(CONSENT, direct=False),
        replace(CONSENT, direct=False, overrides=frozenset({"00000000000b"})),
        replace(CONSENT, expires=CONSENT.at + timedelta(minutes=40)),
    ],
    ids=["an app's", "of another stop", "expired"],
)
def test_a_consent_that_overrides_nothing_allows_nothing(
    consent: Consent, log: WrittenLog, of: FiguresOf
) -> None:
    log.stop(STOPPED)
    log.consent("2026-10-05 08:30", writes=writes(consent))
    log.mail(LATER, fact=consent.id)
    assert of().after_stops.violated == 1


def test_a_consent_that_names_the_stop_overrides_it(log: WrittenLog, of: FiguresOf) -> None:
    log.stop(STOPPED)
    named = replace(CONSENT, direct=False, overrides=frozenset({"00000000000a"}))
    log.consent("2026-10-05 08:30", writes=writes(named))
    log.mail(LATER)
    assert of().after_stops.violated == 0


@pytest.mark.parametrize(
    "fields",
    [{"scope": "email|marketing|other|*"}, {"scope": "sms|marketing|shop|*"}, {"exact": "e2" * 8}],
    ids=["another sender", "another channel", "another spelling of the address"],
)
def test_a_consent_to_something_else_allows_nothing(
    fields: dict[str, Any], log: WrittenLog, of: FiguresOf
) -> None:
    log.stop(STOPPED)
    log.consent("2026-10-05 08:30", **{"writes": writes(CONSENT)} | fields)
    log.mail(LATER)
    assert of().after_stops.violated == 1


@pytest.mark.parametrize("reason", ["complained", "blocked"])
def test_no_consent_overrides_a_complaint_or_a_block(reason: str, log: WrittenLog, of: FiguresOf) -> None:
    log.stop(STOPPED, reason=reason)
    log.consent("2026-10-05 08:30", writes=writes(CONSENT))
    log.mail(LATER)
    assert of().after_stops.violated == 1


def test_a_consent_before_the_stop_or_withdrawn_allows_nothing(log: WrittenLog, of: FiguresOf) -> None:
    log.consent("2026-10-05 07:00", writes=writes(CONSENT))
    log.stop(STOPPED)
    before = log.mail(LATER)
    log.consent("2026-10-05 10:00", writes=writes(CONSENT))
    log.write(RecordKind.WITHDRAWN, "2026-10-05 11:00", entry=CONSENT.id, scope="email|marketing|shop|*")
    withdrawn = log.mail("2026-10-05 12:00")
    assert [one.hand_over for one in of().after_stops.violations] == [before, withdrawn]


def test_taking_back_a_wish_withdraws_no_consent(log: WrittenLog, of: FiguresOf) -> None:
    log.stop(STOPPED)
    log.consent("2026-10-05 08:10", writes=writes(CONSENT))
    log.write(RecordKind.WITHDRAWN, "2026-10-05 08:20", entry=CONSENT.id, details={"state": "pending"})
    log.mail(LATER)
    assert of().after_stops.violated == 0


def test_where_a_record_does_not_say_what_it_wrote_the_decision_must_name_the_consent(
    log: WrittenLog, of: FiguresOf
) -> None:
    log.stop(STOPPED)
    log.consent("2026-10-05 08:30")
    log.mail(LATER, fact=CONSENT.id)
    unnamed = log.mail(LATER)
    assert [one.hand_over for one in of().after_stops.violations] == [unnamed]


def test_what_was_on_its_way_when_the_stop_came_is_counted_apart(log: WrittenLog, of: FiguresOf) -> None:
    mail = log.mail("2026-10-05 07:59:59.000")
    early = log.mail("2026-10-05 07:59:00")
    log.ended(RecordKind.SENT, early, "2026-10-05 07:59:01")
    log.stop(STOPPED)
    log.ended(RecordKind.SENT, mail, "2026-10-05 08:00:00.250")
    found = of().after_stops
    assert (found.violated, found.on_their_way, found.longest) == (0, 1, 250)


def test_only_the_asked_senders_messages_are_looked_at(log: WrittenLog, of: FiguresOf) -> None:
    log.stop(STOPPED, "*|marketing|*|*")
    log.mail(LATER)
    log.mail(LATER, sender="other")
    assert of(sender="other").after_stops.violated == 1
    assert of().after_stops.violated == 2
