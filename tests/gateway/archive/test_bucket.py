"""A bucket's bad days: errors, slowness, lost answers, altered files; and the cache beside it."""

import hashlib
import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.archive import bucket as module
from gateway.archive.bucket import PROBES, Bucket
from gateway.archive.cached_files import IN_USE
from gateway.archive.manifest import File
from gateway.archive.places import ArchiveDamaged, ArchiveUnavailable
from suppression.errors import ConfigurationError
from tests.s3_stand_in import BUCKET, FINE, KEY_ID, REGION, SECRET, Asked, Fault, S3StandIn

NAME = "manifests/0000000/0000000001.json"
FILE = "records/class=marketing/day=2026-11-02/0000000007-abc.parquet"
BROKEN = [Fault(status=500, code="InternalError"), Fault(status=503)]


@pytest.fixture
def server() -> Iterator[S3StandIn]:
    with S3StandIn() as server:
        yield server


def opened(server: S3StandIn, folder: Path, *, cache_size: int = 1 << 28, bucket: str = BUCKET) -> Bucket:
    return Bucket(
        bucket,
        region=REGION,
        endpoint=server.endpoint,
        path_style=True,
        access_key_id=KEY_ID,
        secret_access_key=SECRET,
        cache=folder / "cache",
        cache_size=cache_size,
        patience=0.5,
    )


@pytest.fixture
def bucket(server: S3StandIn, tmp_path: Path) -> Bucket:
    """One that has tried its store already."""
    bucket = opened(server, tmp_path)
    bucket.create("manifests/first.json", b"first")
    server.objects.clear()
    server.asked.clear()
    return bucket


def stored(server: S3StandIn, content: bytes, name: str = FILE) -> File:
    server.objects[name] = content
    digest = hashlib.sha256(content).hexdigest()
    return File(name, digest, len(content), 1, "marketing", "2026-11-02", 1, 1)


def written(folder: Path, content: bytes = b"content") -> Path:
    (folder / "written").write_bytes(content)
    return folder / "written"


# Errors.


def test_an_error_that_passes_is_tried_again(server: S3StandIn, bucket: Bucket, tmp_path: Path) -> None:
    server.next.extend(BROKEN)
    assert bucket.create(NAME, b"one")
    server.next.extend(BROKEN)
    assert bucket.read(NAME) == b"one"
    server.next.extend(BROKEN)
    assert bucket.names("") == [NAME]
    server.next.extend(BROKEN)
    bucket.put(FILE, written(tmp_path))
    server.next.extend(BROKEN)
    bucket.delete(FILE)
    assert server.objects == {NAME: b"one"}


@pytest.mark.parametrize(
    "fault", [*BROKEN, Fault(status=403, code="AccessDenied")], ids=["500", "503", "403"]
)
def test_an_error_that_stays_is_told_as_unavailable(
    server: S3StandIn, bucket: Bucket, tmp_path: Path, fault: Fault
) -> None:
    file = stored(server, b"content")
    server.rule = lambda _: fault
    for ask in (
        lambda: bucket.create(NAME, b"one"),
        lambda: bucket.read(NAME),
        lambda: bucket.names("manifests/"),
        lambda: bucket.put(FILE, written(tmp_path)),
        lambda: bucket.local(file),
        lambda: bucket.delete(FILE),
    ):
        with pytest.raises(ArchiveUnavailable):
            ask()
    assert len(server.asked) < 60


def test_a_store_that_does_not_answer_is_left_in_bounded_time(server: S3StandIn, bucket: Bucket) -> None:
    server.rule = lambda _: Fault(delay=5)
    before = time.monotonic()
    with pytest.raises(ArchiveUnavailable):
        bucket.read(NAME)
    assert time.monotonic() - before < 5


def test_a_store_that_is_not_there_is_unavailable(tmp_path: Path) -> None:
    with S3StandIn() as server:
        gone = opened(server, tmp_path)
    with pytest.raises(ArchiveUnavailable):
        gone.read(NAME)


def test_a_bucket_that_is_not_there_is_unavailable_and_not_empty(server: S3StandIn, tmp_path: Path) -> None:
    other = opened(server, tmp_path, bucket="other")
    with pytest.raises(ArchiveUnavailable, match="NoSuchBucket"):
        other.read(NAME)
    with pytest.raises(ArchiveUnavailable, match="NoSuchBucket"):
        other.names("manifests/")


def test_what_goes_wrong_is_told_without_the_key(server: S3StandIn, bucket: Bucket) -> None:
    server.rule = lambda _: Fault(status=403, code="AccessDenied")
    with pytest.raises(ArchiveUnavailable) as caught:
        bucket.read(NAME)
    assert SECRET not in str(caught.value)
    assert "\n" not in str(caught.value)


