"""A log as a company of some million customers has it, made by DuckDB with hash functions: the same at each run.

Of each day's records two thirds are mails (a hand-over and how it ended), a fifth texts (of four records each, with the
message's handle), the rest refusals, changes, and what recipients did.
"""

from collections.abc import Iterator
from typing import NamedTuple

from gateway.archive import columns

DAY = 86_400_000
FIRST = 1_762_041_600_000  # 2025-11-02, midnight UTC
DAYS = 365
RECORDS_EACH = 20  # of a recipient, in the year
SHARDS = 64
POLICY = "6c1f0e5a9b3d2784"


class Share(NamedTuple):
    """A kind of event: how much of the records it has, and of how many records it is."""

    name: str
    share: float
    records: int


SHARES = (
    Share("mail", 0.66, 2),
    Share("text", 0.20, 4),
    Share("refusal", 0.09, 1),
    Share("change", 0.03, 1),
    Share("view", 0.02, 1),
)

# hash() of an event's number, some times over: h chooses who, g when, f the rest.
_EVENT = """
    SELECT *, {first} + (g % {day})::BIGINT AS at_ms, (person % {shards})::USMALLINT AS shard,
        unhex(md5(person::VARCHAR)) AS recipient, unhex(substr(md5('x' || person), 1, 16)) AS exact,
        CASE WHEN f % 10 < 5 THEN 'marketing/promotions' WHEN f % 10 < 7 THEN 'marketing/industry-news'
             WHEN f % 10 < 9 THEN 'transactional/orders' ELSE 'service/notifications' END AS purpose,
        CASE WHEN f % 10 < 7 THEN 'crm' ELSE 'shop' END AS app, 'brand' AS sender
    FROM (SELECT i, hash(i, {salt}, 1) % {people} AS person, hash(i, {salt}, 2) AS g, hash(i, {salt}, 3) AS f
          FROM range({events}) AS numbers(i))
"""
_ID = "record_id(at_ms, 0, shard)"
_HANDLE = "'msg_' || lower(substr(md5(person || '.' || f) || md5('m' || f), 1, 36))"
_FACT = "substr(md5('c' || person || purpose), 1, 12)"

_MAIL = f"""
    SELECT at_ms AS ms, 'handing_over' AS kind, recipient, exact, shard, 'email' AS channel, purpose, sender, app,
        'send' AS outcome, 'consented' AS reason, 'consent' AS rule, {_FACT} AS fact, '{POLICY}' AS policy FROM event
    UNION ALL BY NAME
    SELECT at_ms + 20 + (f % 900)::BIGINT AS ms, CASE WHEN f % 100 < 97 THEN 'sent' ELSE 'postponed' END AS kind,
        recipient, shard, 'email' AS channel, purpose, sender, app, {_ID} AS decision,
        '250 2.0.0 Ok: queued as 4' || substr(md5('q' || f), 1, 13) AS text FROM event
"""
_TEXT = f"""
    SELECT at_ms - 2000 AS ms, 'queued' AS kind, recipient, shard, 'sms' AS channel, purpose, sender, app,
        {_HANDLE} AS message FROM event
    UNION ALL BY NAME
    SELECT at_ms AS ms, 'handing_over' AS kind, recipient, exact, shard, 'sms' AS channel, purpose, sender, app,
        'send' AS outcome, 'consented' AS reason, 'consent' AS rule, {_FACT} AS fact, '{POLICY}' AS policy,
        {_HANDLE} AS message FROM event
    UNION ALL BY NAME
    SELECT at_ms + 100 + (f % 300)::BIGINT AS ms, 'sent' AS kind, recipient, shard, 'sms' AS channel, purpose,
        sender, app, {_HANDLE} AS message, {_ID} AS decision, '{{"reference":"SM' || md5('s' || f) || '"}}' AS details
    FROM event
    UNION ALL BY NAME
    SELECT at_ms + 2000 + (f % 9000)::BIGINT AS ms, 'delivered' AS kind, recipient, shard, 'sms' AS channel, purpose,
        sender, app, {_HANDLE} AS message, {_ID} AS decision FROM event
"""
_REFUSAL = f"""
    SELECT at_ms AS ms, 'decided' AS kind, recipient, exact, shard, 'email' AS channel, purpose, sender, app,
        'refuse' AS outcome, CASE WHEN f % 3 = 0 THEN 'unsubscribed' ELSE 'no_consent' END AS reason,
        CASE WHEN f % 3 = 0 THEN 'suppression' ELSE 'consent' END AS rule, {_FACT} AS fact, '{POLICY}' AS policy
    FROM event
"""
_CHANGE = """
    SELECT at_ms AS ms, CASE WHEN f % 3 = 0 THEN 'consented' ELSE 'suppressed' END AS kind, recipient, exact, shard,
        'unsubscribed' AS reason, substr(md5('e' || f), 1, 12) AS entry, 'email|marketing|brand|*' AS scope,
        'one_click' AS way, 'link' AS source, 'recipient' AS actor,
        '{"s' || substr(md5('e' || f), 1, 12) || '":"+e|marketing|brand|*|u|o|link|recipient|' || at_ms || '||||"}'
            AS writes
    FROM event
"""
_VIEW = """
    SELECT at_ms AS ms, 'viewed' AS kind, recipient, exact, shard, 'email' AS channel, '*' AS purpose, sender, app,
        'link' AS source FROM event
"""
_OF = {"mail": _MAIL, "text": _TEXT, "refusal": _REFUSAL, "change": _CHANGE, "view": _VIEW}


def people(records: int) -> int:
    return max(1, records // RECORDS_EACH)


def days(records: int) -> Iterator[tuple[int, str]]:
    """Each day's first ms, and SQL of its records as the archive's columns; all in all about so many records."""
    for day in range(DAYS):
        first = FIRST + day * DAY
        yield first, _day(day, first, records // DAYS, people(records))


def _day(day: int, first: int, records: int, persons: int) -> str:
    parts = []
    for number, share in enumerate(SHARES):
        event = _EVENT.format(
            first=first,
            day=DAY - 20_000,
            shards=SHARDS,
            people=persons,
            salt=day * 10 + number,
            events=int(records * share.share / share.records),
        )
        parts.append(f"(WITH event AS ({event}) {_OF[share.name]})")
    empty = ", ".join(f'NULL::{column.type} AS "{column.name}"' for column in columns.COLUMNS)
    made = " UNION ALL BY NAME ".join([f"(SELECT {empty} WHERE false)", *parts])
    values = {"seq": "0::USMALLINT", "time": "make_timestamp_ms(ms)"}
    chosen = ", ".join(
        f'CAST({values.get(column.name, chr(34) + column.name + chr(34))} AS {column.type}) AS "{column.name}"'
        for column in columns.COLUMNS
    )
    return f"SELECT {chosen} FROM ({made})"
