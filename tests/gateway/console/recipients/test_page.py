"""The page of one recipient, over HTTP and a real store."""

import re

import httpx
import pytest

from suppression.decision import Reason
from suppression.model import Scope, Way
from suppression.records import Record, RecordKind
from suppression.token import TokenKind
from tests.gateway.console.recipients.acting import ANN, MARKETING, STOP, act, suppressed
from tests.gateway.console.recipients.conftest import Desk


def verdict(page: str) -> str:
    found = re.search(r'class="verdict">(.*?)</p>', page, re.DOTALL)
    assert found, page
    return found[1]


async def test_it_begins_with_the_plain_sentence_and_each_cell_leads_to_why(desk: Desk) -> None:
    await suppressed(desk, MARKETING)
    browser = await desk.at(ANN)
    assert verdict(browser.page).startswith("No marketing on any channel since ")
    handle = desk.path(ANN).rpartition("/")[2]
    link = (
        f"/console/explain?recipient={handle}&amp;channel=email&amp;purpose=marketing%2Fsurveys&amp;app=demo"
    )
    assert f'href="{link}"' in browser.page
    assert "stopped" in browser.page


async def test_times_say_their_zone(desk: Desk) -> None:
    await suppressed(desk, MARKETING)
    browser = await desk.at(ANN)
    times = re.findall(r"<time [^>]+>(.*?)</time>", browser.page)
    assert times
    assert all(re.fullmatch(r"\d{1,2} [A-Z][a-z]+ \d{4}, \d\d:\d\d UTC", one) for one in times)


async def test_each_sender_has_a_matrix_and_the_sentence_names_it_where_they_differ(desk: Desk) -> None:
    await suppressed(desk, Scope(purpose="service", sender="shop"))
    browser = await desk.at(ANN)
    assert verdict(browser.page).startswith("The Shop: No marketing by mail")
    page = await browser.get(f"{desk.path(ANN)}?sender=other")
    assert verdict(page.text).startswith("Other &amp; &lt;Sons&gt;: No marketing by mail")
    assert "service and order mail still goes" in verdict(page.text)


async def test_a_sender_that_is_not_there_is_the_first(desk: Desk) -> None:
    browser = await desk.at(ANN)
    page = await browser.get(f"{desk.path(ANN)}?sender=nobody")
    assert page.status_code == 200


async def test_another_spelling_is_kept_apart(desk: Desk) -> None:
    await suppressed(desk, MARKETING)
    browser = await desk.at("Ann+news@example.net")
    assert "<h1>Ann+news@example.net</h1>" in browser.page
    assert f"Known here first as {ANN}" in browser.page
    browser = await desk.at(ANN)
    assert f"<h1>{ANN}</h1>" in browser.page
    assert "Known here first" not in browser.page


async def test_of_a_link_alone_the_address_is_not_known_but_all_else_is(desk: Desk) -> None:
    """What holds only a link's token has no address in it."""
    token = desk.world.token("somebody@example.net", TokenKind.HEADER)
    await desk.world.client.post(f"/u/{token}", content=b"List-Unsubscribe=One-Click")
    browser = await desk.house.signed_in()
    await browser.get("/console/find")
    page = await browser.follow(await browser.post("/console/find", {"q": token}))
    assert "A recipient whose address is not kept" in page.text
    assert "Promotions" in page.text
    assert "unsubscribed in a mail program" in page.text.lower()


async def test_all_that_happened_is_told_in_parts(desk: Desk) -> None:
    key = desk.world.recipient(ANN).key
    await suppressed(desk, MARKETING)
    for number in range(60):
        record = Record(RecordKind.VIEWED, at=(number + 1) * 60_000, recipient=key.hex())
        await desk.world.store.log_record(key, record)
    browser = await desk.at(ANN)
    assert browser.page.count("A link was opened, and nothing changed") == 6
    page = await browser.get(desk.path(ANN, "timeline"))
    assert page.text.count("A link was opened") == 50
    older = re.search(r'href="([^"]+)" rel="next"', page.text)
    assert older
    page = await browser.get(older[1])
    assert page.text.count("A link was opened") == 10
    assert "Stopped" in page.text
    assert 'rel="next"' not in page.text


