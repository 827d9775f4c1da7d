"""Where the archive is, and for how long it keeps what, as settings have it."""

from pathlib import Path

from gateway.config.archive import Archive
from gateway.config.endpoints import first_line
from gateway.config.problems import Problems
from suppression.errors import ConfigurationError
from suppression.purposes import SYSTEM, Catalogue

NO_PURPOSES = (
    "changes",
    "other",
)  # classes beside the purposes' first segments, as gateway.archive.columns has them
BESIDE_STORE = "archive"  # folder in the embedded store's data folder, where settings name none


def folder_of(given: Archive, data_dir: Path | None) -> Path | None:
    """The folder that is archived to; None: a bucket, or nowhere."""
    if given.s3 is not None:
        return None
    return given.folder or (data_dir / BESIDE_STORE if data_dir is not None else None)


def days_of(period: str) -> int:
    """Of a checked period: no less than it says."""
    return int(period[:-1]) * (366 if period.endswith("y") else 31)


def check_classes(given: Archive, catalogue: Catalogue, problems: Problems) -> None:
    """A class that is misspelled would be kept for good."""
    paths = (*catalogue.purposes, *catalogue.replaced)
    known = {*NO_PURPOSES, SYSTEM, *(path.partition("/")[0] for path in paths)}
    for name in sorted(given.keep.keys() - known):
        problems.note(f"archive.keep.{name}", f"is no class: there are {', '.join(sorted(known))}")


def load(given: Archive, problems: Problems) -> str | None:
    """The bucket's secret key."""
    s3 = given.s3
    if s3 is None:
        return None
    if s3.secret_access_key is not None:
        return s3.secret_access_key.get_secret_value()
    if s3.secret_access_key_file is None:
        return None
    try:
        return first_line(s3.secret_access_key_file)
    except ConfigurationError as error:
        problems.note("archive.s3.secret_access_key_file", str(error))
        return None
