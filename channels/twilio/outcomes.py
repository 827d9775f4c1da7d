"""What Twilio's answers mean: the one table of its error codes (RULES 2.3), for what it says at once and reports later.

Unknown is a value of its own, never a guess. Twilio's words go into our log: numbers, addresses and length are cut.
"""

import re
from dataclasses import dataclass
from enum import StrEnum

from channels.carrier import Outcome, Postponed, Rejected, Sent, Unknown
from channels.twilio.resources import Created, Lost, Refused

LONGEST_TEXT = 400


class Effect(StrEnum):
    """What a code says, and about whom."""

    OPT_OUT = "opt_out"  # the recipient stopped it there: so they did here
    INVALID_NUMBER = "invalid_number"  # nobody has this number
    NOT_SMS_CAPABLE = "not_sms_capable"  # a landline: calls still reach it
    LITIGATOR = "blocked_litigator"
    SOFT = "soft"  # not now; counted, and at some count taken for good
    SENDER_FAULT = "sender_fault"  # what was said, or to whom one may not say it: never the recipient's fault
    CONFIGURATION = "configuration"  # a setting here or at Twilio: somebody must be told
    RETRY = "retry"  # too much at once
    RESCHEDULE = "reschedule"  # not at this hour
    UNKNOWN = "unknown"  # no code that we know


class Suppress(StrEnum):
    """What is to be stopped; `scopes` says it as channels and purposes."""

    NOTHING = "nothing"
    CHANNEL = "channel"  # this number on this channel, whatever the purpose
    STOP = "stop"  # as if the recipient had texted STOP
    MARKETING = "marketing"  # texts and calls


class Retry(StrEnum):
    """Whether the same message may be tried again."""

    NEVER = "never"
    ONCE = "once"  # within its window, when time has passed
    BACKOFF = "backoff"


class Breaker(StrEnum):
    """What is to pause until somebody has looked: everything of that kind would fail alike."""

    NONE = "none"
    CAMPAIGN = "campaign"
    SENDER = "sender"
    ACCOUNT = "account"


@dataclass(frozen=True, slots=True)
class Code:
    """One error code of Twilio's.

    suppress  once it came `after` times in `days` days
    breaker   what pauses
    alert     somebody must be told
    """

    code: int
    meaning: str
    effect: Effect
    retry: Retry = Retry.NEVER
    suppress: Suppress = Suppress.NOTHING
    after: int = 1
    days: int = 30
    breaker: Breaker = Breaker.NONE
    alert: bool = False

    @property
    def retryable(self) -> bool:
        return self.retry is not Retry.NEVER


def _opt_out(code: int, meaning: str, suppress: Suppress) -> Code:
    return Code(code, meaning, Effect.OPT_OUT, suppress=suppress)


def _no_such_number(code: int, meaning: str) -> Code:
    return Code(code, meaning, Effect.INVALID_NUMBER, suppress=Suppress.CHANNEL)


def _no_texts(code: int, meaning: str) -> Code:
    return Code(code, meaning, Effect.NOT_SMS_CAPABLE, suppress=Suppress.CHANNEL)


def _soft(code: int, meaning: str, after: int = 0) -> Code:
    """`after` 0: it says nothing about the recipient, however often it comes."""
    suppress = Suppress.CHANNEL if after else Suppress.NOTHING
    return Code(code, meaning, Effect.SOFT, Retry.ONCE, suppress, after=after or 1)


def _request(code: int, meaning: str, breaker: Breaker = Breaker.NONE) -> Code:
    return Code(code, meaning, Effect.SENDER_FAULT, breaker=breaker, alert=True)


def _setting(code: int, meaning: str, breaker: Breaker = Breaker.NONE) -> Code:
    """Tried again, for as long as the message may wait: a wrong setting loses nothing."""
    return Code(code, meaning, Effect.CONFIGURATION, Retry.BACKOFF, breaker=breaker, alert=True)


def _later(code: int, meaning: str) -> Code:
    return Code(code, meaning, Effect.RETRY, Retry.BACKOFF)


