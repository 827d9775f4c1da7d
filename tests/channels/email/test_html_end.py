"""Where a footer goes in HTML, checked against a real HTML parser."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from selectolax.lexbor import LexborHTMLParser

from channels.email.html_end import Document
from tests.channels.email.corpora import files

TEMPLATES = [path for path in files("html") if path.suffix == ".html"]
MARK = b'<i id="mark">here</i>'
NOT_SHOWN = {
    "script",
    "style",
    "textarea",
    "title",
    "head",
    "template",
    "iframe",
    "noembed",
    "noframes",
    "xmp",
}


def with_mark(document: bytes) -> bytes:
    at = Document(document).end
    return document[:at] + MARK + document[at:]


def ancestors_of_mark(document: bytes) -> list[str]:
    """The elements around the mark; none when the parser does not see it as an element."""
    node = LexborHTMLParser(with_mark(document).decode("latin-1")).css_first("#mark")
    found: list[str] = []
    while node is not None and node.tag not in (None, "-document"):
        assert node.tag is not None
        found.append(node.tag)
        node = node.parent
    return found


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"<html><body>x", b"</body></html>"),
        (b"<BODY>x", b"</BODY >\r\n</HTML>"),
        (b"<body>x</body><body>y", b"</body>"),
        (b"<body>x", b"</body></html> text after the end"),
        (b"<body>x", b"</body><!-- </body> -->"),
        (b"<body>x", b"</body><script>'</body>'</script>"),
        (b"<body>x", b"</body><style></body></style>"),
        (b"<body>x<textarea></body></textarea>", b"</body>"),
        (b"<title></body></title><body>x", b"</body>"),
        (b"<body>x<![CDATA[ </body> ]]>", b"</body>"),
        (b"<body>x<a title='</body>'>y</a>", b"</body>"),
        (b'<body>x<a title="</body>"/>', b"</body>"),
        (b"<body>x", b"</body><a title='</body>'>"),
        (b"<body>it's<p title=it's>", b"</body>"),
        (b"<body>1 < 2", b"</body>"),
        (b"<body>x<!--[if mso]></body><![endif]-->", b"</body>"),
        (b"<body>x<!--> ", b"</body><!-- -->"),
        (b"<body>x<!-- a --!>", b"</body>"),
        (b"<body>x<script><!-- <script> </script> </body> --></script>", b"</body>"),
        (b"<body>x<bodyguard></bodyguard>", b"</body>"),
        (b"<p>no end of body", b""),
        (b"", b""),
        (b"<p>x", b"</html>\r\n"),
        (b"<p>x</html> text after", b""),
        (b"<p>x", b"<!-- never closed </body>"),
        (b"<p>x", b"<script>never closed </body>"),
        (b"<p>x", b"<a href='never closed </body>"),
        (b"<p>x", b"<textarea>never closed </body>"),
        (b"<p>x", b"<plaintext></body>"),
        (b"<body>x", b"</body><!-- never closed"),
        (b"<body>x</ not a tag </body>", b"</body>"),
        (b"<body>x<?php </body> ?>", b"</body>"),
        (b"<body>x", b"</body"),
    ],
)
def test_the_footer_goes_before_the_last_real_end_of_the_body(before: bytes, after: bytes) -> None:
    assert Document(before + after).end == len(before)


@pytest.mark.corpus
@pytest.mark.usefixtures("corpora_here")
@pytest.mark.parametrize("path", TEMPLATES or [Path("none")], ids=lambda path: path.name)
def test_in_real_documents_the_parser_finds_the_footer_last_in_the_body(path: Path) -> None:
    document = path.read_bytes()
    body = LexborHTMLParser(with_mark(document).decode("utf-8")).body

    assert ancestors_of_mark(document) == ["i", "body", "html"]
    assert body is not None
    assert body.last_child is not None
    assert (body.text() or "").rstrip().endswith("here")


FRAGMENTS = st.lists(
    st.sampled_from(
        [
            "<body>", "</body>", "</BODY >", "<html>", "</html>", "<p>", "</p>", "<a href='", "'>", '<b title="', '">',
            "<!--", "-->", "--!>", "<!-->", "<script>", "</script>", "<SCRIPT x=1>", "</script ", "<style>", "</style>",
            "<title>", "</title>", "<textarea>", "</textarea>", "<!DOCTYPE html>", "<?x", ">", "<", "</", "=", "'", '"',
            "text ", " ", "<br/>", "</p x='y>'>", "<xmp>", "</xmp>", "<iframe>", "</iframe>", "<noembed>", "</noembed>",
        ]
    ),
    max_size=25,
)  # fmt: skip


@settings(max_examples=600, deadline=None)
@given(FRAGMENTS)
def test_the_parser_sees_the_footer_in_whatever_document(fragments: list[str]) -> None:
    """An element of its own, in no element whose content is not shown."""
    document = "".join(fragments).encode()
    around = ancestors_of_mark(document)

    assert around, (document, Document(document).end)
    assert not NOT_SHOWN.intersection(around)


@pytest.mark.parametrize(
    ("document", "shown"),
    [
        (b"<p>@</p>", True),
        (b"<a href='@'>x</a>", True),
        (b"<!-- @ --><p>x</p>", False),
        (b"<!-- x --><p>@</p>", True),
        (b"<script>@</script>", False),
        (b"<title>@</title>", False),
        (b"<style><!-- </style><p>@</p> -->", True),
        (b"x <!-- @", False),
        (b"<textarea>x</textarea>@", True),
    ],
)
def test_what_a_reader_sees(document: bytes, shown: bool) -> None:  # noqa: FBT001
    assert Document(document).shows(document.index(b"@")) is shown


def test_hostile_documents_take_linear_time() -> None:
    for unit in (
        b"<!--",
        b"<a '",
        b"</body>",
        b"<script>",
        b"<![CDATA[",
        b"<p x=",
        b"-",
        b"<",
        b"<style></style>",
        b"a==",
    ):
        Document(b"<p " + unit * 100_000)
        Document(unit * 100_000)
