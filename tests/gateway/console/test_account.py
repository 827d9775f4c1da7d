"""One's own account, and what admins do with those of others."""

import re

import pytest

from gateway.state.agents import Role
from tests.gateway.console.house import PASSWORD, House

CHANGE = "/console/account/password"
NEW = "another long password"


async def test_a_changed_password_ends_the_other_sessions_and_renews_this_one(front: House) -> None:
    other, browser = await front.signed_in(), await front.signed_in()
    before = browser.session
    await browser.get("/console/account")
    answer = await browser.post(CHANGE, {"password": PASSWORD, "new_password": NEW, "again": NEW})
    assert "Your password is changed" in (await browser.follow(answer)).text
    assert browser.session != before
    assert (await other.get("/console")).status_code == 303
    assert (await front.browser().sign_in("agent", PASSWORD)).status_code == 403
    assert (await front.browser().sign_in("agent", NEW)).status_code == 303


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"password": "not the one", "new_password": NEW, "again": NEW}, "That is not your password"),
        ({"password": PASSWORD, "new_password": NEW, "again": "x"}, "The two are not the same"),
        ({"password": PASSWORD, "new_password": "short", "again": "short"}, "12 to 200 characters"),
        ({"password": PASSWORD, "new_password": "a" * 20, "again": "a" * 20}, "too easy to guess"),
        (
            {"password": PASSWORD, "new_password": "my agent password", "again": "my agent password"},
            "too easy",
        ),
    ],
)
async def test_what_cannot_be_a_new_password(front: House, fields: dict[str, str], said: str) -> None:
    browser = await front.signed_in()
    await browser.get("/console/account")
    answer = await browser.post(CHANGE, fields)
    assert answer.status_code == 422
    assert said in answer.text
    assert 'aria-invalid="true"' in answer.text
    assert not any(f'value="{value}"' in answer.text for value in fields.values())
    assert (await front.browser().sign_in("agent")).status_code == 303


async def test_the_password_cannot_be_guessed_from_an_open_session(front: House) -> None:
    browser = await front.signed_in()
    await browser.get("/console/account")
    said = []
    for at in range(7):
        fields = {"password": f"guess number {at}", "new_password": NEW, "again": NEW}
        said.append("Too many tries" in (await browser.post(CHANGE, fields)).text)
    assert said == [False] * 5 + [True] * 2


async def test_new_recovery_codes_need_the_password(strict: House) -> None:
    browser = strict.browser()
    await browser.enrol("agent")
    await browser.get("/console/account")
    assert "10 recovery codes left" in browser.page
    answer = await browser.post("/console/account/recovery", {"password": "a wrong one"})
    assert answer.status_code == 422
    answer = await browser.post("/console/account/recovery", {"password": PASSWORD})
    assert len(re.findall(r"<li><code>", answer.text)) == 10


async def test_an_admin_adds_an_agent_who_can_sign_in_with_the_password_shown(front: House) -> None:
    browser = await front.signed_in("admin")
    await browser.get("/console/agents")
    answer = await browser.post("/console/agents", {"name": "Eve", "title": "Eve E.", "role": "supervisor"})
    found = re.search(r'class="secret"><code>([^<]+)<', answer.text)
    assert found
    assert (await front.browser().sign_in("eve", found[1])).status_code == 303
    assert (await front.console.agents.one("eve")).role is Role.SUPERVISOR


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"name": "agent", "role": "agent"}, 409),
        ({"name": "a b", "role": "agent"}, 422),
        ({"name": "x", "role": "god"}, 422),
    ],
)
async def test_what_cannot_be_added_is_shown_again(front: House, fields: dict[str, str], status: int) -> None:
    browser = await front.signed_in("admin")
    await browser.get("/console/agents")
    answer = await browser.post("/console/agents", fields)
    assert answer.status_code == status
    assert f'value="{fields["name"]}"' in answer.text


async def test_an_admin_resets_disables_enables_and_changes_roles(front: House) -> None:
    browser = await front.signed_in("admin")
    await browser.get("/console/agents")
    await browser.post("/console/agents/agent/role", {"role": "auditor"})
    assert (await front.console.agents.one("agent")).role is Role.AUDITOR
    await browser.post("/console/agents/agent/disable")
    assert (await front.console.agents.one("agent")).disabled
    await browser.get("/console/agents")
    await browser.post("/console/agents/agent/enable")
    assert not (await front.console.agents.one("agent")).disabled
    answer = await browser.post("/console/agents/agent/reset")
    assert "This password is shown this once" in answer.text
    assert (await front.browser().sign_in("agent")).status_code == 403


async def test_nobody_shuts_himself_out(front: House) -> None:
    browser = await front.signed_in("admin")
    await browser.get("/console/agents")
    token = browser.hidden("/console/agents")
    for what in ("reset", "disable", "role", "enable"):
        answer = await browser.send(f"/console/agents/admin/{what}", {**token, "role": "agent"})
        assert answer.status_code == 409
    assert (await browser.get("/console")).status_code == 200


async def test_an_agent_who_is_not_there_is_not_found(front: House) -> None:
    browser = await front.signed_in("admin")
    await browser.get("/console/agents")
    answer = await browser.send("/console/agents/nobody/disable", browser.hidden("/console/agents"))
    assert answer.status_code == 404
    assert await front.console.agents.find("nobody") is None
