"""What each format's rows are read as, and what is rejected and why: tables."""

import csv
import io
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.imports.formats import TIGHTENS_ONLY
from gateway.imports.lines import LONGEST
from gateway.imports.reading import Reader, check_options
from gateway.imports.rows import FileRefused, House, Options, Rejected, Row
from suppression.decision import Reason
from suppression.model import App, Channel, Scope, Sender
from suppression.purposes import Catalogue

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
HOUSE = House(
    Catalogue.shipped(),
    {"shop": Sender("shop", "The Shop"), "other": Sender("other", "Other")},
    {"demo": App("demo", "shop"), "stranger": App("stranger", "other")},
    NOW,
)
OF_SHOP = House(HOUSE.catalogue, HOUSE.senders, HOUSE.apps, NOW, own_sender="shop")
MAIL = frozenset({Channel.EMAIL})
SMS = frozenset({Channel.SMS})


def read(data: bytes | str, house: House = HOUSE, **options: str) -> list[Row | Rejected]:
    raw = data.encode() if isinstance(data, str) else data
    return list(Reader(io.BytesIO(raw), Options(**options), house))


def stops(data: bytes | str, house: House = HOUSE, **options: str) -> list[tuple[str, Scope, Reason]]:
    found = []
    for row in read(data, house, **options):
        assert isinstance(row, Row), row
        found.append((row.address.text, row.terms.scope, row.terms.reason))
    return found


def rejected(data: bytes | str, house: House = HOUSE, **options: str) -> list[tuple[int, str]]:
    return [(row.number, row.reason) for row in read(data, house, **options) if isinstance(row, Rejected)]


def addresses(data: bytes | str, **options: str) -> list[str]:
    return [row.address.text for row in read(data, HOUSE, **options) if isinstance(row, Row)]


NO, GONE, SPAM = Reason.UNSUBSCRIBED, Reason.UNDELIVERABLE, Reason.COMPLAINED
PLAIN = [
    ("address\nann@example.net\n", ("ann@example.net", Scope(), NO)),
    ("ann@example.net\n", ("ann@example.net", Scope(), NO)),
    ("+12025550143", ("+12025550143", Scope(), NO)),
    ("Email;Channels\nann@example.net;email\n", ("ann@example.net", Scope(MAIL), NO)),
    ("phone\tchannels\n+1 202 555 0143\tsms, voice\n", ("+12025550143", Scope(SMS | {Channel.VOICE}), NO)),
    ("address,purpose\nann@example.net,marketing\n", ("ann@example.net", Scope(purpose="marketing"), NO)),
    (
        "address,purpose,sender,app\nann@example.net,marketing,shop,demo\n",
        ("ann@example.net", Scope(frozenset(), "marketing", "shop", "demo"), NO),
    ),
    ("address,reason\nann@example.net,bounced\n", ("ann@example.net", Scope(MAIL), GONE)),
    ("address,reason\n+12025550143,undeliverable\n", ("+12025550143", Scope(SMS), GONE)),
    ("address,status\nann@example.net,Spam complaint\n", ("ann@example.net", Scope(MAIL), SPAM)),
    ("address,reason\nann@example.net,blocked\n", ("ann@example.net", Scope(), Reason.BLOCKED)),
    ('{"address": "ann@example.net"}\n', ("ann@example.net", Scope(), NO)),
    ('{"Address": "ann@example.net", "channels": ["email"]}', ("ann@example.net", Scope(MAIL), NO)),
]


@pytest.mark.parametrize(("text", "expected"), PLAIN)
def test_a_plain_list_is_read(text: str, expected: tuple[str, Scope, Reason]) -> None:
    assert stops(text) == [expected]


