"""One message to several recipients, and what apps may say about it in envelope, user name and header."""

import pytest

from tests.end_to_end.client import Client, Talk, address, click, mail

HIDDEN = ("X-Gateway-Purpose: marketing/promotions", "X-Gateway-Message-Key: k", "Bcc: x@example.org")


def test_some_are_refused_at_rcpt_and_the_others_get_a_copy_each(gateway: Client) -> None:
    friends = [gateway.consented() for _ in range(3)]
    stranger = address()
    with gateway.talk() as talk:
        replies = talk.envelope("shop@example.com", friends[0], stranger, *friends[1:])
        assert [reply.code for reply in replies] == [250, 550, 250, 250]
        taken = talk.content(mail())
    assert taken.code == 250

    copies = [gateway.arrived(friend) for friend in friends]
    assert [len(found) for found in copies] == [1, 1, 1]
    assert gateway.arrived(stranger) == []
    links = {found[0].header_link for found in copies} | {found[0].footer_link for found in copies}
    assert len(links) == 6, "each copy has its own"
    click(copies[0][0].header_link)
    assert [gateway.would(friend)[0] for friend in friends] == ["refuse", "would_send", "would_send"]


def test_equal_addresses_get_one_copy(gateway: Client) -> None:
    friend = gateway.consented()
    name, _, domain = friend.partition("@")
    with gateway.talk() as talk:
        replies = talk.envelope("shop@example.com", friend, friend, f"{name.upper()}@{domain.upper()}")
        assert [reply.code for reply in replies] == [250, 250, 250]
        assert talk.content(mail()).code == 250
    assert len(gateway.arrived(friend)) == 1


def test_the_id_of_the_250_leads_to_the_history_of_all_copies(gateway: Client) -> None:
    to = [address() for _ in range(3)]
    taken = gateway.send(mail(), *to, purpose="transactional/orders")
    shown = gateway.http.get(f"/v1/messages/{taken.words[0]}")

    assert shown.status_code == 200
    assert shown.json()["state"] == "sent"
    assert [line["kind"] for line in shown.json()["history"]] == ["handing_over", "sent"] * 3


def test_the_id_of_a_single_copy_leads_to_its_recipient_too(gateway: Client) -> None:
    to = address()
    taken = gateway.order(to)
    shown = gateway.http.get(f"/v1/messages/{taken.words[0]}").json()

    assert (shown["id"], shown["to"], shown["state"]) == (taken.words[0], to, "sent")
    assert gateway.http.get("/v1/messages/unheard-of").status_code == 404


@pytest.mark.parametrize(
    "purpose", ["marketing/nothing-known", "marketing", "transactional", "system/dsn", "*"]
)
def test_a_purpose_in_the_user_name_must_be_a_known_leaf(gateway: Client, purpose: str) -> None:
    refused = gateway.send(mail(), address(), purpose=purpose)
    assert refused.code == 550
    assert refused.status == "5.7.1"


def test_a_header_may_not_contradict_the_user_name(gateway: Client) -> None:
    to = gateway.consented()
    named = mail("X-Gateway-Purpose: transactional/orders")

    assert gateway.send(named, to, purpose="marketing/surveys").text.startswith("5.7.1 X-Gateway-Purpose")
    assert gateway.send(named, to).code == 550, "nor the app's default"
    assert gateway.arrived(to) == []
    assert gateway.send(named, to, purpose="transactional/orders").code == 250
    assert gateway.send(mail("X-Gateway-Purpose: nonsense"), to).text.startswith("5.7.1 Unknown purpose")


@pytest.mark.parametrize("purpose", ["marketing/promotions", "transactional/orders"])
def test_our_own_headers_and_bcc_do_not_leave(gateway: Client, purpose: str) -> None:
    to = gateway.consented()
    headers = [header.replace("marketing/promotions", purpose) for header in HIDDEN]
    headers[1] += to
    raw = mail(*headers, "Resent-Bcc: y@example.org", "X-Gate: stays", "Cc: z@example.org")
    assert gateway.send(raw, to, purpose=purpose).code == 250
    [arrived] = gateway.arrived(to)

    names = {name.lower() for name in arrived.parsed}
    assert not {"x-gateway-purpose", "x-gateway-message-key", "bcc", "resent-bcc"} & names
    assert {"x-gate", "cc"} <= names
    assert b"example.org" in arrived.raw
    assert b"x@example.org" not in arrived.raw
    assert b"y@example.org" not in arrived.raw


