"""Whatever is done to an archive is found, and told by its name."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from gateway.archive.bucket import Bucket
from gateway.archive.folder import Folder
from gateway.archive.manifest import Chain, File, Removed, State, manifest_name
from gateway.archive.verifying import Fault, Finding, verify
from suppression.store.hot import Head
from tests.s3_stand_in import BUCKET, KEY_ID, REGION, SECRET, S3StandIn

AT = datetime(2026, 11, 2, 10, tzinfo=UTC)
MANIFESTS = 103


@dataclass
class Archive:
    root: Path
    place: Folder
    files: list[File]
    head: Head

    def path(self, name: str) -> Path:
        return self.root / name

    def manifest(self, number: int) -> Path:
        return self.root / manifest_name(number)

    def live(self, which: int) -> File:
        return self.files[which]

    def verify(self) -> list[Finding]:
        return verify(self.place, self.head)

    def faults(self) -> list[tuple[Fault, str]]:
        return [(finding.fault, finding.name) for finding in self.verify()]


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    """A file a manifest; the second manifest's was made one with the third's by the fourth."""
    root = tmp_path / "archive"
    root.mkdir()
    place, state = Folder(root), State()
    files: list[File] = []
    chain = Chain(place)
    for number in range(1, MANIFESTS + 1):
        file = put(place, tmp_path, number)
        gone = (
            [Removed(files[1].name, "compacted"), Removed(files[2].name, "compacted")] if number == 4 else []
        )
        published = chain.publish(state, [file], gone, at=AT, by="test:1", epoch="e")
        assert published is not None
        state = published
        files.append(file)
    del files[1:3]
    return Archive(root, place, files, Head(state.number, state.digest))


def put(place: Folder, folder: Path, number: int) -> File:
    content = b"PAR1 some records %d PAR1" % number
    path = folder / "draft"
    path.write_bytes(content)
    name = f"records/class=marketing/day=2026-11-02/{number:010d}-abc.parquet"
    place.put(name, path)
    return File(name, hashlib.sha256(content).hexdigest(), len(content), 1, "marketing", "2026-11-02", 1, 1)


def flip(path: Path, at: int = -2) -> None:
    content = bytearray(path.read_bytes())
    content[at] ^= 1
    path.write_bytes(bytes(content))


def edit(path: Path, change: Callable[[dict[str, object]], object]) -> str:
    """Alter what a manifest says, and tell its new SHA-256."""
    said = json.loads(path.read_bytes())
    change(said)
    content = json.dumps(said, separators=(",", ":")).encode() + b"\n"
    path.write_bytes(content)
    return hashlib.sha256(content).hexdigest()


def test_an_archive_that_is_as_it_was_left_has_no_findings(archive: Archive) -> None:
    assert archive.verify() == []


def test_an_empty_archive_has_none(tmp_path: Path) -> None:
    assert verify(Folder(tmp_path), None) == []


def test_an_archive_that_went_on_since_the_store_remembered_has_none(archive: Archive) -> None:
    archive.head = Head(50, hashlib.sha256(archive.manifest(50).read_bytes()).hexdigest())
    assert archive.verify() == []


def test_a_bucket_is_verified_alike(archive: Archive, tmp_path: Path) -> None:
    with S3StandIn() as server:
        for name in archive.place.names(""):
            server.objects[name] = archive.path(name).read_bytes()
        bucket = Bucket(
            BUCKET,
            region=REGION,
            endpoint=server.endpoint,
            path_style=True,
            access_key_id=KEY_ID,
            secret_access_key=SECRET,
            cache=tmp_path / "cache",
            cache_size=1 << 20,
        )
        assert verify(bucket, archive.head) == []
        bucket.local(archive.live(0))  # what is cached is not what is asked about
        server.objects[archive.live(0).name] = b"something else"
        del server.objects[manifest_name(7)]
        assert [(found.fault, found.name) for found in verify(bucket, archive.head)] == [
            (Fault.MISSING, manifest_name(7)),
            (Fault.ALTERED, archive.live(0).name),
        ]


# Files.


@pytest.mark.parametrize("at", [0, 8, -1])
def test_a_file_with_one_altered_byte_is_found(archive: Archive, at: int) -> None:
    flip(archive.path(archive.live(5).name), at)
    assert archive.faults() == [(Fault.ALTERED, archive.live(5).name)]


def test_a_file_of_another_size_is_found(archive: Archive) -> None:
    archive.path(archive.live(5).name).write_bytes(b"")
    (found,) = archive.verify()
    assert (found.fault, found.name) == (Fault.ALTERED, archive.live(5).name)
    assert "0 bytes" in found.text


def test_a_missing_file_is_found(archive: Archive) -> None:
    archive.path(archive.live(5).name).unlink()
    (found,) = archive.verify()
    assert (found.fault, found.name, found.damage) == (Fault.MISSING, archive.live(5).name, True)
    assert "1 records" in found.text


def test_two_files_in_each_others_place_are_found(archive: Archive) -> None:
    one, other = (archive.path(archive.live(which).name) for which in (5, 6))
    one_had = one.read_bytes()
    one.write_bytes(other.read_bytes())
    other.write_bytes(one_had)
    assert archive.faults() == [(Fault.ALTERED, archive.live(5).name), (Fault.ALTERED, archive.live(6).name)]


def test_a_file_that_was_removed_by_a_manifest_may_be_there_or_gone(archive: Archive) -> None:
    left = archive.path("records/class=marketing/day=2026-11-02/0000000002-abc.parquet")
    assert left.exists()
    left.unlink()
    assert archive.verify() == []


def test_a_file_that_nobody_names_is_told_and_is_no_damage(archive: Archive, tmp_path: Path) -> None:
    stranger = put(archive.place, tmp_path, 999)
    (found,) = archive.verify()
    assert (found.fault, found.name, found.damage) == (Fault.UNKNOWN, stranger.name, False)


def test_a_stranger_among_manifests_is_told(archive: Archive) -> None:
    (archive.root / "manifests/0000000/7.json").write_bytes(b"{}")
    assert archive.faults() == [(Fault.UNKNOWN, "manifests/0000000/7.json")]


# Manifests.


@pytest.mark.parametrize("number", [1, 2, 4, 99, 100, 101, MANIFESTS - 1, MANIFESTS])
def test_any_altered_byte_of_a_manifest_is_found(archive: Archive, number: int) -> None:
    flip(archive.manifest(number))
    damaged = [finding for finding in archive.verify() if finding.damage]
    assert [(finding.fault, finding.name) for finding in damaged] == [(Fault.ALTERED, manifest_name(number))]


@pytest.mark.parametrize("number", [1, 50, 100, MANIFESTS - 1])
def test_a_missing_manifest_is_found(archive: Archive, number: int) -> None:
    archive.manifest(number).unlink()
    damaged = [finding for finding in archive.verify() if finding.damage]
    assert [(finding.fault, finding.name) for finding in damaged] == [(Fault.MISSING, manifest_name(number))]


def test_a_file_of_a_missing_manifest_is_known_by_the_next_whole_state(archive: Archive) -> None:
    archive.manifest(50).unlink()
    archive.path(archive.live(47).name).unlink()
    assert archive.live(47).name.endswith("0000000050-abc.parquet")
    assert archive.faults() == [(Fault.MISSING, manifest_name(50)), (Fault.MISSING, archive.live(47).name)]


def test_an_end_that_was_cut_off_is_found_by_what_the_store_remembers(archive: Archive) -> None:
    for number in range(MANIFESTS - 4, MANIFESTS + 1):
        archive.manifest(number).unlink()
    found, *strangers = archive.verify()
    assert (found.fault, found.name) == (Fault.MISSING, manifest_name(MANIFESTS - 4))
    assert f"{MANIFESTS - 4} to {MANIFESTS} are missing" in found.text
    assert len(strangers) == 5


def test_an_archive_that_is_gone_is_found(archive: Archive, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (found,) = verify(Folder(tmp_path / "empty"), archive.head)
    assert (found.fault, found.name) == (Fault.MISSING, manifest_name(1))


def test_manifests_in_each_others_place_are_found(archive: Archive) -> None:
    one, other = archive.manifest(7), archive.manifest(8)
    one_had = one.read_bytes()
    one.write_bytes(other.read_bytes())
    other.write_bytes(one_had)
    told = {finding.name for finding in archive.verify() if finding.damage}
    assert told == {manifest_name(7), manifest_name(8)}


def test_a_manifest_with_another_predecessor_does_not_accuse_that_one(archive: Archive) -> None:
    edit(archive.manifest(8), lambda said: said.update(previous="00" * 32))
    assert archive.faults() == [(Fault.ALTERED, manifest_name(8))]


def test_a_manifest_that_was_altered_and_vouched_for_by_hand_is_found_by_the_next(archive: Archive) -> None:
    digest = edit(archive.manifest(7), lambda said: said.update(by="somebody:2"))
    edit(archive.manifest(8), lambda said: said.update(previous=digest))
    (found,) = archive.verify()
    assert (found.fault, found.name) == (Fault.ALTERED, manifest_name(8))
    assert "before it" in found.text


def test_a_chain_that_was_made_anew_is_found_by_what_the_store_remembers(archive: Archive) -> None:
    digest = edit(archive.manifest(7), lambda said: said.update(by="somebody:2"))
    for number in range(8, MANIFESTS + 1):
        digest = edit(archive.manifest(number), lambda said, digest=digest: said.update(previous=digest))  # type: ignore[misc]
    (found,) = archive.verify()
    assert (found.fault, found.name) == (Fault.ALTERED, manifest_name(MANIFESTS))
    assert "the store remembers" in found.text


def test_a_file_that_was_struck_out_of_its_manifest_is_found(archive: Archive) -> None:
    edit(archive.manifest(7), lambda said: said.update(added=[]))
    found = archive.verify()
    assert [(one.fault, one.name) for one in found] == [
        (Fault.ALTERED, manifest_name(7)),
        (Fault.INCONSISTENT, manifest_name(100)),
    ]
    assert archive.live(4).name in found[1].text


def test_a_whole_state_that_is_not_what_manifests_add_up_to_is_found(archive: Archive) -> None:
    """Also where the chain itself was made good again."""
    digest = edit(archive.manifest(100), lambda said: said["files"].pop())  # type: ignore[attr-defined]
    for number in range(101, MANIFESTS + 1):
        digest = edit(archive.manifest(number), lambda said, digest=digest: said.update(previous=digest))  # type: ignore[misc]
    archive.head = Head(MANIFESTS, digest)
    assert archive.faults() == [(Fault.INCONSISTENT, manifest_name(100))]


def test_a_manifest_that_removes_what_was_not_there_is_found(archive: Archive) -> None:
    gone = [{"name": "records/class=marketing/day=2026-11-02/none.parquet", "why": "retention"}]
    digest = edit(archive.manifest(MANIFESTS), lambda said: said.update(removed=gone))
    archive.head = Head(MANIFESTS, digest)
    assert archive.faults() == [(Fault.INCONSISTENT, manifest_name(MANIFESTS))]


def test_a_manifest_of_a_newer_version_is_told_as_such(archive: Archive) -> None:
    digest = edit(archive.manifest(MANIFESTS), lambda said: said.update(format=2))
    archive.head = Head(MANIFESTS, digest)
    found = [finding for finding in archive.verify() if finding.damage]
    assert [(one.fault, one.name) for one in found] == [(Fault.UNREADABLE, manifest_name(MANIFESTS))]
    assert "newer version" in found[0].text
