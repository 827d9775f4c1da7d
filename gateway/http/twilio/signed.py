"""A webhook as it came: read within bounds, and believed only with Twilio's signature (RULES 0.4, 2.2).

The URL that was signed is the public one of our settings with the path and query as they came: what a proxy says of
host and scheme proves nothing. Whoever is not Twilio learns that and nothing else.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NoReturn
from urllib.parse import parse_qsl

import structlog
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from channels.twilio.signature import Form, Signatures
from gateway.logs import Seldom
from suppression.errors import NotPermitted

MOST = 64 * 1024  # bytes of a body; Twilio's own have a twentieth
_MOST_FIELDS = 500
_FORM = "application/x-www-form-urlencoded"
_HEADER = "X-Twilio-Signature"
NOTHING_TO_SAY = '<?xml version="1.0" encoding="UTF-8"?><Response/>'

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Account:
    """`senders`: whose messages and calls go by it."""

    signatures: Signatures
    senders: frozenset[str]


@dataclass(frozen=True, slots=True)
class Signed:
    """What Twilio said. `query`: of the URL that it was told to call."""

    account: Account
    query: Form = field(repr=False)
    form: Form = field(repr=False)

    def __getitem__(self, name: str) -> str:
        """The first field of that name, "" for none."""
        return _first(self.form, name)

    def asked(self, name: str) -> str:
        return _first(self.query, name)


class Reader:
    """`url`: public, without a path; `accounts`: by SID."""

    def __init__(self, url: str, accounts: Mapping[str, Account]) -> None:
        self._url = url.rstrip("/")
        self._accounts = dict(accounts)
        self._seldom = Seldom()

    async def read(self, request: Request) -> Signed:
        """NotPermitted for what Twilio has not signed."""
        body = await _body(request)
        target, query = _target(request)
        fields = _fields(request, body)
        account = self._accounts.get(_account_of(fields, body))
        form, raw = (fields, None) if fields is not None else (None, body)
        header = request.headers.get(_HEADER)
        if account is None or not account.signatures.verify(self._url + target, header, form=form, body=raw):
            self._refuse("unsigned" if not header else "wrongly signed", request)
        return Signed(account, parse_qsl(query, keep_blank_values=True), fields or _of_json(body))

    def _refuse(self, why: str, request: Request) -> NoReturn:
        """Anybody can cause these lines, and as many as they like."""
        told = {"cause": why, "route": getattr(request.scope.get("route"), "path", "")}
        self._seldom.say(log.warning, "webhook_refused", *told.values(), **told)
        raise NotPermitted(why)


def answer(twiml: str = NOTHING_TO_SAY) -> Response:
    return Response(twiml, media_type="text/xml", headers={"Cache-Control": "no-store"})


def refuse(why: str) -> NoReturn:
    """Signed, but not about anything that this account may speak of."""
    log.warning("webhook_refused", cause=why)
    raise NotPermitted(why)


async def _body(request: Request) -> bytes:
    body = bytearray()
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > MOST:
                raise HTTPException(413, "The body is larger than is read here.", {"Connection": "close"})
    except ClientDisconnect:
        raise NotPermitted("a body that was cut off") from None
    return bytes(body)


def _target(request: Request) -> tuple[str, str]:
    """Path and query as they came, not decoded: that is what was signed."""
    path = request.scope.get("raw_path") or request.scope["path"].encode()
    query = request.scope["query_string"].decode("latin-1")
    target = path.partition(b"?")[0].decode("latin-1")
    return (f"{target}?{query}" if query else target), query


def _fields(request: Request, body: bytes) -> Form | None:
    """Of a form: each as often as it came, blank ones too. None for a body of another kind."""
    media = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media != _FORM:
        return None if body else ()
    try:
        return parse_qsl(body.decode("ascii"), keep_blank_values=True, max_num_fields=_MOST_FIELDS)
    except ValueError:
        raise NotPermitted("no form of Twilio's") from None


def _account_of(fields: Form | None, body: bytes) -> str:
    return _first(_of_json(body) if fields is None else fields, "AccountSid")


def _of_json(body: bytes) -> Form:
    """The top level of an object, as far as it is text."""
    try:
        told: Any = json.loads(body)
    except (ValueError, RecursionError):
        return ()
    return (
        [(name, text) for name, text in told.items() if isinstance(text, str)]
        if isinstance(told, dict)
        else ()
    )


def _first(fields: Iterable[tuple[str, str]], name: str) -> str:
    return next((value for known, value in fields if known == name), "")
