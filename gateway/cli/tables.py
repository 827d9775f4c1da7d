"""Rows as a table for people, or as tab-separated lines where the output goes to a program."""

import sys
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

_GAP = "  "
_INDENT = "    "


def print_table(head: Sequence[str], rows: Iterable[Sequence[str]], *, titles: bool = True) -> None:
    """Values come from strangers too: control characters would speak to the terminal."""
    safe = ([printable(cell) for cell in row] for row in rows)
    if sys.stdout.isatty():
        from rich.console import Console

        show(Console(), [printable(title) for title in head], list(safe), titles=titles)
    else:
        sys.stdout.writelines("\t".join(row) + "\n" for row in safe)


def show(
    console: "Console", head: Sequence[str], rows: Sequence[Sequence[str]], *, titles: bool = True
) -> None:
    """A table. Where the terminal is too narrow for it, what is set of each row with its name: a table would be broken
    within words, and an id in pieces cannot be copied.
    """
    from rich.cells import cell_len

    widths = [max(map(cell_len, column)) for column in zip(head, *rows, strict=True)]
    if sum(widths) + len(_GAP) * (len(widths) - 1) > console.width:
        for row in rows:
            console.print(_named(head, row, console.width), soft_wrap=True)
    else:
        _print_as_table(console, head, rows, titles=titles)


def _print_as_table(
    console: "Console", head: Sequence[str], rows: Sequence[Sequence[str]], *, titles: bool
) -> None:
    from rich.table import Table
    from rich.text import Text

    table = Table(
        box=None, pad_edge=False, padding=(0, len(_GAP), 0, 0), header_style="bold", show_header=titles
    )
    for title in head:
        table.add_column(Text(title), overflow="fold")  # Text: no markup in titles and values
    for row in rows:
        table.add_row(*map(Text, row))
    console.print(table)


def _named(head: Sequence[str], row: Sequence[str], width: int) -> "Text":
    from rich.text import Text

    lines = [Text()]
    for name, cell in zip(head, row, strict=True):
        if not cell:
            continue
        pair = Text.assemble((name, "bold"), " ", cell)
        if lines[-1] and len(lines[-1]) + len(_GAP) + len(pair) > width:
            lines.append(Text(_INDENT) + pair)
        else:
            lines[-1] += Text(_GAP if lines[-1] else "") + pair
    return Text("\n").join(lines)


def printable(cell: str) -> str:
    return "".join(letter if letter.isprintable() else "?" for letter in cell)
