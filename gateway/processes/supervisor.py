"""Keeps N workers running on sockets that were bound once. Plain blocking code in one thread: it may always fork.

    SIGTERM, SIGINT   workers drain (SIGTERM) and are killed after 30 s; then run() returns
    SIGHUP            each worker in turn is replaced: the new one is ready before the old one drains; one that comes
                      meanwhile is obeyed afterwards
    a worker dies     another takes its place: at once, then slower while they do not live for a second

A worker learns from the end of a pipe that its supervisor died, and drains by itself then.
"""

import contextlib
import gc
import os
import selectors
import signal
import socket
import time
from collections.abc import Callable, Mapping

import structlog

from gateway.processes.connections import Board
from gateway.processes.signal_pipe import signal_pipe
from gateway.processes.worker_process import MISCONFIGURED, SIGNALS, MakeWorker, Worker, fork

DRAIN = 30.0  # seconds from SIGTERM to SIGKILL
TICK = 0.5
SHORT_LIFE = 1.0
LONGEST_DELAY = 10.0

_log = structlog.get_logger()


def _nothing() -> None:
    pass


def run(
    make_worker: MakeWorker,
    sockets: Mapping[str, socket.socket],
    workers: int,
    *,
    on_ready: Callable[[], None] = _nothing,
    on_tick: Callable[[], object] = _nothing,
    drain: float = DRAIN,
    signals: tuple[int, int] | None = None,
    hangup_stops: bool = False,
) -> int:
    """Until SIGTERM or SIGINT; the exit code. Closes `sockets` when it stops.

    on_ready  called once, when all workers have said that they are ready
    on_tick   called every half second
    signals   a signal_pipe that was opened earlier: what came since then counts
    hangup_stops  SIGHUP says that the terminal was closed, not that workers shall be replaced
    """
    with signal_pipe(SIGNALS) if signals is None else contextlib.nullcontext(signals) as pipe:
        supervisor = _Supervisor(make_worker, sockets, workers, pipe, on_ready, on_tick, drain)
        supervisor.stops_on |= {signal.SIGHUP} if hangup_stops else set()
        try:
            return supervisor.run()
        except BaseException:
            supervisor.stop()
            supervisor.run()
            raise
        finally:
            supervisor.close()


