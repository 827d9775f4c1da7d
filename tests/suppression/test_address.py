"""Addresses: canonical forms frozen by a golden table, properties of the folding, one door for all."""

import ast
import contextlib
import subprocess
import sys
import tomllib
import traceback
from pathlib import Path
from typing import Any
from unicodedata import normalize

import phonenumbers
import pytest
from hypothesis import example, given, reject
from hypothesis import strategies as st

from suppression import address, email_address, phone_number
from suppression.address import CANONICAL_FORMS, Address, Kind, parse, parse_email, parse_phone
from suppression.errors import UnusableAddress

ROOT = Path(__file__).parents[2]
GOLDEN: dict[str, Any] = tomllib.loads(
    Path(__file__).with_name("canonical_forms.toml").read_text(encoding="utf-8")
)

atoms = st.text("abzABZ019+-_!%~éßﬁİΣςａＡ＋．\u0345\u0308\u200d", min_size=1, max_size=6)
quoted = st.text('aA+. "\\@,<>()é＠\u3000', min_size=1, max_size=8).map(
    lambda s: '"' + s.replace("\\", "\\\\").replace('"', '\\"') + '"'
)
locals_ = st.one_of(st.lists(atoms, min_size=1, max_size=3).map(".".join), quoted)
domains = st.sampled_from(
    ["example.net", "Example.NET", "gmail.com", "GoogleMail.com", "münchen.example", "x", "例え。テスト"]
)
spelled = st.builds("{}@{}".format, locals_, domains)


def test_the_table_is_of_this_version() -> None:
    """A new version of the canonical forms needs a new table and a migration of every store."""
    assert GOLDEN["version"] == CANONICAL_FORMS
    assert sum(map(len, (GOLDEN["email"], GOLDEN["unusable_email"]))) >= 80


@pytest.mark.parametrize("row", GOLDEN["email"], ids=lambda row: ascii(row[0])[:50])
def test_an_email_address_has_its_frozen_forms(row: list[str]) -> None:
    spelling, text, exact, folded = row

    assert parse(spelling, "email") == Address(Kind.EMAIL, text, exact, folded)


@pytest.mark.parametrize("spelling", GOLDEN["unusable_email"], ids=lambda text: ascii(text)[:50])
def test_no_email_address_is_made_of(spelling: str) -> None:
    with pytest.raises(UnusableAddress):
        parse(spelling, "email")


@pytest.mark.parametrize("row", GOLDEN["phone"], ids=lambda row: ascii(row[0])[:50])
def test_a_phone_number_has_its_frozen_form(row: list[str]) -> None:
    spelling, region, number = row

    assert parse_phone(spelling, region or None) == Address(Kind.PHONE, number, number, number)


@pytest.mark.parametrize("row", GOLDEN["unusable_phone"], ids=lambda row: ascii(row[0])[:50])
def test_no_phone_number_is_made_of(row: list[str]) -> None:
    spelling, region = row

    with pytest.raises(UnusableAddress):
        parse_phone(spelling, region or None)


def test_an_unpaired_surrogate_is_refused() -> None:
    """What surrogateescape made of bytes that are no UTF-8 is no address, and no UnicodeEncodeError."""
    for text in ("ann\udce9@example.net", "ann@ex\udce9mple.net", "\udce9"):
        with pytest.raises(UnusableAddress):
            parse(text)


@pytest.mark.parametrize(
    ("text", "channel", "kind"),
    [
        ("ann@example.net", None, Kind.EMAIL),
        ("ann@example.net", "audience", Kind.EMAIL),
        ("+12025550143", None, Kind.PHONE),
        ("+12025550143", "audience", Kind.PHONE),
        ("+12025550143", "sms", Kind.PHONE),
        ("+12025550143", "voice", Kind.PHONE),
    ],
)
def test_the_channel_or_else_the_at_sign_says_which(text: str, channel: str | None, kind: Kind) -> None:
    assert parse(text, channel).kind is kind


@pytest.mark.parametrize(("text", "channel"), [("ann@example.net", "sms"), ("+12025550143", "email")])
def test_an_address_of_another_channel_is_refused(text: str, channel: str) -> None:
    with pytest.raises(UnusableAddress):
        parse(text, channel)


@given(st.one_of(spelled, st.text(max_size=80), st.text('ann+@"\\.<>:, x', max_size=20)))
def test_any_text_is_an_address_or_unusable(text: str) -> None:
    with contextlib.suppress(UnusableAddress):
        parse(text)


