"""One measured figure, and how all of them are written down."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Result:
    """INTERFACE "Commands": {name, value, unit, peer?, peer_value?, ratio?}. `goal` is for the table only."""

    name: str
    value: float
    unit: str
    peer: str | None = None
    peer_value: float | None = None
    ratio: float | None = None
    goal: str = ""


def write(results: Sequence[Result], path: Path) -> None:
    """build/bench.json."""
    path.parent.mkdir(parents=True, exist_ok=True)
    rows = [
        {key: value for key, value in asdict(result).items() if value is not None and key != "goal"}
        for result in results
    ]
    path.write_text(json.dumps(rows, indent=2) + "\n")


def table(results: Sequence[Result]) -> str:
    """For a person."""
    rows = [("what", "value", "unit", "peer", "ratio", "goal")]
    for r in results:
        peer = f"{r.peer} {r.peer_value:,.0f}" if r.peer and r.peer_value is not None else ""
        ratio = f"{r.ratio:.2f}" if r.ratio is not None else ""
        rows.append((r.name, f"{r.value:,.2f}", r.unit, peer, ratio, r.goal))
    widths = [max(len(row[column]) for row in rows) for column in range(6)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )
