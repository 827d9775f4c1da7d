"""An archive in a bucket of an S3-compatible store.

The store must honour `If-None-Match: *` (Amazon's does, and most others now): that a manifest's number is given once
hangs on it, so it is tried before the first manifest is written.
Blocking code. Not to be used before a fork: the client has threads of its own.
"""

import contextlib
import re
import secrets
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from gateway.archive.cached_files import CachedFiles
from gateway.archive.manifest import File
from gateway.archive.places import ArchiveDamaged, ArchiveUnavailable
from suppression.errors import ConfigurationError, NotFound

if TYPE_CHECKING:
    from obstore.store import ClientConfig, RetryConfig, S3Config, S3Store

PIECE = 8 * 1024 * 1024  # bytes a request, both ways: each ends within its time on a slow line
PATIENCE = 30.0  # seconds a request
RETRIES = 3
TRIES = 3  # of a create that another's, since failed, was in the way of
PAUSE = 0.2  # seconds between them
PROBES = "probes/"


class Bucket:
    """A Place. Without a key, what the environment or the machine's own role has.

    prefix      of all names, like "gateway/log"
    endpoint    where it is not Amazon's; `path_style`: the bucket is named in the path, not in the host
    cache       where files rest that questions need; of at most `cache_size` bytes
    """

    def __init__(
        self,
        bucket: str,
        *,
        cache: Path,
        cache_size: int,
        prefix: str = "",
        region: str = "us-east-1",
        endpoint: str | None = None,
        path_style: bool = False,
        access_key_id: str | None = None,
        secret_access_key: str | None = None,
        patience: float = PATIENCE,
    ) -> None:
        config: S3Config = {
            "region": region,
            "virtual_hosted_style_request": not path_style,
            "disable_bulk_delete": True,  # which not every store has
            "conditional_put": "etag",
        }
        if endpoint is not None:
            config["endpoint"] = endpoint if path_style else _with_host(endpoint, bucket)
        if access_key_id is not None and secret_access_key is not None:
            config |= {"access_key_id": access_key_id, "secret_access_key": secret_access_key}
        self._store = _open(bucket, prefix.strip("/"), config, patience)
        self._cached = CachedFiles(cache, cache_size)
        self._sure = False

    def create(self, name: str, content: bytes) -> bool:
        """True also when it has just this content already: an earlier try's answer was lost."""
        self._insist_on_conditions()
        return self._create(name, content)

    def put(self, name: str, path: Path) -> None:
        import obstore  # noqa: PLC0415  an extra

        with _failing("written", name):
            if not self._has(name):
                obstore.put(self._store, name, path, chunk_size=PIECE, max_concurrency=4)
                return
        raise ArchiveDamaged(f"{name} is taken")

    def read(self, name: str) -> bytes:
        return b"".join(self.pieces(name))

    def pieces(self, name: str) -> Iterator[bytes]:
        """Its content, some megabytes at a time. NotFound."""
        import obstore  # noqa: PLC0415

        with _failing("read", name):
            whole = obstore.get(self._store, name)
            size, tag = whole.meta["size"], whole.meta["e_tag"]
            if size <= PIECE:
                yield bytes(whole.bytes())
                return
            for start in range(0, size, PIECE):
                span = (start, min(start + PIECE, size))
                yield bytes(obstore.get(self._store, name, options={"range": span, "if_match": tag}).bytes())

    def local(self, file: File) -> Path:
        found = self._cached.find(file)
        if found is not None:
            return found
        try:
            return self._cached.keep(file, self.pieces(file.name))
        except NotFound:
            raise ArchiveDamaged(f"{file.name} is missing") from None

    def names(self, prefix: str) -> list[str]:
        import obstore  # noqa: PLC0415

        with _failing("listed", prefix):
            return sorted(
                str(one["path"]) for page in obstore.list(self._store, prefix or None) for one in page
            )

    def delete(self, name: str) -> None:
        import obstore  # noqa: PLC0415

        with contextlib.suppress(NotFound), _failing("deleted", name):
            obstore.delete(self._store, name)

    def _has(self, name: str) -> bool:
        import obstore  # noqa: PLC0415

        try:
            obstore.head(self._store, name)
        except FileNotFoundError:
            return False
        return True

    def _create(self, name: str, content: bytes) -> bool:
        for _ in range(TRIES):
            failed = self._try(name, content)
            if failed is _DONE:
                return True
            with contextlib.suppress(NotFound):
                return self.read(name) == content
            if isinstance(failed, ArchiveUnavailable):
                raise failed
            time.sleep(PAUSE)
        raise ArchiveUnavailable(f"{name} cannot be written: others try to")

    def _try(self, name: str, content: bytes) -> object:
        """What came of it: _DONE, _THERE, or why nobody knows."""
        import obstore  # noqa: PLC0415
        from obstore.exceptions import AlreadyExistsError  # noqa: PLC0415

        try:
            with _failing("written", name):
                obstore.put(self._store, name, content, mode="create")
        except ArchiveUnavailable as error:
            return _THERE if isinstance(error.__cause__, AlreadyExistsError) else error
        return _DONE

    def _insist_on_conditions(self) -> None:
        """A store that overlooks the condition would let two archivers write the same manifest."""
        if self._sure:
            return
        probe = f"{PROBES}{secrets.token_hex(16)}"
        try:
            if not self._create(probe, b"first") or self._create(probe, b"second"):
                raise ConfigurationError(
                    "the archive's store overwrites what is to be created (If-None-Match)"
                )
        finally:
            with contextlib.suppress(ArchiveUnavailable):
                self.delete(probe)
        self._sure = True


