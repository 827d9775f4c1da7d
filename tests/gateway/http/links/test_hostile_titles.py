"""A company's own catalogue may have any title: what a page is made with must not read it."""

from dataclasses import replace

import httpx
import pytest

from gateway.http.app import create_app
from suppression.purposes import Catalogue
from suppression.token import TokenKind
from tests.gateway.http.world import FakeWorld

TITLE = "<img src=x onerror=alert(1)> {sender} {0} %(x)s {{ 7 * 7 }} & abc"
SHOWN = "&lt;img src=x onerror=alert(1)&gt; {sender} {0} %(x)s {{ 7 * 7 }} &amp; abc"
HOSTILE = Catalogue.from_table(
    {"marketing/promotions": {"title": TITLE, "channels": {"email": "opt-in"}, "way_out": "footer"}}
)


@pytest.mark.parametrize("language", ["en", "de", "hi"])
async def test_a_tag_or_a_place_in_a_purposes_title_is_text(fakes: FakeWorld, language: str) -> None:
    app = create_app(replace(fakes.doors, catalogue=lambda: HOSTILE))
    token = fakes.token("ann@example.net", kind=TokenKind.BODY)
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app=app), base_url="https://mail.example.com"
    ) as client:
        answer = await client.get(f"/u/{token}", headers={"Accept-Language": language})

    assert answer.status_code == 200
    assert "<img src=x" not in answer.text
    assert SHOWN in answer.text
