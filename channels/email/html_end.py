"""Where a footer goes in an HTML document: bytes in, offset out. The document is never parsed into a tree.

The scanner walks tags, comments and raw text the way the HTML standard's tokenizer does (13.2.5), so that a
`</body>` in a comment, a script, a title or an attribute is none. What is never closed swallows the rest of the
document in a browser: the footer then goes before it.
"""

import re
from bisect import bisect
from functools import cached_property


def _any_case(names: str) -> list[bytes]:
    """Patterns for the names in any case (the flag would slow every other match)."""
    return [b"".join(b"[%c%c]" % (c, c - 32) for c in name.encode()) for name in names.split()]


# One tag's attributes as the standard reads them: quotes count only right after "=".
_BLANK = rb"[ \t\n\r\f]*+"
_VALUE = rb"""(?:"[^"]*+"|'[^']*+'|[^ \t\n\r\f>"'][^ \t\n\r\f>]*+|(?=>))"""
_NAME = rb"(?:=[^ \t\n\r\f/>=]*+|[^ \t\n\r\f/>=]++)"
_ATTRIBUTE = _NAME + rb"(?:" + _BLANK + rb"=" + _BLANK + _VALUE + rb"|(?!" + _BLANK + rb"=))"
_USUAL = rb""" [a-zA-Z:-]++="[^"]*+"(?=[ >])"""  # nothing but speed: most attributes look like this
_ATTRIBUTES = rb"(?:" + _USUAL + rb"|[ \t\n\r\f/]++|" + _ATTRIBUTE + rb")*+>"
_RAW = b"|".join(_any_case("script style textarea title xmp iframe noembed noframes plaintext"))
_BODY, _HTML = _any_case("body html")
_NAME_ENDS = rb"(?=[ \t\n\r\f/>])"
_TAG_NAME = rb"[a-zA-Z][^ \t\n\r\f/>]*+"
_COMMENT = rb"<!--(?:-?>|(?:[^-]++|-(?!-!?>))*+--!?>)"
_CDATA = rb"<!\[CDATA\[(?:[^\]]++|\](?!\]>))*+\]\]>"
_BOGUS = rb"<(?:!(?!--)(?!\[CDATA\[)|\?|/[^a-zA-Z>])[^>]*+>|</>"

# All that may be passed over in one go. It stops before the end of the body or document, before raw text, before
# anything unclosed, and at the end.
SKIP = re.compile(
    rb"(?:[^<]++|<(?![a-zA-Z/!?])"
     rb"|<(?:(?!/?(?:" + _RAW + rb"|" + _BODY + rb"|" + _HTML + rb")" + _NAME_ENDS + rb")/?" + _TAG_NAME
    + rb"|(?:" + _BODY + rb"|" + _HTML + rb"|/(?:" + _RAW + rb"))" + _NAME_ENDS + rb")" + _ATTRIBUTES
    + rb"|" + _COMMENT + rb"|" + _CDATA + rb"|" + _BOGUS + rb")*+"
)  # fmt: skip
END_TAG = re.compile(rb"</(?:" + _BODY + rb"|(" + _HTML + rb"))" + _NAME_ENDS + _ATTRIBUTES)
RAW_TAG = re.compile(rb"<(" + _RAW + rb")" + _NAME_ENDS + _ATTRIBUTES)
RAW_END_TAG = re.compile(rb"</(?:" + _RAW + rb")" + _NAME_ENDS + _ATTRIBUTES)
SCRIPT_TOKEN = re.compile(rb"<!---*+>|<!--|-->|</?script" + _NAME_ENDS, re.IGNORECASE)
NOT_SHOWN = re.compile(_COMMENT + rb"|" + _CDATA)
UNCLOSED_CDATA = re.compile(rb"<!\[CDATA\[[^>]*+>")


class Document:
    """An HTML document walked through once."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._body = -1  # start of the last end tag of body
        self._html = -1  # start of the last end tag of html
        self._raw_texts: list[tuple[int, int]] = []
        self._stop = len(data)  # where the document stops being shown
        self._run()

    @property
    def end(self) -> int:
        """The offset before the last real `</body>`; without one, the end, before a closing `</html>` and before
        anything that is never closed.
        """
        if self._body >= 0:
            return self._body
        if self._html >= 0 and not self._data[self._html : self._stop].split(b">", 1)[-1].strip():
            return self._html
        return self._stop

    def shows(self, at: int) -> bool:
        """Whether what stands at `at` is in what a reader sees or clicks: not in a comment, not in raw text."""
        if at >= self._stop:
            return False
        before = bisect(self._hidden, at, key=lambda span: span[0])
        return before == 0 or at >= self._hidden[before - 1][1]

    @cached_property
    def _hidden(self) -> list[tuple[int, int]]:
        """Spans in order: raw texts, and comments between them."""
        spans = []
        at = 0
        for start, end in (*self._raw_texts, (len(self._data), len(self._data))):
            spans += [match.span() for match in NOT_SHOWN.finditer(self._data, at, start)]
            spans.append((start, end))
            at = end
        return spans

    def _run(self) -> None:
        at, size = 0, len(self._data)
        while at < size:
            skipped = SKIP.match(self._data, at)
            at = skipped.end() if skipped else at
            if at >= size:
                return
            following = self._special(at)
            if following < 0:
                self._stop = at
                return
            at = following

    def _special(self, at: int) -> int:
        """Where to go on after the end tag or raw text at `at`; -1 when it is never closed."""
        if (end_tag := END_TAG.match(self._data, at)) is not None:
            if end_tag[1] is None:
                self._body = at
            else:
                self._html = at
            return end_tag.end()
        if (raw := RAW_TAG.match(self._data, at)) is not None:
            end = _raw_end(self._data, raw.end(), raw[1].lower())
            if end >= 0 and RAW_END_TAG.match(self._data, end) is None:
                end = -1
            self._raw_texts.append((at, end if end >= 0 else len(self._data)))
            return end
        # Outside SVG and MathML a CDATA section is a comment up to the next ">".
        cdata = UNCLOSED_CDATA.match(self._data, at)
        return cdata.end() if cdata else -1


def _raw_end(data: bytes, at: int, name: bytes) -> int:
    """The start of the end tag of raw text that begins at `at`; -1 when there is none."""
    if name == b"plaintext":
        return -1
    if name == b"script":
        return _script_end(data, at)
    end = re.compile(rb"</" + name + _NAME_ENDS, re.IGNORECASE).search(data, at)
    return end.start() if end else -1


def _script_end(data: bytes, at: int) -> int:
    # 13.2.5.15 to 31: within <!-- --> in a script, an inner <script> must be closed before the outer may be.
    escaped = doubly = False
    for token in SCRIPT_TOKEN.finditer(data, at):
        text = token[0].lower()
        if text == b"<!--":
            escaped = True
        elif text.endswith(b">"):
            escaped = doubly = False
        elif text == b"<script":
            doubly = doubly or escaped
        elif doubly:
            doubly = False
        else:
            return token.start()
    return -1
