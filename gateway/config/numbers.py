"""Texts and calls as settings name them, turned into those of the domain. A number is of one sender only."""

import re
from collections.abc import Iterable, Iterator, Mapping

from gateway.config import phones
from gateway.config.problems import Problems
from suppression.address import parse_phone
from suppression.errors import UnusableAddress
from suppression.model import CallSettings, Sender, TextSettings

_SHORT_CODE = re.compile(r"[1-9][0-9]{2,7}")


def texts(given: phones.Texts | None, where: str, problems: Problems) -> TextSettings | None:
    """What is wrong is noted."""
    if given is None:
        return None
    return TextSettings(
        numbers=tuple(_numbers(given.numbers, f"{where}.texts.numbers", problems, short=True)),
        service=given.service or "",
        opt_out=given.opt_out,
        max_segments=given.max_segments,
        transliterate=given.transliterate,
        hint=given.hint,
        link_hint_countries=given.link_hint_countries,
    )


def calls(given: phones.Calls | None, where: str, problems: Problems) -> CallSettings | None:
    """What is wrong is noted."""
    if given is None:
        return None
    where = f"{where}.calls"
    line = [given.opt_out_line] if given.opt_out_line is not None else []
    return CallSettings(
        numbers=tuple(_numbers(given.numbers, f"{where}.numbers", problems)),
        opt_out_line=next(_numbers(line, f"{where}.opt_out_line", problems), ""),
        identity=given.identity or "",
        voice=given.voice or "",
        language=given.language or "",
        ring_seconds=given.ring_seconds,
        per_second=given.per_second,
        detect_machine=given.detect_machine,
        play_hosts=given.play_hosts,
        dial_numbers=tuple(_numbers(given.dial_numbers, f"{where}.dial_numbers", problems)),
    )


def _numbers(given: Iterable[str], where: str, problems: Problems, *, short: bool = False) -> Iterator[str]:
    for text in given:
        if short and _SHORT_CODE.fullmatch(text):
            yield text
            continue
        try:
            yield parse_phone(text).text
        except UnusableAddress:
            problems.note(where, "must be phone numbers like +12025550100")


def check_apart(senders: Mapping[str, Sender], problems: Problems) -> None:
    """Whoever replies to a number, or calls it, means one sender."""
    owners: dict[str, str] = {}
    for name, sender in senders.items():
        for number in sorted(of_sender(sender)):
            owner = owners.setdefault(number, name)
            if owner != name:
                what = "a service" if number.startswith("MG") else "a number"
                problems.note(
                    f"senders.{name}", f"has {what} of sender {owner}: replies to it mean one of them"
                )


def of_sender(sender: Sender) -> frozenset[str]:
    """All numbers, and the messaging service, by which people reach a sender at the provider."""
    found: set[str] = set()
    if sender.texts is not None:
        found |= {*sender.texts.numbers, sender.texts.service}
    if sender.calls is not None:
        found |= {*sender.calls.numbers, sender.calls.opt_out_line}
    return frozenset(found - {""})
