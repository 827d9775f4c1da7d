"""What the page calls things. Pure."""

from typing import NamedTuple

from gateway.archive.report.times import ACCEPTED, ANSWER, DECISION, DEFERRED
from suppression.model import Channel

CHANNELS = {
    Channel.EMAIL.value: "Mail",
    Channel.SMS.value: "Texts",
    Channel.VOICE.value: "Calls",
    Channel.AUDIENCE.value: "Audiences (checks only)",
    "": "No channel",
}
CLASSES = {"*": "everything"}


class Measure(NamedTuple):
    title: str
    means: str


MEASURES = {
    DECISION: Measure(
        "Deciding",
        "From the time that a decision was made for, by the gateway's clock, to its commit, by the store's. The two "
        "may differ by up to 2 s; less than nothing counts as nothing. A decision that had to be made again counts "
        "from its last try.",
    ),
    ACCEPTED: Measure(
        "Waiting in the outbox",
        "Texts and calls that were allowed at once: from their acceptance to their first hand-over. What the app "
        "itself asked to be sent later waits here too.",
    ),
    DEFERRED: Measure(
        "Waiting as deferred",
        "Texts and calls that a rule had deferred (calling hours, caps): from their acceptance to their first "
        "hand-over.",
    ),
    ANSWER: Measure(
        "The next hop's answer",
        "From a hand-over's commit to the record of how it ended: most of this is the next server's own time.",
    ),
}


def words(name: str) -> str:
    """Of a name of the log: no_consent -> no consent."""
    return name.replace("_", " ") or "not said"


def duration(milliseconds: int | None) -> str:
    """In the unit that one would say it in."""
    if milliseconds is None:
        return "–"
    for size, unit in ((86_400_000, "d"), (3_600_000, "h"), (60_000, "min"), (1_000, "s")):
        if milliseconds >= size:
            return f"{milliseconds / size:,.1f} {unit}"
    return f"{milliseconds} ms"


def share(part: float | None) -> str:
    return "–" if part is None else f"{part:.3%}"
