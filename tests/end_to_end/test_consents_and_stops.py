"""What opens and closes the door for a recipient, by API and by click."""

import datetime as dt

import pytest

from tests.end_to_end.client import Client, address, click, mail


def later(seconds: float) -> str:
    return (dt.datetime.now(dt.UTC) + dt.timedelta(seconds=seconds)).isoformat()


def clicked(gateway: Client) -> tuple[str, str]:
    """Somebody who consented, got a mail, and clicked; and the id of the stop."""
    bob = gateway.consented("bob")
    assert gateway.send(mail(), bob).code == 250
    assert click(gateway.arrived(bob)[0].footer_link).status_code == 200
    [stop] = gateway.recipient(bob)["suppressions"]
    return bob, stop["id"]


def test_a_consent_opens_the_door_and_a_click_closes_it(gateway: Client) -> None:
    bob = address("bob")
    assert gateway.send(mail(), bob).words[0] == "no_consent"
    gateway.consent(bob)
    assert gateway.send(mail(), bob).code == 250
    click(gateway.arrived(bob)[0].footer_link)
    assert gateway.send(mail(), bob).words[0] == "unsubscribed"


def test_a_consent_given_again_opens_nothing_unless_it_names_what_it_overrides(gateway: Client) -> None:
    bob, stop = clicked(gateway)

    again = gateway.consent(bob, source="newsletter")
    assert again["effective"] is False
    assert again["blocked_by"] == [stop]
    assert gateway.send(mail(), bob).code == 550

    named = gateway.consent(bob, source="phone", overrides=[stop])
    assert named["effective"] is True
    assert "blocked_by" not in named
    assert gateway.send(mail(), bob).code == 250


def test_a_consent_that_overrides_a_stop_leaves_the_rest_of_it_standing(gateway: Client) -> None:
    bob = gateway.consented()
    stop = gateway.stop(bob, channels=["email"], purpose="marketing")["id"]
    gateway.consent(bob, purpose="marketing/surveys", source="phone", overrides=[stop])

    assert gateway.would(bob, "marketing/surveys")[0] == "would_send"
    assert gateway.would(bob, "marketing/promotions") == ("refuse", "unsubscribed")


def test_a_consent_overrides_no_entry_of_another_recipient(gateway: Client) -> None:
    bob, stop = clicked(gateway)
    stranger = gateway.consented()
    refused = gateway.http.post(
        "/v1/consents",
        json={
            "address": stranger, "channels": ["email"], "purpose": "marketing", "basis": "opt_in",
            "source": "x", "at": later(-1), "evidence": {"ticket": "1"}, "overrides": [stop],
        },
    )  # fmt: skip
    assert refused.status_code == 404
    assert gateway.would(bob)[1] == "unsubscribed"


def test_lifting_an_entry_opens_the_door(gateway: Client) -> None:
    bob, stop = clicked(gateway)
    body = {"reason": "called us", "evidence": {"ticket": "4711"}}
    assert gateway.http.post(f"/v1/suppressions/{stop}/lift", json=body).status_code == 200
    assert gateway.send(mail(), bob).code == 250
    assert gateway.http.post(f"/v1/suppressions/{stop}/lift", json=body).status_code == 404


def test_a_withdrawn_consent_closes_the_door(gateway: Client) -> None:
    bob = address()
    given = gateway.consent(bob)["id"]
    assert gateway.send(mail(), bob).code == 250
    assert gateway.http.delete(f"/v1/consents/{given}").status_code == 200
    assert gateway.send(mail(), bob).words[0] == "no_consent"


def test_a_pause_has_an_end_and_never_shortens_a_stop(gateway: Client) -> None:
    bob = gateway.consented()
    pause = gateway.stop(bob, purpose="marketing", note="holiday", until=later(3600))
    assert pause["until"]
    assert gateway.send(mail(), bob).words[0] == "unsubscribed"
    for_good = gateway.stop(bob, purpose="marketing", note="for good")
    assert "until" not in for_good
    assert "until" not in gateway.stop(bob, purpose="marketing", until=later(60))


def test_a_block_passes_no_required_mail_and_a_stop_does(gateway: Client) -> None:
    stopped, blocked = address("stopped"), address("blocked")
    assert gateway.stop(stopped)["reason"] == "unsubscribed"
    assert gateway.stop(blocked, block=True)["reason"] == "blocked"

    assert gateway.order(stopped).words[0] == "unsubscribed"
    assert gateway.would(stopped, "transactional/security") == ("would_send", "required")
    assert gateway.send(mail(), stopped, purpose="transactional/security").code == 250
    # DESIGN: a `blocked` stops required purposes only if it names them.
    assert gateway.order(blocked).words[0] == "blocked"
    gateway.stop(blocked, block=True, purpose="transactional/security")
    assert gateway.send(mail(), blocked, purpose="transactional/security").words[0] == "blocked"


def test_a_repeated_stop_is_the_same_entry(gateway: Client) -> None:
    body = {"address": address(), "purpose": "marketing", "note": "by phone"}
    first = gateway.http.post("/v1/suppressions", json=body)
    again = gateway.http.post("/v1/suppressions", json=body)

    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json()["id"] == again.json()["id"]


def test_a_stop_holds_for_every_spelling_and_a_consent_for_one(gateway: Client) -> None:
    bob = gateway.consented("spelt")
    name, _, domain = bob.partition("@")
    tagged = f"{name}+news@{domain}"

    assert gateway.would(bob.upper())[0] == "would_send"
    assert gateway.would(tagged) == ("refuse", "no_consent")
    gateway.consent(tagged)
    assert gateway.would(tagged)[0] == "would_send"
    gateway.stop(f"{name}+shop@{domain}", purpose="marketing")
    assert gateway.would(bob)[1] == "unsubscribed"
    assert gateway.send(mail(), tagged).words[0] == "unsubscribed"


@pytest.mark.parametrize(("at", "expires", "status"), [(-60, 3600, 201), (3600, None, 422), (-60, -30, 422)])
def test_a_consent_is_given_before_it_is_recorded_and_expires_after(
    gateway: Client, at: int, expires: int | None, status: int
) -> None:
    body = {
        "address": address(), "channels": ["email"], "purpose": "marketing", "basis": "opt_in",
        "source": "checkout", "at": later(at), "evidence": {"form": "newsletter"},
    }  # fmt: skip
    if expires:
        body["expires"] = later(expires)
    assert gateway.http.post("/v1/consents", json=body).status_code == status


def test_the_same_idempotency_key_has_one_effect_and_one_answer(gateway: Client) -> None:
    bob = address()
    key = {"Idempotency-Key": bob}
    body = {"address": bob, "purpose": "marketing"}
    first = gateway.http.post("/v1/suppressions", json=body, headers=key)
    again = gateway.http.post("/v1/suppressions", json=body, headers=key)
    other = gateway.http.post("/v1/suppressions", json=body | {"purpose": "service"}, headers=key)

    assert (first.status_code, first.json()) == (again.status_code, again.json())
    assert other.status_code == 422
    assert len(gateway.log(recipient=bob)) == 1
