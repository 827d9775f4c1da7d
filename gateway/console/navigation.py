"""What the head of each page leads to: a page adds its line here once it is there."""

from dataclasses import dataclass

from gateway.console.roles import Permission


@dataclass(frozen=True, slots=True)
class Item:
    label: str
    path: str
    permission: Permission
    purpose: str = ""  # what somebody goes there for: on the first page, where people choose


ITEMS: tuple[Item, ...] = (
    Item("Start", "/console", Permission.OWN),
    Item(
        "Overview",
        "/console/overview",
        Permission.OVERVIEW,
        "What was sent and refused today, and what needs somebody.",
    ),
    Item(
        "Reviews", "/console/reviews", Permission.REVIEW, "What people wrote back that somebody has to read."
    ),
    Item(
        "Explain",
        "/console/explain",
        Permission.EXPLAIN,
        "Why something went or did not go, and whether it would go now.",
    ),
    Item("Bulk", "/console/bulk", Permission.BULK, "Bring in a list of stops, watch it, take it back."),
    Item(
        "Apps",
        "/console/apps",
        Permission.APPS,
        "In whose name messages go, what each app may send, and its keys.",
    ),
    Item("Agents", "/console/agents", Permission.AGENTS, "Who works here, and as what."),
)
# Where the search box in the head posts `q` to, once there is something that answers; needs FIND.
SEARCH: str | None = "/console/find"
