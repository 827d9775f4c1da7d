"""Which files of the archive a month needs."""

from gateway.archive.manifest import File, State
from gateway.archive.report.month import DAY, Month
from gateway.archive.report.reading import needed

OCTOBER = Month.parse("2026-10")


def file(class_: str, first: int) -> File:
    return File(f"{class_}-{first}", "", 0, 1, class_, "", first, first + DAY - 1)


def test_of_changes_all_before_its_end_and_of_the_rest_its_own_days_and_the_week_after() -> None:
    days = {"year before": -365, "day before": -1, "first": 0, "last": 30, "day after": 31, "month after": 62}
    starts = {name: OCTOBER.start + day * DAY for name, day in days.items()}
    files = {
        f"{class_} {name}": file(class_, at)
        for class_ in ("changes", "marketing")
        for name, at in starts.items()
    }
    found = needed(State(1, "", files), OCTOBER)
    assert {name for name, one in files.items() if one in found} == {
        "changes year before", "changes day before", "changes first", "changes last",
        "marketing first", "marketing last", "marketing day after",
    }  # fmt: skip
