"""`make bench`."""

from pathlib import Path

from tests.bench import (
    accepting,
    archiving,
    bounces,
    decisions,
    dispatching,
    rewriting,
    scrubbing,
    whole_path,
)
from tests.bench.result import table, write


def main() -> None:
    found = [*whole_path.results(), *decisions.results(), *scrubbing.results(), *rewriting.results()]
    found += [*accepting.results(), *dispatching.results(), *bounces.results(), *archiving.results()]
    write(found, Path("build/bench.json"))
    print(table(found))


main()
