"""How an entry of the outbox looks in Redis, both ways. Nothing else knows it.

An entry's hash has the fields
    try, state, record   the body that its number came with, its state, and its acceptance's record: what the step
                         script compares when the number comes again; text: how it was answered, where apps repeat it
    n    revision: moves with every transition        m    mark of the last transition's maker
    c    channel|purpose|sender|app|flags             flags: r passes stops, s is the gateway's own
    a    hand-overs begun      d    due, ms           x    deadline, ms      g    id of the change that it answers
    b    number and content, sealed: gone once it has ended
    h    record of the last hand-over                 w    when that was, ms (the server's time)
    i    the next hop's id     u    "1": found by a look-up, and not confirmed by the next hop
    p    what it reported      k    "1": a stop came meanwhile      y    why it ended
    r    ids of its log records, 8 bytes each         z    its campaign
An event's has `record`, its log record, and
    e    that record, as it was logged     j    the recipient's sealed address, where it is kept for the event
and of the others state, n, m, c (on no channel; flag w), a, d and y.
"""

import json
from collections.abc import Mapping
from datetime import datetime

from suppression.address import parse
from suppression.errors import StoreUnavailable, UnusableAddress
from suppression.model import Channel, Recipient
from suppression.outbox import HANDLE, Accepted, Delivery, Draft, Entry, State
from suppression.store import codec
from suppression.store.client import Argument
from suppression.store.keys import Keyring, handle, record_id
from suppression.store.record_lines import decode_record
from suppression.store.sealed import Sealer

_BYTES = frozenset({"b", "r", "j"})
_TO = "to"  # beside the content's own names, under the same seal


def entry_id(recipient_key: bytes, number: bytes) -> str:
    return handle(HANDLE, recipient_key, number.hex())


def flags(*, required: bool, system: bool) -> str:
    return ("r" if required else "") + ("s" if system else "")


def seal(sealer: Sealer, recipient: Recipient, content: Mapping[str, str]) -> bytes:
    if recipient.address is None:
        raise ValueError("what shall be sent has an address to go to")
    return sealer.evidence({_TO: recipient.address.text, **content}, recipient.key)


def new_fields(draft: Draft, about: str, due: int, sealed: bytes, answer: str) -> dict[str, Argument]:
    """Of an entry that waits. `about`: its field c."""
    fields: dict[str, Argument] = {
        "try": draft.body,
        "state": State.WAITING.value,
        "n": 0,
        "c": about,
        "d": due,
        "b": sealed,
    }
    if draft.repeats:
        fields["text"] = answer
    if draft.deadline is not None:
        fields["x"] = codec.milliseconds(draft.deadline)
    if draft.answers:
        fields["g"] = draft.answers
    if campaign := draft.details.get("campaign"):
        fields["z"] = campaign
    return fields


def encode_answer(accepted: Accepted) -> str:
    until = codec.milliseconds(accepted.until) if accepted.until else 0
    return json.dumps([accepted.outcome, accepted.reason, until], separators=(",", ":"))


def decode_answer(text: str, message: str, decision_id: str) -> Accepted:
    """As it was answered first. A refusal goes by its decision's id."""
    outcome, reason, until = json.loads(text)
    return Accepted(
        decision_id if outcome == "refused" else message,
        outcome,
        reason,
        decision_id,
        codec.moment(until) if until else None,
        repeated=True,
    )


class EntryReader:
    """Reads entries of one store."""

    def __init__(self, keyring: Keyring, sealer: Sealer) -> None:
        self._keyring = keyring
        self._sealer = sealer

    def read(self, shard: int, key: bytes, number: bytes, flat: list[bytes]) -> Entry:
        """Of HGETALL's reply. What cannot be read is not sent: StoreUnavailable."""
        fields = dict(zip((name.decode() for name in flat[::2]), flat[1::2], strict=True))
        text = {name: value.decode() for name, value in fields.items() if name not in _BYTES}
        try:
            if "e" in text:
                return self._event(shard, key, number, text, fields.get("j"))
            channel, purpose, sender, app, marks = text.get("c", "s||||").split("|")
            on = codec.channel_of(channel)
            recipient, content = self._opened(key, on, fields.get("b"))
            return Entry(
                id=entry_id(key, number),
                number=number,
                recipient=recipient,
                channel=on,
                purpose=purpose,
                sender=sender,
                app=app,
                state=State(text["state"]),
                revision=int(text.get("n", 0)),
                attempts=int(text.get("a", 0)),
                due=_time(text, "d"),
                deadline=_time(text, "x"),
                system="s" in marks,
                answers=text.get("g", ""),
                content=content,
                hand_over=_record(shard, text, "h"),
                submitted=_time(text, "w"),
                reference=text.get("i", ""),
                found=text.get("u") == "1",
                delivery=Delivery(text["p"]) if "p" in text else None,
                cancel="k" in text,
                reason=text.get("y", ""),
                campaign=text.get("z", ""),
                body=text.get("try", "-"),
                answer=text.get("text", ""),
                decision_id=_record(shard, text, "record"),
                records=_records(shard, fields.get("r", b"")),
                mark=text.get("m", ""),
            )
        except (KeyError, ValueError, UnusableAddress) as error:
            raise StoreUnavailable("an entry of the outbox cannot be read") from error

    def _event(
        self, shard: int, key: bytes, number: bytes, text: Mapping[str, str], kept: bytes | None
    ) -> Entry:
        _, _, sender, app, _ = text["c"].split("|")
        logged = _record(shard, text, "record")
        return Entry(
            id=entry_id(key, number),
            number=number,
            recipient=Recipient(key, "", None if kept is None else self._sealer.open_address(kept, key)),
            channel=Channel.AUDIENCE,  # nothing is sent on it
            purpose="",
            sender=sender,
            app=app,
            state=State(text["state"]),
            revision=int(text["n"]),
            attempts=int(text.get("a", 0)),
            due=_time(text, "d"),
            system=True,
            reason=text.get("y", ""),
            decision_id=logged,
            mark=text.get("m", ""),
            event=decode_record(logged, {b"r": text["e"].encode()}),
        )

    def _opened(
        self, key: bytes, channel: Channel, sealed: bytes | None
    ) -> tuple[Recipient, Mapping[str, str] | None]:
        if sealed is None:
            return Recipient(key, ""), None
        content = self._sealer.open_evidence(sealed, key)
        return self._keyring.recipient(parse(content.pop(_TO), channel)), content


def _time(text: Mapping[str, str], name: str) -> datetime | None:
    return codec.moment(int(text[name])) if name in text else None


def _record(shard: int, text: Mapping[str, str], name: str) -> str:
    return record_id(shard, text[name]) if name in text else ""


def _records(shard: int, packed: bytes) -> tuple[str, ...]:
    return tuple(record_id(shard, order) for order in codec.unpack_orders(packed))
