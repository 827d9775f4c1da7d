"""What the head of each page leads to: a page adds its line here once it is there."""

from dataclasses import dataclass

from gateway.console.roles import Permission


@dataclass(frozen=True, slots=True)
class Item:
    label: str
    path: str
    permission: Permission


ITEMS: tuple[Item, ...] = (
    Item("Start", "/console", Permission.OWN),
    Item("Overview", "/console/overview", Permission.OVERVIEW),
    Item("Reviews", "/console/reviews", Permission.REVIEW),
    Item("Explain", "/console/explain", Permission.EXPLAIN),
    Item("Bulk", "/console/bulk", Permission.BULK),
    Item("Apps", "/console/apps", Permission.APPS),
    Item("Agents", "/console/agents", Permission.AGENTS),
)
# Where the search box in the head posts `q` to, once there is something that answers; needs FIND.
SEARCH: str | None = "/console/find"
