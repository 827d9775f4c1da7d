"""The grammar of phone numbers: text in, E.164 out (ITU-T E.164, RFC 3966).

Possible numbers are taken, not only valid ones: ranges for drama and tests (+447700900123) are in no
numbering plan. `phonenumbers` finds numbers inside of other text, reads letters as digits, cuts extensions:
an address must be nothing but a number, so what reaches it is checked first. It also cuts what looks like a
trunk prefix, again and again (+310000000): a number that does not read as itself would have several keys.
"""

import re
from dataclasses import dataclass
from functools import cache

from suppression.errors import UnusableAddress

MAX_DIGITS = 15  # ITU-T E.164 6.2.1, country code included
MAX_INPUT = 64

# Digits of any script and the separators that people write between them; a plus only in front. No letters
# (vanity numbers), no # * ; , (extensions, pauses, RFC 3966 parameters).
_SEPARATOR = r"[ \u00a0\u2007\u202f\u3000().\-\u2010-\u2015\u2212\uff08\uff09\uff0d\uff0e]"
_NUMBER = re.compile(rf"{_SEPARATOR}*[+\uff0b]?(?:{_SEPARATOR}*\d)+{_SEPARATOR}*")


def e164(text: str, region: str | None = None) -> str:
    """The number as "+" and digits. Without a region (ISO 3166, "GB") only international format will do."""
    if _reads_as_itself(text):
        return text
    if text[:4].lower() == "tel:":
        text = text[4:]
    if len(text) > MAX_INPUT or _NUMBER.fullmatch(text) is None:
        raise UnusableAddress("not a phone number, or one with letters or an extension")
    number = _read(text, region)
    if len(number) - 1 > MAX_DIGITS:
        raise UnusableAddress("a number of over 15 digits")
    if number != text and _read(number, None) != number:
        raise UnusableAddress("a number that does not read as itself")
    return number


_PLAIN = re.compile(r"\+[1-9][0-9]{1,14}")


@dataclass(frozen=True, slots=True)
class _Plan:
    """Of a calling code.

    cut      what national numbers may begin with that `phonenumbers` might cut
    premium  national numbers whose owners are paid by whoever calls or writes
    """

    lengths: frozenset[int]
    cut: re.Pattern[str] | None
    premium: re.Pattern[str] | None


@cache
def _plan(calling_code: str) -> _Plan | None:
    from phonenumbers import COUNTRY_CODE_TO_REGION_CODE, PhoneMetadata  # noqa: PLC0415 - see _read

    regions = COUNTRY_CODE_TO_REGION_CODE.get(int(calling_code))
    if regions is None:
        return None
    known = PhoneMetadata.metadata_for_region_or_calling_code(int(calling_code), regions[0])
    if known is None or known.general_desc is None:
        return None
    lengths = frozenset(known.general_desc.possible_length)
    local = frozenset(known.general_desc.possible_length_local_only)
    prefix = known.national_prefix_for_parsing
    paid = known.premium_rate.national_number_pattern if known.premium_rate else None
    return _Plan(lengths - local, re.compile(prefix) if prefix else None, re.compile(paid) if paid else None)


def _reads_as_itself(text: str) -> bool:
    """What `_read` would say of most that comes in, in a tenth of the time. False: ask it."""
    if _PLAIN.fullmatch(text) is None:
        return False
    for end in (2, 3, 4):
        plan = _plan(text[1:end])
        if plan is not None:
            national = text[end:]
            return (
                len(national) in plan.lengths
                and national[0] != "0"
                and (plan.cut is None or plan.cut.match(national) is None)
            )
    return False


def is_premium(number: str) -> bool:
    """Whether the owner of a number (E.164) earns by what is sent to it: somebody who signs up with such a number
    wants our money, not our messages.
    """
    for end in (2, 3, 4):
        if number[1:end].isdecimal() and (plan := _plan(number[1:end])) is not None:
            return plan.premium is not None and plan.premium.fullmatch(number[end:]) is not None
    return False


@cache
def _calling_codes() -> dict[str, frozenset[str]]:
    from phonenumbers import COUNTRY_CODE_TO_REGION_CODE  # noqa: PLC0415 - see _read

    return {str(code): frozenset(regions) - {"001"} for code, regions in COUNTRY_CODE_TO_REGION_CODE.items()}


def countries(number: str) -> frozenset[str]:
    """Those that share the calling code of a number (E.164); none for a code that is of no country."""
    codes = _calling_codes()
    found = (codes[number[1:end]] for end in (2, 3, 4) if number[1:end] in codes)
    return next(found, frozenset())


def main_country(number: str) -> str | None:
    """The one that is meant by a calling code which several share ("US"): what is dialled there is read so."""
    from phonenumbers import COUNTRY_CODE_TO_REGION_CODE  # noqa: PLC0415 - see _read

    regions = (
        COUNTRY_CODE_TO_REGION_CODE.get(int(number[1:end])) for end in (2, 3, 4) if number[1:end].isdecimal()
    )
    return next((found[0] for found in regions if found and found[0] != "001"), None)


def _read(text: str, region: str | None) -> str:
    import phonenumbers  # noqa: PLC0415 - 30 ms and 10 MB that a gateway for mail alone does without

    try:
        number = phonenumbers.parse(text, region.upper() if region else None)
    except phonenumbers.NumberParseException:
        raise UnusableAddress("no phone number in international format") from None
    # A number that is possible within its area only (+1 555 0143) reaches nobody from outside.
    if phonenumbers.is_possible_number_with_reason(number) != phonenumbers.ValidationResult.IS_POSSIBLE:
        raise UnusableAddress("too short or too long for its country")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
