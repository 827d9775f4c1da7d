"""What a change wrote into a recipient's or a person's hash, as its log record says it, both ways.

From the records alone, in the order of their ids, the hashes can be made again: `replaying`. A field's name is its
letter, and the rest in hex. Its value begins with how it is to be taken:
    +text   the text, and behind it the record's own id      =text   the text
    x hex   bytes                                            ""      the field was removed
Left out is what tells who somebody is beyond what stops need: language, zone, country, and an app's own id of a person.
Of a person's members it is written down what they are on the way to be: linked, or gone.
"""

from collections.abc import Mapping, Sequence

_KEPT = frozenset(b"scpbmw")  # stops, consents, person, birth, members, whose person
_LINKED, _DEPARTING = "l", "d"


def known_writes(op: str, args: Sequence[bytes | str | int | float]) -> dict[str, str]:
    """Of an op of step.lua: the field that it sets or removes, if the log keeps it."""
    if op not in {"field", "put", "unfield"}:
        return {}
    name = args[0] if isinstance(args[0], bytes) else str(args[0]).encode()
    if name[0] not in _KEPT:
        return {}
    left = "" if op == "unfield" else _member(args[1]) if name[:1] == b"m" else _value(op, args[1])
    return {chr(name[0]) + name[1:].hex(): left}


def _member(state: bytes | str | float) -> str:
    return "" if state == _DEPARTING else "=" + _LINKED


def _value(op: str, value: bytes | str | float) -> str:
    if isinstance(value, bytes):
        return "x" + value.hex()
    return ("+" if op == "field" else "=") + str(value)


def read_writes(writes: Mapping[str, str], order: str) -> dict[bytes, bytes | None]:
    """Fields and values of the hash; None: it was removed. `order`: the record's id in its stream."""
    return {name[0].encode() + bytes.fromhex(name[1:]): _read(value, order) for name, value in writes.items()}


def _read(value: str, order: str) -> bytes | None:
    match value[:1]:
        case "":
            return None
        case "+":
            return (value[1:] + order).encode()
        case "x":
            return bytes.fromhex(value[1:])
        case "=":
            return value[1:].encode()
        case _:
            raise ValueError("a written value of a newer version")
