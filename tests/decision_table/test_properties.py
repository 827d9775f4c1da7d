"""What holds of every decision, whatever is known: more stops never mean more messages, and limits only tighten."""

from dataclasses import replace
from types import MappingProxyType
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from suppression.decision import Decision, Reason, Send
from suppression.limits import Cap, Limits, Loaded, PartnerList, Register
from suppression.model import Channel, Consent, Counted, Facts, Request, Scope, Suppression, Way
from suppression.policy import decide
from suppression.purposes import Catalogue
from tests.suppression.cases import AUDIENCE, CATALOGUE, EMAIL, NOW, SMS, VOICE, ask
from tests.suppression.test_policy import consents, entries, known_facts, requests

DAY = 86_400
NAMES = ("dnc", "acme")
LOADED = MappingProxyType(
    {name: Loaded("v1", round(NOW.timestamp() * 1000) - DAY * 1000, 10) for name in NAMES}
)
limits = st.builds(
    Limits,
    caps=st.sampled_from([(), (Cap("c", DAY, 2, "marketing"),), (Cap("c", DAY, 1, "*", defer=DAY),)]),
    registers=st.sampled_from(
        [(), (Register("dnc", "dnc", frozenset({"sms", "voice"}), frozenset({"US"})),)]
    ),
    lists=st.sampled_from([(), (PartnerList("acme", ("marketing",)),)]),
    loaded=st.just(LOADED),
)
counts = st.lists(st.integers(0, 2 * DAY), max_size=3).map(
    lambda ago: (
        Counted("c", tuple((f"m{n}", round((NOW.timestamp() - s) * 1000)) for n, s in enumerate(ago))),
    )
)
beside = st.fixed_dictionaries(
    {
        "listed": st.frozensets(st.sampled_from(NAMES)),
        "counted": counts,
        "zone": st.sampled_from([None, "Asia/Tokyo"]),
    }
)
stops = entries.map(lambda entry: replace(entry, reason=Reason.UNSUBSCRIBED))
imported = entries.map(lambda entry: replace(entry, way=Way.IMPORT))


def decided(request: Request, known: Facts, limited: Limits) -> Decision:
    return decide(request, known, _catalogue(limited))


def _catalogue(limited: Limits) -> Catalogue:
    return CATALOGUE.limited(limited)


def with_stop(known: Facts, *more: Suppression) -> Facts:
    return replace(known, suppressions=(*known.suppressions, *more))


@given(requests, known_facts, beside, limits, entries)
def test_a_suppression_never_turns_a_refusal_into_a_send(
    request: Request, known: Facts, also: dict[str, Any], limited: Limits, entry: Suppression
) -> None:
    known = replace(known, **also)
    if not isinstance(decided(request, known, limited), Send):
        assert not isinstance(decided(request, with_stop(known, entry), limited), Send)


def _wider(scope: Scope) -> list[Scope]:
    """Each scope that covers all that this one does, a step wider."""
    return [
        replace(scope, channels=frozenset()),
        replace(scope, purpose=scope.purpose.rpartition("/")[0] or "*"),
        replace(scope, sender="*"),
        replace(scope, app="*"),
        *(replace(scope, channels=scope.channels | {channel}) for channel in Channel if scope.channels),
    ]


@given(requests, known_facts, beside, limits, entries, st.data())
def test_a_wider_scope_of_a_stop_refuses_at_least_as_much(
    request: Request, known: Facts, also: dict[str, Any], limited: Limits, entry: Suppression, data: Any
) -> None:
    """But for an agent's block of `required`: it holds for what it names."""
    known = replace(known, **also)
    if entry.reason is Reason.BLOCKED:
        entry = replace(entry, reason=Reason.UNSUBSCRIBED)
    wider = replace(entry, scope=data.draw(st.sampled_from(_wider(entry.scope))))
    if not isinstance(decided(request, with_stop(known, entry), limited), Send):
        assert not isinstance(decided(request, with_stop(known, wider), limited), Send)


@given(requests, known_facts, beside, limits, st.lists(imported, max_size=3))
def test_an_import_only_tightens(
    request: Request, known: Facts, also: dict[str, Any], limited: Limits, batch: list[Suppression]
) -> None:
    """Entries that an import brings stand beside what is there: whoever was refused stays refused."""
    known = replace(known, **also)
    before, after = (decided(request, facts, limited) for facts in (known, with_stop(known, *batch)))
    assert isinstance(before, Send) or not isinstance(after, Send)


@given(requests, known_facts, beside, limits)
def test_limits_never_turn_a_refusal_into_a_send(
    request: Request, known: Facts, also: dict[str, Any], limited: Limits
) -> None:
    known = replace(known, **also)
    if not isinstance(decided(request, known, Limits()), Send):
        assert not isinstance(decided(request, known, limited), Send)


@given(requests, known_facts, beside, limits, st.sampled_from(NAMES))
def test_being_listed_or_counted_never_turns_a_refusal_into_a_send(
    request: Request, known: Facts, also: dict[str, Any], limited: Limits, name: str
) -> None:
    known = replace(known, **also)
    more = replace(known, listed=known.listed | {name})
    counted = replace(known, counted=tuple(_one_more(entry) for entry in known.counted))
    if not isinstance(decided(request, known, limited), Send):
        assert not isinstance(decided(request, more, limited), Send)
        assert not isinstance(decided(request, counted, limited), Send)


def _one_more(entry: Counted) -> Counted:
    return replace(entry, messages=(*entry.messages, ("another", round(NOW.timestamp() * 1000))))


@given(st.sampled_from([EMAIL, SMS, VOICE, AUDIENCE]), known_facts, beside, limits, consents)
def test_required_and_transactions_are_untouched_by_limits(
    channel: Channel, known: Facts, also: dict[str, Any], limited: Limits, consent: Consent
) -> None:
    known = replace(known, **also, consents=(*known.consents, consent))
    for path in ("transactional/orders", "transactional/security", "transactional/payments"):
        request = ask(path, channel)
        assert decided(request, known, limited) == decided(request, known, Limits())


@given(requests, known_facts, stops, stops)
def test_the_order_of_stops_does_not_matter_to_whether_a_message_goes(
    request: Request, known: Facts, one: Suppression, other: Suppression
) -> None:
    both, turned = (with_stop(known, *pair) for pair in ((one, other), (other, one)))
    assert isinstance(decided(request, both, Limits()), Send) is isinstance(
        decided(request, turned, Limits()), Send
    )
