"""Bulk on a real store: a list is tried, put in and taken back; what it holds is shown harmless."""

import asyncio
import csv
import io
import json
import re
from collections.abc import Mapping

import httpx
import pytest

from gateway.console.forms import token
from gateway.imports.importing import Importing
from suppression.address import parse
from suppression.decision import Reason
from suppression.model import Scope, Way
from tests.gateway.console.house import Browser, House

LIST = b"address,purpose,note\nann@example.net,marketing,called us\n+12025550143,,\nnobody at all,,\n"


def importing(front: House) -> Importing:
    assert front.console.doors.importing is not None
    return front.console.doors.importing


async def upload(
    browser: Browser, content: bytes = LIST, fields: Mapping[str, str | list[str]] | None = None
) -> httpx.Response:
    await browser.get("/console/bulk")
    found = re.search(r'action="(/console/bulk/upload\?form_token=[^"]+)"', browser.page)
    assert found, browser.page
    answer = await browser.client.post(
        found[1],
        data=fields or {"label": ""},
        files={"file": ("old shop.csv", content, "text/csv")},
        headers={"Sec-Fetch-Site": "same-origin"},
    )
    browser.page = answer.text
    return answer


async def tried(front: House, browser: Browser, content: bytes = LIST, **fields: str | list[str]) -> str:
    """The path of a list that was tried, whose page is open."""
    answer = await upload(browser, content, fields)
    assert answer.status_code == 303, answer.text
    await importing(front).work()
    path = answer.headers["location"]
    assert (await browser.get(path)).status_code == 200
    return str(path)


async def put_in(front: House, browser: Browser, content: bytes = LIST, **fields: str | list[str]) -> str:
    path = await tried(front, browser, content, **fields)
    answer = await browser.post(f"{path}/start")
    await importing(front).work()
    await browser.follow(answer)
    return str(answer.headers["location"])


async def stops(front: House, address: str) -> list[str]:
    doors = front.console.doors
    facts = await doors.reading.facts(doors.recipient(parse(address)))
    return [f"{entry.source}: {entry.scope.purpose} by {entry.actor}" for entry in facts.suppressions]


async def test_a_list_is_tried_before_anything_changes(front: House) -> None:
    browser = await front.signed_in("supervisor")
    await tried(front, browser)
    assert "2 rows of 3 would stop something new; 0 rows were known already, 1 was rejected" in browser.page
    assert "ann@example.net" in browser.page
    assert "All marketing, on any channel" in browser.page
    assert "nobody at all" in browser.page
    assert await stops(front, "ann@example.net") == []


async def test_it_is_put_in_watched_and_taken_back(front: House) -> None:
    browser = await front.signed_in("supervisor")
    path = await put_in(front, browser, label="spring clean")
    assert "Put in: 2 stops were added" in browser.page
    assert await stops(front, "ann@example.net") == ["spring clean: marketing by agent:supervisor"]
    await browser.get(f"{path}/undo")
    assert "2 stops end" in browser.page
    answer = await browser.post(f"{path}/undo")
    await importing(front).work()
    await browser.follow(answer)
    assert "Taken back: 2 stops ended" in browser.page
    assert await stops(front, "ann@example.net") == []
    assert list(importing(front).spool.iterdir()) == []


async def test_what_was_asked_of_the_whole_list_holds_for_its_rows(front: House) -> None:
    browser = await front.signed_in("supervisor")
    await tried(
        front,
        browser,
        b"address\nann@example.net\n",
        purpose="marketing",
        sender="shop",
        channels=["email", "sms"],
    )
    assert "All marketing, by mail and text, from The Shop" in browser.page


async def test_the_label_is_the_files_name_without_one(front: House) -> None:
    browser = await front.signed_in("supervisor")
    await put_in(front, browser)
    assert await stops(front, "+12025550143") == ["old shop: * by agent:supervisor"]
    await browser.get("/console/bulk")
    assert "old shop" in browser.page
    assert "supervisor" in browser.page


