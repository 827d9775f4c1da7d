"""Which of our addresses it is: every kind, in every spelling, and no other."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.inbound.routing import Bounce, Feedback, Mailbox, Routing, UnknownMailbox, Unsubscribe
from gateway.links import Links
from suppression.address import parse_email
from suppression.model import Recipient, Sender
from suppression.purposes import Catalogue
from suppression.token import TokenKeys

ANN = Recipient(b"a" * 16, "e" * 16)
LINKS = Links(
    "https://gw.example", TokenKeys({1: b"k" * 32}, 1), {"brand": Sender("brand", "Brand")}, ["shop"],
    Catalogue.shipped, "in.example.com",
)  # fmt: skip
MAILBOX, TEAM = parse_email("admin@example.com"), parse_email("team@corp.example")
ROUTING = Routing(LINKS, {"brand": (MAILBOX, TEAM)})
MAILTO = LINKS.mailto(ANN, purpose="marketing/promotions", sender="brand", app="shop")
BACK = LINKS.return_path(ANN, purpose="marketing/promotions", number=b"12345678")


@pytest.mark.parametrize("spelt", [str, str.upper, str.swapcase])
def test_every_kind_in_every_case(spelt: type[str]) -> None:
    stop, bounce = ROUTING.find(parse_email(spelt(MAILTO))), ROUTING.find(parse_email(spelt(BACK)))
    assert isinstance(stop, Unsubscribe)
    assert stop.link.recipient.key == ANN.key
    assert stop.token == MAILTO.partition("@")[0]
    assert isinstance(bounce, Bounce)
    assert bounce.back.number == b"12345678"
    assert ROUTING.find(parse_email(spelt("fbl@in.example.com"))) == Feedback()
    for mailbox in ("admin@example.com", "Admin+stop@example.com"):
        assert ROUTING.find(parse_email(spelt(mailbox))) == Mailbox("brand", TEAM)


@pytest.mark.parametrize(
    "text",
    [
        MAILTO.replace("@u.", "@b."), BACK.replace("@b.", "@u."), MAILTO.replace("@u.", "@"),
        f"x{MAILTO}"[:64] + "@u.in.example.com",
        f"{MAILTO.partition('@')[0][:-1]}@u.in.example.com", "fbl@u.in.example.com", "postmaster@in.example.com",
        MAILTO.replace(MAILTO[10], "1", 1),
    ],
)  # fmt: skip
def test_whatever_else_is_in_our_domains_is_nobodys(text: str) -> None:
    with pytest.raises(UnknownMailbox):
        ROUTING.find(parse_email(text))


@given(st.emails(), st.sampled_from(["", "u.", "b."]))
def test_no_other_address_is_ours(text: str, prefix: str) -> None:
    """In any domain, and with any local part in ours."""
    local = text.rpartition("@")[0]
    assert ROUTING.find(parse_email(text)) is None
    assert not ROUTING.is_ours(parse_email(text))
    ours = parse_email(f"{local}@{prefix}in.example.com")
    assert ROUTING.is_ours(ours)
    if ours.exact != "fbl@in.example.com":
        with pytest.raises(UnknownMailbox):
            ROUTING.find(ours)


def test_subdomains_that_only_look_like_ours_are_not() -> None:
    for domain in ("x.in.example.com", "u.in.example.com.evil.example", "uin.example.com", "example.com"):
        assert ROUTING.find(parse_email(f"{MAILTO.partition('@')[0]}@{domain}")) is None
