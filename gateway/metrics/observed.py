"""Each metric, and what is said when something happened. No address and nothing that a stranger chose is a label."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPMethod

from gateway import tracing
from gateway.metrics.families import OTHER, Asked, Counted, Set, Timed
from suppression.model import Channel
from suppression.purposes import SYSTEM_PURPOSES, WILDCARD, Catalogue
from suppression.records import CHANGES, OUTCOMES, Record, RecordKind

_FAST = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)
_SLOW = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 120.0)

CHANNELS = (Channel.EMAIL, Channel.SMS, Channel.VOICE)

_decisions = Counted(
    "gateway_decisions_total",
    "Decisions that were logged. A text or call has one when it is accepted, and one when it is due.",
    ("channel", "purpose", "outcome", "reason", "record"),
)
_hand_overs = Counted(
    "gateway_hand_overs_total",
    "How hand-overs to the next hop ended.",
    ("channel", "outcome"),
    known=[(channel.value, outcome.value) for channel in CHANNELS for outcome in sorted(OUTCOMES)],
)
_deliveries = Counted(
    "gateway_deliveries_total", "What was reported later of messages that had left.", ("channel", "outcome")
)
_changes = Counted(
    "gateway_changes_total",
    "Changes of what is known of recipients; repeats are not counted.",
    ("kind", "way"),
)
_records = Counted("gateway_records_total", "Records of the log, by their kind.", ("kind",))
_decision_seconds = Timed(
    "gateway_decision_seconds",
    "From a request to its logged decision: facts, rules and commit.",
    ("channel",),
    up_to=_FAST,
)
_store_seconds = Timed(
    "gateway_store_step_seconds",
    "An atomic step of the store, from its first try to its answer, by what it logs.",
    ("step",),
    up_to=_FAST,
)
_smtp_message_seconds = Timed(
    "gateway_smtp_message_seconds", "From the final dot of a message to its reply.", ("port",), up_to=_SLOW
)
_smtp_replies = Counted(
    "gateway_smtp_replies_total", "Replies to whole messages, by their code.", ("port", "code")
)
_smtp_sessions = Counted("gateway_smtp_sessions_total", "SMTP sessions that ended.", ("port",))
_http_seconds = Timed(
    "gateway_http_request_seconds",
    "From the head of a request to the end of its answer, by the route's template.",
    ("method", "route", "status"),
    up_to=_FAST,
)
_next_hop_seconds = Timed(
    "gateway_next_hop_seconds",
    "One hand-over: the next hop's or Twilio's answer to one message.",
    ("channel", "outcome"),
    up_to=_SLOW,
)
_unreachable = Counted(
    "gateway_next_hop_unreachable_total",
    "Messages for which there was no connection to the next hop: they were not handed over.",
    ("channel",),
    known=[(channel.value,) for channel in CHANNELS],
)
_webhook_seconds = Timed(
    "gateway_webhook_seconds",
    "One event posted to its receiver; status 0xx for no answer.",
    ("status",),
    up_to=_SLOW,
)
_webhook_events = Counted(
    "gateway_webhook_events_total",
    "Events to apps, by what became of them at each attempt; and those that were dropped as too many waited.",
    ("outcome",),
    known=[("told",), ("put_off",), ("given_up",), ("dropped",)],
)
_imports = Counted("gateway_imports_total", "Imports that ended, by how.", ("state",))
_archived = Counted("gateway_archive_records_total", "Records that were moved into the archive.")
_archive_failures = Counted(
    "gateway_archive_failures_total",
    "Turns of the archiver that ended without success.",
    ("cause",),
    known=[("unavailable",), ("damaged",), ("unknown",)],
)
_archive_success = Set(
    "gateway_archive_last_success_timestamp_seconds", "When a turn of the archiver last ended well."
)
_starts = Counted(
    "gateway_process_starts_total", "Workers and archivers that began, their replacements too.", ("role",)
)

BUILD = Asked("gateway_build_info", "Which version runs, and on which Python.", ("version", "python"))
STORE_UP = Asked("gateway_store_up", "1 while the store answers and is ours.")
STORE_MEMORY = Asked("gateway_store_memory_used_bytes", "Memory that the store uses.")
STORE_LIMIT = Asked(
    "gateway_store_memory_limit_bytes", "Memory that it may use; that of its machine without a limit."
)
STORE_AOF = Asked(
    "gateway_store_aof_ok", "1 while its append-only file is on, and was written and rewritten well."
)
STORE_SHORT = Asked(
    "gateway_store_sends_stopped", "1 while sends are stopped because the store is nearly full."
)
OUTBOX = Asked(
    "gateway_outbox_entries",
    "Texts, calls and events in the outbox: waiting, leased, held for agents.",
    ("state",),
)
OUTBOX_LATE = Asked(
    "gateway_outbox_overdue_seconds", "For how long the entry that waits longest has been due."
)
REVIEWS = Asked("gateway_reviews_open", "What recipients wrote and nobody has decided yet.")
ARCHIVE_LAG = Asked(
    "gateway_archive_lag_seconds",
    "Age of the oldest record that is in the store still; where there is an archive.",
)
CONNECTIONS = Asked("gateway_connections", "Open SMTP and LMTP connections.", ("port",))
WORKERS = Asked("gateway_workers", "Processes of this gateway, by what they do.", ("state",))

_METHODS = frozenset(HTTPMethod)
_STEPS = {RecordKind.HANDING_OVER: "commit", RecordKind.SUPPRESSED: "stop", RecordKind.ERASED: "stop"}
_DELIVERIES = frozenset({RecordKind.DELIVERED, RecordKind.UNDELIVERED, RecordKind.BOUNCED})


class Bounded:
    """Purposes as labels: the catalogue's own paths, which are few, and not what an app put in a wildcard's place."""

    def __init__(self) -> None:
        self._paths: frozenset[str] = frozenset()

    def know(self, catalogue: Catalogue) -> None:
        self._paths = frozenset((*catalogue.purposes, *SYSTEM_PURPOSES))

    def __call__(self, path: str) -> str:
        if path in self._paths:
            return path
        pattern = path.rpartition("/")[0] + WILDCARD
        return pattern if pattern in self._paths else OTHER


purposes = Bounded()


def logged(record: Record, seconds: float) -> None:
    """A step that logged it was done, after so long. What is counted is what the log says."""
    kind = record.kind
    _records.add(kind.value)
    step = _STEPS.get(kind) or ("change" if kind in CHANGES else "record")
    _store_seconds.took(seconds, step)
    tracing.past(f"store {step}", seconds, record=kind.value)
    if record.outcome:
        _decisions.add(record.channel, purposes(record.purpose), record.outcome, record.reason, kind.value)
    elif kind in OUTCOMES:
        _hand_overs.add(record.channel or OTHER, kind.value)
    elif kind in CHANGES:
        if not record.repeated:
            _changes.add(kind.value, record.way or "none")
    elif kind in _DELIVERIES:
        _deliveries.add(record.channel or OTHER, kind.value)


@contextmanager
def deciding(channel: str) -> Iterator[None]:
    """All of a decision: facts, rules, commit."""
    began = time.perf_counter()
    with tracing.span("decision", channel=channel):
        try:
            yield
        finally:
            _decision_seconds.took(time.perf_counter() - began, channel)


def handed_over(channel: str, outcome: str, seconds: float) -> None:
    _next_hop_seconds.took(seconds, channel, outcome)


def unreachable(channel: str) -> None:
    _unreachable.add(channel)


def smtp_message(port: str, seconds: float) -> None:
    _smtp_message_seconds.took(seconds, port)


def smtp_reply(port: str, code: int) -> None:
    """To a whole message. A next hop's code passes through: any number with three digits."""
    _smtp_replies.add(port, str(code) if 200 <= code < 600 else OTHER)


def smtp_session(port: str) -> None:
    _smtp_sessions.add(port)


def method_of(given: str) -> str:
    """HTTP's own methods; a client may send any word for one."""
    return given if given in _METHODS else OTHER


def http_request(method: str, route: str, status: int, seconds: float) -> None:
    """`route`: the template; "none" where no route was found."""
    _http_seconds.took(seconds, method_of(method), route, str(status))


def webhook_posted(status: int, seconds: float) -> None:
    _webhook_seconds.took(seconds, f"{status // 100}xx")


def webhook_event(outcome: str, events: int = 1) -> None:
    """told, put_off, given_up, dropped."""
    _webhook_events.add(outcome, amount=events)


def import_ended(state: str) -> None:
    _imports.add(state)


def archived(records: int, at: float) -> None:
    """A turn of the archiver ended well, at this Unix time."""
    _archived.add(amount=records)
    _archive_success.set(at)


def archive_failed(cause: str) -> None:
    _archive_failures.add(cause)


def process_began(role: str) -> None:
    """worker, archiver."""
    _starts.add(role)