async def test_the_same_list_put_in_twice_is_one(front: House) -> None:
    browser = await front.signed_in("supervisor")
    first = await put_in(front, browser)
    again = await tried(front, browser)
    assert "There is nothing to put in" in browser.page
    assert f"{again}/start" not in browser.page
    assert first != again


async def test_two_agents_start_one_list_and_it_runs_once(front: House) -> None:
    one, other = await front.signed_in("supervisor"), await front.signed_in("admin")
    path = await tried(front, one)
    await other.get(path)
    answers = await asyncio.gather(one.post(f"{path}/start"), other.post(f"{path}/start"))
    await importing(front).work()
    assert len({answer.headers["location"] for answer in answers}) == 1
    assert len(await stops(front, "ann@example.net")) == 1


async def test_a_list_that_is_given_up_leaves_nothing(front: House) -> None:
    browser = await front.signed_in("supervisor")
    path = await tried(front, browser)
    await browser.follow(await browser.post(f"{path}/give-up"))
    assert "Given up" in browser.page
    assert list(importing(front).spool.iterdir()) == []
    await browser.get(path)
    assert "not kept any more" in browser.page
    assert f"{path}/start" not in browser.page


HOSTILE = (
    b"address,note\n"
    b"eve@example.net,<script>alert(1)</script>\n"
    b"=cmd|'/c calc'!A1,\n"
    b"+1+1@SUM(A1),\n"
    b'"@half of a row\n'
    b"half\n"
    b"\xff\xfe\xfa@example.net,\n"
    b"<img src=x onerror=alert(2)>,\n"
)


async def test_whatever_a_list_holds_is_only_text_on_the_page_and_in_the_rejects(front: House) -> None:
    browser = await front.signed_in("supervisor")
    path = await tried(front, browser, HOSTILE, label="<b>list</b>")
    assert "<script>alert" not in browser.page
    assert "&lt;script&gt;alert(1)" in browser.page
    assert "<img src=x" not in browser.page
    assert "<b>list" not in browser.page
    assert "half a row" in browser.page
    answer = await browser.client.get(f"{path}/rejects")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"].startswith("attachment;")
    rows = list(csv.reader(io.StringIO(answer.text)))
    assert len(rows) == 7
    assert not [cell for row in rows for cell in row if cell.startswith(("=", "+", "-", "@"))]


@pytest.mark.parametrize(
    "content", [b"\xef\xbb\xbfaddress\nann@example.net\n", "address\nann@example.net\n".encode("utf-16")]
)
async def test_what_spreadsheets_write_is_understood(front: House, content: bytes) -> None:
    browser = await front.signed_in("supervisor")
    await tried(front, browser, content)
    assert "1 row of 1 would stop something new" in browser.page


async def test_a_wrong_encoding_costs_the_row_and_not_the_list(front: House) -> None:
    browser = await front.signed_in("supervisor")
    content = "address,note\nann@example.net,M\u00fcller\nbob@example.net,\n".encode("cp1252")
    await tried(front, browser, content)
    assert "1 row of 2 would stop something new" in browser.page
    await tried(front, browser, content, encoding="windows-1252")
    assert "2 rows of 2 would stop something new" in browser.page


@pytest.mark.parametrize("content", [b"\x00\x01\x02\x03", b"name,city\nann,here\n"])
async def test_a_file_that_is_no_list_says_why(front: House, content: bytes) -> None:
    browser = await front.signed_in("supervisor")
    await tried(front, browser, content)
    assert "Nothing of it could be used" in browser.page
    assert list(importing(front).spool.iterdir()) == []


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"label": "a|b"}, "A label has 1 to 64 characters"),
        ({"region": "Germany"}, "Region: two letters"),
        ({"format": "pigeon"}, "Format: one of"),
        ({"purpose": "no/such"}, "No such purpose"),
        ({"sender": "nobody"}, "No such sender"),
        ({"channels": "pigeon"}, "No such channel"),
    ],
)
async def test_what_cannot_be_is_told_with_what_was_typed(
    front: House, fields: dict[str, str | list[str]], problem: str
) -> None:
    browser = await front.signed_in("supervisor")
    answer = await upload(browser, LIST, {"label": "my label", **fields})
    assert answer.status_code == 422
    assert problem in browser.page
    assert "label" in fields or 'value="my label"' in browser.page
    assert not list(importing(front).spool.iterdir())


