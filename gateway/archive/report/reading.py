"""A month's figures from the archive: of all its classes what the month needs, of changes all there ever were."""

from collections.abc import Iterable
from pathlib import Path

import duckdb

from gateway.archive.archive import Archive, Remembered
from gateway.archive.columns import CHANGE_CLASS
from gateway.archive.database import connect, limited, relation
from gateway.archive.manifest import File, State
from gateway.archive.places import Place
from gateway.archive.report.figures import Figures, figures
from gateway.archive.report.month import DAY, Month
from suppression.purposes import Catalogue

SECONDS = 900.0  # for a report; one of ten million records takes 30
_FOUND_OUT_WITHIN = 7 * DAY  # what became of a hand-over of the month's last day may be told later


def read(
    place: Place,
    scratch: Path,
    remembered: Remembered,
    month: Month,
    catalogue: Catalogue,
    sender: str | None = None,
) -> Figures:
    """Blocking. `remembered`: the manifest that the store knows of. ArchiveUnavailable, ArchiveDamaged."""
    scratch.mkdir(parents=True, exist_ok=True)
    files = needed(Archive(place, scratch).state(remembered), month)
    paths = [place.local(file) for file in files]
    with connect(scratch) as connection, limited(connection, SECONDS):
        make_view(connection, paths)
        return figures(connection, month, catalogue, sender)


def make_view(connection: duckdb.DuckDBPyConnection, paths: Iterable[Path]) -> None:
    """`log`, but for the records' ids: making them for millions takes longer than all the rest."""
    connection.execute("SET preserve_insertion_order = false")
    connection.execute(
        "CREATE TEMP VIEW log AS SELECT recipient AS recipient_key, lower(hex(exact)) AS exact, "
        f"* EXCLUDE (recipient, exact, person) FROM {relation(paths)}"
    )


def needed(state: State, month: Month) -> list[File]:
    def holds(file: File) -> bool:
        if file.class_ == CHANGE_CLASS:
            return file.first < month.end
        return file.first < month.end + _FOUND_OUT_WITHIN and file.last >= month.start

    return sorted((file for file in state.files.values() if holds(file)), key=lambda file: file.name)
