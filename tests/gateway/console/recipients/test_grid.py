"""The matrix: what each cell says, and by which app."""

from dataclasses import replace

from gateway.console.recipients.grid import Asked, Cell, Grid, Mark, grid
from suppression.decision import Reason
from suppression.model import App, Channel, Facts, Recipient, Scope
from suppression.purposes import Catalogue
from tests.gateway.console.recipients.test_sentence import ANN, NOW, PHONE, SHOP, consent, stop

DEMO = App("demo", "shop")


def made(facts: Facts, of: Recipient = ANN, *apps: App) -> Grid:
    return grid(Asked(facts, of, Catalogue.shipped(), SHOP, apps or (DEMO,), NOW))


def cell(of: Grid, path: str, channel: Channel = Channel.EMAIL) -> Cell:
    (row,) = (row for row in of.rows if row.path == path)
    return next(cell for cell in row.cells if cell.channel is channel)


def test_a_cell_names_the_entry_that_decided() -> None:
    facts = Facts(suppressions=(stop(Scope(purpose="marketing")),), consents=(consent("service"),))
    refused = cell(made(facts), "marketing/surveys")
    assert (refused.mark, refused.reason, refused.fact) == (Mark.NO, Reason.UNSUBSCRIBED, f"{1:012x}")
    assert cell(made(facts), "transactional/orders").mark is Mark.YES


def test_a_phone_has_columns_for_texts_and_calls() -> None:
    assert made(Facts(), PHONE).channels == (Channel.SMS, Channel.VOICE, Channel.AUDIENCE)
    assert made(Facts()).channels == (Channel.EMAIL, Channel.AUDIENCE)


def test_what_no_app_may_send_is_not_shown() -> None:
    orders = App("orders", "shop", ("transactional",), frozenset({Channel.EMAIL}))
    shown = made(Facts(), ANN, orders)
    assert shown.channels == (Channel.EMAIL,)
    assert {row.class_ for row in shown.rows} == {"transactional"}


def test_a_stop_of_one_app_is_told_apart() -> None:
    removed = stop(Scope(purpose="service", app="old"))
    one = cell(made(Facts(suppressions=(removed,)), ANN, DEMO, App("old", "shop")), "service/product-updates")
    assert (one.mark, one.not_of, one.app) == (Mark.SOME, ("old",), "old")


def test_what_waits_for_calling_hours_says_until_when() -> None:
    facts = Facts(consents=(consent("marketing", Channel.VOICE),), zone="America/New_York")
    asked = Asked(facts, PHONE, Catalogue.shipped(), SHOP, [DEMO], NOW.replace(hour=8))
    waits = cell(grid(asked), "marketing/surveys", Channel.VOICE)
    assert waits.mark is Mark.LATER
    assert waits.until is not None


def test_partners_that_an_entry_names_have_rows_of_their_own() -> None:
    facts = Facts(consents=(consent("marketing/partners/acme"),))
    shown = {row.path: row.title for row in made(facts).rows if "partners" in row.path}
    assert shown == {
        "marketing/partners/acme": "Offers of our partner acme",
        "marketing/partners/any": "Offers of our partner (any)",
    }
    assert cell(made(facts), "marketing/partners/acme").mark is Mark.YES


def test_without_a_known_address_all_channels_are_told() -> None:
    nobody = replace(ANN, address=None)
    facts = Facts(suppressions=(stop(Scope(purpose="marketing")),))
    shown = made(facts, nobody)
    assert set(shown.channels) == set(Channel)
    assert cell(shown, "marketing/surveys", Channel.VOICE).reason is Reason.UNSUBSCRIBED
    assert cell(shown, "transactional/orders").mark is Mark.YES
