"""Says what differs between a message and a copy of it, with the standard library's parser and none of ours."""

import email
import email.policy
from dataclasses import dataclass
from email.message import Message

REMOVED = ("bcc", "resent-bcc", "list-unsubscribe", "list-unsubscribe-post")


def header_and_rest(raw: bytes) -> tuple[list[bytes], bytes]:
    """The lines of the header block, continuation lines joined to theirs, and all from the empty line on."""
    fields: list[bytes] = []
    at = 0
    while at < len(raw) and not raw.startswith(b"\r\n", at):
        end = raw.find(b"\r\n", at)
        end = len(raw) if end < 0 else end + 2
        line = raw[at:end]
        if line[:1] in (b" ", b"\t") and fields:
            fields[-1] += line
        else:
            fields.append(line)
        at = end
    return fields, raw[at:]


def name_of(field: bytes) -> str:
    name, colon, _ = field.partition(b":")
    return name.strip(b" \t").decode("latin-1").lower() if colon else ""


def kept_fields(fields: list[bytes], *, list_headers: bool) -> list[bytes]:
    """Those that a copy must have, in order. Signatures may be there or not: they are looked at elsewhere."""
    gone = REMOVED if list_headers else REMOVED[:2]
    names = [(name_of(field), field) for field in fields]
    return [
        f for name, f in names if name not in (*gone, "dkim-signature") and not name.startswith("x-gateway-")
    ]


@dataclass(frozen=True)
class Leaf:
    """A part without parts: its header block, its body as encoded, and decoded."""

    header: list[tuple[str, str]]
    kind: str
    attached: bool
    encoded: str
    decoded: bytes


def leaves(raw: bytes) -> list[Leaf]:
    """In the order of the message; what is inside an attached message included."""
    message = email.message_from_bytes(raw, policy=email.policy.compat32)
    return [_leaf(part) for part in message.walk() if not part.is_multipart()]


def structure(raw: bytes) -> list[tuple[str, str | None, str | None]]:
    """Every part's kind, preamble and epilogue."""
    message = email.message_from_bytes(raw, policy=email.policy.compat32)
    return [(part.get_content_type(), part.preamble, part.epilogue) for part in message.walk()]


def _leaf(part: Message) -> Leaf:
    decoded = part.get_payload(decode=True)
    return Leaf(
        [(str(name), str(value)) for name, value in part.raw_items()],
        part.get_content_type(),
        part.get_content_disposition() == "attachment",
        str(part.get_payload()),
        decoded if isinstance(decoded, bytes) else b"",
    )


def only_added_to(before: bytes, after: bytes) -> bool:
    """Whether `after` is `before` with one run of bytes put in somewhere."""
    prefix = 0
    limit = min(len(before), len(after))
    while prefix < limit and before[prefix] == after[prefix]:
        prefix += 1
    return after.endswith(before[prefix:])
