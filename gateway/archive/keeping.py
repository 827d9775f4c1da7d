"""What the archive keeps: whole days of a class go when their time is over, and then what no manifest names any more.

First a manifest says that files are no part of the archive. They are deleted later, when nobody reads them any more;
and so are files that a killed archiver left, which no manifest ever named. To be called by who holds the archiver's
lease, after a cycle that went well: only then is the chain known to be whole.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta

from gateway.archive.manifest import Chain, File, Manifest, Removed, State, manifest_name
from gateway.archive.places import Place

GRACE = timedelta(hours=1)  # for which a removed file stays: longer than any question reads
MOST = 10_000  # files that one manifest removes
_AHEAD = timedelta(days=31)  # a clock that is further ahead of the log than this is wrong
_NUMBER = re.compile(r"records/class=[^/]+/day=[^/]+/(\d{10})-[0-9a-f]+\.parquet")


def retire(chain: Chain, keep: Mapping[str, int], *, now: datetime, by: str, epoch: str) -> State | None:
    """Take days out of the archive that are older than `keep` says, in days by class; None: there are none.

    What is of no class that it names is kept for good. ArchiveUnavailable, ArchiveDamaged.
    """
    state = chain.state()
    gone = [Removed(file.name, "retention") for file in _expired(state, keep, now)][:MOST]
    if not gone:
        return None
    return chain.publish(state, [], gone, at=now, by=by, epoch=epoch)


def _expired(state: State, keep: Mapping[str, int], now: datetime) -> Iterator[File]:
    """The clock is believed only as far as the log itself bears it out: it cannot take all away by a jump."""
    newest = max((file.last for file in state.files.values()), default=0)
    today = min(now, datetime.fromtimestamp(newest / 1000, UTC) + _AHEAD).date()
    for name in sorted(state.files):
        file = state.files[name]
        if file.class_ in keep and file.day < (today - timedelta(days=keep[file.class_])).isoformat():
            yield file


def sweep(chain: Chain, place: Place, *, now: datetime, grace: timedelta = GRACE) -> int:
    """Delete files that no manifest names, and never will; how many. ArchiveUnavailable, ArchiveDamaged.

    A file's name begins with the number of the manifest that it was made for: while there is no manifest of that
    number, it may still be published.
    """
    there = place.names("records/")
    state = chain.state()
    spared = set(_lately_removed(place, state, now - grace))
    deleted = 0
    for name in there:
        made = _NUMBER.fullmatch(name)
        if made and int(made[1]) <= state.number and name not in state.files and name not in spared:
            place.delete(name)
            deleted += 1
    return deleted


def _lately_removed(place: Place, state: State, since: datetime) -> Iterator[str]:
    """Names that were part of the archive since then."""
    for number in range(state.number, 0, -1):
        manifest = Manifest.from_bytes(place.read(manifest_name(number)), number)
        if datetime.fromisoformat(manifest.at) < since:
            return
        yield from (file.name for file in manifest.removed)