REJECTED = [
    ("address\nnobody\n", "not a phone number, or one with letters or an extension"),
    ('address,note\n"",x\n', "no address"),
    ("address,channels\nann@example.net,pigeon\n", "no such channel"),
    ("address,purpose\nann@example.net,marketing/nothing\n", "no such purpose"),
    ("address,sender\nann@example.net,nobody\n", "no such sender"),
    ("address,app\nann@example.net,nobody\n", "no such app"),
    ("address,reason\nann@example.net,because\n", "a reason that is not known"),
    ("address,reason\nann@example.net,subscribed\n", TIGHTENS_ONLY),
    ("address,status\nann@example.net,Opt-in\n", TIGHTENS_ONLY),
    ("address,subscribed\nann@example.net,true\n", TIGHTENS_ONLY),
    ("address,until\nann@example.net,tomorrow\n", "until: a time as RFC 3339 has it, or a date"),
    ("address,until\nann@example.net,2020-01-01\n", "until: a pause ends in the future"),
    ("address,note\nann@example.net\n", "half a row, or one too long: 1 of 2 columns"),
    ("address,note\nann@example.net,a,b\n", "half a row, or one too long: 3 of 2 columns"),
    ('address,note\nann@example.net,"half\n', "a quote that nobody closed"),
    ('{"address": "ann@example.net"}\n{"address": "bob@exa', "no JSON object, or half of one"),
    ('{"address": "ann@example.net"}\n[1]', "no JSON object, or half of one"),
    ("address\n=cmd|' /C calc'!A0\n", "not a phone number, or one with letters or an extension"),
]


@pytest.mark.parametrize(("text", "reason"), REJECTED)
def test_what_cannot_be_understood_is_rejected_with_its_line_and_reason(text: str, reason: str) -> None:
    assert rejected(text) == [(2, reason)]


def test_a_rejected_rows_text_is_kept_and_never_shown_by_accident() -> None:
    (row,) = read("address\nnobody at all\n")
    assert isinstance(row, Rejected)
    assert row.text == "nobody at all"
    assert "nobody" not in repr(row)


def test_an_app_brings_stops_for_its_own_sender_only() -> None:
    assert stops("address\nann@example.net\n", OF_SHOP) == [("ann@example.net", Scope(sender="shop"), NO)]
    assert rejected("address,sender\nann@example.net,other\n", OF_SHOP) == [
        (2, "a sender that is not the app's own")
    ]
    assert rejected("address,app\nann@example.net,stranger\n", OF_SHOP) == [(2, "no such app")]
    assert rejected("address,reason\nann@example.net,blocked\n", OF_SHOP) == [(2, "only support may block")]


def test_what_is_said_of_the_whole_list_holds_where_a_row_says_nothing() -> None:
    text = "address,purpose\nann@example.net,\nbob@example.net,service\n"
    found = stops(text, channels="email", purpose="marketing", sender="shop")
    assert [scope for _, scope, _ in found] == [
        Scope(MAIL, "marketing", "shop"),
        Scope(MAIL, "service", "shop"),
    ]


def test_numbers_without_a_countrys_code_need_a_region() -> None:
    assert rejected("phone\n020 7946 0018\n") == [(2, "no phone number in international format")]
    assert addresses("phone\n020 7946 0018\n", region="GB") == ["+442079460018"]


def test_a_pause_has_its_end() -> None:
    (row,) = read("address,until\nann@example.net,2026-12-24\n")
    assert isinstance(row, Row)
    assert row.terms.until == NOW.replace(hour=0) + timedelta(days=30)


def test_columns_that_are_not_read_are_told() -> None:
    reader = Reader(io.BytesIO(b"address,shoe size\nann@example.net,42\n"), Options(), HOUSE)
    assert len(list(reader)) == 1
    assert reader.ignored == ("shoe size",)


ENCODED = [
    ("ünï@example.net", "utf-8", ""),
    ("ünï@example.net", "utf-8-sig", ""),
    ("ünï@example.net", "utf-16", ""),
    ("ünï@example.net", "cp1252", "windows-1252"),
]


@pytest.mark.parametrize(("address", "codec", "declared"), ENCODED)
def test_encodings(address: str, codec: str, declared: str) -> None:
    text = f"address,note\r\n{address},später\r\n"
    assert addresses(text.encode(codec), encoding=declared) == [address]


def test_a_line_in_another_encoding_is_rejected_alone() -> None:
    data = "address\nann@example.net\nünï@example.net\nbob@example.net\n".encode("cp1252")
    assert rejected(data) == [(3, "not in UTF-8")]
    assert addresses(data) == ["ann@example.net", "bob@example.net"]


