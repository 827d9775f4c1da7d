"""Figures as charts: described by Altair, drawn as SVG by vl-convert. The extra `report` brings both.

Each chart is drawn twice, for wide and for narrow pages. Colours are the page's own, by CSS variables, so that a chart
is light or dark as the page is; series differ by a pattern as well as by colour. To a screen reader the drawing is one
image with one sentence; the table beside it has the numbers.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any

from gateway.archive.report.rates import Limit
from suppression.errors import ConfigurationError

if TYPE_CHECKING:
    import altair as alt

MISSING = "the report's charts need the extra `report`: install suppression-gateway[report]"
WIDE, NARROW = 860, 232  # of the plot itself; labels stand beside it

Rows = Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Chart:
    """Two drawings of the same, as SVG; the page shows one."""

    wide: str
    narrow: str


# Stand-ins that Vega writes, and what stands on the page in their place.
_INK, _QUIET, _LINE, _GROUND = "#010101", "#020202", "#030303", "#040404"
SERIES = ("#0a0001", "#0a0002", "#0a0003", "#0a0004")
_LIMIT = "#0a0009"
_ON_PAGE = {
    _INK: "var(--text)",
    _QUIET: "var(--quiet)",
    _LINE: "var(--line)",
    _GROUND: "var(--card)",
    _LIMIT: "var(--attention)",
    **{series: f"url(#series-{number})" for number, series in enumerate(SERIES, 1)},
}
_STROKES = {series: f"var(--series-{number})" for number, series in enumerate(SERIES, 1)}
_FONT = "system-ui, sans-serif"
_CONFIG: Mapping[str, Any] = {
    "aria": False,
    "background": "transparent",
    "font": _FONT,
    "view": {"stroke": None},
    "axis": {
        "labelColor": _QUIET, "titleColor": _QUIET, "tickColor": _LINE, "domainColor": _QUIET, "gridColor": _LINE,
        "labelFontSize": 12, "titleFontSize": 12, "titleFontWeight": "normal", "labelLimit": 220,
    },
    "header": {"labelColor": _INK, "labelFontSize": 13, "labelFontWeight": "bold", "labelAnchor": "start"},
    "legend": {
        "labelColor": _INK, "labelFontSize": 12, "title": None, "orient": "top", "symbolSize": 160,
        "symbolStrokeWidth": 1, "columnPadding": 20, "labelLimit": 260, "symbolType": "square",
    },
    "text": {"color": _INK, "fontSize": 12},
}  # fmt: skip


def draw(says: str, wide: "alt.TopLevelMixin", narrow: "alt.TopLevelMixin") -> Chart:
    return Chart(_svg(wide, "wide", says), _svg(narrow, "narrow", says))


def library() -> Any:
    """Altair. ConfigurationError that names the extra where it is not installed."""
    try:
        import altair as alt  # noqa: PLC0415 - an extra, and slow to import
        import vl_convert  # noqa: F401, PLC0415 - the same
    except ImportError as error:
        raise ConfigurationError(MISSING) from error
    return alt


def _svg(chart: "alt.TopLevelMixin", name: str, says: str) -> str:
    import vl_convert  # noqa: PLC0415 - an extra

    spec = chart.to_dict() | {"config": _CONFIG}
    # Its data is in it: no address is ever fetched.
    drawn: str = vl_convert.vegalite_to_svg(spec, allowed_base_urls=[])
    return _on_page(drawn, name, says)


def _on_page(drawn: str, name: str, says: str) -> str:
    """With the page's colours, as large as there is room for, with one sentence for its name."""
    body = re.sub(r"^.*?<svg ([^>]*)>", "", drawn, count=1, flags=re.DOTALL)
    found = re.search(r'viewBox="([^"]+)"', drawn)
    box = found[1] if found else "0 0 1 1"
    width = box.split()[2]
    body = re.sub(r' (?:aria-[a-z]+|role|class|pointer-events)="[^"]*"', "", body)
    body = re.sub(
        r'stroke="(#0a000\d)"', lambda match: f'stroke="{_STROKES.get(match[1], _ON_PAGE[match[1]])}"', body
    )
    for stand_in, on_page in _ON_PAGE.items():
        body = body.replace(f'"{stand_in}"', f'"{on_page}"')
    named = f'class="{name}" role="img" aria-label="{escape(says)}"'
    return f'<svg {named} viewBox="{box}" style="max-width:{width}px">{body}'


