"""Each figure of a small log whose answers are known."""

from datetime import date
from typing import Any

import pytest

from gateway.archive.report.figures import ByReason, Consents, Stopped
from gateway.archive.report.month import Month
from gateway.archive.report.rates import in_all
from gateway.archive.report.times import ACCEPTED, ANSWER, DECISION, DEFERRED
from gateway.archive.report.volumes import Volume
from suppression.errors import InvalidInput
from suppression.records import RecordKind
from tests.gateway.archive.report.conftest import FiguresOf
from tests.gateway.archive.report.written_log import BOB, EVE, PROMOTIONS, SECURITY, WrittenLog

DAY = date(2026, 10, 5)
TEXT = {"channel": "sms", "purpose": SECURITY, "sender": "shop", "app": "crm"}


def test_a_mails_volume(log: WrittenLog, of: FiguresOf) -> None:
    taken, refused_there, later, lost = (log.mail(f"2026-10-05 08:0{minute}") for minute in range(4))
    log.ended(RecordKind.SENT, taken, "2026-10-05 08:10")
    log.ended(RecordKind.REJECTED, refused_there, "2026-10-05 08:10")
    log.ended(RecordKind.POSTPONED, later, "2026-10-05 08:10")
    log.ended(RecordKind.UNKNOWN, lost, "2026-10-05 08:10")
    log.ended(RecordKind.BOUNCED, "", "2026-10-05 09:00", details={"kind": "soft"})
    log.write(RecordKind.DECIDED, "2026-10-05 08:00", channel="email", purpose=PROMOTIONS, outcome="refuse")
    log.write(RecordKind.DECIDED, "2026-10-05 08:00", channel="email", purpose=PROMOTIONS, outcome="send")
    found = of()
    expected = Volume(allowed=5, handed_over=4, sent=1, failed=2, postponed=1, refused=1, unknown=1)
    assert found.by_channel_and_day == {("email", DAY): expected}
    assert found.by_purpose == {("email", PROMOTIONS): expected}


def test_a_texts_volume(log: WrittenLog, of: FiguresOf) -> None:
    log.write(RecordKind.QUEUED, "2026-10-05 08:00", outcome="send", message="msg_1", **TEXT)
    log.write(
        RecordKind.QUEUED,
        "2026-10-05 08:00",
        outcome="defer",
        reason="outside_hours",
        message="msg_2",
        **TEXT,
    )
    hand_over = log.write(
        RecordKind.HANDING_OVER, "2026-10-05 08:01", outcome="send", message="msg_1", **TEXT
    )
    log.write(RecordKind.SENT, "2026-10-05 08:01", decision=hand_over, message="msg_1", **TEXT)
    log.write(RecordKind.DELIVERED, "2026-10-05 08:02", decision=hand_over, message="msg_1", **TEXT)
    log.write(RecordKind.CANCELLED, "2026-10-05 08:03", message="msg_2", **TEXT)
    log.write(RecordKind.UNDELIVERED, "2026-10-05 08:04", message="msg_0", **TEXT)
    log.write(RecordKind.DEAD, "2026-10-05 08:04", message="msg_0", **TEXT)
    expected = Volume(allowed=1, handed_over=1, sent=1, delivered=1, failed=2, deferred=1, cancelled=1)
    assert of().by_channel == {"sms": expected}


def test_days_are_days_in_utc_and_the_month_ends_with_its_last(log: WrittenLog, of: FiguresOf) -> None:
    for at in ("2026-09-30 23:59:59.999", "2026-10-01 00:00", "2026-10-31 23:59:59.999", "2026-11-01 00:00"):
        log.mail(at)
    assert [day for _, day in of().by_channel_and_day] == [date(2026, 10, 1), date(2026, 10, 31)]
    assert of().records == 2


