"""What the modules of this package need of the store: one command, one reply."""

from typing import Any, Protocol


class Commands(Protocol):
    """A lane of the store's client. Raises StoreUnavailable when there is no answer in time."""

    async def execute(self, *args: bytes | str | int) -> Any: ...
