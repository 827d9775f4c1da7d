"""List-Unsubscribe, List-Unsubscribe-Post and List-Id, byte for byte."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.email.list_headers import list_headers
from tests.channels.email.samples import ways


def test_both_one_click_fields_byte_for_byte() -> None:
    """RFC 8058 8.1, folded at the comma and nowhere else."""
    lines = list_headers(
        ways(header_url="https://example.com/unsubscribe/opaquepart", mailto="t@u.example.com"), list_id=False
    )

    assert lines == (
        b"List-Unsubscribe: <https://example.com/unsubscribe/opaquepart>,\r\n <mailto:t@u.example.com>\r\n"
        b"List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"
    )


def test_without_a_mailto_the_field_is_one_line() -> None:
    lines = list_headers(ways(header_url="https://example.com/u/x", mailto=None), list_id=False)

    assert lines.startswith(b"List-Unsubscribe: <https://example.com/u/x>\r\nList-Unsubscribe-Post:")


def test_a_mailto_uri_stays_one() -> None:
    assert b"<mailto:t@u.example.com?subject=stop>" in list_headers(
        ways(mailto="mailto:t@u.example.com?subject=stop"), list_id=False
    )


def test_a_long_uri_is_never_broken() -> None:
    """Not folded, and not made an encoded word."""
    url = "https://example.com/u/" + "x" * 600
    lines = list_headers(ways(header_url=url), list_id=False)

    assert b"<" + url.encode() + b">" in lines
    assert b"=?" not in lines


@pytest.mark.parametrize(
    ("title", "list_id", "line"),
    [
        ("Promotions", "p.list-id.example.com", b"List-Id: Promotions <p.list-id.example.com>\r\n"),
        ("News, weekly", "n.list-id.example.com", b'List-Id: "News, weekly" <n.list-id.example.com>\r\n'),
        ('The "best" \\', "n.example.com", b'List-Id: "The \\"best\\" \\\\" <n.example.com>\r\n'),
        ("Neuigkeiten für Sie", "n.example.com", b"List-Id: Neuigkeiten fur Sie <n.example.com>\r\n"),
        ("", "n.example.com", b"List-Id: <n.example.com>\r\n"),
        ("x", "new_products.example.com", b"List-Id: x <new-products.example.com>\r\n"),
        (
            "a" * 60,
            "b" * 60 + ".example.com",
            b"List-Id: " + b"a" * 60 + b"\r\n <" + b"b" * 60 + b".example.com>\r\n",
        ),
    ],
)
def test_list_id(title: str, list_id: str, line: bytes) -> None:
    lines = list_headers(ways(list_title=title, list_id=list_id), list_id=True)

    assert lines.endswith(line)


@given(st.text(), st.text(), st.text(), st.text())
def test_nothing_can_be_injected(url: str, mailto: str, title: str, list_id: str) -> None:
    """Whatever the settings say: these fields, ASCII, and no other line."""
    lines = list_headers(ways(header_url=url, mailto=mailto, list_title=title, list_id=list_id), list_id=True)
    starts = [line.split(b":")[0] for line in lines.split(b"\r\n") if line and not line.startswith(b" ")]

    assert starts == [b"List-Unsubscribe", b"List-Unsubscribe-Post", b"List-Id"]
    assert lines.isascii()
    assert b"\r" not in lines.replace(b"\r\n", b"")
    assert b"\n" not in lines.replace(b"\r\n", b"")
