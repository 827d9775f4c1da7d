"""What a call says: the app's words or TwiML of the verbs allowed, and for marketing who calls and the way out."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from channels.voice import twiml
from channels.voice.app_twiml import Allowed, parse
from channels.voice.verbs import Verb
from channels.voice.wording import wording
from gateway.links import Hook, Links
from suppression.address import Address
from suppression.errors import NotPermitted
from suppression.model import App, CallSettings, Recipient, Sender
from suppression.purposes import Purpose
from suppression.store.entry_codec import entry_id

_TRANSACTIONAL = "transactional"
_GATHER = "Gather"
_OF_NO_CALL_YET = "action"  # until a call has an id, and so an address of its own for its answers


class MakesNoCalls(NotPermitted):
    peer_text = "this app's sender has no number to call from"


@dataclass(frozen=True, slots=True)
class Said:
    """Words to be spoken; "" for the sender's own voice and language."""

    text: str
    voice: str = ""
    language: str = ""


# Words, or a document of TwiML.
Speech = Said | str


@dataclass(frozen=True, slots=True)
class Calls:
    """Calls of all senders. `recipient`: an address under its keys, of which the call's id is made."""

    senders: Mapping[str, Sender]
    links: Links
    recipient: Callable[[Address], Recipient]

    def begin(self, app: App, purpose: Purpose, speech: Speech, to_machines: Said | None) -> "Script":
        """`to_machines`: what an answering machine is told instead. MakesNoCalls, TwimlRefused."""
        sender = self.senders[app.sender]
        if sender.calls is None:
            raise MakesNoCalls("no calls in this sender's settings")
        speaker = _Speaker(sender, sender.calls, transactional=purpose.class_ == _TRANSACTIONAL)
        inner = speaker.verbs(speech)
        machine = None if to_machines is None else speaker.verbs(to_machines)
        if purpose.says_how_to_stop:
            return Wrapped(self, speaker, inner, inner if machine is None else machine)
        if any(part.name == _GATHER for part in inner):
            return Asking(self, inner, machine)
        return Plain(inner, machine)

    def hook_url(self, hook: Hook, address: Address, number: bytes) -> str:
        """Of the call that will have this number."""
        return self.links.hook_url(hook, entry_id(self.recipient(address).key, number))


class _Speaker:
    """A sender as it speaks in calls."""

    def __init__(self, sender: Sender, settings: CallSettings, *, transactional: bool) -> None:
        self.settings = settings
        self.identity = settings.identity or sender.title
        self.language = settings.language or sender.language
        self.phone = sender.support_phone or settings.numbers[0]
        self._allowed = Allowed(
            play_hosts=frozenset(settings.play_hosts),
            transactional=transactional,
            dial_numbers=frozenset(settings.dial_numbers),
            gather_url=_OF_NO_CALL_YET,
        )

    def verbs(self, speech: Speech) -> tuple[Verb, ...]:
        if isinstance(speech, str):
            return parse(speech, self._allowed)
        voice, language = speech.voice or self.settings.voice, speech.language or self.language
        return (twiml.say(speech.text, voice=voice, language=language),)

    @property
    def hint(self) -> str:
        """Where machines are not told apart, everybody hears of both, key and number (RULES 3)."""
        line = self.settings.opt_out_line
        if self.settings.detect_machine or not line:
            return ""
        words = wording(self.language)
        return f"{words.press} {words.ring_line.replace('{number}', twiml.digit_by_digit(line))}"


class Plain:
    """The app's words and no others: the same for everybody."""

    def __init__(self, inner: Sequence[Verb], machine: Sequence[Verb] | None) -> None:
        self._content = {"twiml": twiml.plain(inner)}
        if machine is not None:
            self._content["voicemail"] = twiml.plain(machine)

    def content(self, _address: Address, _number: bytes) -> Mapping[str, str]:
        return self._content


@dataclass(frozen=True, slots=True)
class Asking:
    """The app's words with questions of its own, whose answers go to an address of this call's own."""

    calls: Calls
    inner: Sequence[Verb]
    machine: Sequence[Verb] | None

    def content(self, address: Address, number: bytes) -> Mapping[str, str]:
        """TwimlTooLong."""
        url = self.calls.hook_url(Hook.GATHERED, address, number)
        return Plain([_asking(part, url) for part in self.inner], self.machine).content(address, number)


def _asking(part: Verb, url: str) -> Verb:
    if part.name != _GATHER:
        return part
    rest = tuple((name, value) for name, value in part.attributes if name != "action")
    return replace(part, attributes=(*rest, ("action", url)))


@dataclass(frozen=True)
class Wrapped:
    """A key ends it, which goes to an address of this call's own."""

    calls: Calls
    speaker: _Speaker
    inner: Sequence[Verb]
    machine: Sequence[Verb]

    def content(self, address: Address, number: bytes) -> Mapping[str, str]:
        """`number`: of the entry that it will be. TwimlTooLong."""
        speaker = self.speaker
        said = twiml.wrap_marketing(
            self.inner,
            identity=speaker.identity,
            phone=speaker.phone,
            action_url=self.calls.hook_url(Hook.KEY, address, number),
            hint=speaker.hint,
            language=speaker.language,
            voice=speaker.settings.voice,
        )
        return {"twiml": said, **self._voicemail}

    @cached_property
    def _voicemail(self) -> Mapping[str, str]:
        """Nothing is left on machines without a line that is free to call."""
        speaker = self.speaker
        line = speaker.settings.opt_out_line
        if not (line and speaker.settings.detect_machine):
            return {}
        said = twiml.voicemail(
            self.machine,
            identity=speaker.identity,
            phone=speaker.phone,
            toll_free=line,
            language=speaker.language,
            voice=speaker.settings.voice,
        )
        return {"voicemail": said}


Script = Plain | Asking | Wrapped