_ROWS = (
    # what the recipient, or the recipient's number, says
    _opt_out(21610, "recipient has opted out", Suppress.STOP),
    _opt_out(63014, "blocked by the recipient", Suppress.CHANNEL),
    Code(30640, "known litigator", Effect.LITIGATOR, suppress=Suppress.MARKETING, alert=True),
    _no_such_number(21211, "not a valid number"),
    _no_such_number(21217, "not a valid number to call"),
    _no_such_number(30005, "number does not exist"),
    _no_texts(21614, "number cannot receive texts"),
    _no_texts(21635, "landline"),
    _no_texts(30006, "landline or unreachable carrier"),
    _soft(30003, "handset unreachable", after=3),
    _soft(30004, "message blocked", after=2),
    _soft(30008, "unknown error"),
    _soft(30410, "provider timed out"),
    _soft(30485, "provider failed"),
    _soft(21214, "number cannot be reached by call", after=3),
    # what this message says of its sender
    _request(30007, "filtered by the carrier", Breaker.CAMPAIGN),
    _request(21617, "body too long"),
    _request(21602, "body missing"),
    _request(21202, "premium number"),
    _request(21216, "call blocked by Twilio"),
    # settings, here or there
    _setting(20003, "credentials refused", Breaker.ACCOUNT),
    _setting(20005, "account not active", Breaker.ACCOUNT),
    _setting(30002, "account suspended", Breaker.ACCOUNT),
    _setting(20404, "no such account or resource", Breaker.ACCOUNT),
    _setting(21205, "URL not valid", Breaker.ACCOUNT),
    _setting(21609, "callback URL not valid", Breaker.ACCOUNT),
    _setting(21210, "from-number not verified", Breaker.SENDER),
    _setting(21212, "from-number not valid", Breaker.SENDER),
    _setting(21601, "from-number is not ours", Breaker.SENDER),
    _setting(21606, "from-number cannot send texts", Breaker.SENDER),
    _setting(21703, "messaging service without a number", Breaker.SENDER),
    _setting(30034, "number not registered for 10DLC", Breaker.SENDER),
    _setting(30450, "taken for SMS pumping", Breaker.SENDER),
    # settings that concern some recipients only: the others go on
    _setting(21408, "country not enabled for texts"),
    _setting(21215, "country not enabled for calls"),
    _setting(21608, "recipient not verified (trial account or missing profile)"),
    _setting(21219, "recipient not verified (trial account)"),
    _setting(21612, "no route from this number to that one"),
    # time
    _later(20429, "too many requests"),
    _later(21611, "queue of the number is full"),
    _later(30001, "queue is full"),
    _later(63017, "rate limit of the account"),
    Code(30610, "quiet hours", Effect.RESCHEDULE, Retry.BACKOFF),
)

CODES = {row.code: row for row in _ROWS}


def find(code: int) -> Code:
    """The row of a code; for one that is not in the table a row that says so: not again, and nobody is stopped."""
    return CODES.get(code) or Code(code, "no known code", Effect.UNKNOWN, alert=True)


def scopes(suppress: Suppress, channel: str) -> tuple[tuple[str, str], ...]:
    """Channel and purpose, "*" for all of them."""
    match suppress:
        case Suppress.NOTHING:
            return ()
        case Suppress.CHANNEL:
            return ((channel, "*"),)
        case Suppress.STOP:
            return (("sms", "*"), ("voice", "marketing"), ("voice", "service"))
        case Suppress.MARKETING:
            return (("sms", "marketing"), ("voice", "marketing"))


def taken(created: Created) -> Outcome:
    """What an answer of success means: it may still say "failed"."""
    if created.status == "failed":
        return _by_code(created.error_code, "", 0)
    return Sent(f"accepted by Twilio ({created.status})", created.sid)


def refused(refusal: Refused) -> Outcome:
    """Whether the message may be tried again. Twilio's code says it; without one HTTP's status does."""
    known = refusal.code in CODES or (refusal.code and refusal.status == 400)
    if known and 400 <= refusal.status < 500:
        return _by_code(refusal.code, refusal.text, refusal.status)
    return _by_status(refusal.status, harmless(refusal.text))


def lost(loss: Lost) -> Outcome:
    """An error whose text was cut off is an error still; all else may have been taken."""
    if 400 <= loss.status < 500 or loss.status == 503:
        return _by_status(loss.status, "answer cut off")
    return Unknown(f"no usable answer from Twilio ({loss})")


def _by_code(code: int, text: str, status: int) -> Outcome:
    row = find(code)
    words = row.meaning if row.code in CODES else harmless(text) or row.meaning
    kind = Postponed if row.retryable else Rejected
    # A status of "failed" came after it was taken: what is retryable then goes as a message anew.
    return kind(code or status, row.effect.value, words)


def _by_status(status: int, text: str) -> Outcome:
    """Without a code of Twilio's. RULES 2.2: what 429 and 503 answer was not processed, other 5xx may have been.

    Other 4xx and redirects were not processed either, but no Twilio said so: something between here and there is set up
    wrongly, and a wrong setting loses no message.
    """
    match status:
        case 429 | 503:
            return Postponed(status, Effect.RETRY.value, text or "too many requests, or unavailable")
        case 303 | 408:  # 303 follows a POST that was processed; 408 does not say how far the request came
            return Unknown(f"HTTP {status} from Twilio")
        case _ if 300 <= status < 500:
            return Postponed(
                status, Effect.CONFIGURATION.value, text or f"HTTP {status} without a code of Twilio's"
            )
        case _:
            return Unknown(f"HTTP {status} from Twilio")


_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_ADDRESS = re.compile(
    r"[^\s<>()\[\],;:\"'=]+@[^\s<>()\[\],;:\"'=]+|(?:%2B|\+)?\d(?:[\s().-]{0,2}\d){5,}", re.IGNORECASE
)


def harmless(text: str) -> str:
    """Twilio's words without numbers, addresses and control characters, bounded."""
    printable = _UNPRINTABLE.sub(" ", text.encode("utf-8", "replace").decode())
    return _ADDRESS.sub("[address]", printable)[:LONGEST_TEXT].strip()
