"""Requests judged by Twilio's own OpenAPI description, and by what that says in words only.

A schema keyword or format that is not known here is an error: nothing passes unjudged.
"""

import json
import os
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit
from xml.parsers import expat

REPOSITORY = Path(__file__).parents[2]
FOLDER = Path(os.environ.get("GATEWAY_TWILIO", REPOSITORY.parent / "shared" / "twilio"))
FILE = FOLDER / "twilio_api_v2010.json"
FORM = "application/x-www-form-urlencoded"

Pairs = Sequence[tuple[str, str]]

# E.164, a short code, or (From) an alphanumeric sender.
PHONE_NUMBER = re.compile(r"\+[1-9]\d{6,14}|\d{3,8}|(?=.*[A-Za-z])[A-Za-z0-9 ]{1,11}")
IGNORED = {
    "description",
    "x-twilio",
    "example",
    "default",
    "title",
    "$ref",
    "type",
    "items",
    "deprecated",
    "nullable",
}

# Said in words only: (field, what it must match, why).
IN_WORDS: tuple[tuple[str, Callable[[str], bool], str], ...] = (
    ("Body", lambda value: 0 < len(value) <= 1600, "1 to 1,600 characters"),
    ("ValidityPeriod", lambda value: 1 <= int(value) <= 36_000, "1 to 36,000 seconds"),
    ("Timeout", lambda value: 1 <= int(value) <= 600, "at most 600 seconds"),
    (
        "StatusCallback",
        lambda value: "_" not in (urlsplit(value).hostname or "_"),
        "no underscores in the host",
    ),
    (
        "StatusCallbackEvent",
        lambda value: value in {"initiated", "ringing", "answered", "completed"},
        "no such event",
    ),
    ("MachineDetection", lambda value: value in {"Enable", "DetectMessageEnd"}, "Enable or DetectMessageEnd"),
    ("AsyncAmd", lambda value: value in {"true", "false"}, "true or false"),
)
ONE_OF = {
    "CreateMessageRequest": (("From", "MessagingServiceSid"), ("Body", "MediaUrl", "ContentSid")),
    "CreateCallRequest": (("Url", "Twiml", "ApplicationSid"),),
}


def require() -> "Description":
    """Skip where the description is not; in CI it must be (tests/skips.py)."""
    import pytest

    if not FILE.is_file():
        pytest.skip("no twilio_api_v2010.json: set GATEWAY_TWILIO or put it at ../shared/twilio")
    return load(FILE)


@lru_cache
def load(path: Path) -> "Description":
    return Description(json.loads(path.read_bytes()))


@dataclass(frozen=True)
class Operation:
    """What may be asked of one path by one method."""

    values: dict[str, str]  # in the path
    parameters: dict[tuple[str, str], dict[str, Any]]  # by where they are, and name
    body: dict[str, Any] | None


