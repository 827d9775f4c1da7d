"""A scratch folder is one worker's, and goes when nobody has it any more."""

from pathlib import Path

import pytest

from gateway.archive.places import ArchiveUnavailable
from gateway.archive.scratch import Scratch


def test_a_folder_of_its_own_until_it_is_closed(tmp_path: Path) -> None:
    one, other = Scratch(tmp_path / "scratch"), Scratch(tmp_path / "scratch")
    assert one.path != other.path
    assert one.path.is_dir()
    one.close()
    one.close()
    assert [*(tmp_path / "scratch").iterdir()] == [other.path]
    other.close()


def test_what_a_killed_process_left_is_cleared_away(tmp_path: Path) -> None:
    left = tmp_path / "archiving-left"
    left.mkdir()
    (left / "lines.ndjson").write_bytes(b"{}")
    (tmp_path / "archiving-no-folder").write_bytes(b"")
    (tmp_path / "of-others").mkdir()
    scratch = Scratch(tmp_path)
    assert {*tmp_path.iterdir()} == {scratch.path, tmp_path / "of-others", tmp_path / "archiving-no-folder"}
    scratch.close()


def test_where_no_folder_can_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(ArchiveUnavailable, match="scratch"):
        Scratch(tmp_path / "file")