def test_every_request_is_signed(server: S3StandIn, bucket: Bucket, tmp_path: Path) -> None:
    bucket.create(NAME, b"one")
    bucket.put(FILE, written(tmp_path, b"x" * (module.PIECE + 1)))
    bucket.local(stored(server, b"x" * (module.PIECE + 1)))
    bucket.names("")
    bucket.delete(NAME)
    assert all(f"Credential={KEY_ID}/" in asked.headers["Authorization"] for asked in server.asked)
    assert all("aws4_request" in asked.headers["Authorization"] for asked in server.asked)


# Lost answers.


def test_a_create_whose_answer_was_lost_is_known_as_ours(server: S3StandIn, bucket: Bucket) -> None:
    server.next.append(Fault(lost=True))
    assert bucket.create(NAME, b"one")


def test_a_create_that_was_late_is_known_as_ours(server: S3StandIn, bucket: Bucket) -> None:
    server.objects[NAME] = b"one"
    server.next.append(Fault(delay=2))
    assert bucket.create(NAME, b"one")


def test_a_lost_answer_to_anothers_manifest_is_no_success(server: S3StandIn, bucket: Bucket) -> None:
    server.objects[NAME] = b"of another"
    server.next.append(Fault(lost=True))
    assert not bucket.create(NAME, b"one")
    assert server.objects[NAME] == b"of another"


def test_a_lost_answer_that_cannot_be_looked_up_is_no_refusal(server: S3StandIn, bucket: Bucket) -> None:
    server.rule = lambda asked: Fault(lost=True) if asked.method == "PUT" else Fault(status=500)
    with pytest.raises(ArchiveUnavailable):
        bucket.create(NAME, b"one")
    server.rule = lambda _: FINE
    assert bucket.create(NAME, b"one")


def test_a_conflict_that_comes_to_nothing_is_tried_again(server: S3StandIn, bucket: Bucket) -> None:
    """Amazon answers 409 while another's request for the same name runs, which may fail."""
    server.next.append(Fault(status=409, code="ConditionalRequestConflict"))
    assert bucket.create(NAME, b"one")


def test_conflicts_without_end_are_unavailable(server: S3StandIn, bucket: Bucket) -> None:
    server.rule = lambda asked: (
        Fault(status=409, code="ConditionalRequestConflict") if asked.method == "PUT" else FINE
    )
    with pytest.raises(ArchiveUnavailable, match="others try"):
        bucket.create(NAME, b"one")


def test_a_store_that_overlooks_the_condition_is_refused_before_anything_is_written(
    tmp_path: Path,
) -> None:
    class Overlooking(S3StandIn):
        def _put(self, asked: Asked, body: bytes) -> object:  # type: ignore[override]
            headers = {name: value for name, value in asked.headers.items() if name != "If-None-Match"}
            return super()._put(Asked(asked.method, asked.name, asked.query, headers), body)

    with Overlooking() as careless:
        with pytest.raises(ConfigurationError, match="If-None-Match"):
            opened(careless, tmp_path).create(NAME, b"one")
        assert careless.objects == {}


def test_the_store_is_tried_once(server: S3StandIn, tmp_path: Path) -> None:
    bucket = opened(server, tmp_path)
    for number in range(3):
        bucket.create(f"manifests/{number}.json", b"content")
    assert len({asked.name for asked in server.asked if asked.name.startswith(PROBES)}) == 1
    assert not any(name.startswith(PROBES) for name in server.objects)


# Files.


def test_a_large_file_is_put_in_parts(server: S3StandIn, bucket: Bucket, tmp_path: Path) -> None:
    content = os.urandom(2 * module.PIECE + 5)
    bucket.put(FILE, written(tmp_path, content))
    assert server.objects[FILE] == content
    assert sum("partNumber" in asked.query for asked in server.asked) == 3


def test_a_large_file_that_fails_midway_is_not_there_and_leaves_nothing(
    server: S3StandIn, bucket: Bucket, tmp_path: Path
) -> None:
    server.rule = lambda asked: Fault(status=500) if asked.query.get("partNumber") == "2" else FINE
    with pytest.raises(ArchiveUnavailable):
        bucket.put(FILE, written(tmp_path, os.urandom(2 * module.PIECE)))
    assert server.objects == {}
    assert server.uploads == {}


def test_a_file_to_put_that_is_missing_here_is_unavailable(bucket: Bucket, tmp_path: Path) -> None:
    with pytest.raises(ArchiveUnavailable):
        bucket.put(FILE, tmp_path / "missing")