class Description:
    def __init__(self, document: dict[str, Any]) -> None:
        self._schemas: dict[str, Any] = document["components"]["schemas"]
        self._paths = [(_pattern(path), item) for path, item in document["paths"].items()]
        self._operation = lru_cache(maxsize=10_000)(self._find)

    def problems(self, method: str, path: str, query: Pairs = (), form: Pairs | None = None) -> list[str]:
        """What is wrong with a request; nothing for one that Twilio describes. `form` None: it has no body."""
        operation = self._operation(method.lower(), path)
        if operation is None:
            return [f"{method} {path} is not described"]
        return [*self._in_address(operation, query), *self._in_body(operation.body, form)]

    def _find(self, method: str, path: str) -> Operation | None:
        for pattern, item in self._paths:
            found = pattern.fullmatch(path)
            if found and method in item:
                wanted = [*item.get("parameters", []), *item[method].get("parameters", [])]
                content = item[method].get("requestBody", {}).get("content", {})
                return Operation(
                    {name: unquote(value) for name, value in found.groupdict().items()},
                    {(parameter["in"], parameter["name"]): parameter for parameter in wanted},
                    content[FORM]["schema"] if content else None,
                )
        return None

    def _in_address(self, operation: Operation, query: Pairs) -> Iterator[str]:
        for where, given in (("path", list(operation.values.items())), ("query", list(query))):
            known = {name: it for (place, name), it in operation.parameters.items() if place == where}
            schema = {
                "properties": {name: it["schema"] for name, it in known.items()},
                "required": [name for name, it in known.items() if it.get("required")],
            }
            yield from self._fields(schema, given)

    def _in_body(self, schema: dict[str, Any] | None, form: Pairs | None) -> Iterator[str]:
        if form is None or schema is None:
            if form or (form is None and schema is not None and schema.get("required")):
                yield "a form where none is described, or none where one is"
            return
        found = list(self._fields(schema, form))
        yield from found
        names = {name for name, _ in form}
        for choice in ONE_OF.get(schema.get("title", ""), ()):
            if not names & set(choice):
                yield f"one of {', '.join(choice)} is missing"
        if not found:  # of values that have their types
            for name, right, why in IN_WORDS:
                yield from (f"{name}: {why}" for given, value in form if given == name and not right(value))

    def _fields(self, schema: dict[str, Any], given: Pairs) -> Iterator[str]:
        names = [name for name, _ in given]
        yield from (f"{name} is missing" for name in schema.get("required", []) if name not in names)
        for name, value in given:
            kind = self._resolved(schema["properties"].get(name))
            if kind is None:
                yield f"{name} is not described"
            elif kind.get("type") == "array":
                yield from self._value(name, self._resolved(kind["items"]) or {}, value)
            elif names.count(name) > 1:
                yield f"{name} is there twice"
            else:
                yield from self._value(name, kind, value)

    def _resolved(self, schema: dict[str, Any] | None) -> dict[str, Any] | None:
        if schema is None or "$ref" not in schema:
            return schema
        found: dict[str, Any] = self._schemas[schema["$ref"].removeprefix("#/components/schemas/")]
        return found

    def _value(self, name: str, schema: dict[str, Any], value: str) -> Iterator[str]:
        if not TYPES[schema["type"]](value):
            yield f"{name} is no {schema['type']}"
            return
        for keyword, limit in schema.items():
            if keyword not in IGNORED and not KEYWORDS[keyword](value, limit):
                yield f"{name}: {keyword} {limit}"


def _pattern(path: str) -> re.Pattern[str]:
    """`/Accounts/{AccountSid}/Calls.json` as an expression with groups."""
    parts = re.split(r"\{(\w+)\}", path)
    named = (f"(?P<{part}>[^/]+)" if index % 2 else re.escape(part) for index, part in enumerate(parts))
    return re.compile("".join(named))


def _is_url(value: str) -> bool:
    url = urlsplit(value)
    return url.scheme in {"http", "https"} and bool(url.hostname) and value.isascii() and value.isprintable()


def _is_time(value: str) -> bool:
    """RFC 3339 5.6, in UTC."""
    try:
        return value.endswith("Z") and "T" in value and bool(datetime.fromisoformat(value))
    except ValueError:
        return False


def _is_twiml(value: str) -> bool:
    roots: list[str] = []
    parser = expat.ParserCreate()
    parser.StartElementHandler = lambda name, _: roots.append(name)
    try:
        parser.Parse(value, True)  # noqa: FBT003 - expat's
    except expat.ExpatError:
        return False
    return roots[0] == "Response" and len(value) <= 4000


def _is_endpoint(value: str) -> bool:
    return bool(re.fullmatch(r"\+[1-9]\d{6,14}|(client|sip):\S+", value))


FORMATS: dict[str, Callable[[str], bool]] = {
    "phone-number": lambda value: bool(PHONE_NUMBER.fullmatch(value)),
    "endpoint": _is_endpoint,
    "uri": _is_url,
    "http-method": lambda value: value in {"GET", "POST"},
    "date-time": _is_time,
    "twiml": _is_twiml,
    "int64": lambda value: abs(int(value)) < 2**63,
}
TYPES: dict[str, Callable[[str], bool]] = {
    "string": lambda _: True,
    "integer": lambda value: bool(re.fullmatch(r"-?\d{1,18}", value)),
    "number": lambda value: bool(re.fullmatch(r"-?\d+(\.\d+)?", value)),
    "boolean": lambda value: value in {"true", "false"},
}
KEYWORDS: dict[str, Callable[[str, Any], bool]] = {
    "enum": lambda value, allowed: value in allowed,
    "pattern": lambda value, expression: bool(re.search(expression, value)),
    "minLength": lambda value, length: len(value) >= length,
    "maxLength": lambda value, length: len(value) <= length,
    "minimum": lambda value, least: int(value) >= least,
    "maximum": lambda value, most: int(value) <= most,
    "format": lambda value, name: FORMATS[name](value),
}
