"""The month's report over 10,000,000 records: how long it takes, and how much room. `python -m tests.bench.report`.

Not part of `make bench`: making the records takes longer than reading them.
"""

import multiprocessing
import resource
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

import duckdb

from gateway.archive import columns
from tests.bench.result import Result, table

RECORDS = 10_000_000
RECIPIENTS = 1_000_000
DAYS = 31
MONTH = "2026-10"
START = 1_790_812_800_000  # 1 October 2026, in ms
APART = DAYS * 86_400_000 // RECORDS  # ms from one record to the next
T = TypeVar("T")
LIMITS = "SET memory_limit = '700MB'; SET threads = 2; SET preserve_insertion_order = false"

# A hundred records, again and again: 62 of mail, 28 of texts, 10 of changes. Who says stop gets nothing but `required`.
KINDS = (
    *["handing_over"] * 25, *["sent"] * 24, "rejected", "postponed", "bounced", *["decided"] * 10,
    *["queued"] * 8, *["handing_over"] * 7, *["sent"] * 6, "unknown", *["delivered"] * 6,
    *["suppressed"] * 5, "lifted", *["consented"] * 3, "withdrawn",
)  # fmt: skip
PURPOSES = (
    *(f"marketing/{name}" for name in ("promotions", "surveys", "new-products", "partners/acme")),
    *("service/account", "service/notifications", "transactional/orders", "transactional/payments"),
)
SECURITY = "transactional/security"
VALUES = {  # of the columns that are not NULL; made of `n`, a record's number, and of what _OF says of it
    "shard": "n % 256",
    "ms": "made_at",
    "seq": "n % 1000",
    "recipient": "unhex(md5(who::VARCHAR))",
    "exact": "unhex(substr(md5(who::VARCHAR), 1, 16))",
    "time": "make_timestamp_ms(made_at - 2 - n % 7 - if(n % 9973 = 0, 900, 0))",
    "kind": "kind",
    "channel": "if(change, NULL, channel)",
    "purpose": "if(change, NULL, purpose)",
    "sender": "if(change, NULL, ['shop', 'club', 'partner'][n % 3 + 1])",
    "app": "if(change, NULL, 'crm')",
    "outcome": "CASE kind WHEN 'decided' THEN 'refuse' WHEN 'handing_over' THEN 'send' WHEN 'queued' THEN 'send' END",
    "reason": "CASE kind WHEN 'decided' THEN ['unsubscribed', 'no_consent', 'complained', 'capped'][n % 4 + 1] "
    "WHEN 'handing_over' THEN 'consented' WHEN 'suppressed' THEN if(n % 50 = 0, 'complained', 'unsubscribed') END",
    "decision": "if(answers, record_id(made_at - 40 - n % 500, n % 1000, n % 256), NULL)",
    "message": "if(channel = 'sms' AND NOT change, 'msg_' || md5((n // 100 * 100 + n % 7)::VARCHAR), NULL)",
    "policy": "'0123456789abcdef'",
    "entry": "if(change, substr(md5(who::VARCHAR), 20, 12), NULL)",
    "scope": "CASE WHEN kind IN ('suppressed', 'lifted') THEN '*|marketing|shop|*' "
    "WHEN change THEN 'email|marketing|shop|*' END",
    "way": "if(kind = 'suppressed', ['one_click', 'link', 'sms', 'provider'][n % 4 + 1], NULL)",
    "source": "if(kind = 'bounced', 'bounce:5.1.1', NULL)",
    "text": "if(kind = 'sent', '2.0.0 Ok: queued as ' || substr(md5(n::VARCHAR), 1, 10), NULL)",
    "code": "if(kind = 'sent', 250, NULL)",
    "repeated": "if(change AND n % 11 = 0, true, NULL)",
    "details": """if(kind = 'bounced', '{"kind":"address_fault"}', NULL)""",
}
_OF = f"""
SELECT n, {START} + n * {APART} AS made_at, kind, channel, stopped,
    if(stopped, '{SECURITY}', $purposes[n % 8 + 1]) AS purpose,
    n * 7919 % {RECIPIENTS // 2} * 2 + if(stopped OR kind IN ('suppressed', 'decided'), 1, 0) AS who,
    kind IN ('suppressed', 'lifted', 'consented', 'withdrawn') AS change,
    kind IN ('sent', 'rejected', 'postponed', 'unknown', 'delivered') AS answers
FROM (
    SELECT n, $kinds[n % 100 + 1] AS kind, if(n % 100 < 62, 'email', 'sms') AS channel, n % 40 = 0 AS stopped
    FROM range($first, $last) AS numbers(n)
)
"""


def generate(folder: Path) -> None:
    """As the archiver writes: files of a day and a class, sorted by recipient."""
    made = ", ".join(
        f'CAST({VALUES.get(column.name, "NULL")} AS {column.type}) AS "{column.name}"'
        for column in columns.COLUMNS
    )
    with duckdb.connect() as connection:
        prepare(connection)
        connection.execute(f"SET temp_directory = {columns.quoted(str(folder / 'spill'))}")
        for day in range(DAYS):
            first, last = RECORDS * day // DAYS, RECORDS * (day + 1) // DAYS
            bound = {"kinds": KINDS, "purposes": PURPOSES, "first": first, "last": last}
            connection.execute(f"CREATE OR REPLACE TEMP TABLE made AS SELECT {made} FROM ({_OF})", bound)
            for number, wanted in enumerate(("=", "<>")):
                file = columns.quoted(str(folder / f"{day}-{number}.parquet"))
                connection.execute(
                    f"COPY (FROM made WHERE {columns.CLASS_OF} {wanted} 'changes' ORDER BY {columns.ORDER}) TO {file} "
                    "(FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 16384)"
                )


def prepare(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute(LIMITS)
    for macro in columns.MACROS:
        connection.execute(macro)


def report(folder: Path) -> tuple[float, float, int]:
    """Seconds, the most MiB that the process ever had, bytes of the page."""
    from gateway.archive.database import connect
    from gateway.archive.report.figures import figures
    from gateway.archive.report.month import Month
    from gateway.archive.report.page import page
    from gateway.archive.report.reading import make_view
    from suppression.purposes import Catalogue

    began = time.perf_counter()
    with connect(folder / "spill") as connection:
        make_view(connection, sorted(folder.glob("*.parquet")))
        found = figures(connection, Month.parse(MONTH), Catalogue.shipped())
    written = page(found, datetime(2026, 11, 2, tzinfo=UTC))
    took = time.perf_counter() - began
    assert found.records == RECORDS
    assert found.after_stops.violated == 0, found.after_stops
    return took, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, len(written)


def results() -> list[Result]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        alone(generate, folder)
        took, peak, size = alone(report, folder)
    return [
        Result(f"report of {RECORDS:,} records", took, "seconds", goal="<= 30"),
        Result("most memory for it", peak, "MiB", goal="<= 1024"),
        Result("its page", size / 1024, "KiB"),
    ]


def alone(do: Callable[[Path], T], folder: Path) -> T:
    """In a process of its own, whose memory is its own."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(do, (folder,))


if __name__ == "__main__":
    print(table(results()))
