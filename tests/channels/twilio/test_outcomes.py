"""The table of RULES 2.3, row by row, and what each answer of HTTP means."""

import pytest

from channels.carrier import Postponed, Rejected, Sent, Unknown
from channels.twilio import outcomes
from channels.twilio.outcomes import Breaker, Effect, Retry, Suppress
from channels.twilio.resources import Created, Lost, Refused

STOP = (("sms", "*"), ("voice", "marketing"), ("voice", "service"))
TEXTS = (("sms", "*"),)


@pytest.mark.parametrize(
    ("code", "effect", "stopped"),
    [
        (21610, Effect.OPT_OUT, STOP),
        (21211, Effect.INVALID_NUMBER, TEXTS),
        (21614, Effect.NOT_SMS_CAPABLE, TEXTS),
        (21635, Effect.NOT_SMS_CAPABLE, TEXTS),
        (30005, Effect.INVALID_NUMBER, TEXTS),
        (30006, Effect.NOT_SMS_CAPABLE, TEXTS),
        (63014, Effect.OPT_OUT, TEXTS),
        (30640, Effect.LITIGATOR, (("sms", "marketing"), ("voice", "marketing"))),
    ],
)
def test_code_that_stops_a_number_is_final(
    code: int, effect: Effect, stopped: tuple[tuple[str, str], ...]
) -> None:
    """At once, and the message never goes again."""
    row = outcomes.find(code)
    assert (row.effect, outcomes.scopes(row.suppress, "sms"), row.after) == (effect, stopped, 1)
    assert not row.retryable
    assert outcomes.refused(Refused(400, code, "")) == Rejected(code, effect.value, row.meaning)


def test_invalid_number_is_stopped_on_the_channel_that_met_it() -> None:
    """RULES 2.3: a number that takes no texts may still be called."""
    assert outcomes.scopes(outcomes.find(21217).suppress, "voice") == (("voice", "*"),)


@pytest.mark.parametrize(("code", "after"), [(30003, 3), (30004, 2)])
def test_soft_failure_stops_a_number_when_it_comes_again_and_again(code: int, after: int) -> None:
    row = outcomes.find(code)
    assert (row.effect, row.retry, row.after, row.days) == (Effect.SOFT, Retry.ONCE, after, 30)
    assert outcomes.scopes(row.suppress, "sms") == TEXTS


@pytest.mark.parametrize("code", [30008, 30410, 30485])
def test_failure_that_says_nothing_of_the_recipient_never_stops_one(code: int) -> None:
    row = outcomes.find(code)
    assert (row.effect, row.retry, row.suppress) == (Effect.SOFT, Retry.ONCE, Suppress.NOTHING)


@pytest.mark.parametrize(
    "code", [21408, 21608, 21606, 21601, 21212, 21612, 30002, 30034, 30450, 20003, 20404]
)
def test_wrong_setting_loses_no_message_and_stops_nobody(code: int) -> None:
    """It waits, and somebody is told."""
    row = outcomes.find(code)
    assert (row.effect, row.suppress, row.alert) == (Effect.CONFIGURATION, Suppress.NOTHING, True)
    assert isinstance(outcomes.refused(Refused(400, code, "")), Postponed)


@pytest.mark.parametrize("code", [20429, 63017, 30001, 21611])
def test_too_much_at_once_is_tried_again(code: int) -> None:
    row = outcomes.find(code)
    assert (row.effect, row.retry, row.suppress) == (Effect.RETRY, Retry.BACKOFF, Suppress.NOTHING)
    assert isinstance(outcomes.refused(Refused(429, code, "")), Postponed)


@pytest.mark.parametrize(
    ("code", "breaker"), [(30007, Breaker.CAMPAIGN), (21617, Breaker.NONE), (21602, Breaker.NONE)]
)
def test_senders_fault_never_stops_a_recipient(code: int, breaker: Breaker) -> None:
    """FAULTS: a filter that objects to the words must not cost a thousand recipients."""
    row = outcomes.find(code)
    assert (row.effect, row.suppress, row.retryable) == (Effect.SENDER_FAULT, Suppress.NOTHING, False)
    assert row.breaker == breaker


