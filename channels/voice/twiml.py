"""What calls say: an app's words or verbs, and around those of marketing calls who calls and the way out (RULES 3)."""

from collections.abc import Sequence

from channels.voice.verbs import Verb, document, language_tag, sayable, verb, voice_name
from channels.voice.wording import CallWording, wording
from suppression.errors import ConfigurationError

PATIENCE = "5"  # seconds after the last word in which the key still works
SPOKEN = frozenset({"Say", "Pause", "Play"})


def say(text: str, *, voice: str = "", language: str = "") -> Verb:
    """An app's text. UnsayableText or UnknownVoice, both to be told to the app."""
    tag = language_tag(language) if language else None
    if tag is not None and "-" not in tag and wording(tag).tag.startswith(tag.lower()):
        tag = wording(tag).tag  # Twilio knows de-DE and no de
    return verb("Say", sayable(text), voice=voice_name(voice) if voice else None, language=tag)


def plain(inner: Sequence[Verb]) -> str:
    """A call with no other words than its app's."""
    return document(inner)


def wrap_marketing(
    inner: Sequence[Verb],
    *,
    identity: str,
    phone: str,
    action_url: str,
    hint: str = "",
    language: str = "en",
    voice: str = "",
) -> str:
    """Who calls, then at once which key ends it, then the message, then the number; the key works at any time.

    One Gather holds all of it (47 CFR 64.1200(b)(3): no menu before it, no confirmation after it), and takes any key:
    one pressed by mistake stops too much, one not understood would stop nothing.

    phone       of the sender, E.164
    action_url  where the key goes; it must have stored the stop before it answers
    hint        the sender's own words instead of "press 1"
    """
    speaker = _Speaker(identity, language, voice)
    return document(
        [
            verb(
                "Gather",
                speaker.says(speaker.words.identity, hint or speaker.words.press),
                *_spoken(inner),
                speaker.says(speaker.words.reach, number=_needed(phone, "a number to be reached at")),
                input="dtmf",
                numDigits="1",
                finishOnKey="",  # else # would end the call and stop nothing
                timeout=PATIENCE,
                action=action_url,
                method="POST",
            ),
            verb("Hangup"),
        ]
    )


def voicemail(
    inner: Sequence[Verb], *, identity: str, phone: str, toll_free: str, language: str = "en", voice: str = ""
) -> str:
    """The same for an answering machine: instead of a key the number of the opt-out line, which is free to call."""
    speaker = _Speaker(identity, language, voice)
    line = _needed(toll_free, "a toll-free opt-out line, without which nothing is left on answering machines")
    return document(
        [
            speaker.says(speaker.words.identity, speaker.words.ring_line, number=line),
            *_spoken(inner),
            speaker.says(speaker.words.reach, number=_needed(phone, "a number to be reached at")),
            verb("Hangup"),
        ]
    )


def digit_by_digit(number: str) -> str:
    """As people tell a number, not as billions: +12025550143 is "1, 2 0 2, 5 5 5, 0 1 4 3"."""
    import phonenumbers  # noqa: PLC0415 - 30 ms that a gateway without calls does without

    parsed = phonenumbers.parse(number)
    written = phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.INTERNATIONAL)
    groups = "".join(sign if sign.isdigit() else " " for sign in written).split()
    return ", ".join(" ".join(group) for group in groups)


class _Speaker:
    """The gateway's own voice in one call: its language is one that we have words in."""

    def __init__(self, identity: str, language: str, voice: str) -> None:
        self._title = sayable(" ".join(identity.split())).rstrip(".")
        self.words: CallWording = wording(language)
        self._voice = voice_name(voice) if voice else None

    def says(self, *sentences: str, number: str = "") -> Verb:
        """In one breath: between two Says there is a pause."""
        spoken = digit_by_digit(number) if number else ""
        text = " ".join(
            sentence.replace("{title}", self._title).replace("{number}", spoken) for sentence in sentences
        )
        return verb("Say", sayable(text), voice=self._voice, language=self.words.tag)


def _spoken(inner: Sequence[Verb]) -> Sequence[Verb]:
    """Nothing that would take the key from our Gather, or the person to somebody else."""
    if not inner or any(part.name not in SPOKEN for part in inner):
        raise ValueError("a marketing call says and plays, nothing else")
    return inner


def _needed(number: str, what: str) -> str:
    if not number:
        raise ConfigurationError(f"a marketing call needs {what}")
    return number