async def test_without_a_file_nothing_is_taken(front: House) -> None:
    browser = await front.signed_in("supervisor")
    assert (await upload(browser, b"")).status_code == 422
    assert "Choose a file" in browser.page
    assert not list(importing(front).spool.iterdir())


async def test_a_list_that_is_too_large_is_refused_and_not_kept(front: House) -> None:
    browser = await front.signed_in("supervisor")
    answer = await upload(browser, b"x" * (1 << 20) + b"y" * (1 << 18))
    assert answer.status_code == 413
    assert not list(importing(front).spool.iterdir())


async def test_an_upload_that_breaks_off_leaves_nothing(front: House) -> None:
    browser = await front.signed_in("supervisor")
    kind = "multipart/form-data; boundary=x"
    body = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\n\r\naddress\nann@exam'
    answer = await browser.client.post(
        "/console/bulk/upload",
        params={"form_token": token(browser.session)},
        content=body,
        headers={"Sec-Fetch-Site": "same-origin", "Content-Type": kind},
    )
    assert answer.status_code == 400
    assert not list(importing(front).spool.iterdir())


async def told(browser: Browser, path: str) -> list[dict[str, object]]:
    """The events of a list until its end."""
    found = []
    async with browser.client.stream(
        "GET", f"{path}/events", headers={"Accept": "text/event-stream"}
    ) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        async for line in answer.aiter_lines():
            if line.startswith("data: {") and line != "data: {}":
                found.append(json.loads(line.removeprefix("data: ")))
            elif line == "event: end":
                return [*found, {"end": True}]
    return found


async def test_progress_is_told_until_the_end(front: House) -> None:
    browser = await front.signed_in("supervisor")
    path = (await upload(browser)).headers["location"]
    watching = asyncio.create_task(told(browser, path))
    await asyncio.sleep(0)
    await importing(front).work()
    events = await watching
    assert events[-1] == {"end": True}
    assert events[-2]["done"] == 100


async def test_while_it_waits_the_page_says_so_without_script(front: House) -> None:
    browser = await front.signed_in("supervisor")
    await browser.get((await upload(browser)).headers["location"])
    assert "It waits for its turn" in browser.page
    assert "<progress" in browser.page
    assert "Show how far it is now" in browser.page


async def test_what_changed_nothing_is_not_taken_back(front: House) -> None:
    browser = await front.signed_in("supervisor")
    path = await tried(front, browser)
    assert (await browser.get(f"{path}/undo")).status_code == 409
    assert (await browser.get("/console/bulk/nothing")).status_code == 404
    assert (await browser.get("/console/bulk/nothing/events")).status_code == 404


async def test_only_the_entries_of_the_list_end(front: House) -> None:
    doors, browser = front.console.doors, await front.signed_in("supervisor")
    path = await put_in(front, browser)
    await doors.changes.suppress(
        doors.recipient(parse("ann@example.net")),
        Scope(purpose="marketing"),
        reason=Reason.UNSUBSCRIBED,
        way=Way.LINK,
        source="shop",
        actor="recipient",
    )
    await browser.get(f"{path}/undo")
    await browser.post(f"{path}/undo")
    await importing(front).work()
    assert await stops(front, "ann@example.net") == ["shop: marketing by recipient"]


async def test_agents_and_auditors_see_no_list(front: House) -> None:
    supervisor = await front.signed_in("supervisor")
    path = await tried(front, supervisor)
    for role in ("agent", "auditor"):
        browser = await front.signed_in(role)
        assert "/console/bulk" not in browser.page
        for where in ("/console/bulk", path, f"{path}/rejects", f"{path}/events"):
            assert (await browser.get(where)).status_code == 403
