"""TwiML of the opt-out line, and what is said when a key was pressed in a call."""

from dataclasses import dataclass

from channels.voice.line_wording import LineWording, line_wording
from channels.voice.twiml import digit_by_digit
from channels.voice.verbs import Verb, document, sayable, verb, voice_name

_PATIENCE = "8"  # seconds until a key is pressed
_PATIENCE_FOR_A_NUMBER = "12"
_MOST_DIGITS = "20"  # with a prefix for abroad


@dataclass(frozen=True, slots=True)
class Voice:
    """Who speaks: `voice`, `language` of Say; "" for the provider's own voice."""

    title: str
    language: str = "en"
    voice: str = ""

    @property
    def words(self) -> LineWording:
        return line_wording(self.language)

    def says(self, sentence: str, number: str = "") -> Verb:
        title = " ".join(self.title.split()).rstrip(".")
        text = sentence.replace("{title}", title).replace("{number}", number)
        named = voice_name(self.voice) if self.voice else None
        return verb("Say", sayable(text), voice=named, language=self.words.tag)


def menu(voice: Voice, url: str, *, again: bool = False) -> str:
    """To somebody whose number is known."""
    return document([_asks(voice, voice.words.menu, url, again=again, speech=True)])


def enter_number(voice: Voice, url: str, *, again: bool = False) -> str:
    return document(
        [
            verb(
                "Gather",
                *([voice.says(voice.words.not_understood)] if again else []),
                voice.says(voice.words.enter),
                input="dtmf",
                numDigits=_MOST_DIGITS,
                finishOnKey="#",
                timeout=_PATIENCE_FOR_A_NUMBER,
                action=url,
                method="POST",
                actionOnEmptyResult="true",
            )
        ]
    )


def read_back(voice: Voice, number: str, url: str, *, again: bool = False) -> str:
    """A number in E.164, digit by digit."""
    return document([_asks(voice, voice.words.read_back, url, again=again, number=digit_by_digit(number))])


def stopped(voice: Voice, url: str) -> str:
    """Only once it is stored. `url`: for another number; "" for no more of them."""
    if not url:
        return document([voice.says(voice.words.stopped), voice.says(voice.words.goodbye), verb("Hangup")])
    return document([voice.says(voice.words.stopped), _asks(voice, voice.words.another, url)])


def goodbye(voice: Voice, *, again: bool = False) -> str:
    sorry = [voice.says(voice.words.not_understood)] if again else []
    return document([*sorry, voice.says(voice.words.goodbye), verb("Hangup")])


def key_pressed(voice: Voice) -> str:
    """Only once it is stored. RULES 3: the call ends at once."""
    return document([voice.says(voice.words.key_pressed), verb("Hangup")])


def _asks(
    voice: Voice, text: str, url: str, *, again: bool = False, speech: bool = False, number: str = ""
) -> Verb:
    sorry = [voice.says(voice.words.not_understood)] if again else []
    return verb(
        "Gather",
        *sorry,
        voice.says(text, number),
        input="dtmf speech" if speech else "dtmf",
        language=voice.words.tag if speech else None,
        speechTimeout="auto" if speech else None,
        numDigits="1",
        finishOnKey="",
        timeout=_PATIENCE,
        action=url,
        method="POST",
        actionOnEmptyResult="true",
    )
