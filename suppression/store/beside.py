"""What is read beside a recipient's own hash, in the same round trip: registers and lists that have it, and caps."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from suppression.address import Kind
from suppression.hashed import digests
from suppression.limits import PLAIN, Cap, Limits, PartnerList, Register
from suppression.model import Channel, Counted, Recipient
from suppression.store.client import Argument
from suppression.store.keys import Keyring, Shards

_CHANNELS = {
    Kind.EMAIL: frozenset({Channel.EMAIL, Channel.AUDIENCE}),
    Kind.PHONE: frozenset({Channel.SMS, Channel.VOICE, Channel.AUDIENCE}),
}


@dataclass(frozen=True, slots=True)
class Beside:
    """What to ask about one recipient. The replies come in the order of `commands`."""

    lists: tuple[tuple[str, int], ...]
    caps: tuple[Cap, ...]
    commands: tuple[tuple[Argument, ...], ...]

    def listed(self, replies: Sequence[Any]) -> frozenset[str]:
        found, place = set(), 0
        for name, spellings in self.lists:
            if any(replies[place : place + spellings]):
                found.add(name)
            place += spellings
        return frozenset(found)

    def counted(self, replies: Sequence[Any]) -> tuple[Counted, ...]:
        told = replies[len(self.commands) - len(self.caps) : len(self.commands)]
        return tuple(
            Counted(cap.name, _messages(reply)) for cap, reply in zip(self.caps, told, strict=True) if reply
        )


NOTHING = Beside((), (), ())


def beside(recipient: Recipient, limits: Limits, shards: Shards, keyring: Keyring) -> Beside:
    """Lists first: who reads them before the generation cannot take an emptied old version for the one in force."""
    if not limits:
        return NOTHING
    reachable = _CHANNELS[recipient.address.kind] if recipient.address else frozenset(Channel)
    lists: list[tuple[str, int]] = []
    commands: list[tuple[Argument, ...]] = []
    for entry in limits.to_load:
        loaded = limits.in_force(entry)
        if loaded is None or (entry.channels and entry.channels.isdisjoint(reachable)):
            continue
        members = _members(entry, recipient, keyring)
        lists.append((entry.name, len(members)))
        commands += [("SISMEMBER", shards.of(member).listed(loaded.version), member) for member in members]
    caps = tuple(cap for cap in limits.caps if not cap.channels or not cap.channels.isdisjoint(reachable))
    shard = shards.of(recipient.key)
    commands += [("ZRANGE", shard.cap(recipient.key, cap.name), -cap.count, -1, "WITHSCORES") for cap in caps]
    return Beside(tuple(lists), caps, tuple(commands))


def _members(entry: Register | PartnerList, recipient: Recipient, keyring: Keyring) -> tuple[bytes, ...]:
    if entry.hashed == PLAIN:
        return (recipient.key[:8],)
    if recipient.address is None:
        return ()
    return tuple(keyring.matching(digest) for digest in digests(recipient.address, entry.hashed))


def _messages(reply: Sequence[bytes]) -> tuple[tuple[str, int], ...]:
    pairs = zip(reply[::2], reply[1::2], strict=True)
    return tuple((message.decode(), round(float(at))) for message, at in pairs)
