"""`gateway serve`: the store's server if it is ours to run, the sockets, the workers, in this order; back in reverse.

Whatever a worker needs is imported before it is forked, so that all of them share it.
"""

import contextlib
import resource
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import structlog

from gateway.assembly import archives, store_access
from gateway.assembly.ports import Sockets, listening
from gateway.assembly.watching import watched
from gateway.config import extras
from gateway.config.roles import ALL, OF_WORKERS, Role
from gateway.config.settings import Settings
from gateway.embedded.server import EmbeddedServer
from gateway.metrics.folder import own_folder
from gateway.processes import supervisor
from gateway.processes.process_name import name_process
from gateway.processes.signal_pipe import signal_pipe
from gateway.processes.worker_process import SIGNALS, WorkerContext
from suppression.errors import ConfigurationError

_log = structlog.get_logger()

MANY_FILES = 65_536


def serve(settings: Settings, workers: int, roles: frozenset[Role] = ALL) -> int:
    """Until SIGTERM or Ctrl-C; the exit code."""
    if roles == {Role.ARCHIVER} and not archives.is_archived(settings):
        raise ConfigurationError(
            "archive: no folder and no bucket, so there is nothing for the archiver to do"
        )
    if absent := extras.missing(settings.given):
        raise ConfigurationError("\n".join(absent))
    with signal_pipe(SIGNALS) as signals, store_server(settings.store.data_dir) as watch:
        if roles & OF_WORKERS:  # who only archives decides nothing
            store_access.publish(settings)  # and with it all checks of the store, before anything listens
        with listening(settings, roles) as sockets:
            return run(settings, sockets, workers, signals=signals, watch=watch, roles=roles)


def run(
    settings: Settings,
    sockets: Sockets,
    workers: int,
    *,
    signals: tuple[int, int],
    watch: Callable[[], None],
    on_ready: Callable[[], None] = lambda: None,
    hangup_stops: bool = False,
    roles: frozenset[Role] = ALL,
) -> int:
    """Workers on these sockets.

    signals  listened to since before anything was started: a signal that came meanwhile ends it in order
    watch    called again and again: it starts the store's server if that died
    """
    _allow_many_files()
    workers = workers if roles & OF_WORKERS else 0
    if workers:
        from gateway.assembly import wiring  # noqa: F401, PLC0415 - before they are forked; who only archives has no use for it
    processes = workers + (Role.ARCHIVER in roles and archives.is_archived(settings))
    with own_folder() as counts:
        work = partial(_work, settings, workers, roles, counts)
        return supervisor.run(
            work,
            sockets,
            processes,
            on_ready=on_ready,
            on_tick=watch,
            signals=signals,
            hangup_stops=hangup_stops,
        )


def _work(
    settings: Settings, workers: int, roles: frozenset[Role], counts: Path, context: WorkerContext
) -> None:
    """What the process of a number does: the one after the workers archives."""
    if context.number < workers:
        from gateway.assembly import wiring  # noqa: PLC0415 - the supervisor has imported it

        name_process(f"worker-{context.number}")
        with watched(settings, "worker", counts, context.row.number):
            wiring.run_worker(settings, context, counts, roles=roles)
    else:
        from gateway.assembly import archiving_process  # noqa: PLC0415 - workers have no use for its libraries

        name_process("archiver")
        with watched(settings, "archiver", counts, context.row.number):
            archiving_process.run(settings, context, counts if workers == 0 else None)


def _allow_many_files() -> None:
    """A connection is an open file; the soft limit is often 1,024, and the hard one is ours to use."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    enough = MANY_FILES if hard == resource.RLIM_INFINITY else min(hard, MANY_FILES)
    resource.setrlimit(resource.RLIMIT_NOFILE, (enough, hard))


@contextlib.contextmanager
def store_server(data_dir: Path | None) -> Iterator[Callable[[], None]]:
    """The embedded server while this lasts, or none; yields what to call to keep it alive."""
    if data_dir is None:
        yield lambda: None
        return
    with EmbeddedServer(data_dir) as server:

        def watch() -> None:
            if server.revive():
                _log.error("store_server_restarted", pid=server.pid)

        yield watch
