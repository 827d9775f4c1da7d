"""What is kept of a text until it leaves, by its sender's settings."""

import pytest

from channels.sms import wording
from channels.sms.text import TextTooLong
from gateway.links import Links
from gateway.phones.texts import SendsNoTexts, Texts
from suppression.address import parse_phone
from suppression.model import App, Sender, TextSettings
from suppression.purposes import Catalogue
from suppression.store.keys import Keyring
from suppression.token import TokenKeys

CATALOGUE = Catalogue.shipped()
ORDER, PROMOTION, NOTICE = "transactional/orders", "marketing/promotions", "service/notifications"
ANN, ASHA = "+12025550143", "+919876543210"


def body(
    settings: TextSettings | None,
    purpose: str = PROMOTION,
    text: str = "Two for one.",
    to: str = ANN,
    language: str = "en",
) -> str:
    sender = Sender("brand", "The Brand", "1 Main Street", language=language, texts=settings)
    links = Links(
        "https://gw.example", TokenKeys({1: b"t" * 32}, 1), {"brand": sender}, ["shop"], lambda: CATALOGUE
    )
    texts = Texts({"brand": sender}, links, Keyring(b"p" * 32).recipient)
    template = texts.begin(App("shop", "brand"), CATALOGUE.find(purpose), text)
    return template.content(parse_phone(to))["body"]


def test_the_way_out_is_in_the_senders_language_or_its_own_words() -> None:
    assert body(TextSettings(), language="de") == f"Two for one.\n{wording.hint_reply('de')}"
    assert wording.hint_reply("de") != wording.hint_reply("en")
    assert body(TextSettings(hint="Text STOP to end"), language="de").endswith("\nText STOP to end")


def test_what_is_no_marketing_has_none() -> None:
    assert body(TextSettings(), ORDER) == body(TextSettings(), NOTICE, to=ASHA) == "Two for one."


def test_a_hint_that_the_author_wrote_is_not_repeated() -> None:
    assert body(TextSettings(), text="Two for one. reply stop to opt out").count("opt out") == 1


def test_countries_that_need_a_link_are_the_settings() -> None:
    everywhere = TextSettings(link_hint_countries=frozenset({"US"}), hint="Text STOP to end")

    assert "Opt out: https://gw.example/u/" in body(everywhere)
    assert body(everywhere, to=ASHA).endswith("Text STOP to end")
    assert "Opt out: https://gw.example/u/" in body(TextSettings(), to=ASHA)


def test_the_link_of_the_authors_place_is_enough() -> None:
    text = body(TextSettings(), text="Two for one. No more: {{unsubscribe_url}}", to=ASHA)

    assert text.count("https://gw.example/u/") == 1
    assert "Opt out" not in text


def test_segments_are_counted_with_the_way_out() -> None:
    one = TextSettings(max_segments=1)

    assert body(one, ORDER, "a" * 160) == "a" * 160
    with pytest.raises(TextTooLong):
        body(one, PROMOTION, "a" * 160)


def test_letters_are_replaced_where_settings_say_so() -> None:
    assert body(TextSettings(transliterate=True), ORDER, "“quoted”") == '"quoted"'
    assert body(TextSettings(), ORDER, "“quoted”") == "“quoted”"


def test_a_sender_without_settings_sends_none() -> None:
    with pytest.raises(SendsNoTexts):
        body(None)
