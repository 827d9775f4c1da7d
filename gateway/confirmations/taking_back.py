"""Taking a question back before it is answered."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from gateway.confirmations import wishes
from gateway.confirmations.wish_names import change_of, confirms, consent_of
from gateway.confirmations.wishes import Wish
from suppression.model import Consent, Recipient, Scope
from suppression.records import Record, RecordKind
from suppression.store import codec, pending
from suppression.store.apply import CONSENT_HANDLE
from suppression.store.keys import parse_handle
from suppression.store.store import Store


async def take_back(
    store: Store, handle: str, actor: str, sees: Callable[[str], bool], kept: timedelta
) -> Consent | None:
    """The consent that it would have been; from now on the question's link does not make it one.

    None when no question about it waits, or `sees` says no to its sender. `kept`: longer than the link works.
    """
    key, entry_id = parse_handle(CONSENT_HANDLE, handle)
    taken = None
    for number, fields in await pending.all_of(store, key):
        found = wishes.from_fields(fields)
        scopes = {change_of(found.wish, scope, found.exact).entry_id: scope for scope in found.wish.scopes}
        scope = scopes.pop(entry_id, None)
        if scope is None or found.confirmed is not None or not sees(found.wish.sender):
            continue
        rest = replace(found, wish=replace(found.wish, scopes=tuple(scopes.values())))
        left = fields | wishes.to_fields(rest) if scopes else None
        record = _withdrawn(store, found.wish, scope, Recipient(key, found.exact), actor)
        if await pending.cancel(store, key, number, left, record, confirms(number, entry_id), kept):
            taken = replace(consent_of(found.wish, scope, found.exact), withdrawn=store.now())
    return taken


def _withdrawn(store: Store, wish: Wish, scope: Scope, recipient: Recipient, actor: str) -> Record:
    return Record(
        RecordKind.WITHDRAWN,
        at=codec.milliseconds(store.now()),
        recipient=recipient.key.hex(),
        exact=recipient.exact,
        entry=change_of(wish, scope, recipient.exact).entry_id,
        scope=codec.scope_text(scope),
        source=wish.source,
        actor=actor,
        details={"state": "pending"},
    )
