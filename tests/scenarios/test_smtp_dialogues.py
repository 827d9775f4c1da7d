"""Every dialogue in the folders beside this file, word by word."""

from pathlib import Path

import pytest

from suppression.store.store import Store
from tests.scenarios.dialogue import play

DIALOGUES = sorted(Path(__file__).parent.glob("*/*.dialogue"))


@pytest.mark.parametrize("path", DIALOGUES, ids=lambda path: f"{path.parent.name}-{path.stem}")
async def test_server_says_what_the_dialogue_says(path: Path, store: Store) -> None:
    """Line by line."""
    await play(path, store)


def test_there_are_dialogues() -> None:
    """A wrong folder would pass everything."""
    assert len(DIALOGUES) > 60
