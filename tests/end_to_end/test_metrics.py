"""One picture of all processes, whichever of them answers; and what log lines tell of a request."""

import json
import os
import re
import signal
from pathlib import Path
from typing import Any

import httpx

from gateway.metrics.families import DECLARED
from tests.end_to_end.client import PATIENCE, Client, address, mail
from tests.end_to_end.conftest import Start
from tests.end_to_end.hop import Hop
from tests.end_to_end.processes import until
from tests.end_to_end.production import Production
from tests.gateway.metrics.conftest import Samples, parsed

_HOLDS = re.compile(r"[\w.+-]+@[\w-]+\.\w+|127\.0\.0\.\d")
_SUFFIX = re.compile(r"_(bucket|sum|count)$")
TRACE = "0af7651916cd43dd8448eb211c80319c"


def scraped(url: str) -> Samples:
    """Over a connection of its own: any worker may answer."""
    answer = httpx.get(f"{url}/metrics", timeout=PATIENCE, trust_env=False)
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain; version=")
    return parsed(answer.text)


def total(samples: Samples, name: str, **wanted: str) -> float:
    return sum(
        value
        for (sample, pairs), value in samples.items()
        if sample == name and wanted.items() <= dict(pairs).items()
    )


def ask(client: Client, *purposes: str) -> None:
    """Over a connection of its own."""
    requests = [{"channel": "email", "to": address(), "purpose": purpose} for purpose in purposes]
    answer = httpx.post(
        f"{client.url}/v1/decisions",
        json={"requests": requests, "record": True},
        headers={"Authorization": f"Bearer {client.key}"},
        timeout=PATIENCE,
        trust_env=False,
    )
    assert answer.status_code == 200


def test_whichever_worker_answers_shows_what_all_did(start: Start) -> None:
    running, client = start("--workers", "2")
    for _ in range(12):
        ask(client, "marketing/promotions", "transactional/orders")
    assert client.order("ann@example.net").code == 250

    for _ in range(8):
        found = scraped(client.url)
        assert total(found, "gateway_decisions_total", record="decided", outcome="refuse") == 12
        assert total(found, "gateway_decisions_total", record="decided", outcome="send") == 12
        assert total(found, "gateway_hand_overs_total", channel="email", outcome="sent") == 1
        assert total(found, "gateway_process_starts_total", role="worker") == 2
        assert total(found, "gateway_workers", state="running") == 3
        assert total(found, "gateway_store_up") == 1
    assert {_SUFFIX.sub("", name) for name, _ in found} <= set(DECLARED)
    assert total(found, "gateway_decision_seconds_count", channel="email") == 25
    assert total(found, "gateway_smtp_replies_total", port="submission", code="250") == 1
    assert total(found, "gateway_next_hop_seconds_count", outcome="sent") == 1
    assert running.stop() == 0


def test_counts_outlive_a_worker_and_the_archiver_is_seen(start: Start) -> None:
    running, client = start("--workers", "2")
    ask(client, "marketing/promotions")
    for pid in sorted(running.workers):
        before = running.workers
        os.kill(pid, signal.SIGKILL)
        until(lambda before=before: len(running.workers - before) == 1)  # type: ignore[misc]

    def answered() -> Samples:
        try:
            return scraped(client.url)
        except httpx.HTTPError:
            return {}

    until(lambda: total(answered(), "gateway_process_starts_total", role="worker") == 4)
    found = scraped(client.url)
    assert total(found, "gateway_decisions_total", record="decided") == 1
    assert ("gateway_archive_lag_seconds", ()) in found
    until(lambda: total(answered(), "gateway_archive_last_success_timestamp_seconds") > 0)
    assert total(scraped(client.url), "gateway_process_starts_total", role="archiver") == 1


def test_what_strangers_send_becomes_no_label(start: Start) -> None:
    _, client = start()
    for number in range(5):
        ask(client, *(f"marketing/partners/p{number}-{other}" for other in range(20)))
        with httpx.Client(trust_env=False, timeout=PATIENCE) as stranger:
            stranger.request("PROPFIND", f"{client.url}/healthz")
            stranger.get(f"{client.url}/no/such/{address()}")
            stranger.get(f"{client.url}/u/{number}" + "x" * 40)

    answer = httpx.get(f"{client.url}/metrics", timeout=PATIENCE, trust_env=False).text
    found = parsed(answer)
    assert "@" not in answer
    about = {dict(pairs)["purpose"] for name, pairs in found if name == "gateway_decisions_total"}
    assert about == {"marketing/partners/*"}
    assert total(found, "gateway_http_request_seconds_count", route="none", status="404") >= 5
    assert total(found, "gateway_http_request_seconds_count", route="/u/{token}") == 5
    assert total(found, "gateway_http_request_seconds_count", method="other") == 5


def lines(production: Production) -> list[dict[str, Any]]:
    text = production.running.output.read_text()
    return [json.loads(line) for line in text.splitlines() if line.startswith("{")]


def test_in_production_only_the_operations_port_tells_and_lines_are_joined_by_ids(tmp_path: Path) -> None:
    with Hop() as hop:
        production = Production(tmp_path, hop.port, workers=2)
        production.command("init")
        production.begin()
        shop = production.client("shop")
        assert shop.send(mail(), "ann@example.net", purpose="transactional/orders").code == 250
        url = f"http://127.0.0.1:{production.ports['http']}"
        assert httpx.get(f"{url}/metrics", trust_env=False).status_code == 404
        assert "gateway_build_info" in production.operations("/metrics").text

        answers = [
            httpx.get(f"{url}/v1/log?recipient=ann@example.net", headers=headers, trust_env=False)
            for headers in (
                {"traceparent": f"00-{TRACE}-b7ad6b7169203331-01"},
                {"x-request-id": "5e0d4f2a-9d0b-4c1e-8a55-0c9a4e1b7d11"},
                {"x-request-id": "+12025550143"},
                {"x-request-id": "ann@example.net"},
            )
        ]
        production.end()
    told = lines(production)

    assert [answer.headers["x-request-id"] for answer in answers[:2]] == [
        TRACE,
        "5e0d4f2a-9d0b-4c1e-8a55-0c9a4e1b7d11",
    ]
    requests = [line for line in told if line["event"] == "http_request" and line["route"] == "/v1/log"]
    assert [line["request"] for line in requests] == [answer.headers["x-request-id"] for answer in answers]
    assert {line["status"] for line in requests} == {401}
    (left,) = [line for line in told if line["event"] == "handed_over"]
    (session,) = [line for line in told if line["event"] == "smtp_session" and line["messages"]]
    assert left["session"] == session["session"]
    assert session["replies"]["250"] > 1
    assert not _HOLDS.search(json.dumps(told))
