"""Names of keys: which shard a recipient is in, and what its keys are called there.

All keys of a shard share a hash tag, so that one script over them is atomic on a single server and on a
cluster alike. Tags come from a table of short names whose cluster slots are spread evenly.
"""

import base64
import binascii
import hashlib
import string
from dataclasses import dataclass
from functools import lru_cache
from itertools import product

from suppression.address import Address
from suppression.errors import NotFound
from suppression.model import Recipient

SLOTS = 16384
_KEY = 16  # bytes of a recipient's key
_BLOCK = 64  # of SHA-256
_ALPHABET = string.digits + string.ascii_lowercase


@lru_cache(maxsize=8)
def shard_tags(shards: int) -> tuple[str, ...]:
    """One short tag per shard; tag i's slot lies in the i-th of `shards` equal parts of the slots."""
    found: dict[int, str] = {}
    for pair in product(_ALPHABET, repeat=2 if shards <= 256 else 3):
        tag = "".join(pair)
        # Redis Cluster specification, "Key distribution model": CRC-16/XMODEM of the tag, mod 16384.
        part = binascii.crc_hqx(tag.encode(), 0) % SLOTS * shards // SLOTS
        found.setdefault(part, tag)
    return tuple(found[part] for part in range(shards))


class Keyring:
    """Makes recipients of addresses. The pepper is data, not a rotatable key: other pepper, other recipients."""

    def __init__(self, pepper: bytes) -> None:
        if len(pepper) < _KEY:
            raise ValueError("the pepper has at least 16 bytes")
        # The two hashes of HMAC, with the pepper in them: copying them takes half as long as copying the library's.
        block = pepper if len(pepper) <= _BLOCK else hashlib.sha256(pepper).digest()
        self._inner = hashlib.sha256(bytes(byte ^ 0x36 for byte in block.ljust(_BLOCK, b"\0")))
        self._outer = hashlib.sha256(bytes(byte ^ 0x5C for byte in block.ljust(_BLOCK, b"\0")))

    def _hash(self, text: str) -> bytes:
        return self._mac_of(text.encode())

    def _mac_of(self, data: bytes) -> bytes:
        inner, outer = self._inner.copy(), self._outer.copy()
        inner.update(data)
        outer.update(inner.digest())
        return outer.digest()

    def recipient(self, address: Address) -> Recipient:
        """DESIGN "State": HMAC-SHA256(pepper, kind | folded address), 16 bytes."""
        kind = address.kind + "|"  # formatting an enum takes four times as long
        key = self._hash(kind + address.folded)[:_KEY]
        exact = self._hash("exact|" + kind + address.exact)[:8].hex()
        return Recipient(key, exact, address)

    def person(self, person_id: str) -> bytes:
        """A person's key; in the shard of `Shards.of` like a recipient's."""
        return self._hash(f"person|{person_id}")[:_KEY]

    def matching(self, digest: bytes) -> bytes:
        """8 bytes for the unsalted hash of an address: what the store keeps instead of it."""
        return self._mac_of(b"match|" + digest)[:8]

    @property
    def check(self) -> str:
        """Tells in the meta record whether a store was made with this pepper; reveals nothing of it."""
        return self._hash("check|")[:8].hex()