def _colours(names: Sequence[str]) -> dict[str, Any]:
    return {"domain": list(names), "range": list(SERIES[: len(names)])}


def stacked_days(says: str, rows: Rows, series: Sequence[str], rowed: str) -> Chart:
    """Bars of a day, stacked by series, below the line where a count is negative; a row for each `rowed`, with a scale
    of its own. Rows: day, series, place, count.
    """
    alt = library()

    def drawn(width: int) -> Any:
        bars = alt.Chart(alt.Data(values=list(rows))).mark_bar(stroke=_GROUND, strokeWidth=0.5)
        return (
            bars.encode(
                x=_days(alt, width),
                y=alt.Y("count:Q", title=None, stack="zero", axis=_counts(alt)),
                color=alt.Color(
                    "series:N",
                    scale=alt.Scale(**_colours(series)),
                    sort=list(series),
                    legend=_legend(alt, width),
                ),
                order=alt.Order("place:Q"),
                row=alt.Row(
                    f"{rowed}:N", title=None, header=alt.Header(labelOrient="top", labelPadding=4), spacing=24
                ),
            )
            .properties(width=width, height=120)
            .resolve_scale(y="independent")
        )

    return draw(says, drawn(WIDE), drawn(NARROW))


def lying_bars(says: str, rows: Rows, series: Sequence[str]) -> Chart:
    """A bar for each name, in the order given, with its whole number behind it. Rows: name, series, place, count."""
    alt = library()
    order = list(dict.fromkeys(row["name"] for row in rows))
    whole = {name: sum(row["count"] for row in rows if row["name"] == name) for name in order}
    ends = [{"name": name, "count": count, "words": f"{count:,}"} for name, count in whole.items()]

    def drawn(width: int) -> Any:
        base = alt.Chart(alt.Data(values=list(rows))).encode(
            x=alt.X(
                "count:Q",
                title=None,
                stack="zero",
                axis=alt.Axis(format="~s", tickCount=4, grid=True, domain=False),
            ),
            y=alt.Y("name:N", sort=order, title=None, axis=_names(alt, width, order)),
        )
        bars = base.mark_bar(stroke=_GROUND, strokeWidth=0.5, height={"band": 0.72}).encode(
            color=alt.Color(
                "series:N", scale=alt.Scale(**_colours(series)), sort=list(series),
                legend=_legend(alt, width) if len(series) > 1 else None,
            ),
            order=alt.Order("place:Q"),
        )  # fmt: skip
        numbers = alt.Chart(alt.Data(values=ends)).mark_text(align="left", dx=5, color=_INK, fontSize=12)
        words = numbers.encode(x="count:Q", y=alt.Y("name:N", sort=order), text="words:N")
        return alt.layer(bars, words).properties(width=width, height=alt.Step(26))

    return draw(says, drawn(WIDE - 220), drawn(NARROW - 110))


