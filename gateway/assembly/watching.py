"""What a process begins with so that it can be watched: its counts, its lines in the log, its spans."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from gateway import logs, tracing
from gateway.config.settings import Settings
from gateway.metrics import families, observed


@contextmanager
def watched(settings: Settings, role: str, counts: Path, row: int) -> Iterator[None]:
    """Around all that a worker or archiver does. `row`: its own of the board; no other process has it meanwhile."""
    families.begin(counts, row)
    observed.process_began(role)
    logs.log_access(on=settings.given.logs.access and not settings.dev)
    traces = settings.given.traces
    if traces.endpoint is not None:
        tracing.begin(traces.endpoint, traces.sample)
    try:
        yield
    finally:
        tracing.end()
