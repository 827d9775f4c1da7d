"""What shows that somebody pressed a button: kept with the consent that it gave. Pure."""

import re
from datetime import datetime

from starlette.requests import Request

from gateway.http import render

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]+")
_LONGEST = 200


def of(request: Request, at: datetime, prefix: str) -> dict[str, str]:
    """`prefix`: what it was: "asked" or "confirmed". Behind a proxy the client is the proxy, and it says for whom."""
    found = {
        f"{prefix}_at": render.moment(at),
        f"{prefix}_ip": request.client.host if request.client else "",
        f"{prefix}_for": request.headers.get("x-forwarded-for", ""),
        f"{prefix}_user_agent": request.headers.get("user-agent", ""),
    }
    return {name: _CONTROL.sub(" ", value)[:_LONGEST] for name, value in found.items() if value}
