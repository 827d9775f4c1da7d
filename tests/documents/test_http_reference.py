"""deploy/HTTP.md says what the application answers now."""

import re

from tests.documents import http_reference, readme
from tests.documents.routes import routes

PAGE = "deploy/HTTP.md"


def test_the_page_is_current() -> None:
    """Else: .venv/bin/python -m tests.documents.http_reference > deploy/HTTP.md"""
    assert readme.text(PAGE) == http_reference.text()


def test_every_route_is_on_the_page_and_no_other() -> None:
    described = re.findall(r"^### ([A-Z]+ /\S*)$", readme.text(PAGE), re.MULTILINE)
    others = re.findall(r"^- `([A-Z]+ /\S*)`$", readme.text(PAGE), re.MULTILINE)
    assert sorted(described + others) == sorted(routes())


def test_every_call_of_the_api_has_an_example() -> None:
    """But for those without a body whose answer is no JSON of ours."""
    calls = re.split(r"^### ", readme.text(PAGE), flags=re.MULTILINE)[1:]
    bare = {
        call.partition("\n")[0] for call in calls if " /v1/" in call.partition("\n")[0] and "```" not in call
    }
    assert bare == set()
