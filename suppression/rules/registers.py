"""Rule 8: external registers of objections. Their age fails closed; who signed a permission passes them."""

from suppression import phone_number
from suppression.address import Kind
from suppression.decision import SKIP, Reason, Refuse, Skip
from suppression.limits import Register
from suppression.model import Facts, Request
from suppression.number_zones import region_of
from suppression.purposes import Catalogue
from suppression.rules.consent import written
from suppression.rules.reach import solicits

NAME = "registers"


def registers(request: Request, facts: Facts, catalogue: Catalogue) -> Refuse | Skip | None:
    """Registered is said before stale: it holds in whatever data it was found."""
    limits = catalogue.limits
    if not limits.registers or not solicits(request):
        return SKIP
    asked = [register for register in limits.registers if _concerns(register, request, facts)]
    if not asked:
        return SKIP
    if written(request, facts) is not None:
        return None
    listed = next((register for register in asked if register.name in facts.listed), None)
    if listed is not None:
        return Refuse(Reason.REGISTERED, NAME, listed.name)
    stale = next((register for register in asked if not limits.is_fresh(register, request.at)), None)
    return Refuse(Reason.REGISTER_STALE, NAME, stale.name) if stale else None


def _concerns(register: Register, request: Request, facts: Facts) -> bool:
    if register.channels and request.channel not in register.channels:
        return False
    return not register.countries or _is_in(register.countries, request, facts)


def _is_in(countries: frozenset[str], request: Request, facts: Facts) -> bool:
    """By number, or by what is known of the recipient."""
    if facts.country in countries:
        return True
    known = request.recipient.address
    if known is None or known.kind is not Kind.PHONE:
        return facts.country is None
    region = region_of(known.text)
    if region is not None:
        return region.partition("-")[0] in countries
    shared = phone_number.countries(
        known.text
    )  # of no numbering plan, or toll-free: anybody's who has the code
    return not shared or not shared.isdisjoint(countries)
