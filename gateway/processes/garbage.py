"""The garbage collector of a process that serves: what was made at start is kept out of its way."""

import atexit
import gc

# Measured: with the defaults (700, 10, 10) a full collection among 2,000 waiting tasks stops everything for
# some 40 ms, several times a second; with these it is rare, and almost all garbage goes by reference count.
_THRESHOLDS = (50_000, 50, 1000)


def tame() -> None:
    """Once per process, when everything is imported and built."""
    gc.collect()
    gc.freeze()
    atexit.register(gc.unfreeze)  # DuckDB takes what is frozen at the end for leaks, and says so at length
    gc.set_threshold(*_THRESHOLDS)
