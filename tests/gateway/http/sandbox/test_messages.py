"""The sandbox: what INTERFACE fixes for programs, and pages on which a hostile mail does nothing."""

import base64
from datetime import datetime, timedelta

import pytest

from suppression.token import TokenKind
from tests.gateway.http.world import FakeWorld, World

ANN = "ann@example.net"


def mail(fakes: FakeWorld, html: str = "<p>Hello</p>", **headers: str) -> dict[str, object]:
    one_click = fakes.links.prefix + fakes.token()
    footer = fakes.links.prefix + fakes.token(kind=TokenKind.BODY)
    lines = {
        "From": "The Shop <news@example.com>",
        "To": ANN,
        "Subject": "=?utf-8?q?Sch=C3=B6n?=",
        "List-Unsubscribe": f"<{one_click}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        "MIME-Version": "1.0",
        "Content-Type": "multipart/alternative; boundary=b",
        **headers,
    }
    body = (
        f"--b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nHello\r\n{footer}\r\n"
        f"--b\r\nContent-Type: text/html; charset=utf-8\r\n\r\n{html}\r\n--b--\r\n"
    )
    raw = "".join(f"{name}: {value}\r\n" for name, value in lines.items()) + "\r\n" + body
    return kept("m1", raw.encode())


def kept(name: str, raw: bytes) -> dict[str, object]:
    return {
        "id": name,
        "channel": "email",
        "to": ANN,
        "sender": "shop",
        "mail_from": "bounce@example.com",
        "raw": base64.b64encode(raw).decode(),
        "body": None,
        "twiml": None,
        "at": "2026-11-24T18:00:00Z",
    }


async def test_messages_are_listed_filtered_and_emptied(fakes: FakeWorld) -> None:
    text = {**kept("m2", b""), "channel": "sms", "to": "+12025550143", "raw": None, "body": "Hi"}
    fakes.box.kept += [mail(fakes), text]

    async def ids(query: str = "") -> list[str]:
        answer = await fakes.client.get(f"/sandbox/messages{query}")
        assert answer.status_code == 200
        return [message["id"] for message in answer.json()["messages"]]

    assert await ids() == ["m1", "m2"]
    assert await ids("?channel=sms") == ["m2"]
    assert await ids(f"?to={ANN}") == ["m1"]
    assert await ids("?to=+12025550143") == ["m2"]
    assert await ids("?to=%2B12025550143") == ["m2"]
    assert await ids("?limit=1") == ["m1"]
    assert (await fakes.client.get("/sandbox/messages?limit=no")).status_code == 422
    assert (await fakes.client.delete("/sandbox/messages")).status_code == 204
    assert await ids() == []


async def test_an_empty_sandbox_says_so(world: World) -> None:
    assert (await world.client.get("/sandbox/messages")).json() == {"messages": []}
    assert "Nothing yet" in (await world.client.get("/sandbox")).text


async def test_the_clock_is_set_and_freed(world: World) -> None:
    real = world.now()
    answer = await world.client.put("/sandbox/clock", json={"now": "2031-05-06T07:08:09Z"})

    assert answer.status_code == 200
    assert answer.json()["set"] is True
    assert abs(world.now() - datetime.fromisoformat("2031-05-06T07:08:09Z")) < timedelta(seconds=5)
    freed = await world.client.put("/sandbox/clock", json={"now": None})
    assert freed.json()["set"] is False
    assert abs(world.now() - real) < timedelta(seconds=5)


@pytest.mark.parametrize("body", [{}, {"now": "soon"}, {"now": 1}, {"now": None, "x": 1}, []])
async def test_a_clock_that_cannot_be_set_is_422(world: World, body: object) -> None:
    assert (await world.client.put("/sandbox/clock", json=body)).status_code == 422


async def test_a_mail_is_shown_with_its_ways_out_to_click(fakes: FakeWorld) -> None:
    fakes.box.kept.append(mail(fakes))
    page = (await fakes.client.get("/sandbox/messages/m1")).text

    assert "Schön" in page
    assert f'action="/u/{fakes.token()}"' in page
    assert f'href="/u/{fakes.token(kind=TokenKind.BODY)}"' in page
    assert 'sandbox="allow-popups allow-popups-to-escape-sandbox"' in page
    assert "List-Unsubscribe-Post" in page
    assert "Schön" in (await fakes.client.get("/sandbox")).text


async def test_a_hostile_mail_runs_nothing(fakes: FakeWorld) -> None:
    evil = '</iframe><script>alert(1)</script><form action="/sandbox/messages"><img src=https://x.example>'
    fakes.box.kept.append(mail(fakes, evil, Subject="<script>alert(1)</script>"))

    for path in ("/sandbox", "/sandbox/messages/m1"):
        page = await fakes.client.get(path)
        assert "<script" not in page.text
        assert "default-src 'none'" in page.headers["content-security-policy"]
        assert "unsafe-inline" not in page.headers["content-security-policy"]
    html = await fakes.client.get("/sandbox/messages/m1/html")
    policy = html.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "sandbox allow-popups" in policy
    assert "allow-scripts" not in policy
    assert "allow-same-origin" not in policy
    raw = await fakes.client.get("/sandbox/messages/m1/raw")
    assert raw.headers["content-type"].startswith("text/plain")
    assert raw.headers["x-content-type-options"] == "nosniff"
    assert raw.content == base64.b64decode(str(fakes.box.kept[0]["raw"]))


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\r\n",
        b"no header block",
        b"Subject: \xff\xfe\r\n\r\n\x00\x01",
        b"Content-Type: text/plain; charset=no-such\r\n\r\nx\xff",
        b"Content-Type: text/html; charset=utf-16\r\n\r\nx",
        b"Content-Type: multipart/mixed\r\n\r\nx",
        b"Content-Type: message/rfc822\r\n\r\n",
        b"Content-Transfer-Encoding: base64\r\n\r\n====",
        b"List-Unsubscribe: \xff\r\nList-Unsubscribe-Post: x\r\n\r\n",
        b"List-Unsubscribe: <https://[x/u/y>\r\nList-Unsubscribe-Post: x\r\n\r\n",
        b'From: "x\r\nTo: ;;;\r\nDate: never\r\n\r\n',
    ],
)
async def test_a_broken_mail_is_still_shown(fakes: FakeWorld, raw: bytes) -> None:
    fakes.box.kept.append(kept("m1", raw))

    assert (await fakes.client.get("/sandbox")).status_code == 200
    assert (await fakes.client.get("/sandbox/messages/m1")).status_code == 200
    assert (await fakes.client.get("/sandbox/messages/m1/raw")).status_code == 200


async def test_an_unknown_message_is_404(world: World) -> None:
    for path in ("m9", "m9/html", "m9/raw"):
        assert (await world.client.get(f"/sandbox/messages/{path}")).status_code == 404
