"""Links: what is minted leads back to what it stood for, and to nothing when anything of it is altered."""

from collections.abc import Callable
from dataclasses import replace
from urllib.parse import parse_qsl, urlsplit

import pytest

from gateway.http.links.choices import choices
from gateway.languages import words
from gateway.links import Hook, Links, stop_at_once
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


# Addresses

PURPOSE = "marketing/promotions"


def inbound() -> Links:
    named = {name: Sender(name, name.title()) for name in ("brand", "acme")}
    url_base = "https://mail.example.com"
    return Links(url_base, KEYS, named, ["shop"], Catalogue.shipped, inbound_domain="in.example.com")


def mailto() -> str:
    return inbound().mailto(ANN, purpose=PURPOSE, sender="brand", app="shop")


def return_path() -> str:
    return inbound().return_path(ANN, purpose=PURPOSE, number=b"12345678")


def test_addresses_are_within_what_smtp_allows() -> None:
    """RFC 5321 4.5.3.1.1: 64 octets before the @."""
    for address, domain in ((mailto(), "u.in.example.com"), (return_path(), "b.in.example.com")):
        assert address.partition("@")[2] == domain
        assert len(address.partition("@")[0]) == 64


@pytest.mark.parametrize("spelt", [str, str.upper, str.title, str.swapcase])
def test_an_address_leads_back_in_any_case(spelt: Callable[[str], str]) -> None:
    link = inbound().read_mailto(spelt(mailto()).partition("@")[0])
    back = inbound().read_back(spelt(return_path()).partition("@")[0])

    assert (link.purpose, link.sender, link.app, link.recipient.key) == (PURPOSE, "brand", "shop", ANN.key)
    assert (back.purpose, back.recipient.key, back.number) == (PURPOSE, ANN.key, b"12345678")


def test_a_token_is_good_for_its_own_kind_of_link_only() -> None:
    """What stands in a return path, which strangers see, stops nothing; nor does a mail to a page's token."""
    page = url(links()).rpartition("/")[2]
    to_stop, to_report = mailto().partition("@")[0], return_path().partition("@")[0]
    for read, foreign in (
        (inbound().read, (to_stop, to_report)),
        (inbound().read_mailto, (page, to_report)),
        (inbound().read_back, (page, to_stop)),
        (inbound().read_confirmation, (page, to_stop, to_report)),
    ):
        for text in foreign:
            with pytest.raises(InvalidToken):
                read(text)


def test_an_altered_address_leads_nowhere() -> None:
    for local in (mailto().partition("@")[0], return_path().partition("@")[0]):
        for place, letter in enumerate(local):
            altered = local[:place] + ("a" if letter != "a" else "b") + local[place + 1 :]
            for read in (inbound().read_mailto, inbound().read_back):
                with pytest.raises(InvalidToken):
                    read(altered)


def test_what_stops_at_once_is_what_the_one_click_header_stops() -> None:
    """Also by the setting that widens it."""
    link = inbound().read_mailto(mailto().partition("@")[0])
    for stops in ("purpose", "marketing"):
        sender = Sender("brand", "Brand", one_click_stops=stops)
        of_header = choices(replace(link, kind=TokenKind.HEADER), sender, Catalogue.shipped(), words("en"))[0]
        assert stop_at_once(link, sender) == of_header.scope


def callback(of: Links, hook: Hook = Hook.STATUS) -> tuple[str, str]:
    query = dict(parse_qsl(urlsplit(of.hook_url(hook, ENTRY)).query))
    return query["m"], query["k"]


def test_a_callback_names_its_message() -> None:
    made = links().status_url(ENTRY)

    assert made.startswith("https://mail.example.com/hooks/twilio/status?m=msg_0123abc&k=")
    assert links().read_hook(Hook.STATUS, *callback(links())) == ENTRY


def test_a_callback_of_an_older_key_is_read() -> None:
    rotated = links(TokenKeys({1: b"k" * 32, 2: b"n" * 32}, 2))

    assert rotated.read_hook(Hook.STATUS, *callback(links())) == ENTRY


@pytest.mark.parametrize("wrong", ["", "0", "00" * 9, "zz" * 9, "01" + "00" * 8, "ff" * 9, "é" * 18])
def test_a_callback_with_another_mac_is_refused(wrong: str) -> None:
    with pytest.raises(InvalidToken):
        links().read_hook(Hook.STATUS, ENTRY, wrong)


@pytest.mark.parametrize("wrong", ["", "msg_0123abd", "msg_0123abc ", "x" * 121, "é"])
def test_a_callback_about_another_message_is_refused(wrong: str) -> None:
    _, mac = callback(links())
    with pytest.raises(InvalidToken):
        links().read_hook(Hook.STATUS, wrong, mac)


def test_a_callback_made_for_one_hook_is_no_other() -> None:
    with pytest.raises(InvalidToken):
        links().read_hook(Hook.STATUS, *callback(links(), Hook.KEY))
