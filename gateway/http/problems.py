"""Every error as problem details (RFC 9457), from one table. No answer repeats what was sent.

`detail` is text of ours; what a caller sent may hold an address or a key, so it is never echoed: not the value
of a field, nor the name of a field that we do not know.
"""

import re
import traceback
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any, cast

import structlog
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from suppression.errors import (
    Conflict,
    GatewayError,
    IdempotencyMismatch,
    InvalidInput,
    NotFound,
    NotPermitted,
    SenderError,
    Unavailable,
    UnknownPurpose,
    UnusableAddress,
)

log = structlog.get_logger(__name__)

# Looked up by the error's class and its bases: (status, title).
TABLE: Mapping[type[GatewayError], tuple[int, str]] = {
    UnusableAddress: (422, "Unusable address"),
    UnknownPurpose: (422, "Unknown purpose"),
    InvalidInput: (422, "Invalid input"),
    IdempotencyMismatch: (422, "Idempotency-Key used with another body"),
    NotPermitted: (403, "Not permitted"),
    NotFound: (404, "Not found"),
    Conflict: (409, "Conflict"),
    SenderError: (400, "Request refused"),
    Unavailable: (503, "Temporarily unavailable"),
    GatewayError: (500, "Internal error"),
}
_FIELD_NAME = re.compile(r"[a-z_]{1,24}")
_MOST_ERRORS = 20


class InvalidField(InvalidInput):
    """One field that cannot be used. `pointer` and `detail` are our own words: both go to the caller."""

    def __init__(self, pointer: str, detail: str) -> None:
        super().__init__(f"{pointer}: {detail}")
        self.pointer = pointer
        self.detail = detail


class Forbidden(NotPermitted):
    """Not with this key. `detail` is our own words."""

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail


def problem(
    status: int,
    title: str,
    detail: str = "",
    *,
    headers: Mapping[str, str] | None = None,
    errors: Sequence[Mapping[str, str]] = (),
) -> Response:
    """RFC 9457 3: type, title, status, detail; `errors` is our extension member for validation."""
    slug = re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")
    body: dict[str, Any] = {"type": f"urn:suppression-gateway:problem:{slug}", "title": title}
    body |= {"status": status, "detail": detail or f"{title}."}
    if errors:
        body["errors"] = list(errors)
    return JSONResponse(body, status, headers=dict(headers or {}), media_type="application/problem+json")


def status_of(error: GatewayError) -> tuple[int, str]:
    """Status and title of one of our errors."""
    return next(TABLE[cls] for cls in type(error).__mro__ if cls in TABLE)


def of_error(error: GatewayError) -> Response:
    """The answer to one of our errors."""
    status, title = status_of(error)
    detail = getattr(error, "detail", "") or error.peer_text
    errors = [{"pointer": error.pointer, "detail": error.detail}] if isinstance(error, InvalidField) else []
    headers = {"Retry-After": str(error.retry_after)} if isinstance(error, Unavailable) else {}
    return problem(status, title, detail, headers=headers, errors=errors)


def of_validation(error: RequestValidationError) -> Response:
    """Which fields, and what is wrong with each."""
    found = error.errors()
    if any(item["type"] == "json_invalid" for item in found):
        return problem(400, "Malformed JSON", "The body is no JSON document.")
    errors = [{"pointer": _pointer(item["loc"]), "detail": _said(item)} for item in found[:_MOST_ERRORS]]
    return problem(422, "Invalid input", "Some fields cannot be used as they are.", errors=errors)


def _pointer(location: Sequence[Any]) -> str:
    where, *path = location or ("body",)
    names = [str(part) if isinstance(part, int) or _FIELD_NAME.fullmatch(str(part)) else "?" for part in path]
    return ("#/" if where == "body" else f"{where}:") + "/".join(names)


def _said(item: Mapping[str, Any]) -> str:
    """Pydantic's message is about the type expected; only those made of our own ValueErrors are prefixed."""
    if item["type"] == "extra_forbidden":
        return "This field is not known."
    return str(item["msg"]).removeprefix("Value error, ")


def of_status(error: HTTPException) -> Response:
    """What the framework itself answers: no such route, no such method, body too large."""
    title = HTTPStatus(error.status_code).phrase
    said = "" if error.detail == title else str(error.detail)
    return problem(error.status_code, title, said, headers=error.headers)


def internal(request_kind: str, error: BaseException) -> Response:
    """Anything else is a defect of ours. The log gets its class and place: its text may quote an address."""
    frames = [f"{frame.name}:{frame.lineno}" for frame in traceback.extract_tb(error.__traceback__)[-8:]]
    log.error("http_failed", route=request_kind, error=type(error).__name__, frames=frames)
    return problem(500, "Internal error", "Something went wrong here. Nothing is known to have been done.")


async def _on_error(_: Request, error: Exception) -> Response:
    if isinstance(error, Unavailable):
        log.warning("http_unavailable", error=type(error).__name__, detail=str(error))
    return of_error(cast("GatewayError", error))


async def _on_validation(_: Request, error: Exception) -> Response:
    return of_validation(cast("RequestValidationError", error))


async def _on_status(_: Request, error: Exception) -> Response:
    return of_status(cast("HTTPException", error))


def install(app: FastAPI) -> None:
    app.add_exception_handler(GatewayError, _on_error)
    app.add_exception_handler(RequestValidationError, _on_validation)
    app.add_exception_handler(HTTPException, _on_status)
