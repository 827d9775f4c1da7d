"""A month in UTC, and its days, as the archive counts them: by the store's own clock."""

import calendar
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Self

from suppression.errors import InvalidInput

DAY = 86_400_000  # milliseconds
_EPOCH = date(1970, 1, 1)
_WRITTEN = re.compile(r"(20\d\d)-(0[1-9]|1[0-2])", re.ASCII)


@dataclass(frozen=True, slots=True)
class Month:
    first: date

    @classmethod
    def parse(cls, text: str) -> Self:
        """Of "2026-10"; InvalidInput for anything else."""
        found = _WRITTEN.fullmatch(text)
        if found is None:
            raise InvalidInput("a month is written as its year and its number: 2026-10")
        return cls(date(int(found[1]), int(found[2]), 1))

    @property
    def length(self) -> int:
        return calendar.monthrange(self.first.year, self.first.month)[1]

    @property
    def title(self) -> str:
        return f"{calendar.month_name[self.first.month]} {self.first.year}"

    @property
    def start(self) -> int:
        """Milliseconds of Unix time; `end` is the next month's start."""
        return (self.first - _EPOCH).days * DAY

    @property
    def end(self) -> int:
        return self.start + self.length * DAY

    def days(self) -> Iterator[date]:
        return (self.first + timedelta(days=n) for n in range(self.length))

    def is_over(self, now: datetime) -> bool:
        return now >= datetime.fromtimestamp(self.end / 1000, UTC)


def day_of(number: int) -> date:
    """Of the days since 1970."""
    return _EPOCH + timedelta(days=number)
