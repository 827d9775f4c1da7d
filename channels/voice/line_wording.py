"""What the opt-out line says, and the answer to a key pressed in a call, by language. English where we have no other.

Nothing promotional, nothing asked back: who wants to stop is done within a few words.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LineWording:
    """`tag`: for Say and for understanding speech; `yes`: what a caller may say instead of pressing 1.

    {title}: the sender's name; {number}: a number, digit by digit
    """

    tag: str
    yes: frozenset[str]
    menu: str
    enter: str
    read_back: str
    stopped: str
    another: str
    not_understood: str
    goodbye: str
    key_pressed: str


_ENGLISH = LineWording(
    tag="en-US",
    yes=frozenset({"one", "yes", "stop"}),
    menu="This is {title}. To stop all calls and texts to the number you are calling from, press 1 or say stop. "
    "To stop them for another number, press 2.",
    enter="This is {title}. To stop all calls and texts to a number, enter it with its area code, then press pound.",
    read_back="You entered {number}. To stop all calls and texts to this number, press 1. To enter it again, press 2.",
    stopped="Done. There will be no more calls and texts to this number.",
    another="To stop another number, press 2. Otherwise you can hang up now.",
    not_understood="Sorry, that was not understood.",
    goodbye="Goodbye.",
    key_pressed="Done. You will get no more calls from us. Goodbye.",
)
_GERMAN = LineWording(
    tag="de-DE",
    yes=frozenset({"eins", "ja", "stopp", "stop"}),
    menu="Hier ist {title}. Um alle Anrufe und SMS an die Nummer zu beenden, von der Sie anrufen, drücken Sie die 1 "
    "oder sagen Sie Stopp. Für eine andere Nummer drücken Sie die 2.",
    enter="Hier ist {title}. Um alle Anrufe und SMS an eine Nummer zu beenden, geben Sie sie jetzt mit Vorwahl ein "
    "und drücken Sie dann die Rautetaste.",
    read_back="Sie haben {number} eingegeben. Um alle Anrufe und SMS an diese Nummer zu beenden, drücken Sie die 1. "
    "Um sie noch einmal einzugeben, drücken Sie die 2.",
    stopped="Erledigt. An diese Nummer gehen keine Anrufe und SMS mehr.",
    another="Für eine weitere Nummer drücken Sie die 2. Sonst können Sie jetzt auflegen.",
    not_understood="Das wurde leider nicht verstanden.",
    goodbye="Auf Wiederhören.",
    key_pressed="Erledigt. Sie erhalten keine Anrufe mehr von uns. Auf Wiederhören.",
)
_SPANISH = LineWording(
    tag="es-ES",
    yes=frozenset({"uno", "sí", "si", "alto", "parar", "stop"}),
    menu="Le atiende {title}. Para detener todas las llamadas y mensajes al número desde el que llama, pulse 1 o "
    "diga alto. Para otro número, pulse 2.",
    enter="Le atiende {title}. Para detener todas las llamadas y mensajes a un número, introdúzcalo ahora con su "
    "prefijo y pulse almohadilla.",
    read_back="Ha introducido {number}. Para detener todas las llamadas y mensajes a este número, pulse 1. Para "
    "introducirlo de nuevo, pulse 2.",
    stopped="Hecho. No habrá más llamadas ni mensajes a este número.",
    another="Para otro número, pulse 2. Si no, ya puede colgar.",
    not_understood="Lo sentimos, no se ha entendido.",
    goodbye="Adiós.",
    key_pressed="Hecho. No recibirá más llamadas nuestras. Adiós.",
)
_FRENCH = LineWording(
    tag="fr-FR",
    yes=frozenset({"un", "oui", "arrêt", "arrêter", "stop"}),
    menu="Ici {title}. Pour arrêter tous les appels et SMS vers le numéro dont vous appelez, appuyez sur 1 ou dites "
    "stop. Pour un autre numéro, appuyez sur 2.",
    enter="Ici {title}. Pour arrêter tous les appels et SMS vers un numéro, composez-le maintenant avec son "
    "indicatif, puis appuyez sur dièse.",
    read_back="Vous avez composé {number}. Pour arrêter tous les appels et SMS vers ce numéro, appuyez sur 1. Pour "
    "le composer à nouveau, appuyez sur 2.",
    stopped="C'est fait. Il n'y aura plus d'appels ni de SMS vers ce numéro.",
    another="Pour un autre numéro, appuyez sur 2. Sinon, vous pouvez raccrocher.",
    not_understood="Désolé, cela n'a pas été compris.",
    goodbye="Au revoir.",
    key_pressed="C'est fait. Vous ne recevrez plus d'appels de notre part. Au revoir.",
)
_HINDI = LineWording(
    tag="hi-IN",
    yes=frozenset({"एक", "हाँ", "हां", "बंद", "stop"}),
    menu="यह {title} है। जिस नंबर से आप कॉल कर रहे हैं, उस पर सभी कॉल और संदेश बंद करने के लिए 1 दबाएँ या बंद बोलें। "
    "किसी दूसरे नंबर के लिए 2 दबाएँ।",
    enter="यह {title} है। किसी नंबर पर सभी कॉल और संदेश बंद करने के लिए वह नंबर अभी डालें, फिर हैश दबाएँ।",
    read_back="आपने {number} डाला है। इस नंबर पर सभी कॉल और संदेश बंद करने के लिए 1 दबाएँ। फिर से डालने के लिए 2 दबाएँ।",
    stopped="हो गया। इस नंबर पर अब कोई कॉल या संदेश नहीं आएगा।",
    another="किसी और नंबर के लिए 2 दबाएँ। नहीं तो आप फ़ोन रख सकते हैं।",
    not_understood="क्षमा करें, समझ नहीं आया।",
    goodbye="धन्यवाद।",
    key_pressed="हो गया। अब हमारी ओर से कोई कॉल नहीं आएगी। धन्यवाद।",
)
LANGUAGES = {"en": _ENGLISH, "de": _GERMAN, "es": _SPANISH, "fr": _FRENCH, "hi": _HINDI}


def line_wording(language: str) -> LineWording:
    """By language tag ("en", "de-AT"); English where we have no other."""
    return LANGUAGES.get(language.lower().partition("-")[0], _ENGLISH)
