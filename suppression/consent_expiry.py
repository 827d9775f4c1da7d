"""How long a consent allows anything: by its basis, as a company sets it or a law's preset says. Pure.

`casl` (Canada's law, S.C. 2010 c. 23, 10(10)): what follows from a purchase or contract holds for two years, what
follows from an inquiry for six months. Which of them a soft opt-in rests on is told by its evidence, `relation`;
where it is not told, the shorter time holds. Express consents (opt-in of any kind) do not expire by it.
"""

import calendar
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from suppression.model import Basis

RELATION = "relation"  # in a consent's evidence: "purchase", "contract" or "inquiry"
_LASTING = frozenset({"purchase", "contract"})
_PURCHASE = 24  # months
_INQUIRY = 6


@dataclass(frozen=True, slots=True)
class ConsentExpiry:
    """`days`: by basis, instead of the preset's."""

    preset: str = "none"
    days: Mapping[Basis, int] = field(default_factory=dict)

    def expires(
        self, basis: Basis, at: datetime, evidence: Mapping[str, str], given: datetime | None = None
    ) -> datetime | None:
        """When a consent of then ends: `given` by who recorded it, or sooner by its basis; None: never."""
        ends = [end for end in (given, self._by_basis(basis, at, evidence)) if end is not None]
        return min(ends, default=None)

    def _by_basis(self, basis: Basis, at: datetime, evidence: Mapping[str, str]) -> datetime | None:
        if basis in self.days:
            return at + timedelta(days=self.days[basis])
        if self.preset != "casl":
            return None
        match basis:
            case Basis.CONTRACT:
                return months_later(at, _PURCHASE)
            case Basis.SOFT_OPT_IN:
                return months_later(at, _PURCHASE if evidence.get(RELATION) in _LASTING else _INQUIRY)
            case _:
                return None


def months_later(at: datetime, months: int) -> datetime:
    """The same day of that month, or its last: the 29th of February ends on the 28th."""
    year, month = divmod(at.year * 12 + at.month - 1 + months, 12)
    day = min(at.day, calendar.monthrange(year, month + 1)[1])
    return at.replace(year=year, month=month + 1, day=day)
