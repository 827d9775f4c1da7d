"""Until when a consent holds: by who recorded it, by its basis, whichever comes first."""

from datetime import UTC, datetime, timedelta

import pytest

from suppression.consent_expiry import ConsentExpiry
from suppression.model import Basis

AT = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)


def day(text: str) -> datetime:
    return datetime.fromisoformat(f"{text}T12:00:00+00:00")


@pytest.mark.parametrize("basis", Basis)
def test_without_a_preset_nothing_expires_by_itself(basis: Basis) -> None:
    assert ConsentExpiry().expires(basis, AT, {}) is None


@pytest.mark.parametrize(
    ("basis", "relation", "ends"),
    [
        (Basis.CONTRACT, "", "2028-03-10"),
        (Basis.SOFT_OPT_IN, "purchase", "2028-03-10"),
        (Basis.SOFT_OPT_IN, "contract", "2028-03-10"),
        (Basis.SOFT_OPT_IN, "inquiry", "2026-09-10"),
        (Basis.SOFT_OPT_IN, "", "2026-09-10"),
        (Basis.SOFT_OPT_IN, "something else", "2026-09-10"),
        (Basis.OPT_IN, "", None),
        (Basis.OPT_IN_WRITTEN, "", None),
        (Basis.DOUBLE_OPT_IN, "inquiry", None),
    ],
)
def test_canadas_preset_ends_what_was_implied(basis: Basis, relation: str, ends: str | None) -> None:
    found = ConsentExpiry("casl").expires(basis, AT, {"relation": relation})
    assert found == (None if ends is None else day(ends))


@pytest.mark.parametrize(
    ("given", "ends"),
    [("2026-08-31", "2027-02-28"), ("2027-08-31", "2028-02-29"), ("2026-12-31", "2027-06-30")],
)
def test_months_end_on_their_last_day(given: str, ends: str) -> None:
    assert ConsentExpiry("casl").expires(Basis.SOFT_OPT_IN, day(given), {}) == day(ends)


def test_two_years_from_a_leap_day_end_on_the_28th() -> None:
    assert ConsentExpiry("casl").expires(Basis.CONTRACT, day("2028-02-29"), {}) == day("2030-02-28")


def test_days_that_a_company_sets_go_over_the_preset() -> None:
    rule = ConsentExpiry("casl", {Basis.CONTRACT: 30, Basis.OPT_IN: 365})
    assert rule.expires(Basis.CONTRACT, AT, {}) == AT + timedelta(days=30)
    assert rule.expires(Basis.OPT_IN, AT, {}) == AT + timedelta(days=365)


@pytest.mark.parametrize(("given", "ends"), [("2026-04-01", "2026-04-01"), ("2040-01-01", "2028-03-10")])
def test_the_sooner_of_two_ends_holds(given: str, ends: str) -> None:
    assert ConsentExpiry("casl").expires(Basis.CONTRACT, AT, {}, day(given)) == day(ends)
