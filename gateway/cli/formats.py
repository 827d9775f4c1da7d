"""What a command tells, as a table for people, as a JSON object a line, or as CSV."""

import csv
import json
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from gateway.cli.tables import print_table

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")  # all but those that CSV is made of


class Format(StrEnum):
    TABLE = "table"
    JSON = "json"
    CSV = "csv"


def tell(form: Format, names: Sequence[str], rows: Iterable[Sequence[Any]], *, head: bool = True) -> None:
    """Rows of values of any type; None is what is not there. `head`: False where they go on from what was told."""
    match form:
        case Format.TABLE:
            print_table(names, ([_text(value) for value in row] for row in rows), titles=head)
        case Format.JSON:
            for row in rows:
                _write(dict(zip(names, row, strict=True)))
        case Format.CSV:
            writer = csv.writer(sys.stdout)  # RFC 4180
            if head:
                writer.writerow([_cell(name) for name in names])
            writer.writerows([_cell(value) for value in row] for row in rows)


def _write(row: Mapping[str, Any]) -> None:
    said = {name: value for name, value in row.items() if value is not None}
    sys.stdout.write(json.dumps(said, default=_plain) + "\n")


def _cell(value: Any) -> Any:
    """A table calculator takes a cell that begins so for a formula, and a terminal obeys control characters:
    strangers' words must be neither.
    """
    if isinstance(value, int | float | Decimal) and not isinstance(value, bool):
        return _plain(value)
    text = _CONTROL.sub("?", _text(value))
    return "'" + text if text.startswith(_FORMULA) else text


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Mapping | list | tuple):
        return json.dumps(value, default=_plain) if value else ""
    return str(_plain(value))


def _plain(value: Any) -> Any:
    match value:
        case bytes():
            return value.hex()
        case datetime():
            at = value if value.tzinfo else value.replace(tzinfo=UTC)
            return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        case date():
            return value.isoformat()
        case Decimal():
            return int(value) if value == value.to_integral_value() else float(value)
        case _:
            return value if isinstance(value, str | int | float) else str(value)
