"""Pages in the reader's language, in the sender's look, and never with an address in full."""

import pytest

from gateway.http import pages, theme
from gateway.http.links.preferences import masked
from suppression.address import parse
from suppression.model import Sender
from tests.gateway.http.links.test_preferences import SURVEYS, body_token, consented, form
from tests.gateway.http.world import RealWorld, World

ANN = "ann@example.net"
LOOK = Sender("look", "The Look", logo_url="https://img.example.com:8443/a/logo.svg", colour="#8a1538")


@pytest.mark.parametrize(
    ("asked_for", "language", "said"),
    [
        ("de-AT,de;q=0.9,en;q=0.8", "de", "Abbestellen"),
        ("es", "es", "Darse de baja"),
        ("fr-CA", "fr", "Se désabonner"),
        ("hi-IN", "hi", "सदस्यता छोड़ें"),
        ("tlh, xx;q=0.5", "en", "Unsubscribe"),
        ("", "en", "Unsubscribe"),
        ("de;q=0, es;q=x, fr;q=0.1", "fr", "Se désabonner"),
        (",;=" * 2000, "en", "Unsubscribe"),
    ],
)
async def test_the_page_is_in_the_readers_language(
    world: World, asked_for: str, language: str, said: str
) -> None:
    token = body_token(world)
    answer = await world.client.get(f"/u/{token}", headers={"Accept-Language": asked_for})

    assert f'<html lang="{language}">' in answer.text
    assert f"<h1>{said}</h1>" in answer.text
    stopped = await world.client.post(f"/u/{token}", headers={"Accept-Language": asked_for})
    assert f'<html lang="{language}">' in stopped.text


async def test_a_mail_to_confirm_is_in_the_language_of_the_page(real: RealWorld) -> None:
    await consented(real, purpose="marketing/promotions")
    token = body_token(real)
    page = (await real.client.get(f"/u/{token}", headers={"Accept-Language": "de"})).text
    await real.client.post(
        f"/u/{token}/preferences", data=form(page, tick=(SURVEYS,)), headers={"Accept-Language": "de"}
    )

    [mail] = real.mails(ANN)
    assert mail["Subject"] == "Bitte bestätigen: Nachrichten von The Shop"
    assert mail["Content-Language"] == "de"


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("ann@example.net", "a***@e***.net"),
        ("a@b.co.uk", "a***@b***.uk"),
        ('"a b"@example.net', '"***@e***.net'),
        ("x@localhost.example", "x***@l***.example"),
        ("+12025550143", "+12*******43"),
        ("+4915112345678", "+49*********78"),
    ],
)
def test_an_address_is_shown_masked(address: str, shown: str) -> None:
    assert masked(parse(address)) == shown


async def test_what_is_known_of_the_recipient_speaks_where_the_browser_does_not(real: RealWorld) -> None:
    told = {"addresses": [ANN], "language": "fr"}
    assert (await real.call("PUT", "/v1/people/ann", json=told)).status_code == 200
    page = await real.client.get(f"/u/{body_token(real)}")
    assert '<html lang="fr">' in page.text


async def test_a_sender_without_a_colour_has_no_style_sheet_of_its_own(world: World) -> None:
    assert theme.PREFIX not in (await world.client.get(f"/u/{body_token(world)}")).text
    for name in ("shop", "nobody", "..%2fpage"):
        assert (await world.client.get(f"/assets/theme/{name}.css")).status_code == 404


def test_a_senders_look_is_in_a_style_sheet_and_its_logo_in_the_policy() -> None:
    answer = pages.page("undone.html", sender=LOOK, token="t")
    text = bytes(answer.body).decode()

    assert '<link rel="stylesheet" href="/assets/theme/look.css">' in text
    assert 'src="https://img.example.com:8443/a/logo.svg" alt="The Look"' in text
    assert "style=" not in text
    policy = answer.headers["content-security-policy"]
    assert "img-src https://img.example.com:8443;" in policy
    assert "unsafe" not in policy


def test_a_style_sheet_has_the_colour_for_light_and_a_tint_for_dark() -> None:
    sheet = theme.style_sheet(LOOK)

    assert sheet.startswith(":root{--accent:#8a1538;")
    assert "prefers-color-scheme:dark" in sheet
    assert sheet.count("--accent:") == 2
    assert sheet.count("{") == sheet.count("}")


def test_words_of_a_sender_are_text_in_every_template() -> None:
    hostile = Sender("x", "<script>{{ 7 * 7 }}</script>{what}", postal_address="<b>{}</b>")
    text = bytes(pages.page("confirm_gone.html", 410, sender=hostile).body).decode()

    assert "<script" not in text
    assert "<b>" not in text
    assert "{{ 7 * 7 }}" in text
