"""What a person on the telephone hears of TwiML, and what they may press, for the sandbox's pages. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urljoin
from xml.etree import ElementTree as ET


@dataclass(frozen=True, slots=True)
class Line:
    """`kind`: "say", "play", "pause", "dial" or "hangup"; `text`: what is said, played, or how long."""

    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Question:
    """A Gather. `url`: where the answer goes; `digits`: how many keys, 0 for any; `speech`: it listens too."""

    url: str
    digits: int
    speech: bool
    says_nothing: bool  # an answer goes there also when nothing was pressed


@dataclass(frozen=True, slots=True)
class Heard:
    """lines: until the question's end; otherwise: what follows if nothing is pressed; leads_to: and then, where."""

    lines: tuple[Line, ...] = ()
    question: Question | None = None
    otherwise: tuple[Line, ...] = ()
    leads_to: str = ""

    @property
    def onwards(self) -> str:
        """Where it goes on when nothing is pressed; "" where it does not."""
        return self.question.url if self.question and self.question.says_nothing else self.leads_to


def hear(twiml: str, url: str, before: tuple[Line, ...] = ()) -> Heard | None:
    """`url`: where it came from; relative addresses are from there. `before`: what was heard already.

    None for what is no TwiML.
    """
    try:
        # It is the gateway's own answer, or an app's that the gateway has let through.
        root = ET.fromstring(twiml)  # noqa: S314
    except ET.ParseError:
        return None
    if root.tag != "Response":
        return None
    lines = list(before)
    verbs = iter(root)
    for verb in verbs:
        if verb.tag == "Gather":
            lines += _lines(verb)
            after, leads_to = _rest(verbs, url)
            return Heard(tuple(lines), _question(verb, url), after, leads_to)
        if verb.tag == "Redirect":
            return Heard(tuple(lines), leads_to=urljoin(url, (verb.text or "").strip()))
        lines += _line(verb)
        if verb.tag == "Hangup":
            break
    return Heard(tuple(lines))


def _rest(verbs: Iterator[ET.Element], url: str) -> tuple[tuple[Line, ...], str]:
    lines: list[Line] = []
    for verb in verbs:
        if verb.tag == "Redirect":
            return tuple(lines), urljoin(url, (verb.text or "").strip())
        lines += _line(verb)
    return tuple(lines), ""


def _question(verb: ET.Element, url: str) -> Question:
    digits = verb.get("numDigits", "")
    return Question(
        url=urljoin(url, verb.get("action", "")),
        digits=int(digits) if digits.isdecimal() else 0,
        speech="speech" in verb.get("input", "dtmf"),
        says_nothing=verb.get("actionOnEmptyResult") == "true",
    )


def _lines(verb: ET.Element) -> Iterator[Line]:
    for inner in verb:
        yield from _line(inner)


def _line(verb: ET.Element) -> Iterator[Line]:
    text = " ".join("".join(verb.itertext()).split())
    match verb.tag:
        case "Say":
            yield Line("say", text)
        case "Play":
            yield Line("play", text)
        case "Pause":
            yield Line("pause", verb.get("length", "1"))
        case "Dial":
            yield Line("dial", text)
        case "Hangup" | "Reject":
            yield Line("hangup", "")
        case "Gather":
            yield from _lines(verb)
