"""What commands show to people: a table, or, where the terminal is too narrow, names and values."""

import io

from rich.console import Console

from gateway.cli.tables import show

HEAD = ("time", "kind", "reason", "text", "id")
ROWS = (
    ("2026-11-24T18:00:00.000Z", "suppressed", "unsubscribed", "", "06h0cpaie400001t"),
    ("2026-11-24T18:00:01.000Z", "sent", "", "kept in the sandbox", "06h0cpaie500001t"),
)


def shown(width: int, rows: tuple[tuple[str, ...], ...] = ROWS, *, titles: bool = True) -> list[str]:
    console = Console(width=width, file=io.StringIO())
    show(console, HEAD, rows, titles=titles)
    written = console.file
    assert isinstance(written, io.StringIO)
    return [line.rstrip() for line in written.getvalue().splitlines()]


def test_what_fits_is_a_table() -> None:
    assert shown(96) == [
        "time                      kind        reason        text                 id",
        "2026-11-24T18:00:00.000Z  suppressed  unsubscribed                       06h0cpaie400001t",
        "2026-11-24T18:00:01.000Z  sent                      kept in the sandbox  06h0cpaie500001t",
    ]


def test_titles_are_left_out_of_what_goes_on() -> None:
    assert shown(96, titles=False) == shown(96)[1:]


def test_a_narrow_terminal_gets_names_and_values_that_are_whole() -> None:
    assert shown(60) == [
        "time 2026-11-24T18:00:00.000Z  kind suppressed",
        "    reason unsubscribed  id 06h0cpaie400001t",
        "time 2026-11-24T18:00:01.000Z  kind sent",
        "    text kept in the sandbox  id 06h0cpaie500001t",
    ]


def test_a_value_that_is_wider_than_the_terminal_is_not_cut() -> None:
    assert shown(10, ROWS[:1])[1:] == [
        "    kind suppressed",
        "    reason unsubscribed",
        "    id 06h0cpaie400001t",
    ]
