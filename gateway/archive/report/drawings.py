"""What each chart shows of the figures, and the sentence that says it. Pure, but for the drawing."""

from collections.abc import Mapping
from datetime import date

from gateway.archive.report.charts import Chart, daily_shares, histogram, lying_bars, stacked_days
from gateway.archive.report.figures import Consents, Figures
from gateway.archive.report.rates import BOUNCE_LIMITS, COMPLAINT_LIMITS, DailyRate
from gateway.archive.report.times import Times
from gateway.archive.report.volumes import Volume
from gateway.archive.report.wording import CHANNELS, CLASSES, MEASURES, words

MOST_PURPOSES = 15
_SERIES = {"handed over": "handed_over", "refused": "refused", "deferred": "deferred"}
_GIVEN, _WITHDRAWN = "given", "withdrawn"
# Upper ends of the classes of time, in ms, and their names.
_CLASSES = (
    (2, "<2 ms"), (5, "2–5"), (10, "5–10"), (20, "10–20"), (50, "20–50"), (100, "50–100"), (1_000, "0.1–1 s"),
    (10_000, "1–10 s"), (60_000, "10–60 s"), (3_600_000, "1–60 min"), (None, "≥1 h"),
)  # fmt: skip


def charts(figures: Figures) -> dict[str, Chart]:
    """By name; those of which there is nothing to show are left out."""
    found = {
        "days": _days(figures),
        "purposes": _purposes(figures),
        "reasons": _reasons(figures),
        "complaints": _complaints(figures),
        "bounces": _bounces(figures),
        "consents": _consents(figures),
        "ways": _ways(figures),
        "times": _times(figures.times),
    }
    return {name: chart for name, chart in found.items() if chart is not None}


def _parts(volume: Volume) -> list[tuple[int, str, int]]:
    return [
        (place, name, getattr(volume, attribute)) for place, (name, attribute) in enumerate(_SERIES.items())
    ]


def _days(figures: Figures) -> Chart | None:
    known = {
        key: volume
        for key, volume in figures.by_channel_and_day.items()
        if any(n for _, _, n in _parts(volume))
    }
    rows = [
        {"day": day.day, "channel": CHANNELS[channel], "series": name, "place": place, "count": count}
        for channel in CHANNELS
        if any(channel == found for found, _ in known)
        for day in figures.month.days()
        for place, name, count in _parts(known.get((channel, day), Volume()))
    ]
    says = "Bars for each day and channel: messages handed over, refused and deferred. The table below has the sums."
    return stacked_days(says, rows, list(_SERIES), "channel") if rows else None


def _purposes(figures: Figures) -> Chart | None:
    by_purpose: dict[str, Volume] = {}
    for (_, purpose), volume in figures.by_purpose.items():
        by_purpose[purpose] = by_purpose.get(purpose, Volume()) + volume
    sums = {purpose: sum(count for _, _, count in _parts(volume)) for purpose, volume in by_purpose.items()}
    most = sorted(
        (purpose for purpose in sums if sums[purpose]), key=lambda purpose: (-sums[purpose], purpose)
    )
    rows = [
        {"name": purpose or "(none)", "series": name, "place": place, "count": count}
        for purpose in most[:MOST_PURPOSES]
        for place, name, count in _parts(by_purpose[purpose])
    ]
    says = f"A bar for each of the {min(len(most), MOST_PURPOSES)} purposes with most decisions, as in the table below."
    return lying_bars(says, rows, list(_SERIES)) if rows else None


def _reasons(figures: Figures) -> Chart | None:
    by_reason: dict[str, int] = {}
    for row in figures.refused:
        by_reason[row.reason] = by_reason.get(row.reason, 0) + row.decisions
    return _simple("refusals for each reason", by_reason)


def _ways(figures: Figures) -> Chart | None:
    by_way: dict[str, int] = {}
    for row in figures.stops:
        by_way[row.way] = by_way.get(row.way, 0) + row.new + row.again
    return _simple("stops by each way", by_way)


def _simple(what: str, counts: Mapping[str, int]) -> Chart | None:
    names = sorted((name for name in counts if counts[name]), key=lambda name: (-counts[name], name))
    rows = [{"name": words(name), "series": what, "place": 0, "count": counts[name]} for name in names]
    if not rows:
        return None
    return lying_bars(f"Bars: {what}; most: {words(names[0])}, {counts[names[0]]:,}.", rows, [what])


def _complaints(figures: Figures) -> Chart | None:
    shares = {rate.day: rate.complaint_rate for rate in figures.rates}
    if not any(rate.complaints for rate in figures.rates) and all(share is None for share in shares.values()):
        return None
    return daily_shares(_highest("Complaints", shares), _shares(figures.rates, shares), COMPLAINT_LIMITS)


def _bounces(figures: Figures) -> Chart | None:
    shares = {rate.day: rate.bounce_rate for rate in figures.rates}
    if all(share is None for share in shares.values()):
        return None
    return daily_shares(_highest("Bounces", shares), _shares(figures.rates, shares), BOUNCE_LIMITS)


def _highest(what: str, shares: Mapping[date, float | None]) -> str:
    known = {day: share for day, share in shares.items() if share is not None}
    if not known:
        return f"{what}: no mail was taken on any day."
    worst = max(known, key=lambda day: (known[day], -day.day))
    return f"{what} by day against the limits; the highest on day {worst.day}: {known[worst]:.3%}."


def _shares(rates: tuple[DailyRate, ...], shares: Mapping[date, float | None]) -> list[dict[str, object]]:
    return [
        {"day": rate.day.day, "share": shares[rate.day] or 0, "known": shares[rate.day] is not None}
        for rate in rates
    ]


def _consents(figures: Figures) -> Chart | None:
    classes = sorted({name for name, _ in figures.consents})
    rows = [
        {"day": day.day, "class": CLASSES.get(name, name), "series": series, "place": place, "count": count}
        for name in classes
        for day in figures.month.days()
        for place, series, count in _sides(figures.consents.get((name, day), Consents()))
    ]
    if not any(row["count"] for row in rows):
        return None
    says = "Bars for each day and class of purposes: new consents above the line, withdrawn ones below."
    return stacked_days(says, rows, [_GIVEN, _WITHDRAWN], "class")


def _sides(consents: Consents) -> list[tuple[int, str, int]]:
    return [(0, _GIVEN, consents.given), (1, _WITHDRAWN, -consents.withdrawn)]


def _times(times: tuple[Times, ...]) -> Chart | None:
    rows = [
        {"name": MEASURES[measure.name].title, "class": name, "share": share}
        for measure in times
        if measure.count
        for name, share in _in_classes(measure)
    ]
    says = "Bars: which share of all took how long, for each of the measures in the table below."
    return histogram(says, rows, "name") if rows else None


def _in_classes(measure: Times) -> list[tuple[str, float]]:
    counts = dict.fromkeys((name for _, name in _CLASSES), 0)
    for milliseconds, count in measure.classes:
        counts[next(name for end, name in _CLASSES if end is None or milliseconds < end)] += count
    return [(name, count / measure.count) for name, count in counts.items()]
