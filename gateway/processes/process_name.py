"""What a process calls itself, for whoever looks at the list of processes: `gw-worker-0`, `gw-archiver`."""

import contextlib
import sys
from pathlib import Path

_LONGEST = 15  # bytes that Linux keeps of a name


def name_process(name: str) -> None:
    if sys.platform == "linux":
        with contextlib.suppress(OSError):
            Path("/proc/self/comm").write_text(f"gw-{name}"[:_LONGEST])
