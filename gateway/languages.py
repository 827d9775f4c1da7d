"""Pages and mails in the reader's language: gettext catalogues in `locale`, compiled as they are first read.

The .po files are all there is: nothing to build, nothing that could be older than they are. A text is looked up by
its English words, with places in braces. What has no translation (a company's own purposes) stays as it is written.
"""

import gettext
from datetime import date
from functools import cache
from importlib import resources
from io import BytesIO

from babel import Locale
from babel.dates import format_date
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

DEFAULT = "en"
LANGUAGES = (DEFAULT, "de", "es", "fr", "hi")
_LONGEST_HEADER = 500


class Words:
    """Texts in one language: `words("Stop {what}", what=...)`."""

    def __init__(self, language: str) -> None:
        self.language = language
        self._texts = gettext.NullTranslations() if language == DEFAULT else _compiled(language)

    def __call__(self, text: str, **places: object) -> str:
        found = self._texts.gettext(text) if text else ""  # gettext's own text for "" is about the catalogue
        return found.format(**places) if places else found

    def date(self, day: date) -> str:
        """A day as it is written there."""
        return str(format_date(day, "long", locale=Locale(self.language)))


@cache
def words(language: str) -> Words:
    """By language tag ("de", "de-AT"); English where we have no other."""
    known = _known(language)
    return Words(known or DEFAULT)


def negotiated(accept_language: str, *others: str | None) -> Words:
    """The reader's first choice that we have; else the first of the others; else English.

    RFC 9110 12.5.4: ranges with weights; of equal ones the first.
    """
    ranges = accept_language[:_LONGEST_HEADER].split(",")
    weighed = sorted((_weight(text), -place, text) for place, text in enumerate(ranges))
    wished = [text.partition(";")[0] for weight, _, text in reversed(weighed) if weight > 0]
    known = (_known(tag) for tag in (*wished, *(other or "" for other in others)))
    return words(next((tag for tag in known if tag), DEFAULT))


def marked(text: str) -> str:
    """Told to be translated where it stands, and translated where it is shown."""
    return text


def _known(tag: str) -> str | None:
    main = tag.strip().replace("_", "-").partition("-")[0].lower()
    return main if main in LANGUAGES else None


def _weight(text: str) -> float:
    _, _, parameter = text.partition(";")
    name, _, value = parameter.partition("=")
    if not parameter:
        return 1.0
    try:
        weight = float(value) if name.strip() == "q" else 0.0
    except ValueError:
        return 0.0
    return weight if 0.0 < weight <= 1.0 else 0.0


def _compiled(language: str) -> gettext.NullTranslations:
    path = resources.files("gateway").joinpath("locale", language, "LC_MESSAGES", "gateway.po")
    with path.open("rb") as file:
        catalogue = read_po(file, locale=language)
    compiled = BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)
