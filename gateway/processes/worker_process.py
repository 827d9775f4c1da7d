"""One forked worker, from both sides: what the supervisor knows of it, and how the child begins and ends."""

import contextlib
import os
import signal
import socket
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

import structlog

from gateway.processes.connections import Row
from suppression.errors import ConfigurationError

MISCONFIGURED = 2  # exit code: it cannot run with these settings, or on this store
FAILED = 1
SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD)

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class WorkerContext:
    """What a worker gets from its supervisor.

    number              0 to workers - 1
    sockets             bound and listening, by name; the worker closes its copies when it begins to drain
    row                 its row on the board of connections
    supervisor_gone_fd  readable (end of file) once the supervisor is dead: drain and exit
    ready               to be called once, when everything is being served
    """

    number: int
    sockets: Mapping[str, socket.socket]
    row: Row
    supervisor_gone_fd: int
    ready: Callable[[], None]


MakeWorker = Callable[[WorkerContext], None]


@dataclass(slots=True, eq=False)
class Worker:
    """A process that was forked and has not been reaped. `kill_at` is set once it was told to drain."""

    pid: int
    number: int
    row: Row
    ready_fd: int
    started: float = field(default_factory=time.monotonic)
    ready: bool = False
    kill_at: float | None = None

    @property
    def draining(self) -> bool:
        return self.kill_at is not None

    def drain(self, seconds: float) -> None:
        """SIGTERM; after so many seconds it is overdue."""
        if not self.draining:
            self.kill_at = time.monotonic() + seconds
            os.kill(self.pid, signal.SIGTERM)

    def kill_if_overdue(self) -> None:
        if self.kill_at is not None and time.monotonic() >= self.kill_at:
            _log.error("worker_killed", number=self.number, pid=self.pid, reason="did not drain in time")
            os.kill(self.pid, signal.SIGKILL)
            self.kill_at = time.monotonic() + 1

    def ended(self) -> int | None:
        """Its exit code (negative: a signal) once, when it has ended; None while it runs."""
        pid, status = os.waitpid(self.pid, os.WNOHANG)
        if not pid:
            return None
        self.row.clear()
        return os.waitstatus_to_exitcode(status)


def fork(
    make_worker: MakeWorker,
    number: int,
    sockets: Mapping[str, socket.socket],
    row: Row,
    *,
    gone_fd: int,
    not_for_worker: Iterable[int],
) -> Worker:
    """Start a worker.

    gone_fd         the read end of the pipe whose write end only the supervisor has
    not_for_worker  descriptors of the supervisor that the child must close, that write end above all
    """
    ready_fd, tell_fd = os.pipe()
    sys.stdout.flush()
    sys.stderr.flush()
    signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)  # the child must not answer them with our handlers
    try:
        pid = os.fork()
        if pid == 0:
            for descriptor in (ready_fd, *not_for_worker):
                os.close(descriptor)
            context = WorkerContext(number, sockets, row, gone_fd, _teller(tell_fd))
            _run_and_exit(make_worker, context)
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)
    os.close(tell_fd)
    os.set_blocking(ready_fd, False)
    return Worker(pid, number, row, ready_fd)


def _run_and_exit(make_worker: MakeWorker, context: WorkerContext) -> None:
    """Never returns: the supervisor's stack above must not unwind in the child."""
    code = FAILED
    try:
        _reset_signals()
        make_worker(context)
        code = 0
    except ConfigurationError as error:
        print(error, file=sys.stderr)  # noqa: T201 - for the person who started it
        code = MISCONFIGURED
    except SystemExit as error:
        code = error.code if isinstance(error.code, int) else FAILED
    except BaseException:  # noqa: BLE001 - logged; the process ends here
        _log.exception("worker_failed", number=context.number)
    finally:
        with contextlib.suppress(OSError, ValueError):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(code)


def _reset_signals() -> None:
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group: the supervisor says when
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)


def _teller(tell_fd: int) -> Callable[[], None]:
    def ready() -> None:
        with contextlib.suppress(BrokenPipeError):
            os.write(tell_fd, b".")
        os.close(tell_fd)

    return ready
