"""TwiML as values: verbs with attributes and content, written as one document that Twilio will take."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from xml.sax.saxutils import escape, quoteattr

from channels.voice.message import LONGEST_TWIML
from suppression.errors import InvalidInput

_NOT_IN_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # XML 1.0 2.2
_VOICE = re.compile(
    r"[A-Za-z][A-Za-z0-9]*(?:[.-][A-Za-z0-9]+){0,5}"
)  # alice, Polly.Joanna-Neural, Google.en-US-Wavenet-A
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8}){0,3}")


class TwimlRefused(InvalidInput):
    """Why an app's call cannot be made as it is. A class per reason: its `peer_text` tells the app."""

    peer_text = "twiml not accepted"


class TwimlTooLong(TwimlRefused):
    peer_text = (
        "what the call says is too long: with what the gateway adds it has over 4000 characters of TwiML"
    )


class UnsayableText(TwimlRefused):
    peer_text = "text to say is empty, or has control characters"


class UnknownVoice(TwimlRefused):
    peer_text = "not a voice, or not a language tag like en-US"


@dataclass(frozen=True, slots=True)
class Verb:
    name: str
    attributes: tuple[tuple[str, str], ...] = ()
    content: tuple["Verb | str", ...] = ()


def verb(name: str, *content: Verb | str, **attributes: str | None) -> Verb:
    """Attributes that are None are left out."""
    given = tuple((key, value) for key, value in attributes.items() if value is not None)
    return Verb(name, given, content)


def document(verbs: Iterable[Verb]) -> str:
    """Escaped throughout, so that no name or text becomes a verb. TwimlTooLong past Twilio's limit."""
    text = '<?xml version="1.0" encoding="UTF-8"?>' + _written(Verb("Response", (), tuple(verbs)))
    if len(text) > LONGEST_TWIML:
        raise TwimlTooLong(f"{len(text)} characters")
    return text


def sayable(text: str) -> str:
    """UnsayableText for what has no place in XML, and for silence."""
    if not text.strip() or _NOT_IN_XML.search(text):
        raise UnsayableText("empty, or with characters that XML has not")
    return text


def voice_name(text: str) -> str:
    if len(text) > 60 or not _VOICE.fullmatch(text):
        raise UnknownVoice("voice")
    return text


def language_tag(text: str) -> str:
    if not _LANGUAGE.fullmatch(text):
        raise UnknownVoice("language")
    return text


def _written(node: Verb | str) -> str:
    if isinstance(node, str):
        return escape(node, {"\r": "&#13;"})  # a parser would make a line feed of it
    attributes = "".join(f" {name}={quoteattr(value)}" for name, value in node.attributes)
    content = "".join(map(_written, node.content))
    return f"<{node.name}{attributes}>{content}</{node.name}>" if content else f"<{node.name}{attributes}/>"
