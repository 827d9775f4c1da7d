"""What flufl.bounce makes of a notice that nothing else understands: recipients, no reasons.

Its patterns look at lines of any length any number of times, so it gets the header fields that it asks for and a
short text with short lines; and it may fail.
"""

from email.message import Message

from channels.email.inbound.html_text import html_to_text
from channels.email.inbound.received import Received
from channels.email.inbound.report_parts import one_address

MAX_TEXT = 1 << 14
MAX_LINE = 200
FIELDS = ("from", "to", "subject", "x-mailer")


def recipients(received: Received) -> list[str]:
    """The addresses that failed, sorted; none where it finds none or fails."""
    from flufl.bounce import all_failures  # noqa: PLC0415 - few processes ever need it

    try:
        temporary, permanent = all_failures(_message(received))
    except Exception:  # noqa: BLE001 - a foreign reader of hostile bytes
        return []
    found = sorted(address.decode("ascii", "replace") for address in temporary | permanent)
    return [address for address in found if one_address(address) == address]


def _message(received: Received) -> Message:
    """A message with the same fields and the text in one or, where it had parts, two parts."""
    text = ""
    for part in received.leaves:
        if part.media.main in ("text", "multipart"):
            text = received.text(part)
            text = html_to_text(text) if part.media.sub == "html" else text
            break
    message = Message()
    for name in FIELDS:
        message[name] = received.value(name).encode("ascii", "replace").decode("ascii")
    body = _short(text)
    if received.media.main != "multipart":
        message["Content-Type"] = "text/plain"
        message.set_payload(body)
        return message
    message["Content-Type"] = f"{received.media.name}; boundary=b"
    first, second = Message(), Message()
    first["Content-Type"] = second["Content-Type"] = "text/plain"
    first.set_payload(body)
    message.set_payload([first, second])
    return message


def _short(text: str) -> str:
    lines = (line[:MAX_LINE] for line in text[:MAX_TEXT].split("\n"))
    return "\n".join(lines).encode("ascii", "replace").decode("ascii")
