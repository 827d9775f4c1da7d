"""The settings in force, for people: one "section.key = value" a line, secrets as ********."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import SecretStr

from gateway.config.settings import Settings

HIDDEN = "********"
_PASSWORD_IN_URL = re.compile(r"(?<=://)([^@/]*:)?[^@/:]*(?=@)")


def effective(settings: Settings) -> str:
    """As they could be written in gateway.toml, less what is secret."""
    return "\n".join(f"{name} = {_shown(value)}" for name, value in _flat(settings.given.model_dump()))


def _flat(table: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in table.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{prefix}{key}.")
        elif value is not None:
            yield prefix + key, value


def _shown(value: Any) -> str:
    match value:
        case SecretStr():
            return f'"{_redacted(value.get_secret_value())}"'
        case bool() | int() | float():
            return str(value).lower()
        case tuple() | list():
            return f"[{', '.join(map(_shown, value))}]"
        case frozenset():
            return f"[{', '.join(sorted(map(_shown, value)))}]"
        case Mapping():
            return "{ " + ", ".join(f"{key} = {_shown(inner)}" for key, inner in value.items()) + " }"
        case _:
            return f'"{_without_query(str(value))}"'


def _redacted(secret: str) -> str:
    """Of a URL only what identifies somebody is hidden: an operator wants to see the host."""
    scheme, separator, _ = secret.partition("://")
    if not separator or not scheme.isalnum():
        return HIDDEN
    return _without_query(_PASSWORD_IN_URL.sub(HIDDEN, secret))


def _without_query(text: str) -> str:
    """A URL's query is where tokens are put. What is no URL stays as it is."""
    address, mark, _ = text.partition("?")
    return f"{address}?{HIDDEN}" if mark and "://" in address else text
