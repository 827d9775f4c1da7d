"""The text that asks a phone's owner whether what was asked for in their name is meant. Pure.

It asks in one sentence: the page behind its link says what exactly is confirmed there.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from gateway.confirmations.wishes import Kind


@dataclass(frozen=True, slots=True)
class _Sentences:
    consent: str
    export: str
    erasure: str
    if_not: str

    def __getitem__(self, kind: Kind) -> str:
        return {Kind.CONSENT: self.consent, Kind.EXPORT: self.export, Kind.ERASURE: self.erasure}[kind]


# Those in Latin letters keep to the GSM alphabet, which lacks many accents (á, í, ó): see channels.sms.wording.
_SENTENCES: Mapping[str, _Sentences] = {
    "en": _Sentences(
        "Please confirm that you want our messages: {url}",
        "Please confirm that you want a copy of your data: {url}",
        "Please confirm that your data is to be deleted: {url}",
        "If you did not ask for it, ignore this text.",
    ),
    "de": _Sentences(
        "Bitte bestätigen Sie, dass Sie unsere Nachrichten möchten: {url}",
        "Bitte bestätigen Sie, dass Sie eine Kopie Ihrer Daten möchten: {url}",
        "Bitte bestätigen Sie, dass Ihre Daten gelöscht werden sollen: {url}",
        "Wenn Sie das nicht wollten, ignorieren Sie diese SMS.",
    ),
    "es": _Sentences(
        "Confirme que desea recibir nuestros mensajes: {url}",
        "Confirme que desea una copia de sus datos: {url}",
        "Confirme que desea borrar sus datos: {url}",
        "Si no lo ha pedido, ignore este SMS.",
    ),
    "fr": _Sentences(
        "Confirmez que vous souhaitez nos messages : {url}",
        "Confirmez que vous souhaitez une copie de vos données : {url}",
        "Confirmez que vous souhaitez effacer vos données : {url}",
        "Si vous n'avez rien demandé, ignorez ce SMS.",
    ),
    "hi": _Sentences(
        "कृपया पुष्टि करें कि आप हमारे संदेश चाहते हैं: {url}",
        "कृपया पुष्टि करें कि आप अपने डेटा की प्रति चाहते हैं: {url}",
        "कृपया पुष्टि करें कि आपका डेटा हटाया जाए: {url}",
        "यदि आपने नहीं कहा, तो इसे अनदेखा करें।",
    ),
}


def body(language: str, title: str, kind: Kind, url: str) -> str:
    """`title`: the sender's name."""
    said = _of(language)
    return f"{' '.join(title.split())}: {said[kind].format(url=url)} {said.if_not}"


def wording(language: str, kind: Kind) -> str:
    """Names the very words that were confirmed, for the evidence: another text has another name."""
    said = _of(language)
    return hashlib.sha256(f"{said[kind]}\x00{said.if_not}".encode()).hexdigest()[:12]


def _of(language: str) -> _Sentences:
    return _SENTENCES.get(language, _SENTENCES["en"])
