"""What a scope is called."""

import pytest

from gateway import phrases
from gateway.languages import LANGUAGES, words
from suppression.model import Channel, Scope
from suppression.purposes import Catalogue

SHIPPED = Catalogue.shipped()
EMAIL = frozenset({Channel.EMAIL})


@pytest.mark.parametrize(
    ("scope", "said"),
    [
        (Scope(EMAIL, "marketing/promotions"), ["emails about “Promotions” from X"]),
        (Scope(EMAIL, "marketing"), ["all marketing emails from X"]),
        (Scope(frozenset(), "marketing"), ["all marketing from X"]),
        (Scope(frozenset(), "service/feedback"), ["messages about “Requests for feedback” from X"]),
        (Scope(EMAIL, "marketing/partners"), ["emails about “Offers of our partners” from X"]),
        (Scope(EMAIL, "marketing/partners/acme-co"), ["emails about “Offers of our partner Acme co” from X"]),
        (
            Scope(frozenset({Channel.SMS, Channel.VOICE}), "marketing/surveys"),
            ["text messages about “Surveys” from X", "calls about “Surveys” from X"],
        ),
    ],
)
def test_a_scope_in_words(scope: Scope, said: list[str]) -> None:
    assert phrases.scopes(words("en"), SHIPPED, [scope], "X") == said


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_purpose_has_a_title_in_every_language(language: str) -> None:
    for path in (*SHIPPED.purposes, "service", "marketing/partners", "marketing/partners/acme"):
        if not path.endswith("*"):
            title = phrases.title(words(language), SHIPPED, path)
            assert title
            assert "{" not in title
            assert "\n" not in title


def test_a_company_may_put_anything_into_a_title() -> None:
    own = Catalogue.from_table(
        {"marketing/x/*": {"title": "<b>{name}</b> {other} %s", "channels": {"email": "opt-in"}}}
    )
    said = phrases.title(words("de"), own, "marketing/x/acme")
    assert said == "<b>Acme</b> {other} %s"
