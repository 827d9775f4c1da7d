"""What the overview shows: each figure beside the one of a week before, with a link to the records behind it. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlencode

from markupsafe import Markup

from gateway.console.overview import drawings
from gateway.console.overview.figures import Counted, Span
from gateway.console.overview.watching import Seen
from gateway.console.recipients import words
from gateway.http.render import moment
from suppression.decision import Reason
from suppression.model import Channel
from suppression.purposes import Catalogue
from suppression.store import codec

LOG = "/console/log"
# Gmail's "Email sender guidelines": "below 0.10%", "never reaching 0.30%"; Yahoo's are the same (RULES 1.3).
COMPLAINT_LIMITS = ((0.001, "0.1 % stay below"), (0.003, "0.3 % never reach"))
# Amazon SES, "Sending review process FAQs": no mailbox provider publishes one.
BOUNCE_LIMITS = ((0.05, "5 % under review"), (0.10, "10 % may be paused"))
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
class Chart:
    """`said`: the figure in words; `state`: "", "attention" or "bad", by the limits; `links`: words, and where to."""

    name: str
    title: str
    said: str
    state: str
    verdict: str
    svg: Markup
    links: Sequence[tuple[str, str]]


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
        charts=(_sent(now, then), _complaints(now, then), _bounces(now, then)),
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


def log_link(span: Span, **asked: str) -> str:
    times = {"since": moment(_minute(span.since)), "until": moment(_minute(span.until, up=True))}
    return f"{LOG}?{urlencode({**asked, **times})}"


def _minute(at: datetime, *, up: bool = False) -> datetime:
    """Whole minutes, so that a link stays the same for a while; it may show a little more than was counted."""
    whole = at.replace(second=0, microsecond=0)
    return whole + timedelta(minutes=1) if up and whole != at else whole


def change(now: int, then: int) -> str:
    """+12 % against a week before."""
    if now == then:
        return "as many as a week before"
    if not then:
        return "none a week before"
    return f"{now / then - 1:+.0%} against a week before ({then:,})".replace("%", " %")


def _sent(now: Counted, then: Counted) -> Chart:
    by_channel = ", ".join(
        f"{now.sent[channel]:,} by {words.CHANNELS[channel]}"
        for channel in words.CHANNELS
        if now.sent.get(channel)
    )
    said = f"{now.sent_in_all:,} today, {change(now.sent_in_all, then.sent_in_all)}"
    says = f"Messages sent by hour of the day, UTC. Today {now.sent_in_all:,}, a week before {then.sent_in_all:,}."
    links = [("Today", log_link(now.span, what="sent")), ("A week before", log_link(then.span, what="sent"))]
    svg = drawings.hours("sent", "Sent", says, now.by_hour, then.by_hour)
    return Chart("sent", "Sent", said, "", by_channel, svg, links)


def _complaints(now: Counted, then: Counted) -> Chart:
    return _rate(
        ("complaints", "Complaints", "of mails sent"),
        (now.complaints, now.complaint_rate),
        (then.complaints, then.complaint_rate),
        COMPLAINT_LIMITS,
        (now, then),
    )


def _bounces(now: Counted, then: Counted) -> Chart:
    return _rate(
        ("bounces", "Bounces", "of mails came back or were rejected"),
        (now.bounced + now.rejected, now.bounce_rate),
        (then.bounced + then.rejected, then.bounce_rate),
        BOUNCE_LIMITS,
        (now, then),
    )


_Measured = tuple[int, float | None]


def _rate(
    named: tuple[str, str, str],
    now: _Measured,
    then: _Measured,
    limits: Sequence[tuple[float, str]],
    counted: tuple[Counted, Counted],
) -> Chart:
    name, title, of = named
    said = f"{now[0]:,} today: {_share(now[1])} {of}. A week before: {then[0]:,}, {_share(then[1])}"
    state, verdict = _judged(now[1], limits)
    says = f"{said}. {verdict}. Limits: {', '.join(meaning for _, meaning in limits)}."
    svg = drawings.rate(name, title, says, now[1], then[1], limits)
    links = [
        ("Today", log_link(counted[0].span, what=name)),
        ("A week before", log_link(counted[1].span, what=name)),
    ]
    return Chart(name, title, said, state, verdict, svg, links)


def _share(share: float | None) -> str:
    return "no mail to take a share of" if share is None else f"{share:.2%}".replace("%", " %")


def _judged(share: float | None, limits: Sequence[tuple[float, str]]) -> tuple[str, str]:
    (lower, _), (higher, _) = limits
    if share is None or share < lower:
        return "", f"Below {lower:.1%}".replace("%", " %")
    if share < higher:
        return "attention", f"Above {lower:.1%}: find out why".replace("%", " %")
    return "bad", f"At or above {higher:.1%}: providers act".replace("%", " %")


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
