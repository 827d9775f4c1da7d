"""The link in a mail: who posts to it is heard, whatever the post looks like; who only looks changes nothing."""

import re
import socket
from collections.abc import Iterator
from urllib.parse import urlsplit

import httpx
import pytest

from tests.end_to_end.client import PATIENCE, Arrived, Client, click, mail

# RFC 8058 8.3, as printed there: the part has no Content-Disposition that parsers accept, the end is missing.
BROKEN_MULTIPART = (
    b'--FormBoundaryzXzXzX\nContent-Disposition: form-data; name="List-Unsubscribe"\n\n'
    b"One-Click\n--FormBoundaryzXzXzX--\n"
)
POSTS = {
    "urlencoded": ({"Content-Type": "application/x-www-form-urlencoded"}, b"List-Unsubscribe=One-Click"),
    "multipart-of-the-rfc": (
        {"Content-Type": "multipart/form-data; boundary=FormBoundaryzXzXzX"}, BROKEN_MULTIPART,
    ),
    "multipart-without-boundary": ({"Content-Type": "multipart/form-data"}, BROKEN_MULTIPART),
    "empty": ({}, b""),
    "no-content-type": ({}, b"List-Unsubscribe=One-Click"),
    "json": ({"Content-Type": "application/json"}, b'{"List-Unsubscribe"'),
    "junk": ({"Content-Type": b"\xff; ="}, bytes(range(256)) * 100),
    "foreign-origin": ({"Origin": "https://evil.example", "Cookie": "a=b"}, b""),
}  # fmt: skip


@pytest.fixture
def arrived(gateway: Client) -> Arrived:
    """A marketing mail that its reader has open."""
    to = gateway.consented("reader")
    assert gateway.send(mail(), to).code == 250
    [arrived] = gateway.arrived(to)
    return arrived


def ask(method: str, link: str, **more: object) -> httpx.Response:
    return httpx.request(method, link, timeout=PATIENCE, trust_env=False, **more)  # type: ignore[arg-type]


def outcome(gateway: Client, arrived: Arrived) -> str:
    return gateway.would(arrived.to)[0]


@pytest.mark.parametrize("kind", POSTS)
def test_a_post_stops_whatever_comes_with_it(gateway: Client, arrived: Arrived, kind: str) -> None:
    headers, body = POSTS[kind]
    answer = ask("POST", arrived.header_link, headers=headers, content=body)

    assert answer.status_code == 200
    assert "You are unsubscribed" in answer.text
    assert outcome(gateway, arrived) == "refuse"


def test_a_chunked_post_stops(gateway: Client, arrived: Arrived) -> None:
    def pieces() -> Iterator[bytes]:
        yield b"List-Unsubscribe="
        yield b"One-Click"

    assert ask("POST", arrived.header_link, content=pieces()).status_code == 200
    assert outcome(gateway, arrived) == "refuse"


def test_a_post_whose_body_never_comes_stops(gateway: Client, arrived: Arrived) -> None:
    url = urlsplit(arrived.header_link)
    with socket.create_connection((url.hostname, url.port), timeout=PATIENCE) as connection:
        head = f"POST {url.path} HTTP/1.1\r\nHost: {url.netloc}\r\nContent-Length: 26\r\n\r\nList"
        connection.sendall(head.encode())
        assert connection.recv(100).startswith(b"HTTP/1.1 200 ")
    assert outcome(gateway, arrived) == "refuse"


def test_a_post_of_http_1_0_stops(gateway: Client, arrived: Arrived) -> None:
    url = urlsplit(arrived.header_link)
    with socket.create_connection((url.hostname, url.port), timeout=PATIENCE) as connection:
        connection.sendall(f"POST {url.path} HTTP/1.0\r\n\r\n".encode())
        assert b" 200 " in connection.recv(100)
    assert outcome(gateway, arrived) == "refuse"


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
def test_who_only_looks_changes_nothing_and_is_logged_as_such(
    gateway: Client, arrived: Arrived, method: str
) -> None:
    for link in (arrived.header_link, arrived.footer_link):
        assert ask(method, link).status_code in (200, 204)

    assert outcome(gateway, arrived) == "would_send"
    assert gateway.recipient(arrived.to)["suppressions"] == []
    views = [line for line in gateway.log(recipient=arrived.to) if line["kind"] == "viewed"]
    assert [view["details"]["method"] for view in views] == [method, method]


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
def test_other_methods_are_refused(gateway: Client, arrived: Arrived, method: str) -> None:
    assert ask(method, arrived.header_link).status_code == 405
    assert outcome(gateway, arrived) == "would_send"


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_answers_set_no_cookie_lead_nowhere_and_leak_nothing(arrived: Arrived, method: str) -> None:
    for link in (arrived.header_link, arrived.footer_link):
        answer = ask(method, link)
        assert answer.status_code == 200
        assert not answer.history
        assert "set-cookie" not in answer.headers
        assert "location" not in answer.headers
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert "no-store" in answer.headers["cache-control"]
        assert arrived.to not in answer.text


