"""Every setting with its default, as README's table has to name it. Read from the schema, so from the code."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from gateway.config import schema

REQUIRED, NONE = "required", "none"


def settings() -> dict[str, str]:
    """Dotted names, NAME standing for a name that the operator gives and [] for one of several, to defaults."""
    return dict(_of_section(schema.File, ""))


def _of_section(section: type[BaseModel], prefix: str) -> Iterator[tuple[str, str]]:
    for name, field in section.model_fields.items():
        inner = _section_within(field.annotation)
        if inner is None:
            yield prefix + name, _default(field)
        else:
            yield from _of_section(inner, prefix + name + _mark(field.annotation))


def _section_within(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next(filter(None, map(_section_within, get_args(annotation))), None)


def _mark(annotation: Any) -> str:
    if get_origin(annotation) is dict:
        return ".NAME."
    return "[]." if get_origin(annotation) is tuple else "."


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return REQUIRED
    default = field.get_default(call_default_factory=True)
    return NONE if default in (None, PydanticUndefined) else _as_toml(default)


def _as_toml(value: Any) -> str:
    match value:
        case bool():
            return str(value).lower()
        case str() | Path():
            return f'"{value}"'
        case tuple() | frozenset():
            return f"[{', '.join(map(_as_toml, value))}]"
        case dict():
            return "{}"
        case float():
            return f"{value:g}"
        case _:
            return str(value)
