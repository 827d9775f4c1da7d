"""The packages and which of them imports which, read from the code: deploy/imports.svg and a list are made of it.

A folder is a box; the few modules beside gateway's folders are one box, its ground.
"""

from collections.abc import Collection, Mapping
from functools import cache

import grimp

from tests.architecture.source import PACKAGES, ROOT

PICTURE = "deploy/imports.svg"
GROUND, DECISION, STORE = "gateway: ground", "suppression: decision", "suppression.store"

Edges = Mapping[str, Collection[str]]


@cache
def boxes() -> dict[str, frozenset[str]]:
    """Each box with all that it imports directly."""
    graph = grimp.build_graph(*PACKAGES, cache_dir=None)
    found: dict[str, set[str]] = {}
    for module in graph.modules:
        own = _box(module)
        if own is not None:
            others = {_box(other) for other in graph.find_modules_directly_imported_by(module)}
            found.setdefault(own, set()).update(name for name in others if name and name != own)
    return {name: frozenset(below) for name, below in sorted(found.items())}


def _box(module: str) -> str | None:
    top, _, rest = module.partition(".")
    first = rest.partition(".")[0]
    if top == "suppression":
        return STORE if first == "store" else DECISION
    if top == "channels":
        return "channels"
    if not first or module == "gateway.__main__":
        return None
    return f"gateway.{first}" if (ROOT / top / first).is_dir() else GROUND


def height(edges: Edges) -> dict[str, int]:
    """How many boxes stand below each, one upon the other. ValueError: two import each other."""
    known: dict[str, int] = {}

    def of(name: str, above: tuple[str, ...]) -> int:
        if name in above:
            raise ValueError(" imports ".join([*above, name]))
        if name not in known:
            known[name] = 1 + max((of(below, (*above, name)) for below in edges[name]), default=-1)
        return known[name]

    for name in edges:
        of(name, ())
    return known


def needed(edges: Edges) -> dict[str, list[str]]:
    """Without the arrows that a longer way says too."""
    return {
        name: sorted(
            below for below in edges[name] if not any(_reaches(edges, other, below) for other in edges[name])
        )
        for name in edges
    }


def _reaches(edges: Edges, start: str, end: str) -> bool:
    return any(below == end or _reaches(edges, below, end) for below in edges[start])


WIDTH, BOX, TALL, STEP = 980, 150, 34, 84
# Where each stands from left to right, so that few arrows cross a box; what is new stands in the middle.
COLUMNS = {
    "gateway.dev": 1.5, "gateway.doctor": 2.5, "gateway.console": 2.3, "gateway.http": 2.1, "gateway.smtp": 3.0,
    "gateway.inbound": 2.85, "gateway.duties": 0.75, "gateway.confirmations": 2.25, "gateway.phones": 1.4,
    "gateway.roads": 1.95, "gateway.dns": 3.95, "gateway.archive": 2.4, "gateway.config": 3.7, "gateway.imports": 0.9,
    "channels": 2.6, "gateway.state": 0.75, "gateway.metrics": 1.75, "gateway.webhooks": 3.9,
    "gateway.embedded": 0.0, "gateway.processes": 1.0, "gateway: ground": 3.3, "suppression.store": 2.1,
}  # fmt: skip
FONT = 'font-size="14" font-family="sans-serif"'
HEAD = (
    '<marker id="to" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
    '<path d="M0 0 8 4 0 8z" fill="#567"/></marker>'
)


def drawn() -> str:
    """As SVG: an arrow leads to what is imported."""
    edges, heights = boxes(), height(boxes())
    places = _places(heights)
    bottom = max(y for _, y in places.values()) + TALL + 16
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {bottom}" role="img" {FONT}>',
        "<title>Which package imports which: every arrow leads down</title>",
        f"<defs>{HEAD}</defs>",
        f'<rect width="{WIDTH}" height="{bottom}" fill="#fff"/>',
    ]
    for name, below in needed(edges).items():
        lines += [_arrow(places[name], places[other]) for other in below]
    lines += [_drawn_box(name, *place) for name, place in sorted(places.items())]
    return "\n".join([*lines, "</svg>\n"])


def _places(heights: Mapping[str, int]) -> dict[str, tuple[int, int]]:
    """The middle of each box's upper edge, and that edge."""
    top = max(heights.values())
    return {
        name: (90 + int(COLUMNS.get(name, 2.0) * 200), 16 + (top - own) * STEP)
        for name, own in heights.items()
    }


def _arrow(start: tuple[int, int], end: tuple[int, int]) -> str:
    (x, y), (to_x, to_y) = (start[0], start[1] + TALL), end
    bend = (to_y - y) // 2
    return (
        f'<path d="M{x} {y} C{x} {y + bend} {to_x} {to_y - bend} {to_x} {to_y}" fill="none" stroke="#567"'
        ' marker-end="url(#to)"/>'
    )


def _drawn_box(name: str, middle: int, top: int) -> str:
    return (
        f'<rect x="{middle - BOX // 2}" y="{top}" width="{BOX}" height="{TALL}" rx="5" fill="#eef3f7" stroke="#567"/>'
        f'<text x="{middle}" y="{top + 22}" text-anchor="middle" fill="#123">{name}</text>'
    )


def rows(heights: Mapping[str, int]) -> list[list[str]]:
    """From the top down."""
    return [
        sorted(name for name, own in heights.items() if own == rank)
        for rank in range(max(heights.values()), -1, -1)
    ]


def told() -> str:
    """The same as a list, for who sees no picture."""
    edges = needed(boxes())
    lines = [
        f"- `{name}` imports {', '.join(f'`{below}`' for below in edges[name]) or 'none of the others'}"
        for row in rows(height(boxes()))
        for name in row
    ]
    return "\n".join(lines)
