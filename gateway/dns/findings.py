"""What name servers answered, against what is expected: right or not, and what to do. Pure."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from gateway.dns.records import Expected, Kind

Question = tuple[str, str]  # name, type
_FEWEST_LABELS = 2


class Level(StrEnum):
    RIGHT = "right"
    ATTENTION = "attention"
    WRONG = "wrong"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Answer:
    """`values`: of all records of that name and type. `away`: nobody answered, or with a fault of their own."""

    values: tuple[str, ...] = ()
    away: bool = False


Answers = Mapping[Question, Answer]


@dataclass(frozen=True, slots=True)
class Finding:
    """`found`: the records that were looked at; `said`: what that means, and what to do."""

    expected: Expected
    level: Level
    found: tuple[str, ...]
    said: str


def questions(expected: Expected) -> Sequence[Question]:
    """What must be asked to judge it."""
    match expected.kind:
        case Kind.DMARC:
            return [(name, "TXT") for name in _upwards(expected.name)]
        case Kind.MX if expected.needs:
            return [(expected.name, "MX"), (expected.needs, "A"), (expected.needs, "AAAA")]
        case _:
            return [(expected.name, expected.type)]


def judge(expected: Expected, answers: Answers) -> Finding:
    level, found, said = _JUDGES[expected.kind](expected, answers)
    return Finding(expected, level, found, said)


_Judged = tuple[Level, tuple[str, ...], str]
_NO_ANSWER = "The name servers did not answer in time. Try again in a minute."


def _dkim(expected: Expected, answers: Answers) -> _Judged:
    answer = answers[expected.name, "TXT"]
    if answer.away:
        return Level.UNKNOWN, (), _NO_ANSWER
    if not answer.values:
        return Level.WRONG, (), "There is no record. Publish it: until then nobody can verify our signature."
    if len(answer.values) > 1:
        return (
            Level.WRONG,
            answer.values,
            "There is more than one record. Leave only the one that is expected.",
        )
    tags, own = _tags(answer.values[0]), _tags(expected.needs)
    if _bare(tags.get("p", "")) != _bare(own["p"]) or tags.get("k", "rsa") != own["k"]:
        return Level.WRONG, answer.values, _other_key(tags)
    if "y" in tags.get("t", "").split(":"):
        said = "The key is right, but marked as a test (t=y): receivers may ignore it. Take that out."
        return Level.ATTENTION, answer.values, said
    return Level.RIGHT, answer.values, "The key is published as it is expected."


def _other_key(tags: Mapping[str, str]) -> str:
    if "p" in tags and not tags["p"]:
        return "The key is revoked there (empty p=). Publish the one that is expected."
    return "Another key is published, or half of one. Publish the one that is expected, whole."


def _spf(expected: Expected, answers: Answers) -> _Judged:
    answer = answers[expected.name, "TXT"]
    found = tuple(value for value in answer.values if re.match(r"v=spf1(?: |$)", value, re.IGNORECASE))
    if answer.away:
        return Level.UNKNOWN, (), _NO_ANSWER
    if not found:
        return Level.WRONG, (), "There is no SPF record. Publish one."
    if len(found) > 1:  # RFC 7208 4.5
        return Level.WRONG, found, "There is more than one SPF record, so none counts. Make one of them."
    terms = [term.lower().removeprefix("+") for term in found[0].split()[1:]]
    if "all" in terms:
        return Level.WRONG, found, "It permits everybody (+all). End it with ~all or -all."
    if expected.needs.lower() not in terms:
        said = f"It does not name {expected.needs}. See that it permits the host that mail leaves from by another term."
        return Level.ATTENTION, found, said
    return Level.RIGHT, found, "It permits the host that mail leaves from."


def _dmarc(expected: Expected, answers: Answers) -> _Judged:
    for name in _upwards(expected.name):  # RFC 7489 6.6.3: the domain's own, else that of the organisation
        answer = answers[name, "TXT"]
        if answer.away:
            return Level.UNKNOWN, (), _NO_ANSWER
        found = tuple(value for value in answer.values if re.match(r"v=DMARC1\s*(?:;|$)", value))
        if found:
            return _policy(expected, name, found)
    return (
        Level.WRONG,
        (),
        "There is no DMARC record. Large mailbox providers want one of who sends much mail.",
    )


def _policy(expected: Expected, name: str, found: tuple[str, ...]) -> _Judged:
    if len(found) > 1:
        return Level.WRONG, found, f"There is more than one DMARC record at {name}, so none counts."
    tags, domain = _tags(found[0]), expected.name.removeprefix("_dmarc.")
    if tags.get("p", "").lower() not in {"none", "quarantine", "reject"}:
        return Level.WRONG, found, "It has no policy: p=none, p=quarantine or p=reject."
    if tags.get("adkim", "r").lower() == "s" and expected.needs != domain:
        signs = f"ours is signed by {expected.needs}" if expected.needs else "we have no key for it"
        return Level.WRONG, found, f"It wants signatures by {domain} itself (adkim=s), but {signs}."
    at = "" if name == expected.name else f" It is that of {name.removeprefix('_dmarc.')}."
    if tags["p"].lower() == "none":
        return Level.RIGHT, found, f"There is one that only watches (p=none).{at}"
    return Level.RIGHT, found, f"There is one, with p={tags['p'].lower()}.{at}"


def _mx(expected: Expected, answers: Answers) -> _Judged:
    answer = answers[expected.name, "MX"]
    if answer.away:
        return Level.UNKNOWN, (), _NO_ANSWER
    hosts = {value.split()[-1].rstrip(".").lower() for value in answer.values}
    if not hosts:
        return Level.WRONG, (), "There is no MX record: such mail does not come in."
    if hosts == {""}:
        return Level.WRONG, answer.values, "It says that this domain takes no mail at all (RFC 7505)."
    if not expected.needs:
        return Level.RIGHT, answer.values, "There is one. It must be your mail server that hands mail over."
    if expected.needs.lower() not in hosts:
        return _elsewhere(expected, answer)
    return _here(expected, answers, answer, others=hosts - {expected.needs.lower()})


def _elsewhere(expected: Expected, answer: Answer) -> _Judged:
    if expected.handed_over:
        said = "It leads to another host: that must be the one that hands such mail over by LMTP."
        return Level.ATTENTION, answer.values, said
    return Level.WRONG, answer.values, f"It leads elsewhere. It must lead to {expected.needs}."


def _here(expected: Expected, answers: Answers, answer: Answer, *, others: set[str]) -> _Judged:
    addresses = [answers[expected.needs, kind] for kind in ("A", "AAAA")]
    if not any(one.values for one in addresses):
        if any(one.away for one in addresses):
            return Level.UNKNOWN, answer.values, _NO_ANSWER
        return Level.WRONG, answer.values, f"{expected.needs} has no address: publish an A or AAAA record."
    if others:
        said = "Other hosts are named too: each must hand such mail over to the gateway."
        return Level.ATTENTION, answer.values, said
    return Level.RIGHT, answer.values, "It leads here."


_JUDGES: Mapping[Kind, Callable[[Expected, Answers], _Judged]] = {
    Kind.DKIM: _dkim,
    Kind.SPF: _spf,
    Kind.DMARC: _dmarc,
    Kind.MX: _mx,
}


def _upwards(name: str) -> list[str]:
    """_dmarc of the domain, and of those above it, but for the topmost."""
    labels = name.removeprefix("_dmarc.").split(".")
    last = max(1, len(labels) - _FEWEST_LABELS + 1)
    return ["_dmarc." + ".".join(labels[start:]) for start in range(last)]


def _tags(text: str) -> dict[str, str]:
    """tag=value; tag=value (RFC 6376 3.2)."""
    pairs = (part.partition("=") for part in text.split(";") if "=" in part)
    return {name.strip().lower(): value.strip() for name, _, value in pairs}


def _bare(text: str) -> str:
    return re.sub(r"\s+", "", text)
