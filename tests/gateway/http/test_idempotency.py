"""Every POST of the API that takes a key of ours honours `Idempotency-Key`, or is named here with the reason."""

from typing import Any

import pytest

from tests.documents.routes import routes
from tests.gateway.http.links.test_confirming import ANN
from tests.gateway.http.world import RealWorld

# Two bodies that each route takes; the second must be refused under the first one's key.
BODIES: dict[str, tuple[str, dict[str, Any], dict[str, Any]]] = {
    "POST /v1/decisions": (
        "app",
        {"requests": [{"to": ANN, "channel": "email", "purpose": "transactional/orders"}]},
        {"requests": [{"to": ANN, "channel": "email", "purpose": "marketing/surveys"}]},
    ),
    "POST /v1/suppressions": ("app", {"address": ANN, "note": "x"}, {"address": ANN, "note": "y"}),
    "POST /v1/suppressions/{id}/lift": (
        "agent",
        {"reason": "x", "evidence": {"call": "1"}},
        {"reason": "y", "evidence": {"call": "1"}},
    ),
    "POST /v1/consents": (
        "app",
        {
            "address": ANN, "channels": ["email"], "purpose": "marketing", "basis": "opt_in", "source": "form",
            "at": "2026-01-01T00:00:00Z", "evidence": {"form": "x"},
        },
        {
            "address": ANN, "channels": ["email"], "purpose": "marketing", "basis": "opt_in", "source": "shop",
            "at": "2026-01-01T00:00:00Z", "evidence": {"form": "x"},
        },
    ),
    "POST /v1/events": (
        "app",
        {"type": "uninstalled", "addresses": [ANN], "at": "2026-01-01T00:00:00Z", "id": "e1"},
        {"type": "uninstalled", "addresses": [ANN], "at": "2026-01-01T00:00:00Z", "id": "e2"},
    ),
    "POST /v1/scrub": (
        "app",
        {"purpose": "marketing/remarketing", "addresses": [ANN]},
        {"purpose": "marketing/remarketing", "addresses": ["bob@example.net"]},
    ),
    "POST /v1/sms": (
        "app",
        {"to": "+12025550143", "body": "Your parcel is on its way.", "purpose": "transactional/orders"},
        {"to": "+12025550143", "body": "Your parcel is here.", "purpose": "transactional/orders"},
    ),
    "POST /v1/calls": (
        "app",
        {"to": "+12025550143", "say": "Your code is 1 2 3.", "purpose": "transactional/security"},
        {"to": "+12025550143", "say": "Your code is 4 5 6.", "purpose": "transactional/security"},
    ),
    "POST /v1/recipients/{address}/erasure": ("agent", {}, {"reason": "by mail"}),
}  # fmt: skip
# Routes with a key that are not tried here, each with the reason.
EXEMPT = {
    "POST /v1/imports": "honours it: tried in test_imports, where its body is a list",
    "POST /v1/imports/{id}/undo": "needs none: what is undone is named by its id, and undone once (test_imports)",
    "POST /v1/dead-letters/{id}/retry": "honours it: tried in test_messages, where there is something dead",
    "POST /v1/reviews/{id}": "honours it: tried in twilio/test_reviews, where there is something to decide",
}
POSTS = sorted(name for name, scopes in routes().items() if name.startswith("POST ") and scopes)


def test_every_post_that_takes_a_key_is_tried_or_named() -> None:
    assert sorted([*BODIES, *EXEMPT]) == POSTS


@pytest.mark.parametrize("name", sorted(BODIES))
async def test_a_key_stands_for_one_body_and_one_answer(real: RealWorld, name: str) -> None:
    key, body, other = BODIES[name]
    path = name.removeprefix("POST ").replace("{address}", ANN)
    if "{id}" in path:
        stopped = (await real.post("/v1/suppressions", {"address": ANN, "note": "x"})).json()["id"]
        path = path.replace("{id}", stopped)

    first = await real.post(path, body, key, Idempotency_Key="k1")
    again = await real.post(path, body, key, Idempotency_Key="k1")
    refused = await real.post(path, other, key, Idempotency_Key="k1")

    assert first.status_code < 300, first.text
    assert (again.status_code, again.json()) == (first.status_code, first.json())
    assert refused.status_code == 422
    assert refused.json()["title"] == "Idempotency-Key used with another body"


async def test_a_question_that_is_not_recorded_has_its_key_too(real: RealWorld) -> None:
    _, body, other = BODIES["POST /v1/decisions"]
    unrecorded = [{**one, "record": False} for one in (body, other)]

    assert (await real.post("/v1/decisions", unrecorded[0], Idempotency_Key="k1")).status_code == 200
    assert (await real.post("/v1/decisions", unrecorded[1], Idempotency_Key="k1")).status_code == 422


@pytest.mark.parametrize("name", sorted(BODIES))
async def test_a_key_that_is_none_is_422(real: RealWorld, name: str) -> None:
    key, body, _ = BODIES[name]
    path = name.removeprefix("POST ").replace("{address}", ANN).replace("{id}", "sup_" + "0" * 36)

    assert (await real.post(path, body, key, Idempotency_Key="a b")).status_code in {404, 422}
