"""Examples of calls and answers, for the API's description."""

from typing import Any

ENTRY = {
    "id": "sup_2f8a",
    "scope": {"channels": ["*"], "purpose": "marketing", "sender": "*", "app": "*"},
    "reason": "unsubscribed",
    "way": "agent",
    "source": "shop",
    "actor": "key:0c1d2e3f4a5b",
    "at": "2026-11-24T18:00:00Z",
    "in_force": True,
}
CONSENT = {
    "id": "con_91c0",
    "scope": {"channels": ["email"], "purpose": "marketing", "sender": "shop", "app": "*"},
    "basis": "opt_in",
    "source": "checkout",
    "actor": "key:0c1d2e3f4a5b",
    "at": "2026-11-24T18:00:00Z",
    "in_force": True,
}
YES = {
    "address": "ann@example.net",
    "channels": ["email"],
    "purpose": "marketing",
    "basis": "opt_in",
    "source": "checkout",
    "at": "2026-11-24T18:00:00Z",
    "evidence": {"form": "newsletter box, unticked by default", "ip": "192.0.2.7"},
}
RECORD = {
    "id": "0eq3b2c4d5e6f7g8",
    "kind": "decided",
    "at": "2026-11-24T18:00:00Z",
    "channel": "email",
    "purpose": "marketing/promotions",
    "sender": "shop",
    "app": "demo",
    "outcome": "refuse",
    "reason": "no_consent",
    "rule": "consent",
}
DECISION = {
    "to": "ann@example.net",
    "channel": "email",
    "purpose": "marketing/promotions",
    "outcome": "send",
    "reason": "consented",
    "decision_id": "0eq3b2c4d5e6f7g8",
    "valid_until": "2026-11-24T18:00:05Z",
}
PROBLEM = {
    "type": "urn:suppression-gateway:problem:invalid-input",
    "title": "Invalid input",
    "status": 422,
    "detail": "Some fields cannot be used as they are.",
    "errors": [{"pointer": "#/address", "detail": "Not a usable address."}],
}


def answers(example: Any, status: int = 200, **more: tuple[str, Any]) -> dict[int | str, dict[str, Any]]:
    """What a route answers with: `responses=` of its decorator. `more`: s404=("why", None)."""
    described: dict[int | str, dict[str, Any]] = {
        status: _answer("Done.", example),
        401: _problem("No key, or one that is not known."),
        403: _problem("The key may not do this."),
        422: _problem("What was sent cannot be used.", PROBLEM),
        503: _problem(
            "We cannot now: try again after Retry-After. With an Idempotency-Key nothing happens twice."
        ),
    }
    for name, (said, shown) in more.items():
        code = int(name.removeprefix("s"))
        described[code] = _problem(said) if shown is None else _answer(said, shown)
    return described


def _answer(said: str, example: Any) -> dict[str, Any]:
    return {"description": said, "content": {"application/json": {"example": example}}}


def _problem(said: str, example: Any = None) -> dict[str, Any]:
    media: dict[str, Any] = {"example": example} if example else {}
    return {"description": said, "content": {"application/problem+json": media}}


def asked(example: Any) -> dict[str, Any]:
    """A body's example: `openapi_extra=` of its route's decorator."""
    return {"requestBody": {"content": {"application/json": {"example": example}}}}
