"""Where settings come from: gateway.toml, and over it the environment (GATEWAY_SMTP__MAX_SIZE)."""

import tomllib
from collections.abc import Mapping
from copy import deepcopy
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic_settings import BaseSettings, EnvSettingsSource
from pydantic_settings.exceptions import SettingsError

from gateway.config import schema
from gateway.config.problems import Problems
from suppression.errors import ConfigurationError

PREFIX = "GATEWAY_"
NESTED = "__"

_NAMED = frozenset({"senders", "apps", "caps", "registers", "lists"})
_STAND_INS: Mapping[str, Any] = {
    "public_url": "https://gateway.invalid",
    "store": {"data_dir": "."},
    "next_hop": {"host": "gateway.invalid"},
    "senders": {},
    "apps": {},
}


class _Environment(schema.File, BaseSettings):  # type: ignore[misc] # each has a model_config
    """The same fields, for the names of variables."""


def read(path: Path) -> dict[str, Any]:
    """The file as it is. ConfigurationError when there is none, or it is no TOML."""
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError as error:
        raise ConfigurationError(f"{path}: does not exist") from error
    except OSError as error:
        raise ConfigurationError(f"{path}: cannot be read: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{path}: is no TOML: {error}") from error


def override(
    document: Mapping[str, Any], environment: Mapping[str, str], problems: Problems
) -> dict[str, Any]:
    """The document with what the environment says; its variables go by names that are settings."""
    source = EnvSettingsSource(_Environment, env_prefix=PREFIX, env_nested_delimiter=NESTED)
    source.env_vars = {name.lower(): value for name, value in environment.items()}
    _note_unknown(environment, problems)
    try:
        return _merged(document, source())
    except SettingsError as error:
        problems.note(f"environment {PREFIX}*", str(error))
        return dict(document)


def usable_part(document: Mapping[str, Any], base: Path) -> schema.File:
    """A refused document without what is wrong in it: so that the rest can be checked in the same run."""
    rest = deepcopy(dict(document))
    while True:
        try:
            return schema.File.model_validate(rest, context={"base": base})
        except ValidationError as error:
            for where in {details["loc"][:2] for details in error.errors(include_url=False)}:
                _leave_out(rest, *where)


def _leave_out(document: dict[str, Any], section: str | int, entry: str | int = "") -> None:
    entries = document.get(str(section))
    if section in _NAMED and isinstance(entries, dict) and entry in entries:
        del entries[entry]
    elif section in _STAND_INS:
        document[str(section)] = deepcopy(_STAND_INS[str(section)])
    else:
        document.pop(str(section), None)


def _note_unknown(environment: Mapping[str, str], problems: Problems) -> None:
    """Only with "__": container platforms set GATEWAY_SERVICE_HOST and the like by themselves."""
    for name in environment:
        section, nested, _ = name.removeprefix(PREFIX).partition(NESTED)
        if name.startswith(PREFIX) and nested and section.lower() not in schema.File.model_fields:
            problems.note(name, "is not a setting")


def _merged(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(below)
    for key, value in above.items():
        old = merged.get(key)
        both_tables = isinstance(old, Mapping) and isinstance(value, Mapping)
        merged[key] = _merged(old, value) if both_tables else value  # type: ignore[arg-type] # tables, both
    return merged
