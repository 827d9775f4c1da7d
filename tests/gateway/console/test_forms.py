"""Forms: only pages of this session may post, and what was typed when the session had ended is not lost."""

from datetime import timedelta

import pytest

from gateway.state.agents import Role
from tests.gateway.console.house import PASSWORD, House

ADD, NEW = "/console/agents", {"name": "new-one", "title": "New <b>One</b>", "role": "auditor"}


async def names(front: House) -> set[str]:
    return {agent.name for agent in await front.console.agents.list()} - {role.value for role in Role}


async def test_a_form_of_the_session_is_taken(front: House) -> None:
    browser = await front.signed_in("admin")
    await browser.get(ADD)
    answer = await browser.post(ADD, NEW)
    assert answer.status_code == 200
    assert await names(front) == {"new-one"}


@pytest.mark.parametrize("token", ["", "x", "x.y", "0123456789abcdef." + "0" * 32, "é"])
async def test_without_the_token_nothing_is_done(front: House, token: str) -> None:
    browser = await front.signed_in("admin")
    answer = await browser.send(ADD, {**NEW, "form_token": token})
    assert answer.status_code == 403
    assert await names(front) == set()


async def test_the_token_of_another_session_is_none(front: House) -> None:
    other, browser = await front.signed_in("admin"), await front.signed_in("admin")
    await other.get(ADD)
    answer = await browser.send(ADD, {**NEW, "form_token": other.hidden(ADD)["form_token"]})
    assert answer.status_code == 403
    assert await names(front) == set()


@pytest.mark.parametrize(
    "said",
    [
        {"Sec_Fetch_Site": "cross-site"},
        {"Sec_Fetch_Site": "same-site"},
        {"Sec_Fetch_Site": "", "Origin": "https://evil.test"},
        {"Sec_Fetch_Site": "", "Origin": ""},
    ],
)
async def test_from_another_site_nothing_is_done_even_with_the_token(
    front: House, said: dict[str, str]
) -> None:
    browser = await front.signed_in("admin")
    await browser.get(ADD)
    answer = await browser.post(ADD, NEW, **said)
    assert answer.status_code == 403
    assert await names(front) == set()


async def test_what_is_no_plain_form_is_refused(front: House) -> None:
    browser = await front.signed_in("admin")
    for media, body, status in (
        ("application/json", b"{}", 415),
        ("text/plain", b"form_token=x", 415),
        ("application/x-www-form-urlencoded", b"a=%ff", 422),
        ("application/x-www-form-urlencoded", b"a=1&" * 2000, 422),
        ("application/x-www-form-urlencoded", b"a=" + b"x" * 70_000, 413),
    ):
        headers = {"Sec-Fetch-Site": "same-origin", "Content-Type": media}
        answer = await browser.client.post(ADD, content=body, headers=headers)
        assert answer.status_code == status
        assert "<h1>" in answer.text


async def test_what_was_typed_comes_back_after_signing_in_and_is_not_done_by_itself(front: House) -> None:
    browser = await front.signed_in("admin")
    await browser.get(ADD)
    front.watch.go_on(timedelta(hours=13))
    expired = await browser.post(ADD, NEW)
    assert expired.status_code == 401
    assert "What you typed is not lost" in expired.text
    assert "new-one" not in expired.text, "it is sealed on the way"

    answer = await browser.post("/console/sign-in", {"name": "admin", "password": PASSWORD})
    shown = await browser.follow(answer)

    assert shown.url.path == ADD
    assert "What you typed is here again" in shown.text
    assert 'value="new-one"' in shown.text
    assert "New &lt;b&gt;One&lt;/b&gt;" in shown.text
    assert '<option value="auditor" selected>' in shown.text
    assert await names(front) == set()
    assert (await browser.post(ADD, NEW)).status_code == 200
    assert await names(front) == {"new-one"}
    assert "new-one" not in (await browser.get("/console/account")).text


