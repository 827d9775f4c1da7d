"""The page: one file of HTML with its styles and drawings in it. It runs nothing and fetches nothing."""

from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import resources

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from gateway.archive.report import charts, tables
from gateway.archive.report.drawings import charts as drawn
from gateway.archive.report.figures import Figures
from gateway.archive.report.rates import BOUNCE_LIMITS, CALM_DAYS, COMPLAINT_LIMITS, in_all
from gateway.archive.report.wording import MEASURES, duration, share, words

_TEMPLATES = Environment(
    loader=PackageLoader("gateway.archive.report", "."),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_TEMPLATES.filters |= {"duration": duration, "share": share, "words": words}
_GATEWAY = resources.files("gateway")


@dataclass(frozen=True, slots=True)
class Made:
    """When the page was made: a month that is not over yet is said to be so."""

    at: datetime

    @property
    def text(self) -> str:
        return f"{self.at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def page(figures: Figures, now: datetime) -> str:
    """ConfigurationError where the extra `report` is missing."""
    charts.library()
    styles = (
        _GATEWAY.joinpath("http", "assets", "page.css"),
        _GATEWAY.joinpath("archive", "report", "report.css"),
    )
    shown = {
        "figures": figures,
        "made": Made(now),
        "over": figures.month.is_over(now),
        "first": _moment(figures.first),
        "last": _moment(figures.last),
        "late": figures.records > 0 and figures.first >= figures.month.start + tables.DAY,
        "handed_over": sum(volume.handed_over for volume in figures.by_channel.values()),
        "refused": sum(row.decisions for row in figures.refused),
        "stops": sum(row.new for row in figures.stops),
        "month_rate": in_all(figures.rates),
        "over_limit": tables.over_limit(figures.rates),
        "complaint_limits": COMPLAINT_LIMITS,
        "bounce_limits": BOUNCE_LIMITS,
        "calm_days": CALM_DAYS,
        "measures": MEASURES,
        "tables": tables.tables(figures),
        "charts": {
            name: {"wide": Markup(chart.wide), "narrow": Markup(chart.narrow)}  # noqa: S704 - escaped by Vega
            for name, chart in drawn(figures).items()
        },
        "style": Markup("\n".join(style.read_text("utf-8") for style in styles)),  # noqa: S704 - ours
    }
    return _TEMPLATES.get_template("report.html").render(shown)


def _moment(milliseconds: int) -> str:
    return f"{datetime.fromtimestamp(milliseconds / 1000, UTC):%Y-%m-%d %H:%M}"
