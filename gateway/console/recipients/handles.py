"""How pages name a recipient: by its keyed hash, so that no address is in a URL, a log of requests or a history."""

from urllib.parse import urlencode

from suppression.model import Channel, Recipient
from suppression.store.keys import handle, parse_handle

PREFIX = "rcp_"
EXPLAIN = "/console/explain"


def of(recipient: Recipient) -> str:
    return handle(PREFIX, recipient.key, "")


def parse(text: str) -> Recipient:
    """Without address and exact hash. NotFound for anything else."""
    key, _ = parse_handle(PREFIX, text, 0)
    return Recipient(key, "")


def page(recipient: Recipient, act: str = "") -> str:
    """`act`: one of the pages below it."""
    return f"/console/recipients/{of(recipient)}" + (f"/{act}" if act else "")


def why_cell(recipient: Recipient, channel: Channel, purpose: str, app: str) -> str:
    """Why a message of that kind may go now, or may not."""
    asked = {"recipient": of(recipient), "channel": channel.value, "purpose": purpose, "app": app}
    return f"{EXPLAIN}?{urlencode(asked)}"


def why_decision(decision: str) -> str:
    """Why one message went, or did not."""
    return f"{EXPLAIN}?{urlencode({'decision': decision})}"


def why_message(message: str) -> str:
    return f"{EXPLAIN}?{urlencode({'message': message})}"
