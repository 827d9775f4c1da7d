"""What an HTML part says, as text: tags off, blocks on lines of their own, quoted blocks with `>`. Linear."""

import re
from html import unescape

MAX_HTML = 1 << 18
# As in html_end: quotes count in attributes only; what is never closed swallows the rest.
TOKEN = re.compile(
    r"<!--.*?(?:-->|\Z)"
    r"|<(?P<raw>script|style|title|head|textarea|template)\b[^>]*+>.*?(?:</(?P=raw)\s*+>|\Z)"
    r"|<(?P<close>/?)(?P<name>[a-zA-Z][a-zA-Z0-9:]*+)(?P<attributes>[^>\"']*+(?:(?:\"[^\"]*+\"|'[^']*+'|[\"'])[^>\"']*+)*+)(?:>|\Z)"
    r"|<[!?/][^>]*+>?",
    re.DOTALL | re.IGNORECASE,
)
BLOCKS = frozenset(
    {
        "address", "article", "aside", "blockquote", "br", "center", "dd", "div", "dl", "dt", "fieldset", "footer",
        "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "li", "main", "nav", "ol", "p", "pre", "section",
        "table", "td", "th", "tr", "ul",
    }
)  # fmt: skip
QUOTED = re.compile(
    r"gmail_quote|yahoo_quoted|moz-cite-prefix|divRplyFwdMsg|appendonsend|protonmail_quote|WordSection_reply",
    re.IGNORECASE,
)
BLANKS = re.compile(r"[ \t\r\n\f\u00a0]+")


def html_to_text(html: str) -> str:
    """At most MAX_HTML characters of it are looked at. After the mark of a mailer's quote nothing is kept."""
    html = html[:MAX_HTML]
    out: list[str] = []
    at = depth = 0
    for token in TOKEN.finditer(html):
        out.append(BLANKS.sub(" ", unescape(html[at : token.start()])))
        at = token.end()
        name = (token["name"] or "").lower()
        if name and QUOTED.search(token["attributes"]):
            return _lines(out)
        if name == "blockquote":
            depth += -1 if token["close"] else 1
        if name in BLOCKS:
            out.append("\n" + "> " * min(max(depth, 0), 5))
    out.append(BLANKS.sub(" ", unescape(html[at:])))
    return _lines(out)


def _lines(out: list[str]) -> str:
    return "\n".join(line.strip() for line in "".join(out).split("\n"))
