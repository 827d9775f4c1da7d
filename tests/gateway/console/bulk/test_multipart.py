"""Forms with a file, cut anywhere: what comes out is what went in, and nothing is held."""

from collections.abc import AsyncIterator
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.exceptions import HTTPException

from gateway.console.bulk.multipart import Parts, Upload

MARK = b"----WebKitFormBoundaryAbC"
FILE = b"address\r\n--ann@example.net\r\n\r\n------WebKitFormBoundaryAb\r\n\xff\x00end"


def field(name: str, value: str) -> bytes:
    head = f'--{MARK.decode()}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n'
    return head.encode() + value.encode() + b"\r\n"


def file(content: bytes, filename: str = "stops.csv") -> bytes:
    head = f'Content-Disposition: form-data; name="file"; filename="{filename}"\r\nContent-Type: text/csv'
    return b"--" + MARK + b"\r\n" + head.encode() + b"\r\n\r\n" + content + b"\r\n"


def body(*parts: bytes) -> bytes:
    return b"".join(parts) + b"--" + MARK + b"--\r\n"


WHOLE = body(field("label", "old shöp\r\nline"), file(FILE), field("after", ""))


@given(st.lists(st.integers(0, len(WHOLE)), max_size=12))
def test_wherever_it_is_cut_it_is_the_same(cuts: list[int]) -> None:
    places = [0, *sorted(cuts), len(WHOLE)]
    parts, out = Parts(MARK), b""
    for start, end in pairwise(places):
        out += parts.feed(WHOLE[start:end])
    assert (out, parts.ended, parts.filename) == (FILE, True, "stops.csv")
    assert parts.fields == [("label", "old shöp\r\nline"), ("after", "")]


def test_of_a_file_nothing_is_held_but_what_may_be_a_mark() -> None:
    parts = Parts(MARK)
    begun = field("label", "x") + file(b"")[:-2]
    parts.feed(begun)
    for _ in range(50):
        assert len(parts.feed(b"\r\n-" * 30_000)) >= 90_000 - len(MARK) - 4


def test_a_name_may_hold_what_browsers_write_otherwise() -> None:
    parts = Parts(MARK)
    parts.feed(body(file(b"x", "100%25 a%22b.csv")))
    assert parts.filename == '100%25 a"b.csv'


def test_without_a_file_there_is_no_name_and_no_content() -> None:
    parts = Parts(MARK)
    assert parts.feed(body(field("label", "x"), file(b"", ""))) == b""
    assert (parts.filename, parts.ended) == ("", True)


@pytest.mark.parametrize(
    "sent",
    [
        b"label=x&file=y",
        b"--" + MARK + b"xx",
        b"--" + MARK + b"\r\n" + b"x" * 9000,
        b"--" + MARK + b"\r\nContent-Disposition: form-data\r\n\r\n",
        body(file(b"a"), file(b"b")),
        body(field("label", "x" * 70_000)),
        body(*[field("x", "")] * 60),
    ],
)
def test_what_is_no_form_of_ours_is_refused(sent: bytes) -> None:
    with pytest.raises(HTTPException):
        Parts(MARK).feed(sent + b"\r\n" * 20)


async def pieces(*sent: bytes) -> AsyncIterator[bytes]:
    for one in sent:
        yield one


@pytest.mark.parametrize(
    "kind",
    [
        "",
        "text/csv",
        "multipart/form-data",
        "multipart/mixed; boundary=x",
        f"multipart/form-data; boundary={'x' * 71}",
    ],
)
def test_a_body_of_another_kind_is_refused(kind: str) -> None:
    with pytest.raises(HTTPException) as refused:
        Upload(kind, pieces())
    assert refused.value.status_code == 415


async def test_an_upload_that_breaks_off_is_none() -> None:
    upload = Upload(f"multipart/form-data; boundary={MARK.decode()}", pieces(WHOLE[:-8]))
    with pytest.raises(HTTPException):
        [_ async for _ in upload.file()]


async def test_an_upload_gives_its_file_and_its_fields() -> None:
    upload = Upload(f'Multipart/Form-Data; Boundary="{MARK.decode()}"', pieces(WHOLE[:90], WHOLE[90:]))
    assert b"".join([piece async for piece in upload.file()]) == FILE
    assert (upload.filename, upload.form.value("label")) == ("stops.csv", "old shöp\r\nline")
