"""Links: what is minted leads back to what it stood for, and to nothing when anything of it is altered."""

from urllib.parse import parse_qsl, urlsplit

import pytest

from gateway.links import Hook, Links
from suppression.errors import ConfigurationError, InvalidToken
from suppression.model import Channel, Recipient, Sender
from suppression.purposes import Catalogue
from suppression.token import TokenKeys, TokenKind

KEYS = TokenKeys({1: b"k" * 32}, 1)
ENTRY = "msg_0123abc"
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


def callback(of: Links, hook: Hook = Hook.STATUS) -> tuple[str, str]:
    query = dict(parse_qsl(urlsplit(of.hook_url(hook, ENTRY)).query))
    return query["m"], query["k"]


def test_a_callback_names_its_message() -> None:
    made = links().status_url(ENTRY)

    assert made.startswith("https://mail.example.com/hooks/twilio/status?m=msg_0123abc&k=")
    assert links().read_status(*callback(links())) == ENTRY


def test_a_callback_of_an_older_key_is_read() -> None:
    rotated = links(TokenKeys({1: b"k" * 32, 2: b"n" * 32}, 2))

    assert rotated.read_status(*callback(links())) == ENTRY


@pytest.mark.parametrize("wrong", ["", "0", "00" * 9, "zz" * 9, "01" + "00" * 8, "ff" * 9, "é" * 18])
def test_a_callback_with_another_mac_is_refused(wrong: str) -> None:
    with pytest.raises(InvalidToken):
        links().read_status(ENTRY, wrong)


@pytest.mark.parametrize("wrong", ["", "msg_0123abd", "msg_0123abc ", "x" * 121, "é"])
def test_a_callback_about_another_message_is_refused(wrong: str) -> None:
    _, mac = callback(links())
    with pytest.raises(InvalidToken):
        links().read_status(wrong, mac)


def test_a_callback_made_for_one_hook_is_no_other() -> None:
    with pytest.raises(InvalidToken):
        links().read_status(*callback(links(), Hook.KEY))
