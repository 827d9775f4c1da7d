"""Whether a sender's way out may be used now: not while what fails is the sender's own, or the next hop's.

A sender that is held back holds no other back. The state is of one process: each finds out by itself.
"""

import random
import time
from collections import deque
from collections.abc import Callable
from enum import Enum, auto

import structlog

IN_A_ROW = 5  # faults one after the other that open it
OF_THE_LATEST = 20  # answers that are remembered; when half of them are faults, that opens it too
FIRST, LONGEST = 5.0, 300.0  # seconds that it stays open: doubled each time that a probe fails
BUSY_FIRST, BUSY_LONGEST = 1.0, 30.0  # RULES 2.2: after 429, doubled up to 30 s
REPORTED = 600.0  # seconds that it stays open when carriers report faults of what was taken (30007)
PROBED_WITHIN = 60.0  # a probe that says nothing for so long is forgotten
PROBE_HEARS = 2.0  # seconds for which the others are put off meanwhile

_log = structlog.get_logger(__name__)


class Verdict(Enum):
    """What an answer says of the way out, whatever it says of the message."""

    FINE = auto()
    FAULT = auto()  # wrong credentials or settings, the next hop's own trouble, no answer
    BUSY = auto()  # slower, please


class Pass:
    """One admission; `heard` once, with what came of it."""

    __slots__ = ("_breaker", "probe")

    def __init__(self, breaker: "Breaker", *, probe: bool) -> None:
        self._breaker = breaker
        self.probe = probe

    def heard(self, verdict: Verdict | None, cause: str = "") -> None:
        """None: nothing was handed over, so nothing was learned."""
        self._breaker._heard(self, verdict, cause)  # noqa: SLF001 - the two are one


class Breaker:
    """Of one sender's one channel. Closed: all pass. Open: none. After its time: one, and what it hears decides."""

    def __init__(self, channel: str, sender: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._names = {"channel": channel, "sender": sender}
        self._clock = clock
        self._open_until: float | None = None  # None: closed
        self._probing_until = 0.0
        self._faults: deque[bool] = deque(maxlen=OF_THE_LATEST)
        self._reports: deque[bool] = deque(maxlen=OF_THE_LATEST)
        self._times = self._busy_times = 0  # opened one after the other

    def admit(self) -> Pass | None:
        """None: not now, perhaps after `wait` seconds."""
        if self._open_until is None:
            return Pass(self, probe=False)
        if self.wait > 0:
            return None
        self._probing_until = self._clock() + PROBED_WITHIN
        return Pass(self, probe=True)

    @property
    def wait(self) -> float:
        """Seconds after which to ask again; 0: somebody may be admitted now. A probe mostly hears within a moment."""
        if self._open_until is None:
            return 0.0
        now = self._clock()
        return max(0.0, self._open_until - now, min(self._probing_until - now, PROBE_HEARS))

    def reported(self, *, fault: bool) -> None:
        """A status callback's word on something that the next hop had taken."""
        self._reports.append(fault)
        if self._open_until is None and _half(self._reports):
            self._reports.clear()
            self._open(REPORTED, "reports")

    def _heard(self, passed: Pass, verdict: Verdict | None, cause: str) -> None:
        if passed.probe:
            self._probing_until = 0.0
        elif self._open_until is not None:
            return  # it was on its way when this opened: counted then, or too late to close it
        match verdict:
            case Verdict.FINE:
                self._close(passed)
            case Verdict.FAULT:
                self._faults.append(True)
                if passed.probe or self._broken():
                    self._times += 1
                    self._open(_doubled(FIRST, self._times, LONGEST), cause)
            case Verdict.BUSY:
                self._busy_times += 1
                self._open(_doubled(BUSY_FIRST, self._busy_times, BUSY_LONGEST), cause)
            case None:
                pass

    def _broken(self) -> bool:
        latest = list(self._faults)[-IN_A_ROW:]
        return (len(latest) == IN_A_ROW and all(latest)) or _half(self._faults)

    def _open(self, seconds: float, cause: str) -> None:
        seconds *= random.uniform(0.9, 1.1)  # noqa: S311 - no secret; so that processes do not march in step
        self._open_until = self._clock() + seconds
        self._faults.clear()
        _log.error("sender_held_back", **self._names, seconds=round(seconds, 1), cause=cause)

    def _close(self, passed: Pass) -> None:
        self._faults.append(False)
        self._busy_times = 0
        if passed.probe:
            self._open_until, self._times = None, 0
            _log.info("sender_goes_on", **self._names)


def _half(latest: deque[bool]) -> bool:
    return len(latest) == OF_THE_LATEST and sum(latest) * 2 >= OF_THE_LATEST


def _doubled(first: float, times: int, longest: float) -> float:
    return min(first * 2.0 ** min(times - 1, 16), longest)