@dataclass(frozen=True, slots=True)
class ShardKeys:
    """The names of one shard's own keys."""

    number: int
    tag: str

    @property
    def meta(self) -> bytes:
        """Hash: which store this is, how it was made, by what it decides, and the sandbox clock's offset."""
        return b"{%b}m" % self.tag.encode()

    @property
    def log(self) -> bytes:
        """Stream: the log, until the archive has it."""
        return b"{%b}log" % self.tag.encode()

    @property
    def hand_overs(self) -> bytes:
        """Sorted set: hand-overs without outcome yet, by the time after which they count as unknown."""
        return b"{%b}h" % self.tag.encode()

    @property
    def archiver(self) -> bytes:
        """Hash, in the first shard: who archives, until when, under which number; and the archive's latest manifest."""
        return b"{%b}A" % self.tag.encode()

    @property
    def archived(self) -> bytes:
        """The highest number of an archiver that took something off this shard's log."""
        return b"{%b}R" % self.tag.encode()

    def recipient(self, key: bytes) -> bytes:
        """Hash: stops, consents, person, version, last records and waiting messages of a recipient."""
        return b"{%b}r" % self.tag.encode() + key

    def person(self, key: bytes) -> bytes:
        """Hash: a person's members, stops of everything, and tasks that are not finished."""
        return b"{%b}p" % self.tag.encode() + key

    @property
    def unfinished(self) -> bytes:
        """Sorted set: persons with pending tasks, by the time after which a sweeper may finish them."""
        return b"{%b}t" % self.tag.encode()

    @property
    def erased(self) -> bytes:
        """When the first erasure was whose remains the append-only file still holds."""
        return b"{%b}x" % self.tag.encode()

    @property
    def being_rewritten(self) -> bytes:
        """The same, of those whose remains the rewrite under way takes out."""
        return b"{%b}y" % self.tag.encode()

    @property
    def rewrite_lock(self) -> bytes:
        """Which process has that file rewritten, for a while; in the first shard."""
        return b"{%b}z" % self.tag.encode()

    @property
    def migrating(self) -> bytes:
        """Who brings this shard to a newer schema."""
        return b"{%b}u" % self.tag.encode()

    def address(self, key: bytes) -> bytes:
        """The address itself, sealed; gone on erasure."""
        return b"{%b}a" % self.tag.encode() + key

    def evidence(self, key: bytes, entry: str) -> bytes:
        """What was shown for a stop, a consent or a lift, sealed."""
        return b"{%b}e" % self.tag.encode() + key + bytes.fromhex(entry)

    def pending(self, key: bytes) -> bytes:
        """Hash: what waits for the recipient's word, by its number."""
        return b"{%b}w" % self.tag.encode() + key

    def pending_apart(self, key: bytes, number: bytes) -> bytes:
        """What waits for the recipient's word and outlasts an erasure."""
        return self.pending(key) + number

    def seen(self, change_id: str) -> bytes:
        """Hash: what was done under an id, so that it is done once: a change's, or a copy's marker."""
        return b"{%b}i" % self.tag.encode() + change_id.encode()

    def cap(self, key: bytes, name: str) -> bytes:
        """Sorted set: the messages that a cap has counted of a recipient, by their times."""
        return b"{%b}k" % self.tag.encode() + key + name.encode()

    def listed(self, version: str) -> bytes:
        """Set: what one version of a register or list has in this shard, 8 bytes each."""
        return b"{%b}L" % self.tag.encode() + version.encode()

    @property
    def matched(self) -> bytes:
        """Hash: by what an unsalted hash of an address is known here, the recipient that it means."""
        return b"{%b}M" % self.tag.encode()

    def way_back(self, number: bytes) -> bytes:
        """To whom what becomes of a mail is passed on, sealed."""
        return b"{%b}B" % self.tag.encode() + number

    def entry(self, key: bytes, number: bytes) -> bytes:
        """Hash: one entry of a recipient's outbox; with no number, what all of their keys begin with."""
        return b"{%b}o" % self.tag.encode() + key + number

    @property
    def due(self) -> bytes:
        """Sorted set: entries that wait, by when they are due; members are recipient's key and entry's number."""
        return b"{%b}d" % self.tag.encode()

    @property
    def leased(self) -> bytes:
        """Sorted set: entries that somebody has, by when they lose them."""
        return b"{%b}b" % self.tag.encode()

    @property
    def held(self) -> bytes:
        """Sorted set: entries that only agents may move, by when they came to be so."""
        return b"{%b}D" % self.tag.encode()

    def claimed(self, reference: str) -> bytes:
        """Which entry a next hop's id belongs to, where that had to be found out."""
        return b"{%b}S" % self.tag.encode() + reference.encode()

    def review(self, key: bytes, number: bytes) -> bytes:
        """Hash: what a recipient wrote, sealed, for somebody to read."""
        return b"{%b}v" % self.tag.encode() + key + number

    @property
    def reviews(self) -> bytes:
        """Sorted set: reviews that nobody has decided, by when they began; members as in `due`."""
        return b"{%b}V" % self.tag.encode()

    @property
    def dropped(self) -> bytes:
        """Hash: how many events of which app were dropped, and when last; in the first shard."""
        return b"{%b}E" % self.tag.encode()

    @property
    def bounding(self) -> bytes:
        """Which process counts the events that wait, for a while; in the first shard."""
        return b"{%b}F" % self.tag.encode()

    def failures(self, key: bytes, code: int) -> bytes:
        """Sorted set: the messages to a recipient that failed with a code which is counted, by their times."""
        return b"{%b}f" % self.tag.encode() + key + str(code).encode()

    def batch(self, batch: str) -> bytes:
        """List: what an import added here, by its batch: recipient's key and entry's id."""
        return b"{%b}I" % self.tag.encode() + batch.encode()

    def batch_apart(self, batch: str) -> bytes:
        """Set: the same for what it added by the ordinary road."""
        return b"{%b}J" % self.tag.encode() + batch.encode()

    def message(self, message: str) -> bytes:
        """Which records a message of several copies has."""
        return b"{%b}q" % self.tag.encode() + message.encode()


