"""Texts and calls as they leave: made of what was kept of them, of their sender's settings, and of our own URLs."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from channels.sms.message import LONGEST_VALIDITY, Text
from channels.voice.message import Call
from gateway.links import Hook
from suppression.errors import ConfigurationError
from suppression.model import Channel, Sender, TextSettings
from suppression.outbox import Entry

# RULES 2.2: the status callback is tried again, whatever fails; it settles a lost answer.
INSISTENT = "#rc=5&rp=all"
SHORTEST_VALIDITY = 6  # seconds, Twilio's ("> 5")

HookUrl = Callable[[Hook, str], str]


@dataclass(frozen=True, slots=True)
class Composer:
    """`hook_url`: gateway.links.Links.hook_url."""

    senders: Mapping[str, Sender]
    hook_url: HookUrl

    def compose(self, entry: Entry) -> Text | Call:
        """ConfigurationError when its sender has nothing to send it from, or it is none that could be sent."""
        sender = self.senders.get(entry.sender)
        if sender is None or entry.content is None:
            raise ConfigurationError("no such sender, or nothing to send")
        try:
            compose = self._call if entry.channel is Channel.VOICE else self._text
            return compose(entry, entry.content, sender)
        except (LookupError, ValueError) as error:
            raise ConfigurationError("not a message that can be sent") from error

    def _text(self, entry: Entry, content: Mapping[str, str], sender: Sender) -> Text:
        settings = sender.texts
        if settings is None:
            raise ConfigurationError("its sender sends no texts")
        return Text(
            id=entry.id,
            sender=entry.sender,
            body=content["body"],
            status_url=self._status_url(entry),
            from_number=self._from(content, settings),
            service=settings.service,
        )

    def _from(self, content: Mapping[str, str], settings: TextSettings) -> str:
        """What answers a text comes from the number that was written to, as long as that is the sender's."""
        if settings.service:
            return ""
        given = content.get("from", "")
        return given if given in settings.numbers else settings.numbers[0]

    def _call(self, entry: Entry, content: Mapping[str, str], sender: Sender) -> Call:
        settings = sender.calls
        if settings is None or not settings.numbers:
            raise ConfigurationError("its sender makes no calls")
        machine = settings.detect_machine and "voicemail" in content
        return Call(
            id=entry.id,
            sender=entry.sender,
            twiml=content["twiml"],
            status_url=self._status_url(entry),
            answer_url="",
            from_number=settings.numbers[0],
            ring_seconds=settings.ring_seconds,
            detect_machine=machine,
            machine_url=self.hook_url(Hook.AMD, entry.id) if machine else "",
        )

    def _status_url(self, entry: Entry) -> str:
        return self.hook_url(Hook.STATUS, entry.id) + INSISTENT


def lasting(message: Text | Call, now: datetime, until: datetime | None) -> Text | Call:
    """A text that Twilio keeps no longer than it may arrive."""
    if until is None or not isinstance(message, Text):
        return message
    left = int((until - now).total_seconds())
    return replace(message, validity=max(SHORTEST_VALIDITY, min(LONGEST_VALIDITY, left)))
