"""Signals as bytes in a pipe, for a loop that waits with a selector."""

import contextlib
import os
import signal
from collections.abc import Iterable, Iterator
from types import FrameType


@contextlib.contextmanager
def signal_pipe(signals: Iterable[signal.Signals]) -> Iterator[tuple[int, int]]:
    """(read end, write end): a byte with its number arrives for each signal, while this lasts."""
    woken, wake = os.pipe()
    os.set_blocking(woken, False)
    os.set_blocking(wake, False)
    before = {number: signal.signal(number, _noted) for number in signals}
    signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
    try:
        yield woken, wake
    finally:
        signal.set_wakeup_fd(-1)
        for number, handler in before.items():
            signal.signal(number, handler)
        os.close(woken)
        os.close(wake)


def _noted(_number: int, _frame: FrameType | None) -> None:
    """The byte in the pipe is all that is wanted; without a handler there would be none."""
