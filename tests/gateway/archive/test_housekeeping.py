"""What is done after a cycle neither takes long nor stops at what is damaged."""

from datetime import timedelta
from pathlib import Path

import pytest

from gateway.archive.folder import Folder
from gateway.archive.manifest import Chain, State
from gateway.archive.places import ArchiveDamaged
from gateway.assembly.archiving_process import Housekeeping
from suppression.store.store import Store
from tests.gateway.archive.house import archiver
from tests.gateway.archive.made import DAY, MONDAY, NOON, add, line

DAYS = 5
LATER = NOON + timedelta(days=DAYS)


@pytest.fixture
def state(root: Path, tmp_path: Path) -> State:
    """Two files of each of five days."""
    state = State()
    for day in range(DAYS):
        for number in (1, 2):
            state = add(Folder(root), tmp_path / "work", [line(MONDAY + day * DAY + number, number)])
    return state


def days(root: Path) -> list[str]:
    return sorted(file.day[-2:] for file in Chain(Folder(root)).state().files.values())


@pytest.mark.usefixtures("state")
async def test_it_ends_in_time_and_goes_on_the_next_time(small_store: Store, root: Path) -> None:
    tidy = Housekeeping(archiver(small_store, root), Folder(root), {}, lambda: LATER, most=0)
    for merged in range(1, DAYS + 1):
        tidy()
        assert len(days(root)) == 2 * DAYS - merged
    tidy()
    assert days(root) == ["02", "03", "04", "05", "06"]


async def test_what_has_to_go_goes_though_a_file_is_damaged(
    small_store: Store, root: Path, state: State
) -> None:
    """Else it would be kept as long as nobody sees to that."""
    damaged = next(name for name, file in state.files.items() if file.day.endswith("-05"))
    path = root / damaged
    path.write_bytes(path.read_bytes()[:-1] + b"?")
    tidy = Housekeeping(archiver(small_store, root), Folder(root), {"marketing": 2}, lambda: LATER)
    with pytest.raises(ArchiveDamaged):
        tidy()
    assert set(days(root)) == {"05", "06"}
