"""A small log, made by hand, as a connection that the report reads."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb

from gateway.archive import columns
from suppression.records import Record, RecordKind
from suppression.store.hot import Line
from suppression.store.keys import record_id
from suppression.store.record_lines import encode_record

ANN, BOB, EVE = "a1" * 16, "b0" * 16, "ee" * 16
PROMOTIONS, SECURITY = "marketing/promotions", "transactional/security"
SHARD = 3


def ms(text: str) -> int:
    """Of "2026-10-05 08:00"."""
    return round(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000)


class WrittenLog:
    """Lines in the order of their writing; each later by a sequence number where the time is the same."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "log.ndjson"
        self._file.write_bytes(b"")
        self._lines = 0

    def write(self, kind: RecordKind, at: str | int, recipient: str = ANN, **fields: Any) -> str:
        """The record's id. `asked`: milliseconds from the decision's own time to its commit."""
        now = at if isinstance(at, int) else ms(at)
        record = Record(kind, now - fields.pop("asked", 0), recipient=recipient, **fields)
        self._lines += 1
        line = Line(now, self._lines, (b"r", encode_record(record).encode()))
        with self._file.open("ab") as file:
            file.write(columns.json_line(SHARD, line))
        return record_id(SHARD, f"{now}-{self._lines}")

    def mail(self, at: str | int, recipient: str = ANN, **fields: Any) -> str:
        """A mail's hand-over."""
        about = {"channel": "email", "purpose": PROMOTIONS, "sender": "shop", "app": "crm"}
        decision = {"outcome": "send", "reason": "consented", "exact": "e1" * 8}
        return self.write(RecordKind.HANDING_OVER, at, recipient, **about | decision | fields)

    def ended(self, kind: RecordKind, hand_over: str, at: str | int, **fields: Any) -> str:
        about = {"channel": "email", "purpose": PROMOTIONS, "sender": "shop", "app": "crm"}
        return self.write(kind, at, **about | {"decision": hand_over} | fields)

    def stop(
        self, at: str | int, scope: str = "*|marketing|shop|*", recipient: str = ANN, **fields: Any
    ) -> str:
        about = {"reason": "unsubscribed", "way": "one_click", "entry": "00000000000a"}
        return self.write(RecordKind.SUPPRESSED, at, recipient, **about | {"scope": scope} | fields)

    def consent(self, at: str | int, scope: str = "email|marketing|shop|*", **fields: Any) -> str:
        about = {"entry": "0000000000c0", "exact": "e1" * 8}
        return self.write(RecordKind.CONSENTED, at, **about | {"scope": scope} | fields)

    def open(self) -> duckdb.DuckDBPyConnection:
        connection = duckdb.connect()
        for macro in columns.MACROS:
            connection.execute(macro)
        lines = columns.read_lines(str(self._file))
        connection.execute(f"CREATE VIEW log AS {columns.shown(f'({lines})')}")
        return connection
