"""What every place of an archive does: a folder, and a bucket of a store that speaks S3."""

import hashlib
import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.archive.bucket import Bucket
from gateway.archive.folder import Folder
from gateway.archive.manifest import File
from gateway.archive.places import ArchiveDamaged, Place
from suppression.errors import NotFound
from tests.s3_stand_in import BUCKET, KEY_ID, REGION, SECRET, S3StandIn

NAME = "records/class=marketing/day=2026-11-02/0000000007-abc.parquet"


@pytest.fixture(params=["folder", "bucket", "bucket with prefix"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    if request.param == "folder":
        (tmp_path / "archive").mkdir()
        yield Folder(tmp_path / "archive")
        return
    with S3StandIn() as server:
        yield Bucket(
            BUCKET,
            prefix="some/prefix" if "prefix" in request.param else "",
            region=REGION,
            endpoint=server.endpoint,
            path_style=True,
            access_key_id=KEY_ID,
            secret_access_key=SECRET,
            cache=tmp_path / "cache",
            cache_size=1 << 28,
        )


def written(tmp_path: Path, content: bytes) -> Path:
    path = tmp_path / "written.parquet"
    path.write_bytes(content)
    return path


def told(content: bytes, name: str = NAME) -> File:
    digest = hashlib.sha256(content).hexdigest()
    return File(name, digest, len(content), 1, "marketing", "2026-11-02", 1, 1)


def test_what_was_created_is_read_again(place: Place) -> None:
    assert place.create("manifests/0000000/0000000001.json", b"one")
    assert place.read("manifests/0000000/0000000001.json") == b"one"


def test_a_name_is_given_once(place: Place) -> None:
    assert place.create("manifests/1.json", b"one")
    assert not place.create("manifests/1.json", b"two")
    assert place.read("manifests/1.json") == b"one"


def test_of_many_who_create_at_once_one_does(place: Place) -> None:
    done: list[int] = []

    def create(number: int) -> None:
        if place.create("manifests/1.json", b"%d" % number):
            done.append(number)

    threads = [threading.Thread(target=create, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert place.read("manifests/1.json") == b"%d" % done[0]
    assert len(done) == 1


@pytest.mark.parametrize("size", [1, 1_000_000, 20_000_000])
def test_a_file_comes_back_as_it_was_put(place: Place, tmp_path: Path, size: int) -> None:
    content = os.urandom(size)
    place.put(NAME, written(tmp_path, content))
    assert place.local(told(content)).read_bytes() == content
    assert place.read(NAME) == content
    assert b"".join(place.pieces(NAME)) == content


def test_a_file_is_never_put_over_another(place: Place, tmp_path: Path) -> None:
    place.put(NAME, written(tmp_path, b"first"))
    with pytest.raises(ArchiveDamaged, match="taken"):
        place.put(NAME, written(tmp_path, b"second"))
    assert place.read(NAME) == b"first"


def test_what_is_not_there_is_not_found(place: Place) -> None:
    with pytest.raises(NotFound):
        place.read("manifests/0000000/0000000001.json")
    with pytest.raises(NotFound):
        list(place.pieces("manifests/0000000/0000000001.json"))


def test_a_file_that_a_manifest_names_and_that_is_missing_is_damage(place: Place) -> None:
    with pytest.raises(ArchiveDamaged, match="missing"):
        place.local(told(b"content"))


def test_a_file_of_another_size_is_damage(place: Place, tmp_path: Path) -> None:
    place.put(NAME, written(tmp_path, b"content and more"))
    with pytest.raises(ArchiveDamaged, match="manifest says"):
        place.local(told(b"content"))


def test_names_are_told_by_folder_in_order(place: Place) -> None:
    names = [f"manifests/0000000/{number:010d}.json" for number in (3, 1, 2, 5, 4, 6, 7)]
    for name in [*names, "manifests/0000001/0000001000.json", "other/1.json"]:
        place.create(name, b"content")
    assert place.names("manifests/0000000/") == sorted(names)
    assert place.names("manifests/0000002/") == []
    assert len(place.names("")) == 9


def test_what_was_deleted_is_gone_and_may_be_deleted_again(place: Place) -> None:
    place.create("manifests/1.json", b"one")
    place.delete("manifests/1.json")
    place.delete("manifests/1.json")
    assert place.names("") == []
