"""What the overview shows: each figure beside the one of a week before, with a link to the records behind it. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from markupsafe import Markup

from gateway.console.overview import charts, drawings
from gateway.console.overview.charts import Chart
from gateway.console.overview.figures import Counted
from gateway.console.overview.links import LOG, log_link
from gateway.console.overview.watching import Seen
from gateway.console.recipients import words
from suppression.decision import Reason
from suppression.model import Channel
from suppression.purposes import Catalogue
from suppression.store import codec

_MOST_ROWS = 10
_TOLD_OF = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Row:
    """A line of a table. `link`, `then_link`: to the records behind its numbers."""

    label: str
    now: int
    then: int
    link: str
    then_link: str
    bar: Markup


@dataclass(frozen=True, slots=True)
class Table:
    name: str
    title: str
    empty: str
    now: int
    then: int
    link: str
    rows: Sequence[Row]


@dataclass(frozen=True, slots=True)
class Tile:
    label: str
    value: str
    note: str
    link: str


@dataclass(frozen=True, slots=True)
class OverviewView:
    """`then`: None where there are no figures, as the archive cannot be asked."""

    at: datetime
    then: datetime | None
    whole: bool
    charts: Sequence[Chart]
    tables: Sequence[Table]
    tiles: Sequence[Tile]
    notices: Sequence[str] = ()


def view(seen: Seen, catalogue: Catalogue) -> OverviewView:
    now, then = seen.now, seen.then
    if now is None or then is None:
        return OverviewView(
            seen.at, None, whole=True, charts=(), tables=(), tiles=_tiles(seen), notices=_notices(seen)
        )
    return OverviewView(
        at=seen.at,
        then=then.span.until,
        whole=now.whole and then.whole,
        charts=(charts.sent(now, then), charts.complaints(now, then), charts.bounces(now, then)),
        tables=(
            _table(
                "refused",
                "Refused, by reason",
                "Nothing was refused.",
                now.refused,
                then.refused,
                (now, then),
            ),
            _table(
                "deferred",
                "Put off, by reason",
                "Nothing was put off.",
                now.deferred,
                then.deferred,
                (now, then),
            ),
            _unsubscribed(now, then, catalogue),
        ),
        tiles=_tiles(seen),
        notices=_notices(seen),
    )


def _notices(seen: Seen) -> list[str]:
    """For a week: by then somebody has seen it, or nobody looks."""
    since = (seen.at - _TOLD_OF).timestamp() * 1000
    return [
        f"{one.events:,} events for app {app} were dropped, the last on {words.minute(codec.moment(one.last))}: its "
        f"receiver was away, and too many waited. Have it mended, then: gateway events replay --app {app}"
        for app, one in seen.dropped.items()
        if one.last >= since
    ]


def _table(
    name: str,
    title: str,
    empty: str,
    now: Mapping[str, int],
    then: Mapping[str, int],
    counted: tuple[Counted, Counted],
) -> Table:
    labels = {key: _reason(key) for key in {**now, **then}}
    return _made(name, title, empty, (now, then), labels, counted, "reason")


def _unsubscribed(now: Counted, then: Counted, catalogue: Catalogue) -> Table:
    labels = {path: _purpose(path, catalogue) for path in {**now.unsubscribed, **then.unsubscribed}}
    return _made(
        "unsubscribed",
        "Unsubscribed, by purpose",
        "Nobody unsubscribed.",
        (now.unsubscribed, then.unsubscribed),
        labels,
        (now, then),
        "purpose",
    )


def _made(
    name: str,
    title: str,
    empty: str,
    counts: tuple[Mapping[str, int], Mapping[str, int]],
    labels: Mapping[str, str],
    counted: tuple[Counted, Counted],
    by: str,
) -> Table:
    now, then = counts
    keys = sorted(labels, key=lambda key: (-now.get(key, 0), -then.get(key, 0), key))[:_MOST_ROWS]
    most = max([*now.values(), *then.values(), 0])
    rows = [
        Row(
            labels[key],
            now.get(key, 0),
            then.get(key, 0),
            log_link(counted[0].span, what=name, **{by: key}),
            log_link(counted[1].span, what=name, **{by: key}),
            drawings.bar(f"{name}-{place}", now.get(key, 0), then.get(key, 0), most),
        )
        for place, key in enumerate(keys)
    ]
    link = log_link(counted[0].span, what=name)
    return Table(name, title, empty, sum(now.values()), sum(then.values()), link, rows)


def _reason(value: str) -> str:
    try:
        said = words.SHORT[Reason(value)]
    except ValueError:
        said = value or "no reason"
    return said[:1].upper() + said[1:]


def _purpose(path: str, catalogue: Catalogue) -> str:
    said = words.purpose(path, catalogue)
    return said[:1].upper() + said[1:]


def _tiles(seen: Seen) -> list[Tile]:
    depths = seen.depths
    return [
        Tile(
            "Waiting in the outbox",
            f"{depths.waiting:,}",
            "texts and calls that are not due yet, or in line",
            f"{LOG}?what=queued",
        ),
        Tile(
            "Being handed over",
            f"{depths.leased:,}",
            "in the hands of a worker now",
            f"{LOG}?what=handing_over",
        ),
        Tile("Held for agents", f"{depths.held:,}", "could not leave, or may have left", f"{LOG}?what=held"),
        Tile("Reviews", f"{depths.reviews:,}", "wait to be read", "/console/reviews"),
        Tile("Archive", *_lag(seen), f"{LOG}"),
    ]


def _lag(seen: Seen) -> tuple[str, str]:
    if not seen.archived:
        return "Not archived", "the log is kept in the store only"
    if seen.oldest is None:
        return "Up to date", "all of the log is archived"
    return (
        f"{_age(seen.at - seen.oldest)} behind",
        f"the oldest record that is not archived is of {words.minute(seen.oldest)}",
    )


def _age(lag: timedelta) -> str:
    minutes = max(0, int(lag.total_seconds() // 60))
    if minutes < 120:
        return f"{minutes} min"
    return f"{minutes // 60} h" if minutes < 48 * 60 else f"{minutes // 1440} days"


def channels() -> list[tuple[str, str]]:
    return [(channel.value, words.CHANNELS[channel].capitalize()) for channel in Channel]