def test_refusals_and_deferrals_by_reason_most_first(log: WrittenLog, of: FiguresOf) -> None:
    for reason, channel, outcome in (
        ("no_consent", "email", "refuse"),
        ("unsubscribed", "email", "refuse"),
        ("unsubscribed", "email", "refuse"),
        ("unsubscribed", "sms", "refuse"),
        ("capped", "sms", "defer"),
    ):
        log.write(RecordKind.DECIDED, "2026-10-05 08:00", channel=channel, outcome=outcome, reason=reason)
    found = of()
    assert found.refused == (
        ByReason("unsubscribed", "email", 2),
        ByReason("no_consent", "email", 1),
        ByReason("unsubscribed", "sms", 1),
    )
    assert found.deferred == (ByReason("capped", "sms", 1),)


def test_complaints_and_bounces_by_day(log: WrittenLog, of: FiguresOf) -> None:
    for minute in range(8):
        log.ended(RecordKind.SENT, "", f"2026-10-05 08:0{minute}")
    log.ended(RecordKind.SENT, "", "2026-10-05 09:00", channel="sms")
    log.ended(RecordKind.REJECTED, "", "2026-10-05 08:09")
    log.ended(RecordKind.REJECTED, "", "2026-10-05 08:09")
    log.ended(RecordKind.BOUNCED, "", "2026-10-05 10:00", details={"kind": "address_fault"})
    log.ended(RecordKind.BOUNCED, "", "2026-10-05 10:00", details={"kind": "soft"})
    log.stop("2026-10-05 11:00", "email|*|*|*", reason="complained", way="provider")
    log.stop("2026-10-06 11:00", "email|*|*|*", reason="complained", way="provider", repeated=True)
    rates = {rate.day: rate for rate in of().rates}
    assert len(rates) == 31
    day = rates[DAY]
    assert (day.sent, day.complaints, day.bounced, day.rejected, day.failed) == (8, 1, 1, 2, 1)
    assert (day.complaint_rate, day.bounce_rate) == (1 / 8, 3 / 10)
    assert (rates[date(2026, 10, 6)].complaints, rates[date(2026, 10, 6)].complaint_rate) == (1, None)
    assert in_all(of().rates).complaint_rate == 2 / 8


def test_consents_by_class(log: WrittenLog, of: FiguresOf) -> None:
    log.consent("2026-10-05 08:00")
    log.consent("2026-10-05 08:01", "email,sms|marketing/surveys|shop|*", recipient=BOB)
    log.consent("2026-10-05 08:02", repeated=True)
    log.consent("2026-10-05 08:03", "email|*|shop|*", recipient=EVE)
    withdrawn: dict[str, Any] = {"entry": "c0" * 6, "scope": "email|marketing|shop|*", "repeated": True}
    log.write(RecordKind.WITHDRAWN, "2026-10-05 08:04", **withdrawn)
    log.write(RecordKind.WITHDRAWN, "2026-10-05 08:05", **withdrawn | {"details": {"state": "pending"}})
    found = of().consents
    assert found == {("marketing", DAY): Consents(2, 1, 1), ("*", DAY): Consents(1)}
    assert found["marketing", DAY].net == 1


def test_stops_by_way_without_those_of_a_person_itself(log: WrittenLog, of: FiguresOf) -> None:
    log.stop("2026-10-05 08:00")
    log.stop("2026-10-05 08:01", repeated=True)
    log.stop("2026-10-05 08:02", recipient=BOB)
    log.stop("2026-10-05 08:03", recipient="")
    log.write(RecordKind.ERASED, "2026-10-05 08:04", way="agent", reason="erased", scope="*|*|*|*")
    assert of().stops == (Stopped("one_click", "unsubscribed", 2, 1), Stopped("agent", "erased", 1, 0))


def test_unknown_outcomes_and_those_that_were_found_out_later(log: WrittenLog, of: FiguresOf) -> None:
    lost, found_later = (log.write(RecordKind.HANDING_OVER, "2026-10-05 08:00", **TEXT) for _ in range(2))
    for decision in (lost, found_later):
        log.write(RecordKind.UNKNOWN, "2026-10-05 08:15", decision=decision, **TEXT)
    log.write(RecordKind.SENT, "2026-11-01 00:10", decision=found_later, **TEXT)
    unknown = of().unknown
    assert (unknown.by_channel, unknown.count, unknown.found) == ({"sms": 2}, 2, 1)