def test_a_download_that_is_cut_goes_on(server: S3StandIn, bucket: Bucket) -> None:
    file = stored(server, os.urandom(500_000))
    server.next.append(Fault(cut=True))
    assert bucket.local(file).read_bytes() == server.objects[FILE]


def test_a_large_file_is_fetched_in_pieces(server: S3StandIn, bucket: Bucket) -> None:
    file = stored(server, os.urandom(2 * module.PIECE + 5))
    assert bucket.local(file).read_bytes() == server.objects[FILE]
    assert sum("Range" in asked.headers for asked in server.asked) == 3


@pytest.mark.parametrize("content", [b"", b"contenT", b"content and more"])
def test_an_altered_file_is_never_given(
    server: S3StandIn, bucket: Bucket, tmp_path: Path, content: bytes
) -> None:
    file = stored(server, b"content")
    server.objects[FILE] = content
    with pytest.raises(ArchiveDamaged, match="manifest says"):
        bucket.local(file)
    assert list((tmp_path / "cache").iterdir()) == []


def test_a_file_that_is_altered_between_its_pieces_is_not_given(server: S3StandIn, bucket: Bucket) -> None:
    file = stored(server, os.urandom(2 * module.PIECE))

    def alter(asked: Asked) -> Fault:
        if asked.headers.get("Range", "").startswith(f"bytes={module.PIECE}"):
            server.objects[FILE] = os.urandom(2 * module.PIECE)
        return FINE

    server.rule = alter
    with pytest.raises((ArchiveDamaged, ArchiveUnavailable)):
        bucket.local(file)


# The cache.


def test_a_file_is_fetched_once(server: S3StandIn, bucket: Bucket) -> None:
    file = stored(server, b"content")
    assert bucket.local(file) == bucket.local(file)
    assert sum(asked.name == FILE for asked in server.asked) == 1


def test_the_same_content_under_two_names_is_kept_once(server: S3StandIn, bucket: Bucket) -> None:
    assert bucket.local(stored(server, b"content")) == bucket.local(stored(server, b"content", FILE + "2"))


def test_a_cached_file_that_was_cut_short_is_fetched_again(server: S3StandIn, bucket: Bucket) -> None:
    file = stored(server, b"content")
    bucket.local(file).write_bytes(b"con")
    assert bucket.local(file).read_bytes() == b"content"


def test_the_least_recently_used_files_make_room(server: S3StandIn, tmp_path: Path) -> None:
    bucket = opened(server, tmp_path, cache_size=3000)
    files = [stored(server, os.urandom(1000), f"records/{number}") for number in range(4)]
    paths = [bucket.local(file) for file in files[:3]]
    for age, path in ((3, paths[0]), (1, paths[1]), (2, paths[2])):
        aged(path, IN_USE + age)
    bucket.local(files[0])
    bucket.local(files[3])
    assert [path.exists() for path in paths] == [True, True, False]


def test_a_file_that_is_in_use_makes_no_room(server: S3StandIn, tmp_path: Path) -> None:
    bucket = opened(server, tmp_path, cache_size=1500)
    first = bucket.local(stored(server, os.urandom(1000), "records/1"))
    with pytest.raises(ArchiveUnavailable, match="too small"):
        bucket.local(stored(server, os.urandom(1000), "records/2"))
    assert first.exists()


def test_what_a_killed_download_left_makes_room(server: S3StandIn, tmp_path: Path) -> None:
    bucket = opened(server, tmp_path, cache_size=1500)
    left = tmp_path / "cache" / "abc-0.part"
    left.parent.mkdir()
    left.write_bytes(bytes(1000))
    aged(left, IN_USE + 1)
    bucket.local(stored(server, os.urandom(1000)))
    assert not left.exists()


def test_a_cache_that_cannot_be_written_is_unavailable(server: S3StandIn, tmp_path: Path) -> None:
    (tmp_path / "cache").write_bytes(b"no folder")
    with pytest.raises(ArchiveUnavailable, match="cache"):
        opened(server, tmp_path).local(stored(server, b"content"))


def aged(path: Path, seconds: float) -> None:
    then = time.time() - seconds
    os.utime(path, (then, then))


# Settings.


def test_what_the_client_cannot_be_made_of_is_a_fault_of_the_settings(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="bucket"):
        Bucket(BUCKET, cache=tmp_path, cache_size=1, patience=-1)


def test_a_bucket_is_named_in_the_host_unless_settings_say_path() -> None:
    assert (
        module._with_host("https://s3.example.com:9000", "archive") == "https://archive.s3.example.com:9000"
    )