def test_a_repeated_click_is_answered_alike(arrived: Arrived) -> None:
    assert [click(arrived.header_link).status_code for _ in range(3)] == [200, 200, 200]


def test_a_token_with_any_character_altered_is_no_link_of_ours(gateway: Client, arrived: Arrived) -> None:
    base, _, token = arrived.header_link.rpartition("/")
    with httpx.Client(timeout=PATIENCE, trust_env=False) as http:
        for place, letter in enumerate(token):
            for other in ("A", "b", "7"):
                altered = token[:place] + (other if letter != other else "z") + token[place + 1 :]
                assert http.post(f"{base}/{altered}").status_code == 404, altered
        for other in (token[:-1], token + "A", token.swapcase(), token + "=", "A", "%00", token[::-1]):
            assert http.post(f"{base}/{other}").status_code == 404, other
    assert outcome(gateway, arrived) == "would_send"


def test_what_else_to_do_stands_on_the_page_for_a_broken_link(gateway: Client) -> None:
    answer = ask("POST", f"{gateway.url}/u/broken")
    assert answer.status_code == 404
    assert "Open the link at the end of the message again" in answer.text


def form_of(page: httpx.Response) -> tuple[str, dict[str, str]]:
    """Where the undo button posts to, and what with it."""
    action = re.search(r'action="(/u/[^"]+/undo)"', page.text)
    value = re.search(r'name="undo" value="([^"]+)"', page.text)
    assert action
    assert value
    return action[1], {"undo": value[1]}


def test_undo_on_the_page_after_a_click_takes_back_that_stop_only(gateway: Client, arrived: Arrived) -> None:
    earlier = gateway.stop(arrived.to, purpose="marketing/surveys", note="by phone")
    action, form = form_of(click(arrived.footer_link))
    assert outcome(gateway, arrived) == "refuse"

    assert ask("POST", gateway.url + action, data=form).status_code == 200
    assert outcome(gateway, arrived) == "would_send"
    assert gateway.would(arrived.to, "marketing/surveys")[1] == "unsubscribed"
    assert [entry["id"] for entry in gateway.recipient(arrived.to)["suppressions"]] == [earlier["id"]]
    assert ask("POST", gateway.url + action, data=form).status_code == 200, "a second press is the same undo"


def test_undo_is_good_for_its_own_page_only(gateway: Client, arrived: Arrived) -> None:
    to = gateway.consented("other")
    gateway.send(mail(), to)
    [other] = gateway.arrived(to)
    _, form = form_of(click(arrived.footer_link))
    click(other.footer_link)

    refused = ask("POST", f"{other.footer_link}/undo", data=form)
    assert refused.status_code == 409
    assert gateway.would(to)[1] == outcome(gateway, arrived).replace("refuse", "unsubscribed")
    altered = {"undo": form["undo"][:-2] + "xx"}
    assert ask("POST", f"{arrived.footer_link}/undo", data=altered).status_code == 409
    assert outcome(gateway, arrived) == "refuse"


def test_undo_never_reopens_what_was_stopped_again_since(gateway: Client, arrived: Arrived) -> None:
    action, form = form_of(click(arrived.footer_link))
    again = click(arrived.footer_link)

    assert "undo" not in again.text.lower(), "it was known: there is nothing of this click to undo"
    assert ask("POST", gateway.url + action, data=form).status_code == 409
    assert outcome(gateway, arrived) == "refuse"


def test_everything_is_the_other_button(gateway: Client, arrived: Arrived) -> None:
    assert gateway.would(arrived.to, "transactional/orders")[0] == "would_send"
    assert ask("POST", arrived.footer_link, data={"scope": "everything"}).status_code == 200
    assert gateway.would(arrived.to, "transactional/orders") == ("refuse", "unsubscribed")
    assert gateway.would(arrived.to, "transactional/security") == ("would_send", "required")
