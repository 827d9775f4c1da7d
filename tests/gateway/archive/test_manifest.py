"""The chain of manifests says what the archive has, and shows when it was altered."""

import json
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

import pytest

from gateway.archive.folder import Folder
from gateway.archive.manifest import Chain, File, Manifest, Removed, State, manifest_name
from gateway.archive.places import ArchiveDamaged, ArchiveUnavailable

AT = datetime(2026, 11, 18, tzinfo=UTC)
_numbers = count(1)


def a_file() -> File:
    number = next(_numbers)
    name = f"records/class=other/day=2026-11-18/{number:010d}-ab.parquet"
    return File(name, "00" * 32, 10, 1, "other", "2026-11-18", number, number + 5)


def publish(
    chain: Chain, state: State, *added: File, removed: tuple[Removed, ...] = (), at: datetime = AT
) -> State | None:
    return chain.publish(state, added, removed, at=at, by="host:1", epoch="e")


def grown(chain: Chain, manifests: int) -> State:
    state = chain.state()
    for _ in range(manifests):
        state = publish(chain, state, a_file()) or State()
    return state


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path


@pytest.fixture
def chain(root: Path) -> Chain:
    return Chain(Folder(root))


def again(root: Path) -> Chain:
    """As another process has it."""
    return Chain(Folder(root))


def altered(root: Path, manifest: int, **values: object) -> None:
    path = root / manifest_name(manifest)
    path.write_text(json.dumps(json.loads(path.read_bytes()) | values))


def test_an_empty_place_has_nothing(chain: Chain) -> None:
    assert chain.state() == State()


@pytest.mark.parametrize("manifests", [1, 2, 99, 100, 101, 1001])
def test_whoever_comes_later_reads_the_same_state(manifests: int, chain: Chain, root: Path) -> None:
    state = grown(chain, manifests)
    assert state.number == manifests
    assert len(state.files) == manifests
    assert again(root).state() == state


def test_a_reader_reads_at_most_a_hundred_manifests(chain: Chain, root: Path) -> None:
    state = grown(chain, 250)
    for number in range(1, 200):
        (root / manifest_name(number)).unlink()
    assert again(root).state() == state


def test_files_come_and_go(chain: Chain, root: Path) -> None:
    one, two, both = a_file(), a_file(), a_file()
    state = publish(chain, State(), one, two)
    assert state
    state = publish(
        chain, state, both, removed=(Removed(one.name, "compacted"), Removed(two.name, "compacted"))
    )
    assert state
    assert list(state.files.values()) == [both]
    assert again(root).state() == state
    assert state.between(both.last, both.last + 9) == [both]
    assert state.between(both.last + 1, both.last + 9) == []


def test_of_two_who_publish_one_comes_too_late(chain: Chain, root: Path) -> None:
    other = again(root)
    state = grown(chain, 1)
    assert other.state() == state
    after = publish(chain, state, a_file())
    assert publish(other, state, a_file()) is None
    assert other.state() == after


class Forgetful(Folder):
    """Its first `creates` succeed, and their answers are lost."""

    lost = 1

    def create(self, name: str, content: bytes) -> bool:
        super().create(name, content)
        if self.lost:
            self.lost -= 1
            raise ArchiveUnavailable("no answer")
        return super().create(name, content)


def test_a_manifest_whose_answer_was_lost_is_in_force(root: Path) -> None:
    chain, file = Chain(Forgetful(root)), a_file()
    with pytest.raises(ArchiveUnavailable):
        publish(chain, State(), file)
    assert list(chain.state().files.values()) == [file]


def test_a_manifest_that_was_made_twice_by_one_client_is_its_own(root: Path) -> None:
    place = Forgetful(root)
    place.lost = 0
    assert publish(Chain(place), State(), a_file()) == again(root).state()


def test_nothing_depends_on_the_clock(chain: Chain, root: Path) -> None:
    state = publish(chain, State(), a_file())
    assert state
    state = publish(chain, state, a_file(), at=AT - timedelta(days=9000))
    assert again(root).state() == state


@pytest.mark.parametrize("number", [1, 2, 3, 99])
def test_an_edited_manifest_breaks_the_chain(number: int, chain: Chain, root: Path) -> None:
    grown(chain, 120 if number == 99 else 4)
    altered(root, number, by="me")
    if number == 99:  # a reader begins at the hundredth: that is for `verify`
        assert again(root).state().number == 120
        return
    with pytest.raises(ArchiveDamaged, match=f"manifest {number + 1} does not go on"):
        again(root).state()


def test_an_edited_whole_state_breaks_the_chain(chain: Chain, root: Path) -> None:
    grown(chain, 101)
    altered(root, 100, files=[])
    with pytest.raises(ArchiveDamaged, match="manifest 101 does not go on"):
        again(root).state()


def test_a_whole_state_that_is_not_the_sum_is_not_taken(chain: Chain, root: Path) -> None:
    grown(chain, 98)
    reader = again(root)
    assert reader.state().number == 98
    grown(chain, 2)
    altered(root, 100, files=[])
    with pytest.raises(ArchiveDamaged, match="does not say what"):
        reader.state()
    altered(root, 100, files=None)
    with pytest.raises(ArchiveDamaged, match="does not say what"):
        again(root).state()


@pytest.mark.parametrize(
    "values",
    [
        *({"format": 2}, {"format": "1"}, {"number": 7}, {"number": True}, {"added": None}, {"epoch": 3}),
        {"added": [{}]},
        {"added": [a_file().to_json() | {"name": "../../etc/passwd"}]},
        {"added": [a_file().to_json() | {"records": "many"}]},
        {"removed": [{"name": "records/no", "why": "retention"}]},
    ],
    ids=str,
)
def test_what_cannot_be_read_stops_everything(values: dict[str, object], chain: Chain, root: Path) -> None:
    grown(chain, 2)
    altered(root, 2, **values)
    with pytest.raises(ArchiveDamaged, match="manifest 2"):
        again(root).state()


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"null", b"\xff", b'{"format": 1'])
def test_a_truncated_manifest_stops_everything(content: bytes, chain: Chain, root: Path) -> None:
    grown(chain, 2)
    (root / manifest_name(2)).write_bytes(content)
    with pytest.raises(ArchiveDamaged, match="manifest 2"):
        again(root).state()


def test_a_missing_manifest_stops_everything(chain: Chain, root: Path) -> None:
    grown(chain, 3)
    (root / manifest_name(2)).unlink()
    with pytest.raises(ArchiveDamaged, match="manifest 2 is missing"):
        again(root).state()


def test_the_latest_manifest_is_found_again_where_it_was_lost(chain: Chain, root: Path) -> None:
    """What the store remembers tells the archiver that this is an older archive."""
    state = grown(chain, 3)
    (root / manifest_name(3)).unlink()
    assert chain.state().number == 2
    with pytest.raises(ArchiveDamaged, match="manifest 3 is no more"):
        publish(chain, state, a_file())


def test_a_file_is_added_once(chain: Chain) -> None:
    file = a_file()
    state = publish(chain, State(), file)
    assert state
    with pytest.raises(ArchiveDamaged, match="adds what was there"):
        publish(chain, state, file)
    with pytest.raises(ArchiveDamaged, match="removes what was not"):
        publish(chain, state, removed=(Removed("records/no", "retention"),))


def test_a_manifest_is_what_was_written() -> None:
    manifest = Manifest(
        5, "ab", "2026-11-18T00:00:00Z", "h:1", "e", (a_file(),), (Removed("x", "retention"),), ()
    )
    assert Manifest.from_bytes(manifest.to_bytes(), 5) == manifest
