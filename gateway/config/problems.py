"""Everything that is wrong with the settings, found before the first of it is told."""

from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from suppression.errors import ConfigurationError

_PLAINER = {"missing": "is required", "extra_forbidden": "is not a setting"}

M = TypeVar("M", bound=BaseModel)


class Problems:
    """A list of "where: what" that ends as one ConfigurationError. Shows no values: one may be a secret."""

    def __init__(self) -> None:
        self._found: list[str] = []

    def note(self, where: str, what: str) -> None:
        problem = f"{where}: {what}"
        if problem not in self._found:
            self._found.append(problem)

    def read(self, model: type[M], value: Any, base: Path, where: str = "") -> M | None:
        """As its model; None when something in it is wrong, which is noted. `base`: of relative paths."""
        try:
            return model.model_validate(value, context={"base": base})
        except ValidationError as error:
            for details in error.errors(include_url=False, include_context=False, include_input=False):
                self.note(_path(where, details), _words(details))
            return None

    def note_error(self, where: str, error: ConfigurationError) -> None:
        """What another part of the program found wrong: a heading with a line for each, or one line."""
        lines = str(error).splitlines()
        for line in lines[1:] or lines:
            self.note(where, line.strip())

    def raise_if_any(self) -> None:
        if self._found:
            raise ConfigurationError("\n".join(self._found))


def _path(where: str, details: ErrorDetails) -> str:
    inside = (
        f"[{step}]" if isinstance(step, int) else f".{step}" for step in details["loc"] if step != "[key]"
    )
    return (where + "".join(inside)).lstrip(".") or "gateway.toml"


def _words(details: ErrorDetails) -> str:
    plain = _PLAINER.get(details["type"])
    if plain is not None:
        return plain
    message = details["msg"].removeprefix("Value error, ").removeprefix("Assertion failed, ")
    return message[:1].lower() + message[1:]