async def test_it_survives_a_wrong_password_and_a_code(strict: House) -> None:
    browser = strict.browser()
    secret = await browser.enrol("admin")
    await browser.get(ADD)
    strict.watch.go_on(timedelta(hours=13))
    await browser.post(ADD, NEW)
    await browser.post("/console/sign-in", {"name": "admin", "password": "a wrong password"})
    await browser.follow(await browser.post("/console/sign-in", {"name": "admin", "password": PASSWORD}))
    answer = await browser.post("/console/sign-in/code", {"code": browser.code(secret)})
    shown = await browser.follow(answer)
    assert shown.url.path == ADD
    assert 'value="new-one"' in shown.text


async def test_a_page_of_an_earlier_session_shows_what_was_typed_again(front: House) -> None:
    """Signed out and in again in another tab, while the form was open in the first."""
    browser = await front.signed_in("admin")
    await browser.get(ADD)
    old = browser.hidden(ADD)
    await browser.sign_in("admin")
    answer = await browser.send(ADD, {**old, **NEW})
    assert answer.headers["location"] == ADD
    shown = await browser.follow(answer)
    assert 'value="new-one"' in shown.text
    assert await names(front) == set()


async def test_what_was_typed_is_shown_even_where_its_form_is_gone(front: House) -> None:
    """Somebody of another role signed in, say: there is nothing to send, and something to copy."""
    browser = await front.signed_in("admin")
    await browser.get(ADD)
    front.watch.go_on(timedelta(hours=13))
    stood_on = {**browser.hidden(ADD), "form_page": "/console/account"}
    await browser.send(ADD, {**stood_on, **NEW})
    answer = await browser.post("/console/sign-in", {"name": "auditor", "password": PASSWORD})
    shown = await browser.follow(answer)
    assert "What you had typed" in shown.text
    assert "new-one" in shown.text


async def test_passwords_are_never_carried(front: House) -> None:
    browser = await front.signed_in("admin")
    await browser.get("/console/account")
    front.watch.go_on(timedelta(hours=13))
    await browser.post(
        "/console/account/password",
        {"password": "my old secret", "new_password": "my new secret", "again": "my new secret"},
    )
    answer = await browser.post("/console/sign-in", {"name": "admin", "password": PASSWORD})
    shown = await browser.follow(answer)
    assert "secret" not in shown.text


async def test_what_is_carried_cannot_be_made_up(front: House) -> None:
    browser = front.browser()
    await browser.get("/console/sign-in")
    for carried in ("AAAA", "x" * 50_000, "é", "%%%"):
        fields = {"carried": carried, "name": "admin", "password": PASSWORD}
        answer = await browser.post("/console/sign-in", fields)
        assert answer.headers["location"] == "/console"
        assert (await browser.follow(answer)).status_code == 200
        await browser.get("/console/sign-in")


async def test_a_post_from_elsewhere_carries_nothing_into_the_sign_in(front: House) -> None:
    answer = await front.browser().send(ADD, NEW, Sec_Fetch_Site="cross-site")
    assert answer.status_code == 403
    assert "carried" not in answer.text


async def test_what_was_done_is_said_once(front: House) -> None:
    browser = await front.signed_in("admin")
    await browser.get(ADD)
    answer = await browser.post("/console/agents/auditor/disable")
    assert answer.status_code == 303
    assert "auditor is signed out" in (await browser.follow(answer)).text
    assert "auditor is signed out" not in (await browser.get(ADD)).text


async def test_script_in_names_is_only_text(front: House) -> None:
    await front.console.agents.add("bad", Role.AGENT, "<script>alert(1)</script>", PASSWORD)
    browser = await front.signed_in("admin")
    shown = (await browser.get(ADD)).text
    assert "<script>alert" not in shown
    assert "&lt;script&gt;alert" in shown
    reflected = await browser.get("/console/<script>alert(1)</script>?x=<script>")
    assert "<script>alert" not in reflected.text