@pytest.mark.parametrize(
    "text", ["ann.other@münchen..example", "ann.other@❤.example", "ann other@x", "+1 55501"]
)
def test_an_error_does_not_quote_the_address(text: str) -> None:
    with pytest.raises(UnusableAddress) as caught:
        parse(text)

    shown = "".join(traceback.format_exception_only(caught.value))
    assert not any(piece in shown for piece in ("ann", "other", "chen", "❤", "555"))
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__ or caught.value.__context__ is None


@given(spelled)
@example("ᾳ\u0308@example.net")
def test_the_wire_form_parses_to_the_same_address(text: str) -> None:
    """What leaves the gateway and comes back is known again."""
    found = _email_or_skip(text)

    assert parse_email(found.text) == found


@given(spelled)
@example("a+\u0345@example.net")
@example("A.\u0308@gmail.com")
def test_folding_is_idempotent(text: str) -> None:
    """The exact form of an exact form is itself; so with the folded form, where it is an address."""
    found = _email_or_skip(text)

    assert parse_email(found.exact).exact == found.exact
    assert parse_email(found.exact).folded == found.folded
    assert _email_or_skip(found.folded).folded == found.folded


@given(spelled)
def test_case_and_normal_form_make_no_other_mailbox(text: str) -> None:
    found = _email_or_skip(text)

    for other in (normalize("NFC", text), normalize("NFD", text)):
        assert _email_or_skip(other).exact == found.exact


@given(st.text("abzABZ019+-_!%.", min_size=1, max_size=66), st.text("aB9-.x", min_size=1, max_size=8))
def test_the_fast_path_agrees_with_the_grammar(local: str, domain: str) -> None:
    text = f"{local}@{domain}"
    try:
        by_grammar = email_address._spellings_by_grammar(text)
    except UnusableAddress:
        with pytest.raises(UnusableAddress):
            email_address.spellings(text)
    else:
        assert email_address.spellings(text) == by_grammar


# Half of these are possible numbers: of any digits at all it would be one in six.
numbers = st.builds(
    "+{}{}".format,
    st.sampled_from(sorted(phonenumbers.COUNTRY_CODE_TO_REGION_CODE)),
    st.from_regex(r"[1-9][0-9]{7,8}", fullmatch=True),
)


@example("+310000000")
@given(numbers)
def test_a_number_in_canonical_form_parses_to_itself(text: str) -> None:
    try:
        found = parse_phone(text)
    except UnusableAddress:
        reject()

    assert parse_phone(found.text) == found


@example("+310000000")
@example("+18885550143")
@example("+390612345678")
@given(
    st.builds(
        "+{}{}".format,
        st.sampled_from(sorted(phonenumbers.COUNTRY_CODE_TO_REGION_CODE)),
        st.from_regex(r"[0-9]{4,12}", fullmatch=True),
    )
)
def test_a_number_that_is_read_quickly_is_read_as_the_library_reads_it(text: str) -> None:
    if phone_number._reads_as_itself(text):
        assert phone_number._read(text, None) == text


def test_a_hostile_address_is_refused_at_once() -> None:
    """Nothing backtracks: a megabyte is answered like a short text."""
    for text in ("a." * 500_000 + "@x", "a@" + "a." * 500_000, '"' + "\\a" * 400 + "@x", "a@" + "ü" * 250):
        with pytest.raises(UnusableAddress):
            parse_email(text)


def test_phonenumbers_is_not_loaded_for_mail() -> None:
    """A gateway for mail alone does not carry the numbering plans."""
    program = (
        "import sys; from suppression.address import parse; parse('ann@example.net');"
        "assert 'phonenumbers' not in sys.modules; parse('+12025550143');"
        "assert 'phonenumbers' in sys.modules"
    )

    subprocess.run([sys.executable, "-c", program], check=True, cwd=ROOT)


def test_only_address_py_makes_an_address() -> None:
    """After the door there are no raw addresses: nobody else calls Address(...)."""
    makers = {
        path.relative_to(ROOT).as_posix()
        for package in ("suppression", "channels", "gateway")
        for path in (ROOT / package).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and _called(node.func) == "Address"
    }

    assert makers == {Path(address.__file__).relative_to(ROOT).as_posix()}


def _called(function: ast.expr) -> str:
    match function:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
        case _:
            return ""


def _email_or_skip(text: str) -> Address:
    try:
        return parse_email(text)
    except UnusableAddress:
        reject()
