"""`/hooks/twilio/voice/line`: the opt-out line. Press 1, or say it: no more calls and texts to the number called from.

Where a call stands is in the URLs that we give Twilio to ask next, which it signs like all else: n counts what was
not understood, s what was stopped, e is the number that was entered (sealed: it is in nobody's log).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from urllib.parse import urlencode

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from channels.voice import line
from gateway.http.twilio.signed import Reader, Signed, answer
from gateway.http.twilio.texts import number, owner
from gateway.http.twilio.voice import Stopping, speaker
from suppression.address import Address, parse_phone
from suppression.errors import UnusableAddress
from suppression.model import Recipient, Sender
from suppression.opt_out_words import Verdict, read
from suppression.phone_number import main_country

PATH = "/hooks/twilio/voice/line"
MOST_TRIES = 3  # answers that nobody could understand
MOST_STOPS = 5  # of one call
_MINE, _OTHER, _YES, _AGAIN = "1", "2", "1", "2"
# What Twilio puts in place of a number that is withheld: words, or these spelled on a telephone's keys
# (anonymous, restricted, unavailable, unknown, blocked).
_WITHHELD = frozenset({"+266696687", "+7378742833", "+86282452253", "+8656696", "+2562533"})


@dataclass(frozen=True, slots=True)
class Step:
    """Where a call stands."""

    tries: int = 0
    stops: int = 0
    entered: str = ""

    @classmethod
    def of(cls, signed: Signed) -> "Step":
        return cls(_count(signed.asked("n")), _count(signed.asked("s")), signed.asked("e"))

    def url(self, name: str) -> str:
        known = {"n": self.tries, "s": self.stops, "e": self.entered}
        query = urlencode({key: value for key, value in known.items() if value})
        return f"{PATH}/{name}" + (f"?{query}" if query else "")

    @property
    def misunderstood(self) -> "Step":
        return replace(self, tries=self.tries + 1, entered="")

    @property
    def over(self) -> bool:
        return self.tries >= MOST_TRIES or self.stops >= MOST_STOPS


@dataclass(frozen=True, slots=True)
class Caller:
    """A call to the line. `number`: None where it is withheld; `said`: pressed or spoken; `called`: the line."""

    call: str
    sender: Sender | None
    number: Address | None
    said: str
    called: str
    step: Step

    @property
    def name(self) -> str:
        return self.sender.name if self.sender else ""

    @property
    def voice(self) -> line.Voice:
        return speaker(self.sender)


class Line:
    """`seal`, `open`: a number, on its way through Twilio; `open` gives None for anything else."""

    def __init__(
        self,
        reader: Reader,
        senders: Mapping[str, Sender],
        recipient: Callable[[Address], Recipient],
        stops: Stopping,
        seal: Callable[[str], str],
        open_: Callable[[str], str | None],
    ) -> None:
        self._reader = reader
        self._senders = senders
        self._recipient = recipient
        self._stops = stops
        self._seal = seal
        self._open = open_

    async def called(self, request: Request) -> Response:
        caller = await self._caller(request)
        return answer(_ask(caller, caller.step))

    async def chosen(self, request: Request) -> Response:
        """After the menu."""
        caller = await self._caller(request)
        if caller.said == _OTHER:
            return answer(line.enter_number(caller.voice, caller.step.url("number")))
        if caller.number is not None and _says_stop(caller):
            await self._stop(caller, caller.number, own=True)
            return answer(_stopped(caller))
        if not caller.said and caller.step.stops:
            return answer(line.goodbye(caller.voice))
        return answer(_ask(caller, caller.step.misunderstood, again=True))

    async def entered(self, request: Request) -> Response:
        """A number."""
        caller = await self._caller(request)
        given = _number(caller)
        if given is None:
            step = caller.step.misunderstood
            if step.over:
                return answer(line.goodbye(caller.voice, again=True))
            return answer(line.enter_number(caller.voice, step.url("number"), again=True))
        step = replace(caller.step, entered=self._seal(given.text))
        return answer(line.read_back(caller.voice, given.text, step.url("confirm")))

    async def confirmed(self, request: Request) -> Response:
        """What was read back is, or is not, the number that was meant."""
        caller = await self._caller(request)
        given = number(self._open(caller.step.entered) or "")
        if given is not None and caller.said == _YES:
            await self._stop(caller, given, own=False)
            return answer(_stopped(caller))
        step = caller.step.misunderstood
        if step.over:
            return answer(line.goodbye(caller.voice, again=True))
        if given is None or caller.said == _AGAIN:
            return answer(line.enter_number(caller.voice, step.url("number")))
        url = replace(step, entered=caller.step.entered).url("confirm")
        return answer(line.read_back(caller.voice, given.text, url, again=True))

    async def _stop(self, caller: Caller, address: Address, *, own: bool) -> None:
        await self._stops.called_the_line(self._recipient(address), caller.name, caller.call, own=own)

    async def _caller(self, request: Request) -> Caller:
        signed = await self._reader.read(request)
        withheld = signed["From"] in _WITHHELD
        return Caller(
            call=signed["CallSid"],
            sender=owner(self._senders, signed, signed["To"]),
            number=None if withheld else number(signed["From"]),
            said=signed["Digits"] or signed["SpeechResult"],
            called=signed["To"],
            step=Step.of(signed),
        )


def _ask(caller: Caller, step: Step, *, again: bool = False) -> str:
    if step.over:
        return line.goodbye(caller.voice, again=again)
    if caller.number is None:
        return line.enter_number(caller.voice, step.url("number"), again=again)
    return line.menu(caller.voice, step.url("step"), again=again)


def _stopped(caller: Caller) -> str:
    step = replace(caller.step, stops=caller.step.stops + 1, tries=0, entered="")
    return line.stopped(caller.voice, "" if step.over else step.url("step"))


def _says_stop(caller: Caller) -> bool:
    if caller.said == _MINE:
        return True
    spoken = caller.said.strip(" .,!?").lower()
    if not spoken or spoken.isdigit():
        return False
    language = caller.voice.language
    return spoken in caller.voice.words.yes or read(spoken, language=language).verdict is Verdict.STOP


def _number(caller: Caller) -> Address | None:
    """As it is dialled where the line is; what begins with a code of another country is not guessed at."""
    region = main_country(caller.called)
    try:
        return parse_phone(caller.said, region)
    except UnusableAddress:
        return None


def _count(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 2 else 0


def routes(opt_out: Line) -> list[APIRouter]:
    router = APIRouter(tags=["hooks"])
    for path, endpoint, summary in (
        ("", opt_out.called, "Somebody calls the opt-out line"),
        ("/step", opt_out.chosen, "A key was pressed on the opt-out line"),
        ("/number", opt_out.entered, "A number was entered on the opt-out line"),
        ("/confirm", opt_out.confirmed, "A number that was read back was confirmed"),
    ):
        router.add_api_route(
            PATH + path,
            endpoint,
            methods=["POST"],
            summary=summary,
            responses={
                200: {"content": {"text/xml": {}}},
                403: {"description": "Not signed by Twilio."},
                503: {"description": "Not stored."},
            },
        )
    return [router]