def daily_shares(says: str, rows: Rows, limits: Sequence[Limit]) -> Chart:
    """A point for each day with mail, joined; a dashed line for each limit, with its words. What is far beyond the
    limits is a triangle at the upper edge, with its number. Rows: day, share, known.
    """
    alt = library()
    edge = min(max([row["share"] for row in rows] + [limits[-1].share * 1.15]), limits[-1].share * 3)
    drawn_at = [dict(row, at=min(row["share"], edge), beyond=row["share"] > edge) for row in rows]
    lines = [
        {
            "at": one.share,
            "words": f"{one.share:.1%} {one.meaning} ({one.whose})",
            "short": f"{one.share:.1%} {one.whose}",
        }
        for one in limits
    ]

    def drawn(width: int) -> Any:
        axis = alt.Axis(format=".1%", tickCount=5, domain=False)
        y = alt.Y("at:Q", title=None, scale=alt.Scale(domain=[0, edge]), axis=axis)
        days = alt.Chart(alt.Data(values=drawn_at)).encode(x=_days(alt, width), y=y)
        known, beyond = days.transform_filter("datum.known"), days.transform_filter("datum.beyond")
        rule = alt.Chart(alt.Data(values=lines)).encode(y=y)
        words = rule.encode(text="words:N" if width == WIDE else "short:N", x=alt.value(0))
        spot = {"align": "left", "baseline": "bottom", "dx": 4, "dy": -3}
        point = {"filled": True, "fill": SERIES[0], "stroke": SERIES[0], "opacity": 1}
        return alt.layer(
            days.mark_point(opacity=0),  # days without mail keep their place
            rule.mark_rule(stroke=_LIMIT, strokeWidth=1.5, strokeDash=[6, 4]),
            known.mark_line(stroke=SERIES[0], strokeWidth=1.5),
            words.mark_text(stroke=_GROUND, strokeWidth=4, strokeOpacity=0.85, fontSize=12, **spot),
            words.mark_text(color=_INK, fontSize=12, **spot),
            known.transform_filter("!datum.beyond").mark_point(size=30, **point),
            beyond.mark_point(size=110, shape="triangle-up", **point),
            beyond.mark_text(dy=-12, color=_INK, fontSize=12).encode(text=alt.Text("share:Q", format=".1%")),
        ).properties(width=width, height=200)

    return draw(says, drawn(WIDE), drawn(NARROW))


def histogram(says: str, rows: Rows, rowed: str) -> Chart:
    """Standing bars for classes of time, in the order given. Rows: name, class, share, label."""
    alt = library()
    order = list(dict.fromkeys(row["class"] for row in rows))
    names = list(dict.fromkeys(row["name"] for row in rows))

    def drawn(width: int) -> Any:
        axis = alt.Axis(labelAngle=-45 if width == NARROW else 0, labelOverlap=False, labelFontSize=11)
        return (
            alt.Chart(alt.Data(values=list(rows)))
            .mark_bar(fill=SERIES[0], stroke=_GROUND, strokeWidth=0.5)
            .encode(
                x=alt.X("class:N", sort=order, title=None, axis=axis),
                y=alt.Y("share:Q", title=None, axis=alt.Axis(format="~%", tickCount=4, domain=False)),
                row=alt.Row(
                    f"{rowed}:N",
                    title=None,
                    sort=names,
                    header=alt.Header(labelOrient="top", labelLimit=width),
                    spacing=24,
                ),
            )
            .properties(width=width, height=110)
        )

    return draw(says, drawn(WIDE), drawn(NARROW))


def _days(alt: Any, width: int) -> Any:
    every = 1 if width == WIDE else 5
    shown = f"datum.value == 1 || datum.value % {every} == 0"
    axis = alt.Axis(
        labelAngle=0, labelExpr=f"{shown} ? datum.value : ''", labelOverlap=False, ticks=False, labelPadding=7
    )
    return alt.X("day:O", title="day of the month", axis=axis)


def _counts(alt: Any) -> Any:
    return alt.Axis(format="~s", tickCount=4, domain=False)


def _names(alt: Any, width: int, names: Sequence[str]) -> Any:
    """With room for them in a reader's font, which is wider than the one that they are measured in."""
    limit = 220 if width > NARROW else 130
    room = min(limit, round(7.2 * max(len(name) for name in names)))
    return alt.Axis(
        labelLimit=limit, minExtent=room, ticks=False, domain=False, labelPadding=6, labelColor=_INK
    )


def _legend(alt: Any, width: int) -> Any:
    return alt.Legend(columns=4 if width > NARROW else 2, labelLimit=200 if width > NARROW else 110)
