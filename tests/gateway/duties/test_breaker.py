"""A sender's way out is closed while it fails, tried again by one, and no other's."""

import pytest
import structlog

from gateway.duties.breaker import (
    BUSY_LONGEST,
    FIRST,
    IN_A_ROW,
    LONGEST,
    OF_THE_LATEST,
    PROBED_WITHIN,
    REPORTED,
    Breaker,
    Pass,
    Verdict,
)


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def breaker(clock: Clock) -> Breaker:
    return Breaker("sms", "brand", clock)


def admitted(breaker: Breaker) -> Pass:
    passed = breaker.admit()
    assert passed is not None
    return passed


def hear(breaker: Breaker, *verdicts: Verdict) -> None:
    for verdict in verdicts:
        admitted(breaker).heard(verdict, "told")


def test_it_opens_after_faults_in_a_row_and_not_before(breaker: Breaker) -> None:
    hear(breaker, *[Verdict.FAULT] * (IN_A_ROW - 1))
    assert breaker.wait == 0

    hear(breaker, Verdict.FAULT)

    assert breaker.admit() is None
    assert FIRST * 0.9 <= breaker.wait <= FIRST * 1.1


def test_a_success_between_faults_keeps_it_closed(breaker: Breaker) -> None:
    few = [Verdict.FAULT] * 3 + [Verdict.FINE] * 5
    hear(breaker, *few * 5)

    assert breaker.admit() is not None


def test_it_opens_when_half_of_the_latest_are_faults(breaker: Breaker) -> None:
    hear(breaker, *[Verdict.FINE, Verdict.FAULT] * (OF_THE_LATEST // 2))

    assert breaker.admit() is None


def test_after_its_time_one_may_probe_and_the_others_wait_for_it(breaker: Breaker, clock: Clock) -> None:
    hear(breaker, *[Verdict.FAULT] * IN_A_ROW)
    clock.now += FIRST * 1.1

    probe = admitted(breaker)
    assert probe.probe
    assert breaker.admit() is None

    probe.heard(Verdict.FINE)
    assert not admitted(breaker).probe


def test_a_probe_that_fails_opens_it_for_twice_as_long_up_to_a_limit(breaker: Breaker, clock: Clock) -> None:
    hear(breaker, *[Verdict.FAULT] * IN_A_ROW)
    waits = []
    for _ in range(12):
        clock.now += breaker.wait
        hear(breaker, Verdict.FAULT)
        waits.append(breaker.wait)

    assert waits[0] == pytest.approx(2 * FIRST, rel=0.11)
    assert waits[1] == pytest.approx(4 * FIRST, rel=0.11)
    assert max(waits) <= LONGEST * 1.1


def test_a_probe_that_handed_nothing_over_lets_the_next_one_try(breaker: Breaker, clock: Clock) -> None:
    hear(breaker, *[Verdict.FAULT] * IN_A_ROW)
    clock.now += breaker.wait
    admitted(breaker).heard(None)

    assert admitted(breaker).probe


def test_a_probe_that_is_never_heard_of_again_is_forgotten(breaker: Breaker, clock: Clock) -> None:
    hear(breaker, *[Verdict.FAULT] * IN_A_ROW)
    clock.now += breaker.wait
    admitted(breaker)
    clock.now += PROBED_WITHIN

    assert admitted(breaker).probe


@pytest.mark.parametrize("late", Verdict)
def test_answers_to_what_was_on_its_way_when_it_opened_change_nothing(
    breaker: Breaker, late: Verdict
) -> None:
    on_its_way = [admitted(breaker) for _ in range(64)]
    hear(breaker, *[Verdict.FAULT] * IN_A_ROW)
    before = breaker.wait

    for passed in on_its_way:
        passed.heard(late)

    assert before * 0.99 <= breaker.wait <= before


def test_busy_slows_down_for_longer_each_time_until_it_goes_well(breaker: Breaker, clock: Clock) -> None:
    waits = []
    for _ in range(8):
        hear(breaker, Verdict.BUSY)
        waits.append(breaker.wait)
        clock.now += breaker.wait
    assert waits[0] == pytest.approx(1, rel=0.11)
    assert waits[1] == pytest.approx(2, rel=0.11)
    assert waits[7] <= BUSY_LONGEST * 1.1

    hear(breaker, Verdict.FINE, Verdict.BUSY)
    assert breaker.wait == pytest.approx(1, rel=0.11)


def test_carriers_reports_of_faults_open_it_for_minutes(breaker: Breaker) -> None:
    for number in range(OF_THE_LATEST):
        breaker.reported(fault=number % 2 == 0)

    assert breaker.wait == pytest.approx(REPORTED, rel=0.11)


def test_a_few_reports_of_faults_do_not(breaker: Breaker) -> None:
    for _ in range(OF_THE_LATEST - 1):
        breaker.reported(fault=True)

    assert breaker.wait == 0


def test_it_is_logged_when_it_opens_and_closes(breaker: Breaker, clock: Clock) -> None:
    with structlog.testing.capture_logs() as logged:
        hear(breaker, *[Verdict.FAULT] * IN_A_ROW)
        clock.now += breaker.wait
        hear(breaker, Verdict.FINE)

    assert [line["event"] for line in logged] == ["sender_held_back", "sender_goes_on"]
    assert logged[0]["sender"] == "brand"
    assert logged[0]["channel"] == "sms"
    assert logged[0]["cause"] == "told"