class Shards:
    """The table of shards of one store."""

    def __init__(self, count: int) -> None:
        self.all = tuple(ShardKeys(n, tag) for n, tag in enumerate(shard_tags(count)))

    def of(self, key: bytes) -> ShardKeys:
        """A recipient's shard, fixed by its key for good."""
        return self.all[int.from_bytes(key[:4], "big") % len(self.all)]

    def of_name(self, name: str) -> ShardKeys:
        """A home for what belongs to no recipient (an Idempotency-Key, a message of several copies)."""
        return self.of(hashlib.sha256(name.encode()).digest())

    def numbered(self, number: int) -> ShardKeys:
        if not 0 <= number < len(self.all):
            raise NotFound("no such shard")
        return self.all[number]


DIGITS = "0123456789abcdefghijklmnopqrstuv"  # RFC 4648 7, in lower case
_PAIRS = tuple(one + other for one in DIGITS for other in DIGITS)


def _base32(raw: bytes) -> str:
    """RFC 4648 7 (base32hex) without padding: every decision makes two, and the library's takes 5 us for one."""
    length = -(-len(raw) * 8 // 5)
    pairs = -(-length // 2)
    number = int.from_bytes(raw, "big") << pairs * 10 - len(raw) * 8
    return "".join([_PAIRS[number >> shift & 1023] for shift in range(pairs * 10 - 10, -1, -10)])[:length]


def record_id(shard: int, stream_id: str) -> str:
    """A record's id for the outside: 10 bytes (milliseconds, sequence, shard) as 16 lower-case letters and digits."""
    ms, _, seq = stream_id.partition("-")
    return _base32(int(ms).to_bytes(6, "big") + int(seq).to_bytes(2, "big") + shard.to_bytes(2, "big"))


def parse_record_id(text: str) -> tuple[int, str]:
    """(shard, stream id) of a record's id; NotFound for anything else."""
    try:
        raw = base64.b32hexdecode(text.upper().encode())
    except ValueError:
        raise NotFound("no record's id") from None
    if len(raw) != 10:
        raise NotFound("no record's id")
    return int.from_bytes(
        raw[8:], "big"
    ), f"{int.from_bytes(raw[:6], 'big')}-{int.from_bytes(raw[6:8], 'big')}"


def handle(prefix: str, key: bytes, entry: str) -> str:
    """The API's id of an entry: leads to recipient and entry without an index. No address in it."""
    return prefix + _base32(key + bytes.fromhex(entry))


def parse_handle(prefix: str, text: str, size: int = 6) -> tuple[bytes, str]:
    """(recipient key, entry id of `size` bytes); NotFound for anything else."""
    body = text.removeprefix(prefix).upper()
    try:
        raw = base64.b32hexdecode(body.encode() + b"=" * (-len(body) % 8))
    except ValueError:
        raise NotFound("no entry's id") from None
    if not text.startswith(prefix) or len(raw) != _KEY + size:
        raise NotFound("no entry's id")
    return raw[:_KEY], raw[_KEY:].hex()
