"""A role reads its own secrets, and starts where the files of others are missing."""

from collections.abc import Set as AbstractSet
from pathlib import Path

import pytest

from gateway.config.effective import effective
from gateway.config.roles import ALL, Role
from gateway.config.settings import Settings, load
from suppression.errors import ConfigurationError

HERE = Path(__file__).parent
FILES = {
    "tls.key": {Role.SMTP},
    "ed25519.pem": {Role.SMTP, Role.HTTP},
    "hop-password": {Role.SMTP, Role.HTTP},
    "twilio-tokens": {Role.HTTP, Role.DISPATCHER},
    "twilio-secret": {Role.HTTP, Role.DISPATCHER},
    "webhook-secret": {Role.DISPATCHER},
    "proof": {Role.HTTP},
    "console-secret": {Role.HTTP},
    "secrets.toml": set(Role),
}


@pytest.fixture
def base(base: Path) -> Path:
    """With a file for each secret that may have one."""
    text = (HERE / "full.toml").read_text()
    for name, written, setting in (
        ("proof", 'username = "hooks"\npassword_file = "hop-password"', 'username = "hooks"\npassword_file'),
        ("console-secret", 'client_secret = "provider-secret"', "client_secret_file"),
    ):
        assert written in text, written
        text = text.replace(written, f'{setting} = "{name}"')
        (base / name).write_text("provider-secret\n")
    (base / "gateway.toml").write_text(text)
    return base


def of(base: Path, roles: AbstractSet[Role]) -> Settings:
    return load(base / "gateway.toml", {}, roles=roles)


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("file", FILES)
def test_a_missing_file_stops_who_needs_it_and_nobody_else(base: Path, file: str, role: Role) -> None:
    (base / file).unlink()
    if role in FILES[file]:
        with pytest.raises(ConfigurationError):
            of(base, {role})
    else:
        assert of(base, {role}).public_url


def test_what_a_role_does_not_need_it_does_not_have(base: Path) -> None:
    smtp, http, dispatcher, archiver = (of(base, {role}) for role in Role)
    assert [bool(one.dkim) for one in (smtp, http, dispatcher, archiver)] == [True, True, False, False]
    assert [bool(one.twilio) for one in (smtp, http, dispatcher, archiver)] == [False, True, True, False]
    assert [bool(one.proofs.postmark) for one in (smtp, http, dispatcher, archiver)] == [
        False, True, False, False,
    ]  # fmt: skip
    keys = [bool(one.webhooks.of_app["shop"].secrets) for one in (smtp, http, dispatcher, archiver)]
    assert keys == [False, False, True, False]
    assert all(one.archive_secret == smtp.archive_secret for one in (http, dispatcher, archiver))


def test_a_command_on_any_host_needs_no_roles_secrets(base: Path) -> None:
    for file in FILES.keys() - {"secrets.toml"}:
        (base / file).unlink()
    assert effective(of(base, frozenset()))
    with pytest.raises(ConfigurationError) as told:
        of(base, ALL)
    assert len(str(told.value).splitlines()) >= 5
