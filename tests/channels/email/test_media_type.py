"""Content-Type and its kin, as mailers write them."""

import pytest

from channels.email.media_type import disposition, media_type, transfer_encoding


@pytest.mark.parametrize(
    ("value", "name", "parameters"),
    [
        (b"text/plain", "text/plain", {}),
        (b"TEXT/HTML; Charset=UTF-8", "text/html", {"charset": b"UTF-8"}),
        (b'multipart/mixed; boundary="a b;c"', "multipart/mixed", {"boundary": b"a b;c"}),
        (b"multipart/mixed; boundary=----=_Part_1", "multipart/mixed", {"boundary": b"----=_Part_1"}),
        (b'multipart/mixed; boundary="quoted \\" mark"', "multipart/mixed", {"boundary": b'quoted " mark'}),
        (b"multipart/mixed; boundary = x ; type=y", "multipart/mixed", {"boundary": b"x", "type": b"y"}),
        (b'multipart/mixed;; ; boundary="x"', "multipart/mixed", {"boundary": b"x"}),
        (b"text/plain; charset=us-ascii (plain text)", "text/plain", {"charset": b"us-ascii"}),
        (b"text/plain; charset=a; charset=b", "text/plain", {"charset": b"a"}),
        (b'text/plain; charset="unclosed', "text/plain", {"charset": b"unclosed"}),
        (b"text", "text/plain", {}),
        (b"", "text/plain", {}),
        (b"nonsense", "/", {}),
        (b"text html", "/", {}),
        (b"/", "/", {}),
    ],
)
def test_content_types(value: bytes, name: str, parameters: dict[str, bytes]) -> None:
    media = media_type(value)

    assert (media.name, media.parameters) == (name, parameters)


@pytest.mark.parametrize(
    ("value", "kind", "names"),
    [
        (b"attachment; filename=x.txt", "attachment", ["filename"]),
        (b"INLINE", "inline", []),
        (b"attachment;\tfilename*0=x", "attachment", ["filename*0"]),
        (b"", "", []),
        (b"; filename=x", "", ["filename"]),
    ],
)
def test_dispositions(value: bytes, kind: str, names: list[str]) -> None:
    assert (disposition(value)[0], list(disposition(value)[1])) == (kind, names)


@pytest.mark.parametrize(
    ("value", "name"),
    [
        (b"Base64", b"base64"),
        (b"7bit;", b"7bit"),
        (b"quoted-printable (why)", b"quoted-printable"),
        (b" ", b""),
    ],
)
def test_transfer_encodings(value: bytes, name: bytes) -> None:
    assert transfer_encoding(value) == name
