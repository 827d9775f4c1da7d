"""Days go when their time is over; files when nobody names or reads them any more."""

from datetime import timedelta
from pathlib import Path

import pytest

from gateway.archive.folder import Folder
from gateway.archive.keeping import GRACE, retire, sweep
from gateway.archive.manifest import Chain, State
from gateway.archive.verifying import verify
from suppression.store.hot import Head
from tests.gateway.archive.made import DAY, MONDAY, NOON, WHO, Killed, Mortal, add, ids, line

DAYS = 5
LATER = NOON + timedelta(days=DAYS - 1)
STRANGER = "records/class=marketing/day=2026-11-02/{:010d}-00ff.parquet"


@pytest.fixture
def place(tmp_path: Path) -> Folder:
    (tmp_path / "archive").mkdir()
    return Folder(tmp_path / "archive")


@pytest.fixture
def state(place: Folder, tmp_path: Path) -> State:
    """Two classes, five days: Monday the second to Friday the sixth."""
    state = State()
    for day in range(DAYS):
        start = MONDAY + day * DAY
        state = add(place, tmp_path / "work", [line(start, 1), line(start, 2, "care/tips")])
    return state


def days(state: State, class_: str) -> list[int]:
    return sorted(int(file.day[-2:]) for file in state.files.values() if file.class_ == class_)


def left(place: Folder, tmp_path: Path, number: int) -> str:
    """A killed archiver's."""
    path = tmp_path / "left"
    path.write_bytes(b"PAR1")
    place.put(STRANGER.format(number), path)
    return STRANGER.format(number)


def test_old_days_of_a_class_go(place: Folder, state: State) -> None:
    after = retire(Chain(place), {"marketing": 2}, now=LATER, **WHO)
    assert after is not None
    assert days(after, "marketing") == [4, 5, 6]
    assert days(after, "care") == days(state, "care") == [2, 3, 4, 5, 6]
    assert retire(Chain(place), {"marketing": 2}, now=LATER, **WHO) is None


def test_without_a_rule_nothing_goes(place: Folder, state: State) -> None:
    assert retire(Chain(place), {}, now=LATER + timedelta(days=10_000), **WHO) is None
    assert Chain(place).state() == state


def test_a_clock_that_jumps_ahead_takes_nothing_that_the_log_does_not_bear_out(
    place: Folder, state: State
) -> None:
    assert retire(Chain(place), {"marketing": 60}, now=LATER + timedelta(days=36_500), **WHO) is None
    assert Chain(place).state() == state


def test_a_clock_that_jumps_back_keeps_more(place: Folder, state: State) -> None:
    assert retire(Chain(place), {"marketing": 1}, now=LATER - timedelta(days=300), **WHO) is None
    assert Chain(place).state() == state


@pytest.mark.usefixtures("state")
def test_what_went_stays_readable_for_a_while(place: Folder) -> None:
    after = retire(Chain(place), {"marketing": 2}, now=LATER, **WHO)
    assert after is not None
    assert sweep(Chain(place), place, now=LATER + GRACE / 2) == 0
    assert len(place.names("records/")) == 2 * DAYS
    assert sweep(Chain(place), place, now=LATER + GRACE + timedelta(minutes=1)) == 2
    assert place.names("records/") == sorted(after.files)
    assert verify(place, Head(after.number, after.digest)) == []


def test_what_a_killed_archiver_left_goes_once_its_number_is_taken(
    place: Folder, tmp_path: Path, state: State
) -> None:
    dead, undecided = left(place, tmp_path, state.number), left(place, tmp_path, state.number + 1)
    assert sweep(Chain(place), place, now=LATER) == 1
    assert dead not in place.names("records/")
    assert undecided in place.names("records/")
    add(place, tmp_path / "work", [line(MONDAY + DAYS * DAY)])
    assert sweep(Chain(place), place, now=LATER) == 1
    assert undecided not in place.names("records/")


@pytest.mark.usefixtures("state")
def test_what_is_no_file_of_an_archiver_is_left_alone(place: Folder, tmp_path: Path) -> None:
    (tmp_path / "archive/records/notes.txt").write_text("somebody's")
    assert sweep(Chain(place), place, now=LATER) == 0


def test_files_of_a_chain_that_was_cut_off_are_not_deleted(place: Folder, state: State) -> None:
    """Their manifests may come back from a backup."""
    names = place.names("records/")
    for number in range(3, state.number + 1):
        place.delete(f"manifests/0000000/{number:010d}.json")
    assert sweep(Chain(place), place, now=LATER) == 0
    assert place.names("records/") == names


@pytest.mark.usefixtures("state")
@pytest.mark.parametrize("dies", range(2))
def test_retention_that_is_killed_is_done_or_not(place: Folder, dies: int) -> None:
    with pytest.raises(Killed):
        retire(Chain(Mortal(place, dies)), {"marketing": 2}, now=LATER, **WHO)
    state = Chain(place).state()
    assert len(ids(place, list(state.files.values()))) in {2 * DAYS, 2 * DAYS - 2}
    retire(Chain(place), {"marketing": 2}, now=LATER, **WHO)
    assert days(Chain(place).state(), "marketing") == [4, 5, 6]


@pytest.mark.usefixtures("state")
@pytest.mark.parametrize("dies", range(4))
def test_sweeping_that_is_killed_goes_on_where_it_was(place: Folder, dies: int) -> None:
    after = retire(Chain(place), {"marketing": 2}, now=LATER, **WHO)
    assert after is not None
    mortal = Mortal(place, dies)
    with pytest.raises(Killed):
        sweep(Chain(mortal), mortal, now=LATER + timedelta(days=1))
    sweep(Chain(place), place, now=LATER + timedelta(days=1))
    assert place.names("records/") == sorted(after.files)
