"""What the gateway itself says in marketing calls, by language. English where we have no other.

Texts and calls are different speech: digits are spoken one by one, sentences are short, and the way out is said within
two seconds of who calls (RULES 3).
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CallWording:
    """`tag`: the language of Say, as Twilio knows it.

    identity     {title}: who calls; the first sentence
    press        the way out, said right after it
    ring_line    {number}: the same for an answering machine, which presses no key
    reach        {title}, {number}: said at the end
    """

    tag: str
    identity: str
    press: str
    ring_line: str
    reach: str


ENGLISH = CallWording(
    tag="en-US",
    identity="This is {title}.",
    press="To stop these calls, press 1 at any time.",
    ring_line="To stop these calls, call {number}, free of charge.",
    reach="You can reach {title} at {number}.",
)
GERMAN = CallWording(
    tag="de-DE",
    identity="Hier ist {title}.",
    press="Um keine solchen Anrufe mehr zu erhalten, drücken Sie jederzeit die 1.",
    ring_line="Um keine solchen Anrufe mehr zu erhalten, rufen Sie kostenlos an: {number}.",
    reach="Sie erreichen {title} unter {number}.",
)
SPANISH = CallWording(
    tag="es-ES",
    identity="Le llama {title}.",
    press="Para no recibir más estas llamadas, pulse 1 en cualquier momento.",
    ring_line="Para no recibir más estas llamadas, llame gratis al {number}.",
    reach="Puede llamar a {title} al {number}.",
)
FRENCH = CallWording(
    tag="fr-FR",
    identity="Ici {title}.",
    press="Pour ne plus recevoir ces appels, appuyez sur 1 à tout moment.",
    ring_line="Pour ne plus recevoir ces appels, appelez gratuitement le {number}.",
    reach="Vous pouvez joindre {title} au {number}.",
)
HINDI = CallWording(
    tag="hi-IN",
    identity="यह {title} की ओर से कॉल है।",
    press="ये कॉल बंद करने के लिए किसी भी समय 1 दबाएँ।",
    ring_line="ये कॉल बंद करने के लिए इस नंबर पर निःशुल्क कॉल करें: {number}।",
    reach="{title} से संपर्क करने का नंबर: {number}।",
)

LANGUAGES = {"en": ENGLISH, "de": GERMAN, "es": SPANISH, "fr": FRENCH, "hi": HINDI}


def wording(language: str) -> CallWording:
    """By language tag ("en", "de-AT"); English where we have no other."""
    return LANGUAGES.get(language.lower().partition("-")[0], ENGLISH)