_DONE, _THERE = object(), object()
_CODE = re.compile(r"<Code>(\w+)</Code>")


def _open(bucket: str, prefix: str, config: "S3Config", patience: float) -> "S3Store":
    try:
        from obstore.store import S3Store  # noqa: PLC0415
    except ImportError as error:
        raise ConfigurationError(
            "an archive in a bucket needs the extra `s3`: pip install 'suppression-gateway[s3]'"
        ) from error
    client: ClientConfig = {
        "allow_http": config.get("endpoint", "").startswith("http://"),
        "timeout": timedelta(seconds=patience),
        "connect_timeout": timedelta(seconds=min(5.0, patience)),
    }
    retry: RetryConfig = {
        "max_retries": RETRIES,
        "retry_timeout": timedelta(seconds=2 * patience),
        "backoff": {"init_backoff": timedelta(seconds=0.1), "max_backoff": timedelta(seconds=2), "base": 2},
    }
    try:
        return S3Store(
            bucket, prefix=prefix or None, config=config, client_options=client, retry_config=retry
        )
    except Exception as error:
        raise ConfigurationError(f"the archive's bucket cannot be used: {_words(error)}") from error


def _with_host(endpoint: str, bucket: str) -> str:
    parts = urlsplit(endpoint)
    return parts._replace(netloc=f"{bucket}.{parts.netloc}").geturl()


@contextlib.contextmanager
def _failing(what: str, name: str) -> Iterator[None]:
    """NotFound where the store says that there is no such object; ArchiveUnavailable for all else."""
    try:
        yield
    except FileNotFoundError as error:
        if "<Code>NoSuchKey</Code>" in str(error):
            raise NotFound(f"{name} is not in the archive") from error
        raise ArchiveUnavailable(f"{name} cannot be {what}: {_words(error)}") from error
    except Exception as error:
        raise ArchiveUnavailable(f"{name} cannot be {what}: {_words(error)}") from error


def _words(error: Exception) -> str:
    """Its first line, and the store's own word: more is for obstore's developers."""
    said = str(error)
    code = _CODE.search(said)
    return said.partition("\n")[0][:300] + (f" ({code[1]})" if code else "")
