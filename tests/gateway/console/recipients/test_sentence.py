"""Golden sentences: what a recipient's page begins with, in many situations."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from gateway.console.recipients.grid import Asked, grid
from gateway.console.recipients.sentence import sentence
from suppression.address import parse
from suppression.decision import Reason
from suppression.model import App, Basis, Channel, Consent, Facts, Recipient, Scope, Sender, Suppression, Way
from suppression.purposes import Catalogue

EVERYTHING = Scope()
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
MAY = datetime(2026, 5, 3, 14, 5, tzinfo=UTC)
JUNE = datetime(2026, 12, 22, tzinfo=UTC)
SHOP = Sender("shop", "The Shop")
MAIL, TEXT, VOICE = Channel.EMAIL, Channel.SMS, Channel.VOICE
ANN = Recipient(b"k" * 16, "e" * 16, parse("ann@example.net"))
PHONE = Recipient(b"p" * 16, "f" * 16, parse("+12025550143"))


def stop(
    scope: Scope = EVERYTHING,
    reason: Reason = Reason.UNSUBSCRIBED,
    way: Way = Way.LINK,
    number: int = 1,
    **more: object,
) -> Suppression:
    made = Suppression(f"{number:012x}", scope, reason, way, "page", "recipient", MAY, f"{number}-0")
    return replace(made, **more)  # type: ignore[arg-type]


def consent(purpose: str = "marketing", *channels: Channel, number: int = 1, **more: object) -> Consent:
    scope = Scope(frozenset(channels or (MAIL,)), purpose, "shop")
    exact = PHONE.exact if TEXT in channels or VOICE in channels else ANN.exact
    made = Consent(f"{number:012x}", scope, Basis.OPT_IN, "shop", "key", MAY, f"{number}-0", exact)
    return replace(made, **more)  # type: ignore[arg-type]


def said(facts: Facts, of: Recipient = ANN, others: int = 0, at: datetime = NOW) -> str:
    asked = Asked(facts, of, Catalogue.shipped(), SHOP, [App("demo", "shop")], at)
    return sentence(facts, grid(asked), others=others)


def on(*channels: Channel, purpose: str = "*") -> Scope:
    return Scope(frozenset(channels), purpose)


CASES: dict[str, tuple[Facts, Recipient, str]] = {
    "nothing known of a mail address": (
        Facts(),
        ANN,
        (
            "Nothing is known of this address: no stop and no consent. No marketing by mail, because there "
            "is no consent to it; service and order mail may be sent."
        ),
    ),
    "nothing known of a phone": (
        Facts(),
        PHONE,
        (
            "Nothing is known of this address: no stop and no consent. No marketing by text, because there "
            "is no consent to it; service and order texts may be sent. No marketing and no service messages "
            "by phone, because there is no consent to it; order calls may be sent."
        ),
    ),
    "unsubscribed from all marketing": (
        Facts(suppressions=(stop(Scope(purpose="marketing")),)),
        ANN,
        (
            "No marketing on any channel since 3 May 2026, because they clicked unsubscribe; service and "
            "order mail still goes."
        ),
    ),
    "marketing and service stopped": (
        Facts(suppressions=(stop(Scope(purpose="marketing")), stop(Scope(purpose="service"), number=2))),
        ANN,
        (
            "No marketing and no service messages on any channel since 3 May 2026, because they clicked "
            "unsubscribe; order mail still goes."
        ),
    ),
    "consented": (
        Facts(consents=(consent(),)),
        ANN,
        "All marketing may be sent by mail; service and order mail may be sent.",
    ),
    "consented to one thing": (
        Facts(consents=(consent("marketing/surveys"),)),
        ANN,
        "Of all marketing only “Surveys” may be sent by mail; service and order mail may be sent.",
    ),
    "stopped one thing of what was agreed to": (
        Facts(consents=(consent(),), suppressions=(stop(on(MAIL, purpose="marketing/surveys"), number=2),)),
        ANN,
        "All marketing but “Surveys” may be sent by mail; service and order mail may be sent.",
    ),
    "paused": (
        Facts(
            consents=(consent(),),
            suppressions=(
                stop(Scope(frozenset({MAIL}), "marketing"), way=Way.PREFERENCES, until=JUNE, number=2),
            ),
        ),
        ANN,
        (
            "No marketing by mail until 22 December 2026, because they chose so on the preference page; "
            "service and order mail still goes."
        ),
    ),
    "a pause that is over": (
        Facts(consents=(consent(),), suppressions=(stop(Scope(), until=MAY + timedelta(days=30), number=2),)),
        ANN,
        "All marketing may be sent by mail; service and order mail may be sent.",
    ),
    "complained": (
        Facts(suppressions=(stop(on(MAIL), Reason.COMPLAINED, Way.PROVIDER),)),
        ANN,
        (
            "No marketing and no service messages by mail since 3 May 2026, because they reported a message "
            "as spam; order mail still goes."
        ),
    ),
    "everything stopped": (
        Facts(suppressions=(stop(),)),
        ANN,
        (
            "Nothing is sent on any channel since 3 May 2026, because they clicked unsubscribe; only what is"
            " required still goes, such as sign-in codes."
        ),
    ),
    "mail does not arrive": (
        Facts(suppressions=(stop(on(MAIL), Reason.UNDELIVERABLE, Way.PROVIDER, exact=ANN.exact),)),
        ANN,
        (
            "Nothing is sent by mail since 3 May 2026, because mail did not arrive there, not even what is "
            "required."
        ),
    ),
    "texts do not arrive, but calls go": (
        Facts(
            consents=(consent("marketing", VOICE), consent("service", VOICE, number=3)),
            suppressions=(stop(on(TEXT), Reason.UNDELIVERABLE, Way.PROVIDER, exact=PHONE.exact),),
        ),
        PHONE,
        (
            "Nothing is sent by text since 3 May 2026, because texts did not arrive there, not even what is "
            "required. All marketing may be sent by phone; service and order calls may be sent."
        ),
    ),
    "erased": (
        Facts(suppressions=(stop(Scope(), Reason.ERASED, Way.AGENT),)),
        ANN,
        "Erased on 3 May 2026: nothing at all is sent here, until the person becomes a customer again.",
    ),
    "a child": (
        Facts(child=True, consents=(consent(),)),
        ANN,
        (
            "This is a child: nothing is sent on any channel, but for what is required, such as sign-in "
            "codes and password resets."
        ),
    ),
    "blocked by an agent": (
        Facts(suppressions=(stop(Scope(), Reason.BLOCKED, Way.AGENT, actor="agent:bob"),)),
        ANN,
        (
            "Nothing is sent on any channel since 3 May 2026, because bob blocked it; only what is required "
            "still goes, such as sign-in codes."
        ),
    ),
    "recorded by an agent": (
        Facts(suppressions=(stop(Scope(purpose="marketing"), way=Way.AGENT, actor="agent:bob"),)),
        ANN,
        (
            "No marketing on any channel since 3 May 2026, because bob noted that they asked for it; service"
            " and order mail still goes."
        ),
    ),
    "texted STOP": (
        Facts(
            suppressions=(
                stop(on(TEXT), way=Way.SMS),
                stop(on(VOICE, purpose="marketing"), way=Way.SMS, number=2),
                stop(on(VOICE, purpose="service"), way=Way.SMS, number=3),
            )
        ),
        PHONE,
        (
            "Nothing is sent by text since 3 May 2026, because they texted to stop; only what is required "
            "still goes, such as sign-in codes. No marketing and no service messages by phone since 3 May "
            "2026, because they texted to stop; order calls still go."
        ),
    ),
    "blocked by the carrier": (
        Facts(suppressions=(stop(on(TEXT, VOICE), Reason.BLOCKED, Way.PROVIDER),)),
        PHONE,
        (
            "Nothing is sent by text or phone since 3 May 2026, because the carrier blocks us there, not "
            "even what is required."
        ),
    ),
    "withdrawn": (
        Facts(consents=(consent(withdrawn=MAY),)),
        ANN,
        (
            "No marketing by mail since 3 May 2026, because the consent was withdrawn; service and order "
            "mail still goes."
        ),
    ),
    "consent has ended": (
        Facts(consents=(consent(expires=MAY),)),
        ANN,
        (
            "No marketing by mail since 3 May 2026, because the consent ended; service and order mail still "
            "goes."
        ),
    ),
    "wrote what must be read": (
        Facts(suppressions=(stop(Scope(purpose="marketing"), Reason.IN_REVIEW, Way.MAILBOX),)),
        ANN,
        (
            "No marketing on any channel since 3 May 2026, because what they wrote must be read by somebody "
            "first; service and order mail still goes."
        ),
    ),
    "told by an app": (
        Facts(
            suppressions=(
                stop(Scope(purpose="service"), way=Way.AGENT, actor="585d48079d53", source="webshop"),
            )
        ),
        ANN,
        (
            "No marketing by mail, because there is no consent to it, and no service messages on any"
            " channel since 3 May 2026, because webshop noted that they asked for it; order mail still goes."
        ),
    ),
    "on an imported list": (
        Facts(suppressions=(stop(on(MAIL), way=Way.IMPORT, source="ses-export"),)),
        ANN,
        (
            "Nothing is sent by mail since 3 May 2026, because the imported list ses-export says so; only "
            "what is required still goes, such as sign-in codes."
        ),
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_a_page_begins_with(name: str) -> None:
    facts, of, expected = CASES[name]
    assert said(facts, of) == expected


def test_a_stop_of_the_whole_person_says_so() -> None:
    facts = Facts(suppressions=(stop(),), person="aa")
    assert said(facts, others=2).endswith(" The stop holds for the person's 2 other addresses, too.")
    assert said(facts, others=1).endswith(" The stop holds for the person's other address, too.")
    narrow = Facts(suppressions=(stop(Scope(purpose="marketing")),), person="aa")
    assert "other address" not in said(narrow, others=2)


def test_of_an_address_that_is_not_known_each_channel_is_told() -> None:
    nobody = Recipient(b"k" * 16, "")
    told = said(Facts(suppressions=(stop(),)), nobody)
    assert told.startswith(
        "Nothing is sent on any channel since 3 May 2026, because they clicked unsubscribe"
    )
