"""What was typed when the session was over: sealed, it goes through the sign-in, and is shown again after it.

It is never done by itself: whoever signed in sees the form as he left it, and sends it or not.
"""

import base64
import binascii
import re

from gateway.console.forms import LARGEST, PAGE, Form, Typed, typed_by_hand
from suppression.errors import StoreUnavailable
from suppression.store.sealed import Sealer

_BOUND_TO = b"console|typed"
_PATH = re.compile(r"/console(?:[/?][!-~]*)?")
START = "/console"


def local(path: str) -> str:
    """A page of the console; its start for anything else (RFC 9700 4.11: no open redirector)."""
    usable = len(path) <= 2000 and _PATH.fullmatch(path) and "\\" not in path and "//" not in path
    return path if usable else START


def page_of(form: Form) -> str:
    """The page that a form stood on."""
    return local(form.typed(PAGE))


def sealed(sealer: Sealer, action: str, form: Form) -> bytes:
    """b"" for too much."""
    typed = Typed(action, typed_by_hand(form.fields)).to_json()
    if len(typed.encode("utf-8", "replace")) > 2 * LARGEST:
        return b""
    return sealer.evidence({"typed": typed, "page": page_of(form)}, _BOUND_TO)


def opened(sealer: Sealer, value: bytes) -> tuple[Typed, str] | None:
    """What was typed, and the page that it belongs on. None for what is not of ours."""
    try:
        read = sealer.open_evidence(value, _BOUND_TO)
        return Typed.from_json(read["typed"]), local(read["page"])
    except (StoreUnavailable, ValueError, KeyError, TypeError):
        return None


def to_field(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).decode()


def from_field(text: str) -> bytes:
    try:
        return base64.urlsafe_b64decode(text)
    except (binascii.Error, ValueError):
        return b""
