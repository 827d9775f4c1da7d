"""How many connections each worker has, in memory that all workers of one gateway share.

It makes the caps hold for the gateway, not per worker, and lets the least loaded worker accept next. The supervisor
makes the board before it forks and clears a worker's row when that worker is gone; each worker writes its own row only,
so there is nothing to lock.
"""

import ipaddress
import mmap
from collections.abc import Callable
from dataclasses import dataclass

BUCKETS = 4096  # addresses share a count when they fall into the same one: one chance in 4,096
STEP = 0.001  # seconds of waiting for each connection more than the least loaded worker; timers know no less
LONGEST = 0.005

# A row has two of these side by side: what apps have, and what mail servers have, who must not shut out the apps.
_STATE, _TOTAL, _FIRST = 0, 1, 2
_FREE, _RUNNING, _ACCEPTING, _DRAINING = 0, 1, 2, 3
_WIDTH = _FIRST + BUCKETS
_COLUMNS = 2 * _WIDTH


@dataclass(frozen=True, slots=True)
class Limits:
    """Open connections at once, of one address (an IPv6 /64 counts as one) and in all."""

    per_address: int = 50
    total: int = 1000


class Board:
    """A row per worker process: state, connections in all, connections by address; and these again for `beside`."""

    def __init__(self, rows: int) -> None:
        self._rows = rows
        self._memory = mmap.mmap(-1, rows * _COLUMNS * 2)  # anonymous and shared: forked workers see it too
        self._cells = memoryview(self._memory).cast("H")

    def take_row(self) -> "Row":
        """For a worker about to be forked."""
        for number in range(self._rows):
            row = Row(self._cells, self._rows, number)
            if row.free:
                row.open()
                return row
        raise RuntimeError("more worker processes than rows")


class Row:
    """What one worker says of itself, and what it reads of the others."""

    def __init__(self, cells: memoryview, rows: int, number: int, column: int = 0) -> None:
        self._cells = cells
        self._rows = rows
        self._column = column
        self._begin = number * _COLUMNS
        self._start = self._begin + column

    @property
    def number(self) -> int:
        """Which of the board's: one process at a time has it."""
        return self._begin // _COLUMNS

    @property
    def beside(self) -> "Row":
        """The same worker's other connections, which are counted by themselves."""
        return Row(self._cells, self._rows, self.number, _WIDTH)

    @property
    def free(self) -> bool:
        return bool(self._cells[self._start + _STATE] == _FREE)

    def open(self) -> None:
        """It has a process, which may never accept: one that archives, one of another role."""
        self._cells[self._begin + _STATE] = self._cells[self._begin + _WIDTH + _STATE] = _RUNNING

    def accept(self) -> None:
        """From now on others may leave connections to it."""
        self._cells[self._start + _STATE] = _ACCEPTING

    def drain(self) -> None:
        """It accepts no more: its connections still count for the caps, it is no longer the least loaded."""
        self._cells[self._begin + _STATE] = self._cells[self._begin + _WIDTH + _STATE] = _DRAINING

    def clear(self) -> None:
        """Its process is gone, with all its connections."""
        self._cells[self._begin : self._begin + _COLUMNS] = memoryview(bytes(_COLUMNS * 2)).cast("H")

    def add(self, bucket: int, change: int) -> None:
        self._cells[self._start + _TOTAL] += change
        self._cells[self._start + _FIRST + bucket] += change

    @property
    def total(self) -> int:
        return int(self._cells[self._start + _TOTAL])

    def total_of_all(self) -> int:
        return sum(self._cells[self._column + _TOTAL :: _COLUMNS])

    def processes(self) -> tuple[int, int]:
        """How many there are: those that work, and those that drain."""
        states = list(self._cells[self._column + _STATE :: _COLUMNS])
        return states.count(_RUNNING) + states.count(_ACCEPTING), states.count(_DRAINING)

    def of_address(self, bucket: int) -> int:
        return sum(self._cells[self._column + _FIRST + bucket :: _COLUMNS])

    def ahead(self) -> int:
        """How many more connections than the least loaded worker that accepts; 0 for that one."""
        states = self._cells[self._column + _STATE :: _COLUMNS]
        totals = self._cells[self._column + _TOTAL :: _COLUMNS]
        accepting = [total for state, total in zip(states, totals, strict=True) if state == _ACCEPTING]
        return self.total - min(accepting, default=self.total)


class Connections:
    """The open connections of one worker, over all its sockets that share the limits."""

    def __init__(self, limits: Limits, row: Row) -> None:
        self._limits = limits
        self._row = row

    @property
    def open(self) -> int:
        return self._row.total

    def begin(self) -> None:
        """This worker accepts."""
        self._row.accept()

    def pause(self) -> float:
        """Seconds to leave a waiting connection to less loaded workers."""
        return min(max(self._row.ahead(), 0) * STEP, LONGEST)

    def admit(self, address: str) -> Callable[[], None] | None:
        """Count it: what to call, once or more, when it has ended. None when a cap is reached."""
        bucket = hash(_group(address)) % BUCKETS  # keyed per gateway: nobody can aim at another's bucket
        if self._row.total_of_all() >= self._limits.total:
            return None
        if self._row.of_address(bucket) >= self._limits.per_address:
            return None
        self._row.add(bucket, 1)
        counted = True

        def leave() -> None:
            nonlocal counted
            if counted:
                counted = False
                self._row.add(bucket, -1)

        return leave


def _group(address: str) -> str:
    """Whom an address stands for: one host has a whole /64 of IPv6."""
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped is not None:
            return str(parsed.ipv4_mapped)
        return parsed.exploded[:19]
    return str(parsed)
