"""TwiML that apps give: read without DTDs and entities, judged verb by verb, and written anew from what was understood.

It may say, pause and play; a transactional call may also ask for keys and put through to the sender's own numbers.
Nobody else is contacted undecided: no other number, and no address from which Twilio would take more TwiML.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import NoReturn
from urllib.parse import urlsplit
from xml.parsers import expat

from channels.voice.message import LONGEST_TWIML
from channels.voice.verbs import (
    TwimlRefused,
    TwimlTooLong,
    UnknownVoice,
    Verb,
    language_tag,
    sayable,
    verb,
    voice_name,
)
from suppression.address import parse_phone
from suppression.errors import UnusableAddress

DEEPEST = 4  # Response, Gather, Say: one more than any document that is allowed
MOST_NUMBERS = 10  # Twilio's limit for numbers that Dial rings at once


class TwimlUnreadable(TwimlRefused):
    peer_text = (
        "twiml is not well-formed XML with verbs in one Response, or it has a DTD or processing instructions"
    )


class TwimlOversize(TwimlTooLong):
    peer_text = "twiml has over 4000 characters"


class VerbNotAllowed(TwimlRefused):
    peer_text = "twiml may hold Say, Pause and Play; that of transactional calls also Gather and Dial"


class AttributeNotAllowed(TwimlRefused):
    peer_text = "twiml has an attribute, or a value of one, that is not allowed"


class ContentNotAllowed(TwimlRefused):
    peer_text = (
        "text belongs in Say, one address in Play, one number in Dial or Number, nothing but verbs elsewhere"
    )


class HostNotAllowed(TwimlRefused):
    peer_text = "Play may name https addresses on the sender's play_hosts only"


class NumberNotAllowed(TwimlRefused):
    peer_text = "Dial may name the sender's own dial_numbers only"


@dataclass(frozen=True, slots=True)
class Allowed:
    """What one app's TwiML may do.

    play_hosts     that Play may fetch from, in lower case
    transactional  also Gather and Dial
    dial_numbers   the sender's own, in E.164
    gather_url     of the gateway, to which pressed keys go; "": no Gather. Apps name none: Twilio would obey its answer
    """

    play_hosts: frozenset[str] = frozenset()
    transactional: bool = False
    dial_numbers: frozenset[str] = frozenset()
    gather_url: str = ""


def parse(text: str, allowed: Allowed) -> tuple[Verb, ...]:
    """The verbs of a document, one at least. A TwimlRefused says what is wrong with it."""
    if len(text) > LONGEST_TWIML:
        raise TwimlOversize(f"{len(text)} characters")
    response = _read(text)
    if response.name != "Response" or response.attributes:
        raise TwimlUnreadable("no Response at its root")
    verbs = _verbs(response, allowed, within=None)
    if not verbs:
        raise TwimlUnreadable("nothing in it")
    return verbs


@dataclass(slots=True)
class _Element:
    name: str
    attributes: dict[str, str]
    content: list["_Element | str"] = field(default_factory=list)


def _read(text: str) -> _Element:
    """XML and nothing of its extras; not recursive, so that no depth hurts."""
    root = _Element("", {})
    path = [root]

    def start(name: str, attributes: dict[str, str]) -> None:
        if len(path) > DEEPEST:
            raise TwimlUnreadable("too deep")
        element = _Element(name, attributes)
        path[-1].content.append(element)
        path.append(element)

    def words(text: str) -> None:
        path[-1].content.append(text)

    parser = expat.ParserCreate("utf-8")  # whatever its declaration says
    parser.buffer_text = True
    parser.StartElementHandler = start
    parser.EndElementHandler = lambda _: path.pop()
    parser.CharacterDataHandler = words
    parser.StartDoctypeDeclHandler = _refuse
    parser.ProcessingInstructionHandler = _refuse
    try:
        parser.Parse(text.encode(), True)  # noqa: FBT003 - expat's: it is all there is
    except (expat.ExpatError, UnicodeEncodeError):
        raise TwimlUnreadable("not well-formed") from None
    [response] = (part for part in root.content if isinstance(part, _Element))
    return response


def _refuse(*_: object) -> NoReturn:
    raise TwimlUnreadable("DTD or processing instruction")


def _verbs(parent: _Element, allowed: Allowed, within: str | None) -> tuple[Verb, ...]:
    found = []
    for part in parent.content:
        if isinstance(part, _Element):
            found.append(_judged(part, allowed, within))
        elif part.strip():
            raise ContentNotAllowed("text among verbs")
    return tuple(found)


def _judged(element: _Element, allowed: Allowed, within: str | None) -> Verb:
    match element.name:
        case "Say":
            return _verb(element, sayable(_text(element)))
        case "Pause" if not _text(element).strip():
            return _verb(element)
        case "Play":
            return _verb(element, _played(_text(element).strip(), allowed))
        case "Gather" if within is None and allowed.transactional and allowed.gather_url:
            to_us = (("action", allowed.gather_url), ("method", "POST"))
            return Verb("Gather", _attributes(element) + to_us, _verbs(element, allowed, "Gather"))
        case "Dial" if within is None and allowed.transactional:
            return _dial(element, allowed)
        case "Pause":
            raise ContentNotAllowed("in Pause")
        case _:
            raise VerbNotAllowed("a verb, or where it stands")


def _dial(element: _Element, allowed: Allowed) -> Verb:
    attributes = _attributes(element)
    caller = dict(attributes).get("callerId")
    if caller is not None:
        _number(caller, allowed)
    inner = [part for part in element.content if isinstance(part, _Element)]
    if not inner:
        return Verb("Dial", attributes, (_number(_text(element), allowed),))
    if len(inner) > MOST_NUMBERS or any(isinstance(part, str) and part.strip() for part in element.content):
        raise ContentNotAllowed("in Dial")
    if any(part.name != "Number" or part.attributes for part in inner):
        raise VerbNotAllowed("in Dial")
    return Verb("Dial", attributes, tuple(verb("Number", _number(_text(part), allowed)) for part in inner))


def _verb(element: _Element, *content: str) -> Verb:
    return Verb(element.name, _attributes(element), content)


def _text(element: _Element) -> str:
    """Its text, when it holds nothing else."""
    if any(isinstance(part, _Element) for part in element.content):
        raise ContentNotAllowed("verbs where text belongs")
    return "".join(part for part in element.content if isinstance(part, str))


def _played(address: str, allowed: Allowed) -> str:
    try:
        url = urlsplit(address)
        port = url.port
    except ValueError:
        raise HostNotAllowed("no URL") from None
    plain = address.isascii() and address.isprintable() and " " not in address and "\\" not in address
    if not plain or url.scheme != "https" or "@" in url.netloc or port not in (None, 443):
        raise HostNotAllowed("no plain https URL")
    if (url.hostname or "") not in allowed.play_hosts:
        raise HostNotAllowed("another host")
    return address


def _number(text: str, allowed: Allowed) -> str:
    try:
        number = parse_phone(text.strip()).text
    except UnusableAddress:
        raise NumberNotAllowed("no number") from None
    if number not in allowed.dial_numbers:
        raise NumberNotAllowed("another number")
    return number


def _attributes(element: _Element) -> tuple[tuple[str, str], ...]:
    known = _KNOWN[element.name]
    for name, value in element.attributes.items():
        if name not in known or not known[name](value):
            raise AttributeNotAllowed("attribute")
    return tuple(element.attributes.items())


def _between(least: int, most: int) -> Callable[[str], bool]:
    return lambda value: bool(re.fullmatch("[0-9]{1,5}", value)) and least <= int(value) <= most


def _one_of(*words: str) -> Callable[[str], bool]:
    return lambda value: value in words


def _is_voice(value: str) -> bool:
    try:
        return bool(voice_name(value))
    except UnknownVoice:
        return False


def _is_language(value: str) -> bool:
    try:
        return bool(language_tag(value))
    except UnknownVoice:
        return False


# A loop of 0 never ends. What would lead elsewhere is missing: action, url, statusCallback, record, digits.
_KNOWN: Mapping[str, Mapping[str, Callable[[str], bool]]] = {
    "Say": {"voice": _is_voice, "language": _is_language, "loop": _between(1, 9)},
    "Pause": {"length": _between(1, 60)},
    "Play": {"loop": _between(1, 9)},
    "Gather": {
        "input": _one_of("dtmf", "speech", "dtmf speech", "speech dtmf"),
        "numDigits": _between(1, 20),
        "timeout": _between(1, 60),
        "finishOnKey": lambda value: bool(re.fullmatch("[0-9#*]?", value)),
        "language": _is_language,
        "hints": lambda value: len(value) <= 500,
        "speechTimeout": lambda value: value == "auto" or _between(1, 60)(value),
        "actionOnEmptyResult": _one_of("true", "false"),
    },
    "Dial": {
        "timeout": _between(5, 600),
        "timeLimit": _between(1, 14_400),
        "callerId": lambda value: len(value) <= 20,  # judged as a number
        "answerOnBridge": _one_of("true", "false"),
        "hangupOnStar": _one_of("true", "false"),
    },
}
