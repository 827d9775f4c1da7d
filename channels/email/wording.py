"""The words of what mail is given, by language. English; more languages are more entries."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Wording:
    """The footer's words. `sent_by` has places for the sender's name and postal address."""

    stop: str  # before the link in plain text
    unsubscribe: str  # the link in HTML
    sent_by: str


ENGLISH = Wording(
    stop="You can stop these mails, or choose which ones you get, here (unsubscribe):",
    unsubscribe="Unsubscribe or choose which mails you get",
    sent_by="Sent by {sender}, {address}",
)

LANGUAGES = {"en": ENGLISH}


def wording(language: str) -> Wording:
    """By language tag ("en", "de-AT"); English where we have no other."""
    return LANGUAGES.get(language.lower().partition("-")[0], ENGLISH)
