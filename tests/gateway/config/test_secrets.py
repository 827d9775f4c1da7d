"""The secrets file: made once, readable by its owner only, bound to the store that it was made for."""

import stat
from pathlib import Path

import pytest

from gateway.config import secrets
from suppression.errors import ConfigurationError


def test_made_secrets_are_read_back_and_only_the_owner_may(tmp_path: Path) -> None:
    made = secrets.create(tmp_path / "new" / "secrets.toml")
    assert secrets.read(tmp_path / "new" / "secrets.toml") == made
    assert stat.S_IMODE((tmp_path / "new" / "secrets.toml").stat().st_mode) == 0o600
    assert len({made.pepper, made.sealing.keys[1], made.tokens.keys[1]}) == 3


def test_secrets_that_exist_are_never_overwritten(tmp_path: Path) -> None:
    made = secrets.create(tmp_path / "secrets.toml")
    with pytest.raises(ConfigurationError, match="exists"):
        secrets.create(tmp_path / "secrets.toml")
    assert secrets.read(tmp_path / "secrets.toml") == made


def test_the_epoch_of_the_store_is_kept_with_them(tmp_path: Path) -> None:
    made = secrets.create(tmp_path / "secrets.toml")
    bound = secrets.record_epoch(tmp_path / "secrets.toml", "0123456789abcdef")
    assert secrets.read(tmp_path / "secrets.toml") == bound
    assert (bound.epoch, bound.pepper) == ("0123456789abcdef", made.pepper)
    assert stat.S_IMODE((tmp_path / "secrets.toml").stat().st_mode) == 0o600


def test_a_second_key_can_be_added_by_hand_and_made_current(tmp_path: Path) -> None:
    path = tmp_path / "secrets.toml"
    made = secrets.create(path)
    head, tail = path.read_text().split("[tokens]")
    tail = tail.replace("current = 1", "current = 2") + f'2 = "{"ab" * 32}"\n'
    path.write_text(head + "[tokens]" + tail)
    tokens = secrets.read(path).tokens
    assert tokens.current == 2
    assert tokens.keys == {1: made.tokens.keys[1], 2: b"\xab" * 32}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("current = 1", "current = 2"),
        ('1 = "', '300 = "'),
        ('1 = "', '1 = "zz'),
        ('1 = "', '1 = "00'),
        ("[tokens]", "[other]"),
        ("pepper", "peper"),
        ("pepper = ", "pepper = 1 #"),
    ],
)
def test_secrets_that_are_not_whole_are_refused_without_quoting_them(
    tmp_path: Path, old: str, new: str
) -> None:
    path = tmp_path / "secrets.toml"
    made = secrets.create(path)
    path.write_text(path.read_text().replace(old, new))
    with pytest.raises(ConfigurationError) as refused:
        secrets.read(path)
    assert made.pepper.hex() not in str(refused.value)
    assert made.pepper.hex() not in repr(made)


def test_a_file_that_is_no_toml_is_refused_without_quoting_it(tmp_path: Path) -> None:
    path = tmp_path / "secrets.toml"
    path.touch(mode=0o600)
    path.write_text("pepper = 0123456789abcdef")
    with pytest.raises(ConfigurationError) as refused:
        secrets.read(path)
    assert "0123" not in str(refused.value)
