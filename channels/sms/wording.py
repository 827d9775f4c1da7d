"""The words of ours in texts, by language. English where we have no other; more languages are more entries.

Latin ones keep to the GSM alphabet: one letter outside would more than double what every text costs. What is said
after a STOP is neutral and the last word: nothing promotional, no question (47 CFR 64.1200(a)(12)).
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Wording:
    """`title`: the sender's name; `contact`: its support phone or mail address."""

    hint_reply: str
    hint_link: str
    stopped: str
    stopped_contact: str  # after `stopped`, where there is a contact
    help: str
    help_contact: str


ENGLISH = Wording(
    hint_reply="Reply STOP to opt out",
    hint_link="Opt out: {url}",
    stopped="{title}: You have opted out and will get no more texts from this number.",
    stopped_contact=" Help: {contact}",
    help="{title}: Reply STOP to get no more texts from us. Msg & data rates may apply.",
    help_contact=" Help: {contact}",
)
GERMAN = Wording(
    hint_reply="Zum Abmelden mit STOP antworten",
    hint_link="Abmelden: {url}",
    stopped="{title}: Sie sind abgemeldet und erhalten von dieser Nummer keine SMS mehr.",
    stopped_contact=" Hilfe: {contact}",
    help="{title}: Antworten Sie STOP, um keine SMS mehr von uns zu erhalten.",
    help_contact=" Hilfe: {contact}",
)
SPANISH = Wording(
    hint_reply="Responda STOP para darse de baja",
    hint_link="Darse de baja: {url}",
    stopped="{title}: Su baja queda registrada. No le enviaremos otros SMS desde este remitente.",
    stopped_contact=" Ayuda: {contact}",
    help="{title}: Responda STOP para dejar de recibir SMS.",
    help_contact=" Ayuda: {contact}",
)
FRENCH = Wording(
    hint_reply="Répondez STOP pour vous désabonner",
    hint_link="Se désabonner : {url}",
    stopped="{title} : désabonnement enregistré. Vous ne recevrez plus de SMS de ce numéro.",
    stopped_contact=" Aide : {contact}",
    help="{title} : répondez STOP pour ne plus recevoir de SMS.",
    help_contact=" Aide : {contact}",
)
HINDI = Wording(
    hint_reply="बंद करने हेतु STOP भेजें",
    hint_link="बंद करें: {url}",
    stopped="{title}: आपका अनुरोध दर्ज है। इस नंबर से अब SMS नहीं आएँगे।",
    stopped_contact=" सहायता: {contact}",
    help="{title}: SMS बंद करने के लिए STOP भेजें।",
    help_contact=" सहायता: {contact}",
)

LANGUAGES = {"en": ENGLISH, "de": GERMAN, "es": SPANISH, "fr": FRENCH, "hi": HINDI}


def wording(language: str) -> Wording:
    """By language tag ("en", "de-AT"); English where we have no other."""
    return LANGUAGES.get(language.lower().partition("-")[0], ENGLISH)


def hint_reply(language: str) -> str:
    """How to stop, where a reply reaches us."""
    return wording(language).hint_reply


def hint_link(language: str, url: str) -> str:
    """How to stop where none does (RULES: one-way numbers, as to India)."""
    return wording(language).hint_link.format(url=url)


def stop_confirmation(language: str, title: str, contact: str = "") -> str:
    """The one text after a STOP."""
    words = wording(language)
    return _said(words.stopped, words.stopped_contact, title, contact)


def help_reply(language: str, title: str, contact: str) -> str:
    """The answer to HELP: who writes, how to stop, whom to ask."""
    words = wording(language)
    return _said(words.help, words.help_contact, title, contact)


def _said(sentence: str, at_end: str, title: str, contact: str) -> str:
    """Names come from settings: on one line, whatever these hold."""
    template = sentence + (at_end if contact.strip() else "")
    return template.format(title=" ".join(title.split()), contact=" ".join(contact.split()))
