"""A sandbox in memory: what would have left, and the clock."""

from datetime import datetime, timedelta

from gateway.http.sandbox.box import Sandbox
from tests.gateway.http.fakes import START, Memory


class FakeBox:
    def __init__(self) -> None:
        self.kept: list[dict[str, object]] = []
        self.twiml: dict[str, str] = {}

    def messages(
        self, channel: str | None = None, to: str | None = None, limit: int | None = None
    ) -> list[dict[str, object]]:
        found = [m for m in self.kept if channel in (None, m["channel"]) and to in (None, m["to"])]
        return found[:limit]

    def find(self, message_id: str) -> dict[str, object] | None:
        return next((m for m in reversed(self.kept) if m["id"] == message_id), None)

    def replaced(self, sid: str) -> str:
        return self.twiml.get(sid, "")

    def clear(self) -> None:
        self.kept.clear()


def fake_sandbox(memory: Memory, box: FakeBox) -> Sandbox:
    async def set_clock(now: datetime | None) -> None:
        memory.offset = timedelta() if now is None else now - START

    return Sandbox(box, set_clock)
