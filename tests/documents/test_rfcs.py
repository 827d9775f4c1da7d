"""deploy/RFCS.md and the comments of the code speak of the same."""

import pytest

from tests.documents import readme, rfcs

ROWS = rfcs.rows()
INDEX = {(rfc, section) for row in ROWS for rfc in row.rfcs for section in row.sections}


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("RFC 5321 4.1.2: a path", [("5321", "4.1.2")]),
        ("RFC 5321 4.1.1.3, App. C).", [("5321", "4.1.1.3"), ("5321", "appendix C")]),
        ("RFC 5890/5891 with", [("5890", "-"), ("5891", "-")]),
        ("RFC 1554, 1557; RFC 1843", [("1554", "-"), ("1557", "-"), ("1843", "-")]),
        ("RFC 5322 3.6.8 and 4.5: a name", [("5322", "3.6.8"), ("5322", "4.5")]),
        ("RFC 3463 3.8, X.7.1: not", [("3463", "3.8"), ("3463", "X.7.1")]),
        ("RFC 6265bis 4.1.3.2) keeps", [("6265", "bis 4.1.3.2")]),
        ("RFC 3464 appendix E has", [("3464", "appendix E")]),
        ("RFC 3464 stand, from", [("3464", "-")]),
        ("RFC 3834 5: a keyword", [("3834", "5")]),
        ("RFC 2045 6.7 (5) and 6.8", [("2045", "6.7"), ("2045", "6.8")]),
        ("RFC 3339, a day", [("3339", "-")]),
    ],
)
def test_references_are_read(said: str, meant: list[tuple[str, str]]) -> None:
    assert list(rfcs.references(said)) == meant


def test_every_section_that_the_code_names_is_in_the_index() -> None:
    """`-` asks only that the RFC is there at all."""
    rfcs_there = {rfc for rfc, _ in INDEX}
    missing = {
        f"RFC {rfc} {section}": sorted(files)
        for (rfc, section), files in rfcs.named_in_code().items()
        if (rfc not in rfcs_there if section == rfcs.WHOLE else (rfc, section) not in INDEX)
    }
    assert missing == {}


def test_every_file_that_names_an_rfc_stands_beside_it() -> None:
    """Somebody who looks for an RFC finds all of its places."""
    beside = {(rfc, name) for row in ROWS for rfc in row.rfcs for name in row.where}
    named = {(rfc, name) for (rfc, _), files in rfcs.named_in_code().items() for name in files}
    assert sorted(named - beside) == []


def test_every_file_of_the_index_exists() -> None:
    files = {name for row in ROWS for name in (*row.where, *row.tests)}
    assert sorted(name for name in files if not (readme.ROOT / name).is_file()) == []


def test_what_is_kept_has_a_file_and_a_test_and_what_is_not_has_a_reason() -> None:
    for row in ROWS:
        word, _, reason = row.kept.partition(": ")
        assert word in {"yes", "partial", "no"}, row
        assert bool(reason) == (word != "yes"), row
        assert word == "no" or (row.where and row.tests), row
