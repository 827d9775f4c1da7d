"""What answers of name servers mean."""

import pytest

from gateway.dns.findings import Answer, Level, judge, questions
from gateway.dns.records import Expected, Kind, Premises, of_inbound, of_sender
from suppression.model import Sender
from tests.dkim_keys import new_ed25519_key

KEY = new_ed25519_key("example.com", "s1")
WHERE = Premises("mail.example.com", "a:mail.example.com", "in.example.com")
SHOP = Sender("shop", "The Shop", from_domains=("news.example.com",))
DKIM, SPF, DMARC = of_sender(SHOP, (KEY,), WHERE)
MX = of_inbound(WHERE)[0]
TXT = KEY.dns_txt()


def said(expected: Expected, *values: str, **more: tuple[str, ...]) -> tuple[str, str]:
    answers = dict.fromkeys(questions(expected), Answer())
    answers[questions(expected)[0]] = Answer(values)
    answers |= {question: Answer(more[question[1]]) for question in answers if question[1] in more}
    finding = judge(expected, answers)
    return finding.level.value, finding.said


@pytest.mark.parametrize(
    ("values", "level", "words"),
    [
        ((TXT,), "right", "as it is expected"),
        ((TXT.replace("p=", "p= ").replace("; ", " ; "),), "right", "as it is expected"),
        ((), "wrong", "no record"),
        ((TXT, "v=DKIM1; p=x"), "wrong", "more than one"),
        (("v=DKIM1; k=ed25519; p=",), "wrong", "revoked"),
        (("v=DKIM1; k=ed25519; p=AAAA",), "wrong", "Another key"),
        ((TXT[:-9],), "wrong", "half of one"),
        ((TXT.replace("k=ed25519; ", ""),), "wrong", "Another key"),
        ((TXT + "; t=y:s",), "attention", "marked as a test"),
        (("<script>",), "wrong", "Another key"),
    ],
)
def test_dkim(values: tuple[str, ...], level: str, words: str) -> None:
    found = said(DKIM, *values)
    assert found[0] == level
    assert words in found[1]


@pytest.mark.parametrize(
    ("values", "level", "words"),
    [
        (("v=spf1 a:mail.example.com ~all",), "right", "permits the host"),
        (("google-verification=1", "V=SPF1 ip4:192.0.2.1 +A:Mail.Example.com -all"), "right", "permits"),
        (("v=spf1 include:_spf.example.org -all",), "attention", "does not name a:mail.example.com"),
        (("v=spf1 a:mail.example.com +all",), "wrong", "everybody"),
        (("v=spf1 all",), "wrong", "everybody"),
        (("v=spf1 -all", "v=spf1 a -all"), "wrong", "more than one"),
        (("v=spf10 a",), "wrong", "no SPF record"),
        ((), "wrong", "no SPF record"),
    ],
)
def test_spf(values: tuple[str, ...], level: str, words: str) -> None:
    found = said(SPF, *values)
    assert found[0] == level
    assert words in found[1]


@pytest.mark.parametrize(
    ("values", "level", "words"),
    [
        (("v=DMARC1; p=reject; rua=mailto:d@example.com",), "right", "p=reject"),
        (("v=DMARC1;p=none",), "right", "only watches"),
        (("v=DMARC1; rua=mailto:d@example.com",), "wrong", "no policy"),
        (("v=DMARC1; p=none; adkim=s",), "wrong", "signed by example.com"),
        (("v=DMARC1; p=none", "v=DMARC1; p=reject"), "wrong", "more than one"),
        (("other",), "wrong", "no DMARC record"),
    ],
)
def test_dmarc(values: tuple[str, ...], level: str, words: str) -> None:
    found = said(DMARC, *values)
    assert found[0] == level
    assert words in found[1]


def test_dmarc_of_the_organisation_counts_where_there_is_no_own() -> None:
    own, above = questions(DMARC)
    assert (own[0], above[0]) == ("_dmarc.news.example.com", "_dmarc.example.com")
    finding = judge(DMARC, {own: Answer(), above: Answer(("v=DMARC1; p=quarantine",))})
    assert (finding.level, finding.said) == (
        Level.RIGHT,
        "There is one, with p=quarantine. It is that of example.com.",
    )


@pytest.mark.parametrize(
    ("values", "addresses", "level", "words"),
    [
        (("10 mail.example.com.",), ("192.0.2.1",), "right", "leads here"),
        (("10 MAIL.example.com.", "20 other.example.com."), ("192.0.2.1",), "attention", "Other hosts"),
        (("10 mail.example.com.",), (), "wrong", "no address"),
        (("10 mx.example.org.",), ("192.0.2.1",), "wrong", "leads elsewhere"),
        (("0 .",), ("192.0.2.1",), "wrong", "no mail at all"),
        ((), (), "wrong", "no MX record"),
    ],
)
def test_mx(values: tuple[str, ...], addresses: tuple[str, ...], level: str, words: str) -> None:
    found = said(MX, *values, A=addresses)
    assert found[0] == level
    assert words in found[1]


def test_an_mx_of_a_server_that_hands_over_may_lead_anywhere() -> None:
    both = Expected(
        Kind.MX, "in.example.com", "10 mail.example.com", "", "mail.example.com", handed_over=True
    )
    unknown = Expected(Kind.MX, "in.example.com", "10 mail.example.com", "")
    assert said(both, "10 mx.example.org.")[0] == "attention"
    assert said(unknown, "10 mx.example.org.")[0] == "right"


@pytest.mark.parametrize("expected", [DKIM, SPF, DMARC, MX])
def test_no_answer_is_neither_right_nor_wrong(expected: Expected) -> None:
    finding = judge(expected, dict.fromkeys(questions(expected), Answer(away=True)))
    assert (finding.level, finding.found) == (Level.UNKNOWN, ())