@pytest.mark.parametrize(
    "handle", ["nothing", "rcp_", "rcp_zzz", "rcp_" + "0" * 25, "sup_" + "0" * 26, "%00"]
)
@pytest.mark.parametrize("act", ["", "/stop", "/consent", "/person", "/data", "/erase", "/timeline"])
async def test_a_handle_that_is_none_is_not_found(desk: Desk, handle: str, act: str) -> None:
    browser = await desk.house.signed_in()
    assert (await browser.get(f"/console/recipients/{handle}{act}")).status_code == 404


async def test_a_place_in_the_timeline_that_is_none_is_not_found(desk: Desk) -> None:
    browser = await desk.at(ANN)
    assert (await browser.get(f"{desk.path(ANN)}/timeline?before=nonsense")).status_code == 404


async def test_the_page_is_light(desk: Desk) -> None:
    """150 KB with all that belongs to it; the sheet and the script are 15."""
    for number in range(20):
        await suppressed(desk, Scope(purpose="marketing", app=f"app{number}"), note="x" * 200)
    browser = await desk.at(ANN)
    assert len(browser.page.encode()) < 100_000


async def test_when_the_store_is_away_the_page_says_so(desk: Desk) -> None:
    browser = await desk.at(ANN)
    await browser.get(desk.path(ANN, "stop"))
    fields = {**browser.hidden(desk.path(ANN, "stop")), **STOP}
    await desk.world.go_away()
    answer: httpx.Response = await browser.send(desk.path(ANN, "stop"), fields)
    assert answer.status_code == 503
    assert "Stopped" not in answer.text


async def test_stops_that_are_not_in_force_any_more_are_not_listed(desk: Desk) -> None:
    browser = await desk.at(ANN)
    await act(browser, desk.path(ANN, "stop"), STOP)
    (stop,) = await desk.world.stops(ANN)
    handle = desk.world.doors.handle(desk.world.recipient(ANN), stop)
    assert handle in (await browser.get(desk.path(ANN))).text
    await desk.world.doors.changes.lift(handle, actor="a", reason="r", evidence={"x": "y"})
    page = (await browser.get(desk.path(ANN))).text
    assert handle not in page
    assert "None: nobody stopped anything." in page


async def test_an_imported_stop_names_its_list(desk: Desk) -> None:
    await desk.world.doors.changes.suppress(
        desk.world.recipient(ANN),
        MARKETING,
        reason=Reason.UNSUBSCRIBED,
        way=Way.IMPORT,
        source="<b>list</b>",
        actor="agent:bob",
    )
    browser = await desk.at(ANN)
    assert "because the imported list &lt;b&gt;list&lt;/b&gt; says so" in verdict(browser.page)


async def test_a_session_keeps_the_last_spellings_only(desk: Desk) -> None:
    browser = await desk.house.signed_in()
    for number in range(25):
        await browser.get("/console/find")
        await browser.post("/console/find", {"q": f"nobody{number}@example.net"})
    session = await desk.house.console.sessions.find(browser.session)
    assert session is not None
    kept = [name for name in session.notes if name.startswith("spelled:")]
    assert len(kept) <= 20
    page = await browser.get(desk.path("nobody24@example.net"))
    assert "<h1>nobody24@example.net</h1>" in page.text
    assert (
        "A recipient whose address is not kept" in (await browser.get(desk.path("nobody0@example.net"))).text
    )


async def test_what_one_agent_typed_no_other_sees(desk: Desk) -> None:
    await desk.at("secret@example.net")
    other = await desk.house.signed_in("supervisor")
    page = await other.get(desk.path("secret@example.net"))
    assert "secret" not in page.text