def test_a_byte_that_windows_1252_does_not_know_rejects_its_line_alone() -> None:
    assert rejected(b"address\nx\x81@example.net\nann@example.net\n", encoding="windows-1252") == [
        (2, "not in windows-1252")
    ]


REFUSED = [
    b"",
    b"\n\n  \n",
    "address\nann@example.net\n".encode("utf-16-le"),
    b"name,city\nAnn,Springfield\n",
    b"\x89PNG\r\n\x1a\n\x00\x00",
    b"\xff\n",
]


@pytest.mark.parametrize("data", REFUSED)
def test_a_file_of_which_nothing_can_be_read_is_refused_as_a_whole(data: bytes) -> None:
    with pytest.raises(FileRefused):
        read(data)


@pytest.mark.parametrize(
    "options",
    [
        {"format": "pigeon"},
        {"encoding": "ebcdic"},
        {"purpose": "nothing"},
        {"sender": "nobody"},
        {"channels": "pigeon"},
        {"reason": "subscribed"},
        {"region": "Germany"},
    ],
)
def test_options_that_cannot_be_are_refused_before_a_list_is_taken(options: dict[str, str]) -> None:
    with pytest.raises(FileRefused):
        check_options(Options(**options), HOUSE)


def test_a_declared_format_must_be_the_headings() -> None:
    with pytest.raises(FileRefused):
        read("address\nann@example.net\n", format="mailchimp")


def test_a_quote_that_nobody_closed_swallows_no_stop_after_it() -> None:
    rows = "".join(f"r{number}@example.net,x\n" for number in range(200))
    text = f'address,note\nann@example.net,"never closed\n{rows}'
    assert rejected(text) == [(2, "a quote that nobody closed")]
    assert addresses(text) == [f"r{number}@example.net" for number in range(200)]


def test_a_quoted_cell_may_hold_lines_separators_and_quotes() -> None:
    (row,) = read('address,note\n"ann@example.net","one, ""two""\nthree"\n')
    assert isinstance(row, Row)
    assert row.note == 'one, "two" three'


def test_a_quote_inside_of_a_cell_is_one() -> None:
    assert addresses('address,note\nann@example.net,5" pipe\nbob@example.net,x\n') == [
        "ann@example.net",
        "bob@example.net",
    ]


def test_a_line_without_end_is_rejected_and_read_past_without_holding_it() -> None:
    data = b"address\n" + b"x" * (LONGEST * 40) + b"\nann@example.net\n"
    (number, reason), *_ = rejected(data)
    assert (number, reason) == (2, f"a line of over {LONGEST} bytes")
    assert addresses(data) == ["ann@example.net"]
    assert all(len(row.text) <= LONGEST for row in read(data) if isinstance(row, Rejected))


def test_lines_may_end_as_old_macintoshes_wrote_them() -> None:
    assert addresses(b"address\rann@example.net\rbob@example.net\r") == ["ann@example.net", "bob@example.net"]


def test_the_last_row_needs_no_end_of_line() -> None:
    assert addresses("address\nann@example.net\nbob@example.net") == ["ann@example.net", "bob@example.net"]


@given(st.binary(max_size=400))
def test_whatever_comes_is_read_rejected_or_refused(data: bytes) -> None:
    try:
        for row in read(b"address,note,reason\n" + data):
            assert isinstance(row, Row | Rejected)
        read(data)
    except FileRefused:
        pass


@given(st.lists(st.text(max_size=30), max_size=6), st.sampled_from([",", ";", "\t"]))
def test_whatever_a_spreadsheet_writes_is_read_back(notes: list[str], separator: str) -> None:
    """Each row once, whatever its note holds, but for what no CSV keeps apart from ends of lines."""
    notes = [note.replace("\r", "").replace("\0", "") for note in notes]
    text = io.StringIO()
    table = csv.writer(text, delimiter=separator, quoting=csv.QUOTE_ALL)
    table.writerow(["address", "note"])
    for number, note in enumerate(notes):
        table.writerow([f"r{number}@example.net", note])
    found = read(text.getvalue().encode("utf-8", "replace"))
    assert len(found) == len(notes)
    assert all(isinstance(row, Row) for row in found)