def test_how_long_a_decision_took(log: WrittenLog, of: FiguresOf) -> None:
    slow = log.mail("2026-10-05 08:00", asked=70)
    for took in (3, 4, -40, 86_400_000):
        log.mail("2026-10-05 08:00", asked=took)
    (decided,) = [measure for measure in of().times if measure.name == DECISION]
    assert decided.classes == ((0, 1), (3, 1), (4, 1), (70, 1))
    assert (decided.clocks_apart, decided.at(0.5), decided.at(1)) == (1, 3, 70)
    assert (decided.slowest[0].id, decided.slowest[0].milliseconds) == (slow, 70)


def test_how_long_the_next_hop_took(log: WrittenLog, of: FiguresOf) -> None:
    first, last = log.mail("2026-10-05 08:00:00.000"), log.mail("2026-10-05 09:00:00.000")
    log.ended(RecordKind.SENT, first, "2026-10-05 08:00:00.345")
    slow = log.ended(RecordKind.REJECTED, last, "2026-10-05 09:01:23.456")
    (answered,) = [measure for measure in of().times if measure.name == ANSWER]
    assert answered.classes == ((345, 1), (83_400, 1))
    slowest = answered.slowest[0]
    assert (slowest.id, slowest.milliseconds, slowest.kind) == (slow, 83_456, "rejected")


def test_how_long_texts_waited(log: WrittenLog, of: FiguresOf) -> None:
    for message, outcome in (("msg_1", "send"), ("msg_2", "defer"), ("msg_3", "send")):
        log.write(RecordKind.QUEUED, "2026-10-05 08:00", outcome=outcome, message=message, **TEXT)
    for message, at in (("msg_1", "08:00:02"), ("msg_1", "08:30:00"), ("msg_2", "20:00:00")):
        log.write(RecordKind.HANDING_OVER, f"2026-10-05 {at}", outcome="send", message=message, **TEXT)
    classes = {measure.name: measure.classes for measure in of().times}
    assert classes[ACCEPTED] == ((2_000, 1),)
    assert classes[DEFERRED] == ((43_200_000, 1),)


def test_of_one_sender_are_its_messages_and_the_changes_that_concern_it(
    log: WrittenLog, of: FiguresOf
) -> None:
    log.mail("2026-10-05 08:00")
    log.mail("2026-10-05 08:00", sender="other")
    log.stop("2026-10-05 09:00", "*|*|*|*")
    log.stop("2026-10-05 09:00", "*|*|other|*")
    log.ended(RecordKind.SENT, "", "2026-10-05 08:01")
    log.stop("2026-10-05 09:30", "email|*|*|*", reason="complained", way="provider")
    found = of(sender="shop")
    assert found.by_channel["email"].handed_over == 1
    assert {(row.reason, row.new) for row in found.stops} == {("unsubscribed", 1), ("complained", 1)}
    assert in_all(found.rates).complaint_rate == 1


def test_a_month_without_records(of: FiguresOf) -> None:
    found = of("2026-02")
    assert (found.records, found.by_channel, found.stops, found.unknown.count) == (0, {}, (), 0)
    assert (found.after_stops.looked_at, found.after_stops.violated) == (0, 0)
    assert [measure.count for measure in found.times] == [0] * 4


@pytest.mark.parametrize(
    ("text", "days"), [("2028-02", 29), ("2026-02", 28), ("2100-02", None), ("2026-10", 31)]
)
def test_a_months_days(text: str, days: int | None, log: WrittenLog, of: FiguresOf) -> None:
    """Its last day's last moment is in it, the next one is not."""
    if days is None:
        with pytest.raises(InvalidInput):
            Month.parse(text)
        return
    month = Month.parse(text)
    assert (month.length, len(list(month.days()))) == (days, days)
    log.mail(month.end - 1)
    log.mail(month.end)
    assert list(of(text).by_channel_and_day) == [("email", month.first.replace(day=days))]


@pytest.mark.parametrize(
    "text", ["", "2026", "2026-13", "2026-1", "26-10", "2026-10-01", "٢٠٢٦-10", "2026-10\n"]
)
def test_what_is_no_month(text: str) -> None:
    with pytest.raises(InvalidInput, match="2026-10"):
        Month.parse(text)
