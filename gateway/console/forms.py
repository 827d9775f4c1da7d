"""Forms: how they are read, what proves that one of our own pages sent it, and what was typed when it comes to nothing.

Two proofs, each enough alone: the browser says that the request came from a page of this origin (Fetch Metadata, else
Origin), and the form carries a token that only a page of this session was given.
"""

import asyncio
import hashlib
import hmac
import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import parse_qsl

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request

from suppression.errors import InvalidInput, NotPermitted

TOKEN = "form_token"  # noqa: S105 - a field's name
PAGE = "form_page"
CARRIED = "carried"
LARGEST = 64 * 1024
LARGEST_SIGN_IN = 160 * 1024  # it may carry another form, sealed
_WITHIN = 15.0  # seconds
_MOST_FIELDS = 1000
# What is typed into these is for nobody's eyes, and never carried on or shown again.
SECRET = frozenset({"password", "new_password", "again", "code"})
_OWN = frozenset({TOKEN, PAGE, CARRIED})

Fields = Sequence[tuple[str, str]]


class CrossSite(NotPermitted):
    """A post that no page of ours made."""

    peer_text = "This did not come from a page of this console."


class Form:
    """What was posted, in order."""

    def __init__(self, fields: Fields) -> None:
        self.fields = fields

    def value(self, name: str) -> str:
        """The first of that name, without blanks around it; "" for none."""
        return self.typed(name).strip()

    def typed(self, name: str) -> str:
        """As it was typed."""
        return next((value for field, value in self.fields if field == name), "")

    def values(self, name: str) -> list[str]:
        return [value for field, value in self.fields if field == name]


@dataclass
class Typed:
    """What was typed into a form that must be shown again. `taken`: a form of the page showed it."""

    action: str
    fields: Fields = field(repr=False)
    problems: Mapping[str, str] = field(default_factory=dict)
    taken: bool = False

    def to_json(self) -> str:
        return json.dumps({"action": self.action, "fields": list(self.fields)})

    @classmethod
    def from_json(cls, text: str) -> "Typed":
        read = json.loads(text)
        return cls(str(read["action"]), [(str(name), str(value)) for name, value in read["fields"]])


class FormView:
    """A form as a template shows it: where it goes, and what stands in its fields.

    Its values are what was typed, if this form is being shown again, else what the template gives.
    """

    def __init__(self, action: str, token: str, page: str, typed: Typed | None) -> None:
        self.action, self.token, self.page = action, token, page
        self._again = typed if typed is not None and typed.action == action else None
        if self._again is not None:
            self._again.taken = True

    @property
    def problems(self) -> Mapping[str, str]:
        return self._again.problems if self._again else {}

    def value(self, name: str, default: object = "") -> str:
        if self._again is None:
            return "" if default is None else str(default)
        return Form(self._again.fields).typed(name)

    def has(self, name: str, value: object, *, default: bool = False) -> bool:
        """Whether a box is ticked, or an option chosen."""
        if self._again is None:
            return default
        return str(value) in Form(self._again.fields).values(name)


def shown_again(action: str, form: Form, problems: Mapping[str, str] | None = None) -> Typed:
    """For a page that could not take what it got. `problems`: words by field, "" for the whole form."""
    return Typed(action, typed_by_hand(form.fields), problems or {})


def typed_by_hand(fields: Fields) -> Fields:
    """Without tokens of ours, and without what nobody should see again."""
    return [(name, value) for name, value in fields if name not in SECRET | _OWN]


def token(secret: str) -> str:
    """Of a session, by its id; a different one each time, so that a compressed page does not give it away."""
    nonce = secrets.token_hex(8)
    return f"{nonce}.{_mac(secret, nonce)}"


def is_token(value: str, secret: str) -> bool:
    nonce, _, mac = value.partition(".")
    return hmac.compare_digest(mac.encode("utf-8", "replace"), _mac(secret, nonce).encode())


def _mac(secret: str, nonce: str) -> str:
    message = b"form|" + nonce.encode("utf-8", "replace")
    return hmac.new(secret.encode("utf-8", "replace"), message, hashlib.sha256).hexdigest()[:32]


def check_origin(request: Request, origin: str) -> None:
    """CrossSite, unless the browser says that a page of this origin made the request.

    Sec-Fetch-Site where there is one: our pages send no referrer, and browsers then say "Origin: null".
    """
    site = request.headers.get("sec-fetch-site")
    said = request.headers.get("origin")
    own = said == origin if site is None else site == "same-origin" and said in (None, "null", origin)
    if not own:
        raise CrossSite("a post from elsewhere")


async def read(request: Request, largest: int = LARGEST) -> Form:
    """A plain form, whole: HTTPException for one that is too large, slow or no form."""
    media = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media != "application/x-www-form-urlencoded":
        raise HTTPException(415, "This is no form of ours.")
    body = await _body(request, largest)
    try:
        text = body.decode("ascii")
        return Form(parse_qsl(text, keep_blank_values=True, max_num_fields=_MOST_FIELDS, errors="strict"))
    except ValueError:
        raise InvalidInput("a form that cannot be read") from None


async def _body(request: Request, largest: int) -> bytes:
    body = bytearray()
    try:
        async with asyncio.timeout(_WITHIN):
            async for chunk in request.stream():
                body += chunk
                if len(body) > largest:
                    raise HTTPException(413, "This is more text than fits here.", {"Connection": "close"})
    except (TimeoutError, ClientDisconnect):
        raise HTTPException(408, headers={"Connection": "close"}) from None
    return bytes(body)
