"""The archive that settings name: where files are kept is chosen here."""

import contextlib
import tempfile
from pathlib import Path

from gateway.archive.archive import Archive
from gateway.archive.bucket import Bucket
from gateway.archive.folder import Folder
from gateway.archive.history import History
from gateway.archive.places import Place
from gateway.config.archive import S3
from gateway.config.settings import Settings
from suppression.store.log import Log


def is_archived(settings: Settings) -> bool:
    return settings.archive.s3 is not None or settings.archive_folder is not None


def place_of(settings: Settings) -> Place | None:
    """None: the log stays in the store."""
    if settings.archive.s3 is not None:
        return _bucket(settings.archive.s3, settings.archive_secret)
    folder = settings.archive_folder
    return None if folder is None else Folder(folder)


def history_of(settings: Settings, log: Log) -> History:
    """The one reader of the log, hot and archived."""
    place = place_of(settings)
    archive = None if place is None else Archive(place, scratch_of(settings), filters=filters_of(settings))
    return History(log, archive)


def scratch_of(settings: Settings) -> Path:
    """On a disk of this host: where is written what is thrown away."""
    data_dir, s3 = settings.store.data_dir, settings.archive.s3
    if data_dir is not None:
        return data_dir / "scratch"
    return s3.cache / "scratch" if s3 is not None else Path(tempfile.gettempdir()) / "suppression-gateway"


def filters_of(settings: Settings) -> Path | None:
    """The folder of the archive's filters: where its files are read from, to be read by the same people and gone with
    the same disk; in the archive's folder, or in a bucket's cache.
    """
    folder, s3 = settings.archive_folder, settings.archive.s3
    near = folder if s3 is None else s3.cache
    return None if near is None else near / "filters"


def make_own_folder(settings: Settings) -> None:
    """The one beside the embedded store is made where it is missing, and a bucket's cache; one that settings name is
    not: its disk may be away, and a new folder in its place would hide that.
    """
    if settings.archive.s3 is not None:
        with contextlib.suppress(OSError):  # it is no reason not to archive
            settings.archive.s3.cache.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder = settings.archive_folder
    if folder is not None and settings.archive.folder is None:
        folder.mkdir(mode=0o700, exist_ok=True)


def is_to_come(settings: Settings) -> bool:
    """The folder that is made where it is missing has not been made yet."""
    folder = settings.archive_folder
    return folder is not None and settings.archive.folder is None and not folder.exists()


def _bucket(s3: S3, secret: str | None) -> Bucket:
    return Bucket(
        s3.bucket,
        cache=s3.cache,
        cache_size=s3.cache_size,
        prefix=s3.prefix,
        region=s3.region,
        endpoint=s3.endpoint,
        path_style=s3.path_style,
        access_key_id=s3.access_key_id,
        secret_access_key=secret,
    )
