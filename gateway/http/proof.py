"""That a public URL leads to this deployment: a challenge that only it can answer, and that needs its secrets to put.

Both are made with a key of the deployment's own and a number that is used once, so that an answer tells nothing of the
key, and an answer that somebody kept is none to the next challenge.
"""

import hashlib
import hmac
import re
import secrets

from fastapi import APIRouter, Request
from starlette.responses import PlainTextResponse, Response

from gateway.http.doors import Doors
from gateway.http.pages import HEADERS, unknown_link
from suppression.errors import InvalidToken

PATH = "/u/doctor/"  # where links are: what the proxy does with these, it does with those
_CHALLENGE = re.compile(r"([0-9a-f]{32})\.([0-9a-f]{32})")


def challenge(key: bytes) -> str:
    """Anew each time."""
    number = secrets.token_hex(16)
    return f"{number}.{_mac(key, b'challenge', number)}"


def answer(key: bytes, asked: str) -> str:
    """InvalidToken for what no doctor with our secrets asked."""
    found = _CHALLENGE.fullmatch(asked)
    if found is None or not hmac.compare_digest(found[2], _mac(key, b"challenge", found[1])):
        raise InvalidToken("no challenge of ours")
    return _mac(key, b"answer", found[1])


def is_answer(key: bytes, asked: str, said: str) -> bool:
    return hmac.compare_digest(said.encode(), answer(key, asked).encode())


def _mac(key: bytes, what: bytes, number: str) -> str:
    # The label keeps this use of the key apart from any other.
    return hmac.new(key, b"deployment\x00" + what + b"\x00" + number.encode(), hashlib.sha256).hexdigest()[
        :32
    ]


def routes(doors: Doors) -> list[APIRouter]:
    router = APIRouter(tags=["unsubscribe"])

    @router.get(
        PATH + "{challenge}",
        summary="`gateway doctor` asks whether the public URL leads here",
        response_class=PlainTextResponse,
        responses={
            200: {"description": "The answer to the challenge: 32 hex digits."},
            404: {
                "description": "No challenge made with this deployment's secrets: the page of an unknown link."
            },
        },
    )
    async def prove(request: Request, challenge: str) -> Response:
        """The challenge is a random number and its HMAC by a key made of the current token key; the answer is another
        HMAC of that number. Nothing is read of the store, and nothing recorded.
        """
        try:
            return PlainTextResponse(answer(doors.form_key, challenge), headers=dict(HEADERS))
        except InvalidToken:
            return unknown_link(request, doors.senders)

    return [router]