def test_quiet_hours_at_twilio_are_waited_for() -> None:
    assert outcomes.find(30610).effect is Effect.RESCHEDULE
    assert isinstance(outcomes.refused(Refused(400, 30610, "")), Postponed)


@pytest.mark.parametrize(
    ("code", "breaker"), [(30034, Breaker.SENDER), (30002, Breaker.ACCOUNT), (20003, Breaker.ACCOUNT)]
)
def test_setting_that_concerns_all_recipients_pauses_the_sender(code: int, breaker: Breaker) -> None:
    assert outcomes.find(code).breaker is breaker


def test_code_that_is_not_in_the_table_is_unknown_and_stops_nobody() -> None:
    """Twilio said no: it is not sent again, and somebody is told what it said."""
    row = outcomes.find(29999)
    assert (row.effect, row.suppress, row.retryable, row.alert) == (
        Effect.UNKNOWN,
        Suppress.NOTHING,
        False,
        True,
    )
    assert outcomes.refused(Refused(400, 29999, "New in 2027")) == Rejected(29999, "unknown", "New in 2027")


def test_table_has_each_code_once() -> None:
    assert len(outcomes._ROWS) == len(outcomes.CODES)


@pytest.mark.parametrize("status", [429, 503])
def test_what_was_not_processed_is_tried_again(status: int) -> None:
    """RULES 2.2."""
    assert outcomes.refused(Refused(status, 0, "")) == Postponed(
        status, "retry", "too many requests, or unavailable"
    )


@pytest.mark.parametrize("status", [301, 302, 307, 400, 401, 403, 404, 407, 413, 422, 451])
def test_refusal_without_a_code_of_twilios_loses_no_message(status: int) -> None:
    """Something between here and there is set up wrongly: nothing was processed."""
    outcome = outcomes.refused(Refused(status, 0, ""))
    assert isinstance(outcome, Postponed)
    assert outcome.status == "configuration"


@pytest.mark.parametrize("status", [303, 408, 500, 501, 502, 504, 520, 599])
def test_answer_that_leaves_it_open_is_unknown(status: int) -> None:
    assert isinstance(outcomes.refused(Refused(status, 0, "")), Unknown)


def test_code_in_an_answer_of_500_proves_nothing() -> None:
    """It may have been processed before it failed."""
    assert isinstance(outcomes.refused(Refused(500, 20429, "")), Unknown)


@pytest.mark.parametrize(
    ("status", "kind"),
    [(0, Unknown), (200, Unknown), (201, Unknown), (500, Unknown), (400, Postponed), (503, Postponed)],
)
def test_answer_cut_off_means_what_its_status_says(status: int, kind: type) -> None:
    """An error is one without its text, too; a success without its SID is no success."""
    assert isinstance(outcomes.lost(Lost("ClientPayloadError", status)), kind)


def test_message_that_was_made_but_failed_at_once_is_refused_by_its_code() -> None:
    assert outcomes.taken(Created("SM" + "1" * 32, "failed", 30006)) == Rejected(
        30006, "not_sms_capable", "landline or unreachable carrier"
    )


def test_success_says_the_status_and_keeps_the_sid() -> None:
    sid = "SM" + "1" * 32
    assert outcomes.taken(Created(sid, "queued")) == Sent("accepted by Twilio (queued)", sid)


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("The 'To' number +12025550143 is not valid", "The 'To' number [address] is not valid"),
        ("to=%2B12025550143", "to=[address]"),
        ("call (202) 555-0143 now", "call ([address] now"),
        ("mail ann@example.net", "mail [address]"),
        ("a\r\nb\x00c", "a b c"),
        ("x" * 1000, "x" * 400),
        ("code 21610 of 400", "code 21610 of 400"),
        ("half \ud800 a pair", "half ? a pair"),
    ],
)
def test_numbers_and_addresses_are_cut_from_twilios_words(said: str, kept: str) -> None:
    assert outcomes.harmless(said) == kept