@pytest.mark.parametrize(
    "sender",
    [
        '"Shop\\" <evil@evil.example>" <shop@example.com>',
        "=?utf-8?q?Shop=0D=0AX-Evil:_yes?= <shop@example.com>",
        "Shop =?utf-8?b?DQpCY2M6IHhAZXhhbXBsZS5vcmc=?= <shop@example.com>",
    ],
)
def test_a_display_name_brings_no_header_of_its_own(gateway: Client, sender: str) -> None:
    to = gateway.consented()
    raw = mail(sender=sender)
    taken = gateway.send(raw, to)
    if taken.code == 550:
        assert gateway.arrived(to) == []
        return
    [arrived] = gateway.arrived(to)
    header = arrived.raw.partition(b"\r\n\r\n")[0]
    assert not any(line.lower().startswith((b"x-evil", b"bcc")) for line in header.split(b"\r\n"))


@pytest.mark.parametrize(
    "purpose",
    ["marketing/promotions\r\nX-Evil: yes", "marketing/promotions\0", "marketing/../transactional/orders",
     "marketing/partners/a\nb", "MARKETING/promotions ", "marketing/partners/x/y"],
)  # fmt: skip
def test_a_purpose_brings_no_header_of_its_own(gateway: Client, purpose: str) -> None:
    to = gateway.consented()
    header = "X-Gateway-Purpose: " + purpose.replace("\r\n", "\r\n ").replace("\0", "?")
    refused = gateway.send(mail(header), to)
    assert refused.code == 550, refused
    assert gateway.arrived(to) == []


def test_mail_from_the_null_sender_goes_untouched_to_one_recipient(gateway: Client) -> None:
    to, other = address(), address()
    raw = mail("List-Unsubscribe: <mailto:x@example.org>", subject="Undeliverable")
    with gateway.talk() as talk:
        replies = talk.envelope("<>", to, other)
        assert [reply.code for reply in replies] == [250, 452]
        assert talk.content(raw).code == 250
    [arrived] = gateway.arrived(to)

    assert arrived.mail_from == ""
    assert arrived.raw.endswith(raw)
    assert gateway.arrived(other) == []


def test_an_automatic_reply_is_not_rewritten(gateway: Client) -> None:
    to = address()
    raw = mail("Auto-Submitted: auto-replied")
    # RCPT knows the credential's purpose only.
    assert gateway.send(raw, to, purpose="transactional/orders").code == 250
    assert gateway.arrived(to)[0].raw.endswith(raw)


def test_a_click_for_a_partner_that_is_no_sender_of_ours_stops_all_partners_and_nothing_else(
    gateway: Client,
) -> None:
    to = gateway.consented()
    assert gateway.send(mail(), to, purpose="marketing/partners/acme").code == 250
    [arrived] = gateway.arrived(to)
    assert click(arrived.header_link).status_code == 200
    assert gateway.would(to, "marketing/partners/acme")[1] == "unsubscribed"
    assert gateway.would(to, "marketing/partners/other")[1] == "unsubscribed"
    assert gateway.would(to, "marketing/promotions") == ("would_send", "consented")


@pytest.mark.parametrize("to", ["postmaster", "", "a@b@c.example", "a b@example.net", "@example.net", "a@"])
def test_a_recipient_that_cannot_be_parsed_is_refused_at_rcpt(gateway: Client, to: str) -> None:
    with gateway.talk() as talk:
        talk.mail("shop@example.com")
        assert talk.say(f"RCPT TO:<{to}>").code in (501, 553)


def test_no_spelling_of_a_stopped_address_gets_through(gateway: Client) -> None:
    to = gateway.consented("spelt")
    gateway.stop(to, purpose="marketing")
    name, _, domain = to.partition("@")
    spellings = (
        to.upper(), f"{name}+x@{domain}", f'"{name}"@{domain}', f"@relay.example:{to}", f"{name}@{domain}.",
    )  # fmt: skip
    with gateway.talk() as talk:
        talk.mail("shop@example.com")
        for spelling in spellings:
            refused = talk.say(f"RCPT TO:<{spelling}>")
            assert refused.code in (501, 553) or refused.words[0] == "unsubscribed", spelling


def test_nobody_gets_in_without_credentials(gateway: Client) -> None:
    smtp = gateway.facts["smtp"]
    with gateway.talk() as talk:
        assert talk.say("AUTH PLAIN AGRlbW8Ad3Jvbmc=").code == 503, "once is enough"
    with Talk(smtp["host"], smtp["port"], timeout=30) as talk:
        talk.ehlo()
        assert talk.say("MAIL FROM:<shop@example.com>").code == 530
        assert talk.say("AUTH PLAIN AGRlbW8Ad3Jvbmc=").code == 535
