"""Links: what is minted leads back to what it stood for, and to nothing when anything of it is altered."""

import pytest

from gateway.links import Links
from suppression.errors import ConfigurationError, InvalidToken
from suppression.model import Channel, Recipient, Sender
from suppression.purposes import Catalogue
from suppression.token import TokenKeys, TokenKind

KEYS = TokenKeys({1: b"k" * 32}, 1)
ANN = Recipient(b"a" * 16, "e" * 16)


def links(keys: TokenKeys = KEYS, senders: tuple[str, ...] = ("brand", "acme")) -> Links:
    named = {name: Sender(name, name.title()) for name in senders}
    return Links("https://mail.example.com/", keys, named, ["shop"], Catalogue.shipped)


def url(of: Links, purpose: str = "marketing/promotions") -> str:
    return of.unsubscribe_url(
        ANN, purpose=purpose, sender="brand", app="shop", channel=Channel.EMAIL, kind=TokenKind.HEADER
    )


def test_a_link_leads_back_to_what_it_stands_for() -> None:
    made = url(links())
    link = links().read(made.removeprefix("https://mail.example.com/u/"))

    assert (link.purpose, link.sender, link.app, link.channel) == (
        "marketing/promotions",
        "brand",
        "shop",
        Channel.EMAIL,
    )
    assert link.recipient == Recipient(ANN.key, "")
    assert len(made) < 120


def test_a_partners_link_keeps_the_partner_where_the_partner_is_a_sender() -> None:
    made = url(links(), "marketing/partners/acme").rpartition("/")[2]

    assert links().read(made).purpose == "marketing/partners/acme"


def test_another_partners_link_stands_for_all_partners() -> None:
    made = url(links(), "marketing/partners/unheard-of").rpartition("/")[2]

    assert links().read(made).purpose == "marketing/partners"


def test_links_of_an_older_key_work_on() -> None:
    old = url(links()).rpartition("/")[2]
    rotated = links(TokenKeys({1: b"k" * 32, 2: b"n" * 32}, 2))

    assert rotated.read(old).sender == "brand"
    assert url(rotated).rpartition("/")[2] != old


def test_a_link_of_a_sender_that_is_no_longer_here_is_refused() -> None:
    with pytest.raises(InvalidToken):
        links(senders=("acme",)).read(url(links()).rpartition("/")[2])


def test_names_that_links_could_not_tell_apart_are_refused_at_start() -> None:
    """These two have the same four-byte tag."""
    with pytest.raises(ConfigurationError, match="apart"):
        links(senders=("s2330", "s130636"))
