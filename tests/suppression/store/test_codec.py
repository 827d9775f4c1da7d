"""How entries look in the store is data: the frozen lines are what stores in use hold."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from suppression.decision import Reason
from suppression.errors import StoreUnavailable
from suppression.model import Basis, Channel, Consent, Scope, Suppression, Way
from suppression.records import Record, RecordKind, without_addresses
from suppression.store import codec, record_lines

AT = datetime(2026, 11, 22, 12, tzinfo=UTC)
STOP = Suppression(
    "0123456789ab",
    Scope(frozenset({Channel.SMS, Channel.EMAIL}), "marketing/promotions", "brand"),
    Reason.UNSUBSCRIBED,
    Way.ONE_CLICK,
    "unsubscribe",
    "recipient",
    AT,
    "1-0",
)
YES = Consent(
    "ba9876543210",
    Scope(frozenset(), "marketing", "brand"),
    Basis.DOUBLE_OPT_IN,
    "form",
    "key",
    AT,
    "2-1",
    "00112233445566ff",
    overrides=frozenset({"0123456789ab"}),
)
KEPT_REASONS = [
    Reason.UNSUBSCRIBED,
    Reason.BLOCKED,
    Reason.COMPLAINED,
    Reason.UNDELIVERABLE,
    Reason.UNUSABLE_ADDRESS,
    Reason.ERASED,
    Reason.LISTED,
    Reason.IN_REVIEW,
]


def test_a_suppressions_text_is_frozen() -> None:
    assert codec.encode_suppression(STOP) == (
        "es|marketing/promotions|brand||u|a|unsubscribe|recipient|mwrsbk00||||"
    )


def test_a_consents_text_is_frozen() -> None:
    assert codec.encode_consent(YES) == (
        "|marketing|brand||c|form|key|mwrsbk00||00112233445566ff||0123456789ab||"
    )


def test_the_codes_of_ways_reasons_and_bases_are_frozen() -> None:
    ways = [codec.encode_suppression(replace(STOP, way=way)).split("|")[5] for way in Way]
    reasons = [
        codec.encode_suppression(replace(STOP, reason=reason)).split("|")[4] for reason in KEPT_REASONS
    ]
    bases = [codec.encode_consent(replace(YES, basis=basis)).split("|")[4] for basis in Basis]

    assert "".join(ways) == "abcdefghijkl"
    assert "".join(reasons) == "ubcdielr"
    assert "".join(bases) == "abcde"


@given(
    st.frozensets(st.sampled_from(Channel)),
    st.sampled_from(KEPT_REASONS),
    st.sampled_from(Way),
    st.none() | st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
)
def test_a_suppression_reads_back(
    channels: frozenset[Channel], reason: Reason, way: Way, until: datetime | None
) -> None:
    until = until.replace(microsecond=0) if until else None
    entry = replace(STOP, scope=replace(STOP.scope, channels=channels), reason=reason, way=way, until=until)

    facts = codec.decode_facts(
        [codec.suppression_field(entry.id), (codec.encode_suppression(entry) + entry.order).encode()], "g"
    )

    assert facts.suppressions == (entry,)


@pytest.mark.parametrize("year", [1, 1826, 1969, 1970, 9999])
def test_a_time_of_any_year_reads_back(year: int) -> None:
    consent = replace(YES, at=datetime(year, 12, 31, 12, tzinfo=UTC))

    facts = codec.decode_facts(
        [codec.consent_field(consent.id), (codec.encode_consent(consent) + consent.order).encode()], "g"
    )

    assert facts.consents == (consent,)


@pytest.mark.parametrize(
    "fields",
    [
        [b"x", b"a field of tomorrow"],
        [b"s012345", b"too|few|parts"],
        [b"s012345", b"es|marketing|||U|a|s|a|mwrsbk00||||1-0"],
        [b"b", b"not a year"],
        [b"k", b"en|Europe/Berlin"],
    ],
)
def test_what_cannot_be_read_cannot_be_decided_on(fields: list[bytes]) -> None:
    with pytest.raises(StoreUnavailable):
        codec.decode_facts(fields, "g")


def test_who_a_recipient_is_reads_back() -> None:
    fields = [b"p", b"\x0a" * 16, b"b", b"2015", b"k", codec.encode_known("de", None, "AT").encode()]

    facts = codec.decode_facts(fields, "g")

    assert (facts.person, facts.birth_year) == ("0a" * 16, 2015)
    assert (facts.language, facts.zone, facts.country) == ("de", None, "AT")
    assert fields[5] == b"de||AT"


def test_a_record_reads_back_without_what_a_newer_schema_added() -> None:
    record = Record(RecordKind.SENT, 1_700_000_000_000, recipient="ab", text="ok", details={"a": "b"})
    text = record_lines.encode_record(record).replace('"n":1', '"n":2,"tomorrow":1')

    read = record_lines.decode_record("id", {b"r": text.encode(), b"duplicate": b"1"})

    assert read == replace(record, id="id", duplicate=True)


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("550 <ann@example.net>: no such user", "550 <address>: no such user"),
        ("user ann.b+c@example.net\r\nunknown", "user <address> unknown"),
        ("x" * 1000, "x" * 400),
        ("\x1b[31mred\x00", " [31mred "),
        ("The 'To' number +1 (202) 555-0143 is not valid", "The 'To' number <address> is not valid"),
        ("to=%2B12025550143&x", "to=<address>&x"),
        ("OK 1700000000 d2e1a72fcca58-1 - gsmtp", "OK 1700000000 d2e1a72fcca58-1 - gsmtp"),
    ],
)
def test_a_next_hops_words_are_kept_without_addresses_and_control_characters(said: str, kept: str) -> None:
    assert without_addresses(said) == kept
