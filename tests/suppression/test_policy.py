"""What must hold of every decision, whatever the request and the facts."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from suppression.decision import SKIP, Defer, Reason, Refuse, RuleVerdict, Send, Verdict
from suppression.model import Basis, Consent, Facts, Request, Scope, Suppression, Way
from suppression.policy import RULES, _settled, _verdict, decide, explain
from suppression.rules.stops import stands_against
from tests.suppression.cases import (
    AGO,
    AHEAD,
    CATALOGUE,
    EMAIL,
    EXACT,
    NOW,
    OTHER,
    SMS,
    VOICE,
    ask,
    yes,
)

channel_sets = st.frozensets(st.sampled_from([EMAIL, SMS, VOICE]), max_size=2)
nodes = st.sampled_from(
    ["*", "marketing", "marketing/promotions", "marketing/surveys", "service", "transactional/security"]
)
orders = st.builds("{}-{}".format, st.integers(1, 12), st.integers(0, 2))
scopes = st.builds(
    Scope, channel_sets, nodes, st.sampled_from(["*", "brand", "other"]), st.sampled_from(["*", "shop"])
)
ends = st.sampled_from([None, AGO, AHEAD])
entries = st.builds(
    Suppression,
    id=st.sampled_from("abcdefgh"),
    scope=scopes,
    reason=st.sampled_from(
        [
            Reason.UNSUBSCRIBED,
            Reason.UNSUBSCRIBED,
            Reason.BLOCKED,
            Reason.COMPLAINED,
            Reason.ERASED,
            Reason.UNDELIVERABLE,
            Reason.IN_REVIEW,
        ]
    ),
    way=st.sampled_from(Way),
    source=st.just("x"),
    actor=st.just("x"),
    at=st.just(AGO),
    order=orders,
    until=ends,
    exact=st.sampled_from([None, None, EXACT, OTHER]),
)
consents = st.builds(
    Consent,
    id=st.sampled_from("stuv"),
    scope=scopes,
    basis=st.sampled_from(Basis),
    source=st.just("x"),
    actor=st.just("x"),
    at=st.just(AGO),
    order=orders,
    exact=st.sampled_from([EXACT, EXACT, OTHER]),
    expires=ends,
    direct=st.booleans(),
    overrides=st.frozensets(st.sampled_from("abcdefgh"), max_size=3),
    withdrawn=st.sampled_from([None, None, AGO]),
)
known_facts = st.builds(
    Facts,
    suppressions=st.lists(entries, max_size=4).map(tuple),
    consents=st.lists(consents, max_size=4).map(tuple),
    birth_year=st.sampled_from([None, None, 2000, 2020]),
)
requests = st.builds(
    ask,
    st.sampled_from(
        [
            "marketing/promotions",
            "marketing/surveys",
            "service/feedback",
            "service/notifications",
            "service/policy-changes",
            "transactional/security",
            "transactional/payments",
        ]
    ),
    st.sampled_from([EMAIL, SMS, VOICE]),
    legal_notice=st.sampled_from(["", "terms-2026"]),
)


@given(requests, known_facts, entries)
def test_one_more_entry_never_makes_a_send(request: Request, known: Facts, entry: Suppression) -> None:
    more = replace(known, suppressions=(*known.suppressions, entry))

    if isinstance(decide(request, known, CATALOGUE), Refuse):
        assert isinstance(decide(request, more, CATALOGUE), Refuse)


widenings: list[Callable[[Scope], Scope]] = [
    lambda where: replace(where, channels=frozenset()),
    lambda where: replace(where, purpose=where.purpose.rpartition("/")[0] or "*"),
    lambda where: replace(where, sender="*"),
    lambda where: replace(where, app="*"),
]


@given(requests, known_facts, entries, st.sampled_from(widenings))
def test_a_wider_stop_never_lets_more_pass(
    request: Request, known: Facts, entry: Suppression, widen: Callable[[Scope], Scope]
) -> None:
    """Except a block, which binds `required` only where it names the purpose."""
    wider = replace(entry, scope=widen(entry.scope))
    before = replace(known, suppressions=(*known.suppressions, entry))
    after = replace(known, suppressions=(*known.suppressions, wider))

    if request.purpose.required and entry.reason is Reason.BLOCKED:
        return
    if isinstance(decide(request, before, CATALOGUE), Refuse):
        assert isinstance(decide(request, after, CATALOGUE), Refuse)


@given(requests, known_facts, st.integers(0, 3))
def test_a_withdrawal_never_makes_a_send(request: Request, known: Facts, at: int) -> None:
    if at >= len(known.consents):
        return
    changed = list(known.consents)
    changed[at] = replace(changed[at], withdrawn=AGO, order="99-0")

    if isinstance(decide(request, known, CATALOGUE), Refuse):
        assert isinstance(decide(request, replace(known, consents=tuple(changed)), CATALOGUE), Refuse)


@given(requests, known_facts)
def test_explain_and_decide_agree(request: Request, known: Facts) -> None:
    decision, verdicts = explain(request, known, CATALOGUE)
    noes = [line for line in verdicts if line.verdict is Verdict.REFUSE]

    assert decision == decide(request, known, CATALOGUE)
    assert isinstance(decision, Refuse) == bool(noes)


@given(requests, known_facts, st.randoms(use_true_random=False))
def test_the_order_in_which_facts_were_read_does_not_matter(
    request: Request, known: Facts, shuffler: Any
) -> None:
    """Neither to the decision nor to what it names: ids are unique."""
    unique = replace(
        known,
        suppressions=tuple({entry.id: entry for entry in known.suppressions}.values()),
        consents=tuple({record.id: record for record in known.consents}.values()),
    )
    shuffled = replace(
        unique,
        suppressions=tuple(shuffler.sample(unique.suppressions, len(unique.suppressions))),
        consents=tuple(shuffler.sample(unique.consents, len(unique.consents))),
    )

    assert decide(request, unique, CATALOGUE) == decide(request, shuffled, CATALOGUE)


@given(requests, known_facts)
def test_a_consent_that_is_effective_meets_no_stop(request: Request, known: Facts) -> None:
    """What the API calls effective is not refused by rules 3 and 5 to 7, on any purpose it covers."""
    consent = yes(request.purpose.path, request.channel, order="50-0", direct=True)
    known = replace(known, consents=(consent,), birth_year=None)

    decision = decide(request, known, CATALOGUE)
    if not stands_against(consent, known, NOW, CATALOGUE) and request.channel in request.purpose.channels:
        assert isinstance(decision, Send)


def test_every_rule_answers_under_its_own_name() -> None:
    """The names are a vocabulary: API, log and documents have them."""
    assert [name for name, _ in RULES] == [
        "access",
        "address",
        "erased",
        "child",
        "undeliverable",
        "complaint",
        "suppression",
        "registers",
        "lists",
        "consent",
        "caps",
        "hours",
    ]
    assert [rule.__name__ for _, rule in RULES] == [name for name, _ in RULES]


@given(requests, known_facts)
def test_a_refusal_names_the_rule_that_made_it(request: Request, known: Facts) -> None:
    for name, rule in RULES:
        answer = rule(request, known, CATALOGUE)
        if isinstance(answer, Refuse | Send | Defer):
            assert answer.rule == name


def test_explain_tells_when_a_deferred_message_may_go() -> None:
    assert _verdict("hours", Defer(Reason.OUTSIDE_HOURS, NOW, "hours")) == RuleVerdict(
        "hours", Verdict.DEFER, Reason.OUTSIDE_HOURS, until=NOW
    )


def test_a_no_wins_over_a_ground_to_send() -> None:
    """A cap or an hour that comes after the consent still holds."""
    no = Defer(Reason.CAPPED, NOW, "caps")

    assert _settled([None, Send(Reason.CONSENTED), no, Refuse(Reason.LISTED)]) == no


def test_no_ground_to_send_is_a_refusal() -> None:
    """Should no rule give one, nothing leaves."""
    assert isinstance(_settled([None, SKIP]), Refuse)
