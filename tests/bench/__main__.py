"""`make bench`."""

from pathlib import Path

from tests.bench import (
    accepting,
    archiving,
    bounces,
    console_pages,
    decisions,
    dispatching,
    importing,
    rewriting,
    scrubbing,
    whole_path,
)
from tests.bench.result import table, write


def main() -> None:
    found = [*whole_path.results(), *decisions.results(), *scrubbing.results(), *rewriting.results()]
    found += [*importing.results(), *accepting.results(), *dispatching.results(), *bounces.results()]
    found += [*archiving.results(), *console_pages.results()]
    write(found, Path("build/bench.json"))
    print(table(found))


main()
