"""By what a wish is known: the consent that it may become, its handle, and the ids that give each part one effect."""

import hashlib
import secrets

from gateway.confirmations.wishes import Kind, Wish
from suppression.changes import GiveConsent
from suppression.model import Basis, Consent, Recipient, Scope
from suppression.store import pending
from suppression.store.apply import CONSENT_HANDLE
from suppression.store.keys import handle

_ORDER_OF_A_NEW_ONE = f"{2**48 - 1}-0"  # later than any commit there is


def consent_of(wish: Wish, scope: Scope, exact: str) -> Consent:
    """As it would be if it were confirmed now."""
    change = change_of(wish, scope, exact)
    return Consent(
        id=change.entry_id,
        scope=scope,
        basis=change.basis,
        source=change.source,
        actor="recipient",
        at=wish.asked,
        order=_ORDER_OF_A_NEW_ONE,
        exact=exact,
        direct=True,
    )


def change_of(wish: Wish, scope: Scope, exact: str) -> GiveConsent:
    return GiveConsent(scope, Basis.DOUBLE_OPT_IN, wish.source, "recipient", wish.asked, exact)


def handle_of(wish: Wish, recipient: Recipient) -> str:
    if not wish.scopes:
        return ""
    return handle(CONSENT_HANDLE, recipient.key, change_of(wish, wish.scopes[0], recipient.exact).entry_id)


def name_of(wish: Wish, recipient: Recipient) -> str:
    """Names what is asked: the same wish has the same name."""
    entries = sorted(change_of(wish, scope, recipient.exact).entry_id for scope in wish.scopes)
    return named(wish.kind, wish.sender, recipient.exact, *entries)[:24]


def number_of(change_id: str | None) -> bytes:
    if change_id is None:
        return secrets.token_bytes(pending.NUMBER)
    return hashlib.sha256(change_id.encode()).digest()[: pending.NUMBER]


def confirms(number: bytes, entry_id: str) -> str:
    """The id under which a question's answer gives a consent, or is kept from it: whichever comes first."""
    return named("confirm", number.hex(), entry_id)


def marker(recipient: Recipient, kind: Kind) -> str:
    return named("question", kind, recipient.key.hex())


def named(*parts: str) -> str:
    return hashlib.sha256("|".join(parts).encode()).hexdigest()