class _Supervisor:
    def __init__(
        self,
        make_worker: MakeWorker,
        sockets: Mapping[str, socket.socket],
        workers: int,
        pipe: tuple[int, int],
        on_ready: Callable[[], None],
        on_tick: Callable[[], object],
        drain: float,
    ) -> None:
        self._make_worker = make_worker
        self._sockets = sockets
        self._on_ready = on_ready
        self._on_tick = on_tick
        self._drain = drain
        self._board = Board(rows=2 * workers + 2)  # room for those that drain beside their successors
        self._workers: list[Worker] = []
        self._due = dict.fromkeys(range(workers), 0.0)  # number -> when to start a worker there
        self._short_lives = dict.fromkeys(range(workers), 0)
        self._to_replace: list[Worker] = []
        self._successor: Worker | None = None
        self._announced = self._stopping = self._again = False
        self._exit_code = 0
        self._next_tick = 0.0
        self._gone_fd, self._alive_fd = os.pipe()
        self._selector = selectors.DefaultSelector()
        self._selector.register(pipe[0], selectors.EVENT_READ, None)
        self._own = (*pipe, self._alive_fd)
        self.stops_on = {signal.SIGTERM, signal.SIGINT}

    def run(self) -> int:
        gc.collect()
        gc.freeze()  # what is loaded now stays shared between the workers
        while True:
            self._start_due()
            if self._stopping and not self._workers:
                return self._exit_code
            self._wait()
            self._reap()
            if not self._stopping:
                self._replace()
                self._announce()
            self._tick()

    def stop(self) -> None:
        """Nobody is accepted any more; what has begun may end."""
        self._stopping = True
        self._due.clear()
        for listener in self._sockets.values():
            listener.close()
        for worker in self._workers:
            worker.drain(self._drain)

    def close(self) -> None:
        self._selector.close()
        os.close(self._gone_fd)
        os.close(self._alive_fd)

    def _start_due(self) -> None:
        now = time.monotonic()
        for number in [number for number, at in self._due.items() if at <= now]:
            del self._due[number]
            self._start(number)

    def _start(self, number: int) -> Worker:
        ours = (*self._own, self._selector.fileno(), *(other.ready_fd for other in self._workers))
        row = self._board.take_row()
        worker = fork(
            self._make_worker, number, self._sockets, row, gone_fd=self._gone_fd, not_for_worker=ours
        )
        self._workers.append(worker)
        self._selector.register(worker.ready_fd, selectors.EVENT_READ, worker)
        return worker

    def _wait(self) -> None:
        overdue = (worker.kill_at for worker in self._workers if worker.kill_at is not None)
        soonest = min([self._next_tick, *self._due.values(), *overdue])
        for key, _ in self._selector.select(max(0.0, soonest - time.monotonic())):
            if key.data is None:
                self._obey(os.read(key.fd, 1024))
            else:
                self._hear(key.data)

    def _hear(self, worker: Worker) -> None:
        """It says one word, or ends without it."""
        self._selector.unregister(worker.ready_fd)
        worker.ready = os.read(worker.ready_fd, 1) == b"."

    def _obey(self, signals: bytes) -> None:
        if self.stops_on.intersection(signals):
            self.stop()
        elif signal.SIGHUP in signals:
            self._again = True

    def _reap(self) -> None:
        for worker in list(self._workers):
            worker.kill_if_overdue()
            if (code := worker.ended()) is not None:
                self._workers.remove(worker)
                with contextlib.suppress(KeyError):
                    self._selector.unregister(worker.ready_fd)
                os.close(worker.ready_fd)
                if not worker.draining:
                    self._died(worker, code)

    def _died(self, worker: Worker, code: int) -> None:
        lived = time.monotonic() - worker.started
        _log.error("worker_died", number=worker.number, pid=worker.pid, code=code, lived=round(lived, 1))
        if code == MISCONFIGURED and not self._announced:
            self._exit_code = code
            self.stop()
        elif not any(other.number == worker.number and not other.draining for other in self._workers):
            short = self._short_lives[worker.number] = (
                self._short_lives[worker.number] + 1 if lived < SHORT_LIFE else 0
            )
            delay = min(TICK * 2 ** (short - 2), LONGEST_DELAY) if short > 1 else 0.0
            self._due[worker.number] = time.monotonic() + delay

    def _replace(self) -> None:
        """A step of SIGHUP's work: the first of `to_replace` has a successor, drains, is gone; then the next."""
        self._to_replace = [worker for worker in self._to_replace if worker in self._workers]
        if self._successor is not None and self._successor not in self._workers:
            _log.error("workers_kept", reason="a successor died before it was ready")
            self._to_replace.clear()
            self._successor = None
        if not self._to_replace:
            self._successor = None
            self._begin_replacing()
        if not self._to_replace:
            return
        if self._successor is None or self._successor.number != self._to_replace[0].number:
            self._successor = self._start(self._to_replace[0].number)
        elif self._successor.ready:
            self._to_replace[0].drain(self._drain)

    def _begin_replacing(self) -> None:
        if self._again:
            self._again = False
            self._to_replace = [worker for worker in self._workers if not worker.draining]
            _log.info("workers_replacing", workers=len(self._to_replace))

    def _announce(self) -> None:
        if not self._announced and not self._due and all(worker.ready for worker in self._workers):
            self._announced = True
            self._on_ready()

    def _tick(self) -> None:
        now = time.monotonic()
        if now < self._next_tick:
            return
        self._next_tick = now + TICK
        try:
            self._on_tick()
        except Exception:  # noqa: BLE001 - the workers must go on whatever it was
            _log.exception("tick_failed")
