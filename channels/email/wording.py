"""The words of what mail is given, by language. English where we have no other; more languages are more entries."""

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
GERMAN = Wording(
    stop="Hier können Sie diese E-Mails abbestellen oder auswählen, welche Sie erhalten:",
    unsubscribe="Abbestellen oder auswählen, welche E-Mails Sie erhalten",
    sent_by="Gesendet von {sender}, {address}",
)
SPANISH = Wording(
    stop="Aquí puede darse de baja de estos correos o elegir cuáles recibe:",
    unsubscribe="Darse de baja o elegir qué correos recibe",
    sent_by="Enviado por {sender}, {address}",
)
FRENCH = Wording(
    stop="Vous pouvez vous désabonner de ces e-mails, ou choisir ceux que vous recevez, ici :",
    unsubscribe="Se désabonner ou choisir les e-mails reçus",
    sent_by="Envoyé par {sender}, {address}",
)
HINDI = Wording(
    stop="ये ईमेल बंद करने (सदस्यता छोड़ने) या यह चुनने के लिए कि आपको कौन-से ईमेल मिलें, यहाँ जाएँ:",
    unsubscribe="सदस्यता छोड़ें या चुनें कि आपको कौन-से ईमेल मिलें",
    sent_by="प्रेषक: {sender}, {address}",
)

LANGUAGES = {"en": ENGLISH, "de": GERMAN, "es": SPANISH, "fr": FRENCH, "hi": HINDI}


def wording(language: str) -> Wording:
    """By language tag ("en", "de-AT"); English where we have no other."""
    return LANGUAGES.get(language.lower().partition("-")[0], ENGLISH)
