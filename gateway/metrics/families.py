"""Counters, histograms and gauges that are declared when a module is read, and count once a process has begun.

All processes of one gateway count into files of one private folder (prometheus_client's multiprocess mode), so any
of them can show the sum. A file belongs to a row of the board of workers, not to a pid: a row has one process at a
time, whoever takes it next counts on from there, and a hundred restarts leave no more files than one.
"""

import os
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Generic, TypeVar

from prometheus_client import Counter, Gauge, Histogram, values

MOST_CHILDREN = 2000  # of one family in one process: whatever labels may come to hold, memory is bounded
OTHER = "other"
_FOLDER = "PROMETHEUS_MULTIPROC_DIR"  # where prometheus_client looks for the folder

M = TypeVar("M", Counter, Histogram, Gauge)

DECLARED: dict[str, "_Family[Counter] | _Family[Histogram] | _Family[Gauge]"] = {}


class _Family(Generic[M]):
    """One metric with its labels. Until `begin` it counts nothing, and costs a look into an empty dict."""

    kind = ""

    def __init__(self, name: str, about: str, labels: Sequence[str] = ()) -> None:
        self.name = name
        self.about = about
        self.labels = tuple(labels)
        self._make: Callable[[], M] | None = None
        self._parent: M | None = None
        self._children: dict[tuple[str, ...], M] = {}

    def begin(self) -> None:
        self._children.clear()
        self._parent = None if self._make is None else self._make()

    def end(self) -> None:
        self._children.clear()
        self._parent = None

    def _child(self, labels: tuple[str, ...]) -> M | None:
        """Kept here: prometheus_client's own look-up takes a lock, and twice as long."""
        child = self._children.get(labels)
        if child is not None or self._parent is None:
            return child
        if len(self._children) >= MOST_CHILDREN:
            labels = (OTHER,) * len(labels)
        child = self._children[labels] = self._parent.labels(*labels) if labels else self._parent
        return child


class Counted(_Family[Counter]):
    """`known`: labels that are shown from the first, at 0: a rate sees nothing of a counter's very first step, and
    what happens once a year must not go unseen.
    """

    kind = "counter"

    def __init__(
        self, name: str, about: str, labels: Sequence[str] = (), known: Iterable[tuple[str, ...]] = ()
    ) -> None:
        super().__init__(name, about, labels)
        self._known = tuple(known)
        self._make = lambda: Counter(name, about, self.labels, registry=None)
        DECLARED[name] = self

    def begin(self) -> None:
        super().begin()
        for labels in self._known:
            self._child(labels)

    def add(self, *labels: str, amount: float = 1.0) -> None:
        child = self._child(labels)
        if child is not None:
            child.inc(amount)


class Timed(_Family[Histogram]):
    kind = "histogram"

    def __init__(self, name: str, about: str, labels: Sequence[str] = (), *, up_to: Iterable[float]) -> None:
        super().__init__(name, about, labels)
        self.buckets = tuple(up_to)
        self._make = lambda: Histogram(name, about, self.labels, registry=None, buckets=self.buckets)
        DECLARED[name] = self

    def took(self, seconds: float, *labels: str) -> None:
        child = self._child(labels)
        if child is not None:
            child.observe(seconds)


class Set(_Family[Gauge]):
    """The highest that any process said, dead ones included: for what only grows, such as a time of success."""

    kind = "gauge"

    def __init__(self, name: str, about: str) -> None:
        super().__init__(name, about)
        self._make = lambda: Gauge(name, about, registry=None, multiprocess_mode="max")
        DECLARED[name] = self

    def set(self, value: float) -> None:
        child = self._child(())
        if child is not None:
            child.set(value)


class Asked(_Family[Gauge]):
    """A gauge that nobody keeps: whoever answers a scrape finds its value out then."""

    kind = "gauge"

    def __init__(self, name: str, about: str, labels: Sequence[str] = ()) -> None:
        super().__init__(name, about, labels)
        DECLARED[name] = self

    def begin(self) -> None:
        """Nothing is kept."""


def begin(folder: Path, row: int) -> None:
    """In a process that was just forked: from now on it counts, in the files of this row."""
    os.environ[_FOLDER] = str(folder)
    values.ValueClass = values.MultiProcessValue(process_identifier=lambda: row)  # type: ignore[no-untyped-call]
    for family in DECLARED.values():
        family.begin()


def end() -> None:
    """Count no more: for tests, which begin in a process that goes on."""
    for family in DECLARED.values():
        family.end()
    values.close_all_multiprocess_files()  # type: ignore[no-untyped-call]
