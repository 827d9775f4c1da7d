"""Lists as lines: whatever pieces they come in, the same addresses; hostile lines are addresses that cannot be used."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.http.lines import LONGEST_LINE, Csv, Lines, Ndjson


def read(lines: Lines, *pieces: bytes) -> list[str]:
    return [text for piece in pieces for text in lines.read(piece)] + lines.rest()


@given(st.lists(st.integers(1, 60), max_size=8))
def test_where_pieces_end_does_not_matter(cuts: list[int]) -> None:
    whole = 'address\r\n"ann@example.net",Ann\r\nbob@example.net\n\n  cat@example.net  \nmüller@example.net'.encode()
    ends = sorted({min(cut, len(whole)) for cut in cuts})
    pieces = [whole[start:end] for start, end in zip([0, *ends], [*ends, len(whole)], strict=True)]
    assert read(Csv(), *pieces) == [
        "ann@example.net",
        "bob@example.net",
        "cat@example.net",
        "müller@example.net",
    ]


@pytest.mark.parametrize("heading", ["email", "Address", "\ufeffphone", '"SHA256",name'])
def test_a_heading_is_passed_over(heading: str) -> None:
    assert read(Csv(), f"{heading}\nann@example.net\n".encode()) == ["ann@example.net"]


def test_a_first_line_that_is_no_heading_is_an_address() -> None:
    assert read(Csv(), "\ufeffann@example.net\nemail\n".encode()) == ["ann@example.net", "email"]


@pytest.mark.parametrize(
    "line", [b"\xff\xfe@example.net", b"x" * 100_000, b'"unclosed', b'a"b,c', b"\x00\x01"], ids=range(5)
)
def test_hostile_lines_are_one_short_text_each(line: bytes) -> None:
    for lines in (Csv(), Ndjson()):
        texts = read(lines, line, b"\n", b'"ann@example.net"\n')
        assert len(texts) == 2
        assert texts[1] == "ann@example.net"
        assert len(texts[0]) <= LONGEST_LINE + 1


def test_a_line_without_end_is_not_kept_whole() -> None:
    lines = Csv()
    for _ in range(100):
        lines.read(b"x" * 10_000)
    assert len(lines.rest()[0]) == LONGEST_LINE + 1


@pytest.mark.parametrize("value", [1, None, [], {}, {"address": 1}, {"email": "ann@example.net"}, "[" * 5000])
def test_json_that_is_no_address_is_none(value: object) -> None:
    assert read(Ndjson(), json.dumps(value).encode())[0] in {"", "[" * 5000}


def test_deep_json_is_no_address() -> None:
    assert read(Ndjson(), b"[" * 900 + b"\n") == [""]


def test_what_is_answered_can_be_read_as_what_was_given() -> None:
    texts = ["ann@example.net", '"a,b"@example.net', "müller@example.net"]
    assert read(Csv(), Csv.heading, Csv().write(texts)) == texts
    assert read(Ndjson(), Ndjson().write(texts)) == texts
