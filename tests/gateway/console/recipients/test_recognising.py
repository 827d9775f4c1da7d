"""Golden table of what may be pasted into the one box."""

import pytest

from gateway.console.recipients.recognising import Kind, readings

URL_TOKEN = "EQEBa2tra2tra2tra2tra2tra2tra2tra2tra2tra2tra2tra2tra2"
MAIL_TOKEN = "abcdefghijklmnopqrstuvwxyz234567" * 2
ID = "0eq3b2c4d5e6f7g8"

CASES: list[tuple[str, str, str]] = [
    ("ann@example.net", "EMAIL", "ann@example.net"),
    ("  Ann@Example.NET ", "EMAIL", "Ann@example.net"),
    ("<ann@example.net>", "EMAIL", "ann@example.net"),
    ("Ann Example <ann@example.net>", "EMAIL", "ann@example.net"),
    ('"Example, Ann" <ann@example.net>;', "EMAIL", "ann@example.net"),
    ("mailto:ann@example.net?subject=stop", "EMAIL", "ann@example.net"),
    ("ann%2Bnews@example.net", "EMAIL", "ann%2Bnews@example.net"),
    ("mailto:ann%2Bnews@example.net", "EMAIL", "ann+news@example.net"),
    ("\u200bann@example.net\u200b", "EMAIL", "ann@example.net"),
    ("ann@bücher.example", "EMAIL", "ann@xn--bcher-kva.example"),
    ("+1 202 555 0143", "PHONE", "+12025550143"),
    ("+1 (202) 555-0143", "PHONE", "+12025550143"),
    ("tel:+1-202-555-0143", "PHONE", "+12025550143"),
    ("sms:+12025550143?body=stop", "PHONE", "+12025550143"),
    ("0044 7700 900123", "PHONE", "+447700900123"),
    ("+44 (0)7700 900123", "PHONE", "+447700900123"),
    ("+49 30/123456", "PHONE", "+4930123456"),
    ("(202) 555-0143", "PHONE", "+12025550143"),
    ("202.555.0143", "PHONE", "+12025550143"),
    ("07700 900123", "PHONE", "+447700900123"),
    (f"https://mail.example.com/u/{URL_TOKEN}", "LINK", URL_TOKEN),
    (f"https://mail.example.com/u/{URL_TOKEN}?utm=1", "LINK", URL_TOKEN),
    (f"mail.example.com/c/{URL_TOKEN}", "LINK", URL_TOKEN),
    (f"List-Unsubscribe: <https://m.example.com/u/{URL_TOKEN}>, <mailto:x@u.example>", "LINK", URL_TOKEN),
    (URL_TOKEN, "LINK", URL_TOKEN),
    (f"mailto:{MAIL_TOKEN}@u.mail.example.com", "LINK", MAIL_TOKEN),
    (f"{MAIL_TOKEN.upper()}@B.mail.example.com", "LINK", MAIL_TOKEN.upper()),
    (MAIL_TOKEN, "LINK", MAIL_TOKEN),
    (ID, "RECORD", ID),
    (ID.upper(), "RECORD", ID),
    (f"250 2.0.0 {ID} queued as 4711", "RECORD", ID),
    (f"2.0.0 {ID} ok", "RECORD", ID),
    (f"550 5.7.1 unsubscribed {ID}", "RECORD", ID),
    ("msg_" + "9k2c5f0a1b3d7e8g4h6j2k5m7n9p1q3r5s7t9v2", "MESSAGE", "msg_9k2c5f0a1b3d7e8g4h6j2k5m7n9p1q3r5s7t9v2"),
    ("sup_" + "0" * 36, "STOP", "sup_" + "0" * 36),
    ("con_" + "0" * 36, "CONSENT", "con_" + "0" * 36),
    ("https://gw.example/console/recipients/rcp_" + "a1" * 13, "RECIPIENT", "rcp_" + "a1" * 13),
    ("customer-4711", "PERSON", "customer-4711"),
    ("4711", "PERSON", "4711"),
    ("crm:ann@example.net", "PERSON", "crm:ann@example.net"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "kind", "value"), CASES)
def test_what_was_pasted_is_known_for_what_it_is(text: str, kind: str, value: str) -> None:
    first = readings(text, ("US", "GB"))[0]
    assert (first.kind.name, first.value) == (kind, value)


@pytest.mark.parametrize("text", ["", "  ", '""', "\u200b"])
def test_nothing_is_nothing(text: str) -> None:
    assert readings(text) == ()


def test_a_number_without_a_country_is_read_for_each_that_it_may_be_of() -> None:
    assert [one.value for one in readings("020 7946 0018", ("GB", "DE")) if one.kind is Kind.PHONE] == [
        "+442079460018",
        "+492079460018",
    ]
    assert [one.kind for one in readings("020 7946 0018")] == [Kind.PERSON]


def test_digits_may_be_a_persons_id_too() -> None:
    assert [one.kind for one in readings("2025550143", ("US",))] == [Kind.PHONE, Kind.PERSON]


def test_an_address_may_be_a_persons_id_too() -> None:
    assert [one.kind for one in readings("ann@example.net")] == [Kind.EMAIL, Kind.PERSON]


def test_what_has_control_characters_or_is_endless_is_no_persons_id() -> None:
    assert readings("a\x00b") == ()
    assert readings("x" * 5000) == ()
    assert readings("not an address@") == (readings("not an address@")[0],)
