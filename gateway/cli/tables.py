"""Rows as a table for people, or as tab-separated lines where the output goes to a program."""

import sys
from collections.abc import Iterable, Sequence


def print_table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Values come from strangers too: control characters would speak to the terminal."""
    safe = ([printable(cell) for cell in row] for row in rows)
    if sys.stdout.isatty():
        _print_for_people([printable(title) for title in head], safe)
    else:
        sys.stdout.writelines("\t".join(row) + "\n" for row in safe)


def _print_for_people(head: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, header_style="bold")
    for title in head:
        table.add_column(Text(title), overflow="fold")  # Text: no markup in titles and values
    for row in rows:
        table.add_row(*map(Text, row))
    Console().print(table)


def printable(cell: str) -> str:
    return "".join(letter if letter.isprintable() else "?" for letter in cell)
