"""The archive: can it be read and written, and is it the one that the store remembers. Not every byte: `log verify`."""

import asyncio
import secrets
from pathlib import Path

from gateway.archive.archive import Archive, Remembered
from gateway.archive.places import ArchiveDamaged, ArchiveUnavailable, Place
from gateway.doctor.findings import Finding, Findings, fail, ok, warn

ARCHIVE = "archive"


async def look(
    place: Place | None, scratch: Path, remembered: Remembered, *, is_to_come: bool = False
) -> Findings:
    """`remembered`: the latest manifest, as the store knows it. `is_to_come`: its folder is made by the first start."""
    if place is None and remembered is not None:
        said = "The log was archived, and the settings name no archive: whatever needs old records fails."
        return [fail(ARCHIVE, said, "Name in [archive] the folder or bucket where it is.")]
    if place is None:
        said = "None is set: the log stays in the store, and fills it."
        return [warn(ARCHIVE, said, "Set archive.folder or [archive.s3].")]
    if is_to_come and remembered is None:
        return [ok(ARCHIVE, "Nothing was archived yet: its folder is made when the gateway first starts.")]
    return await asyncio.to_thread(_look, place, scratch, remembered)


def _look(place: Place, scratch: Path, remembered: Remembered) -> Findings:
    try:
        state = Archive(place, scratch).state(remembered)
    except ArchiveDamaged as error:
        said = f"It is not as it was left: {error}"
        return [fail(ARCHIVE, said, "Run gateway log verify, and bring back what is missing from a backup.")]
    except ArchiveUnavailable as error:
        said = f"It cannot be read: {error}"
        return [fail(ARCHIVE, said, "Is the disk mounted, the bucket there, and the key right?")]
    known = "It is what the store remembers" if remembered else "Nothing was archived yet"
    return [ok(ARCHIVE, f"{known} (manifest {state.number})."), _write(place)]


def _write(place: Place) -> Finding:
    """Under a name that no manifest has, and gone again."""
    name = f"doctor-{secrets.token_hex(8)}"
    try:
        place.create(name, b"")
        place.delete(name)
    except ArchiveUnavailable as error:
        return fail(
            ARCHIVE, f"It cannot be written: {error}", "The archiver's user must be able to write there."
        )
    return ok(ARCHIVE, "It can be written.")
