"""Writing with the GSM alphabet: what is replaced, what keeps a text as it is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.sms.segments import is_gsm7
from channels.sms.transliterate import to_gsm7

TEXTS = st.text(
    st.one_of(st.characters(exclude_categories=["Cs"]), st.sampled_from("a“–çœÇéfiﬁ\u00a0€")), max_size=60
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("“It’s 5–6 o‘clock”… now—ok", "\"It's 5-6 o'clock\"... now-ok"),
        ("„so“ «là» ‹x›", '"so" "là" <x>'),
        ("50\u00a0€ \u202f|\u2009a\tb", "50 €  | a b"),
        ("ﬁne œuvre Æ Œ", "fine oeuvre Æ OE"),
        ("ça va, être, año, José, núméro", "ca va, etre, año, José, numéro"),
        ("e\u0301 n\u0303 c\u0327", "é ñ c"),
        ("Łódź İstanbul Čeština ığ", "Lodz Istanbul Cestina ig"),
        ("ＳＴＯＰ １", "STOP 1"),
        ("zero\u200bwidth\ufeff soft\u00adhyphen", "zerowidth softhyphen"),
        ("№ 5 ™ ®", "No 5 (TM) (R)"),
        ("straße groß ẞ", "straße groß SS"),
        ("a\u2028b", "a\nb"),
    ],
)
def test_a_text_is_written_with_the_gsm_alphabet(text: str, expected: str) -> None:
    assert to_gsm7(text) == expected


@pytest.mark.parametrize(
    "text", ["“नमस्ते”", "It’s 😀", "Привет…", "10² m", "1½ cups", "Ωμέγα – ά", "👨‍👩‍👧 – ok"]
)
def test_a_text_that_the_alphabet_cannot_say_stays_as_it_is(text: str) -> None:
    assert to_gsm7(text) == text


@given(TEXTS)
def test_it_is_all_or_nothing_and_done_once(text: str) -> None:
    written = to_gsm7(text)
    assert written == text or is_gsm7(written)
    assert to_gsm7(written) == written


@given(st.text(st.sampled_from("aé€{ñ \n@"), max_size=40))
def test_what_the_alphabet_has_is_untouched(text: str) -> None:
    assert to_gsm7(text) == text
