"""When a worker has to stop: told by SIGTERM, or because its supervisor is dead."""

import asyncio
import signal

from gateway.processes.worker_process import WorkerContext


async def told_to_drain(context: WorkerContext) -> None:
    """Returns then; for the worker's main task, within its loop."""
    loop = asyncio.get_running_loop()
    told = asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, told.set)
    loop.add_reader(context.supervisor_gone_fd, told.set)
    try:
        await told.wait()
    finally:
        # SIGTERM stays ours: told once more, a draining worker goes on draining.
        loop.remove_reader(context.supervisor_gone_fd)
