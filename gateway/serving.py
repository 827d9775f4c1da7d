"""`gateway serve`: the store's server if it is ours to run, the sockets, the workers, in this order; back in reverse.

Whatever a worker needs is imported before it is forked, so that all of them share it.
"""

import contextlib
import resource
import socket
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import structlog

from gateway import archives, listeners, store_access, supervisor, wiring
from gateway.config.settings import Settings
from gateway.embedded import EmbeddedServer
from gateway.mail_ways_in import INBOUND, LMTP
from gateway.process_name import name_process
from gateway.signal_pipe import signal_pipe
from gateway.worker_process import SIGNALS, WorkerContext

_log = structlog.get_logger()

Sockets = dict[str, socket.socket]

MANY_FILES = 65_536

SMTP, SMTPS, HTTP, OPERATIONS = "smtp", "smtps", "http", "operations"


def serve(settings: Settings, workers: int) -> int:
    """Until SIGTERM or Ctrl-C; the exit code."""
    with signal_pipe(SIGNALS) as signals, store_server(settings.store.data_dir) as watch:
        store_access.publish(settings)  # and with it all checks of the store, before anything listens
        with listening(settings) as sockets:
            return run(settings, sockets, workers, signals=signals, watch=watch)


def run(
    settings: Settings,
    sockets: Sockets,
    workers: int,
    *,
    signals: tuple[int, int],
    watch: Callable[[], None],
    on_ready: Callable[[], None] = lambda: None,
    hangup_stops: bool = False,
) -> int:
    """Workers on these sockets.

    signals  listened to since before anything was started: a signal that came meanwhile ends it in order
    watch    called again and again: it starts the store's server if that died
    """
    _allow_many_files()
    work = partial(_work, settings, workers)
    processes = workers + (archives.is_archived(settings))
    return supervisor.run(
        work, sockets, processes, on_ready=on_ready, on_tick=watch, signals=signals, hangup_stops=hangup_stops
    )


def _work(settings: Settings, workers: int, context: WorkerContext) -> None:
    """What the process of a number does: the one after the workers archives."""
    if context.number < workers:
        name_process(f"worker-{context.number}")
        wiring.run_worker(settings, context)
    else:
        from gateway import archiving_process  # noqa: PLC0415 - workers have no use for its libraries

        name_process("archiver")
        archiving_process.run(settings, context)


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


@contextlib.contextmanager
def listening(settings: Settings) -> Iterator[Sockets]:
    """Sockets named by what is spoken there and the port or path: "smtp:587"."""
    wanted = [(SMTP, settings.smtp.host, port) for port in settings.smtp.ports]
    wanted += [(SMTPS, settings.smtp.host, port) for port in settings.smtp.tls_ports]
    inbound = settings.inbound
    if inbound is not None and inbound.port is not None:
        wanted.append((INBOUND, inbound.host, inbound.port))
    if inbound is not None and inbound.lmtp_port is not None:
        wanted.append((LMTP, inbound.lmtp_host, inbound.lmtp_port))
    wanted += [
        (HTTP, settings.http.host, settings.http.port),
        (OPERATIONS, settings.operations.host, settings.operations.port),
    ]
    with contextlib.ExitStack() as bound:
        sockets = {
            f"{kind}:{port}": bound.enter_context(listeners.bind(host, port)) for kind, host, port in wanted
        }
        if inbound is not None and inbound.lmtp_socket is not None:
            path = inbound.lmtp_socket
            sockets[f"{LMTP}:{path}"] = bound.enter_context(listeners.bind_path(path))
            bound.callback(path.unlink, missing_ok=True)
        yield sockets
