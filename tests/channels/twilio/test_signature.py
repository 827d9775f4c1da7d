"""Twilio's published vectors (RULES 5), and what must not pass."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from twilio.request_validator import RequestValidator

from channels.twilio.signature import Signatures, body_hash

URL = "https://mycompany.com/myapp.php?foo=1&bar=2"
FORM = [
    ("CallSid", "CA1234567890ABCDE"),
    ("Digits", "1234"),
    ("From", "+14158675309"),
    ("To", "+18005551212"),
    ("Caller", "+14158675309"),
]
OF_FORM = "RSOYDt4T1cUTdK1PDd93/VVr8B8="
BODY = b'{"property": "value", "boolean": true}'
BODY_URL = URL + "&bodySHA256=0a1ff7634d9ab3b95db5c9a2dfe9416e41502b283a80c7cf19632632f96e6620"
OF_BODY = "a9nBmqA0ju/hNViExpshrM61xv4="
TWILIO = Signatures(["12345"])


@pytest.mark.parametrize(
    ("url", "header"),
    [
        pytest.param(URL, OF_FORM, id="form"),
        pytest.param(URL, "kvajT1Ptam85bY51eRf/AJRuM3w=", id="signed with port 443"),
        pytest.param(URL.replace("com/", "com:443/"), OF_FORM, id="signed without port 443"),
        pytest.param(URL.replace("com/", "com:8443/"), OF_FORM, id="calls: signed without any port"),
        pytest.param(
            "http://mycompany.com:1234/myapp.php?foo=1&bar=2",
            "Zmvh+3yNM1Phv2jhDCwEM3q5ebU=",
            id="http with port",
        ),
        pytest.param(
            "http://mycompany.com/myapp.php?foo=1&bar=2", "0ZXoZLH/DfblKGATFgpif+LLRf4=", id="port 80"
        ),
        pytest.param(URL + "#rc=5&rp=all", OF_FORM, id="the fragment is not part of it"),
        pytest.param(URL.replace("://", "://user:pass@"), OF_FORM, id="nor is userinfo"),
    ],
)
def test_published_signatures_of_a_form_pass(url: str, header: str) -> None:
    assert TWILIO.verify(url, header, form=FORM, body=None)


def test_signature_of_the_documentation_passes() -> None:
    form = [(name, value.replace("5309", "5310")) for name, value in FORM]
    assert TWILIO.sign("https://example.com/myapp.php?foo=1&bar=2", form) == "L/OH5YylLD5NRKLltdqwSvS0BnU="


def test_published_signature_with_repeated_fields_passes() -> None:
    """Values of one name sorted, equal ones once, in whatever order they come."""
    form = [
        ("Sid", "CA123"),
        ("SidAccount", "AC123"),
        ("Digits", "5678"),
        ("Digits", "1234"),
        ("Digits", "1234"),
    ]
    assert TWILIO.verify(URL, "IK+Dwps556ElfBT0I3Rgjkr1wJU=", form=form, body=None)
    assert TWILIO.verify(URL, "IK+Dwps556ElfBT0I3Rgjkr1wJU=", form=form[::-1], body=None)


def test_published_signature_of_a_json_body_passes() -> None:
    assert body_hash(BODY) in BODY_URL
    assert TWILIO.verify(BODY_URL, OF_BODY, form=None, body=BODY)


def test_other_body_with_the_signature_of_this_one_fails() -> None:
    """The library checks it only when it is given the body in the right type."""
    assert not TWILIO.verify(BODY_URL, OF_BODY, form=None, body=BODY + b" ")


def test_body_without_its_hash_in_the_query_fails() -> None:
    """The signature covers the URL alone, so that it would hold for any body."""
    assert not TWILIO.verify(URL, TWILIO.sign(URL), form=None, body=BODY)


def test_two_hashes_fail() -> None:
    """Which of them would be the one?"""
    url = BODY_URL + "&bodySHA256=" + body_hash(b"other")
    assert not TWILIO.verify(url, TWILIO.sign(url), form=None, body=BODY)


def test_request_without_a_body_is_signed_by_its_url() -> None:
    assert TWILIO.verify(URL, TWILIO.sign(URL), form=None, body=None)
    assert not TWILIO.verify(URL + "&more=1", TWILIO.sign(URL), form=None, body=None)


@pytest.mark.parametrize(
    "header", [None, "", "x", "é", "\ud800", OF_FORM[:-1], OF_FORM.lower(), " " + OF_FORM]
)
def test_missing_or_wrong_header_fails(header: str | None) -> None:
    """And raises nothing, which would be a 500."""
    assert not TWILIO.verify(URL, header, form=FORM, body=None)


@pytest.mark.parametrize(
    "form",
    [
        pytest.param(FORM[1:], id="one left out"),
        pytest.param([*FORM, ("New", "")], id="a blank one more"),
        pytest.param([*FORM, ("Digits", "9")], id="a name twice"),
        pytest.param([(name, value + " ") for name, value in FORM], id="white space"),
        pytest.param([(name.lower(), value) for name, value in FORM], id="names in lower case"),
        pytest.param([("\udcff", "\ud800")], id="no characters"),
        pytest.param([], id="none"),
    ],
)
def test_altered_form_fails(form: list[tuple[str, str]]) -> None:
    assert not TWILIO.verify(URL, OF_FORM, form=form, body=None)


@pytest.mark.parametrize(
    "url",
    [
        URL.replace("https", "http"),
        URL.replace("mycompany", "evil"),
        URL.replace("foo=1", "foo=2"),
        URL.replace(".php", ".php/"),
        "",
        "no URL",
        "ftp://mycompany.com/",
    ],
)
def test_other_url_fails(url: str) -> None:
    """A scheme that a proxy changed too: the caller builds the URL from its settings."""
    assert not TWILIO.verify(url, OF_FORM, form=FORM, body=None)


def test_blank_and_unknown_fields_are_signed_with_the_others() -> None:
    form = [*FORM, ("AddOns", ""), ("NewIn2027", "x")]
    assert TWILIO.verify(
        URL, RequestValidator("12345").compute_signature(URL, dict(form)), form=form, body=None
    )


def test_port_of_an_ipv6_address_is_told_from_its_colons() -> None:
    url = "https://[2001:db8::1]:8443/hooks?x"
    signed = RequestValidator("12345").compute_signature("https://[2001:db8::1]/hooks?x", {})
    assert TWILIO.verify(url, signed, form=[], body=None)


def test_each_of_several_tokens_passes_and_the_first_signs() -> None:
    """While tokens are rotated Twilio still signs with the old one."""
    both = Signatures(["new", "12345"])
    assert both.verify(URL, OF_FORM, form=FORM, body=None)
    assert Signatures(["new"]).verify(URL, both.sign(URL, FORM), form=FORM, body=None)
    assert not Signatures(["new", "newer"]).verify(URL, OF_FORM, form=FORM, body=None)


@pytest.mark.parametrize("tokens", [[], [""], ["12345", ""]])
def test_empty_token_is_refused(tokens: list[str]) -> None:
    """Anybody could sign with it."""
    with pytest.raises(ValueError, match="token"):
        Signatures(tokens)


def test_form_and_body_at_once_are_a_defect() -> None:
    with pytest.raises(ValueError, match="form"):
        TWILIO.verify(URL, OF_FORM, form=FORM, body=BODY)


words = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)


@given(st.lists(st.tuples(words, words), max_size=8), st.sampled_from(["", "?", "?a=b&c=%20d+e"]))
def test_signs_as_twilios_library_does(form: list[tuple[str, str]], query: str) -> None:
    url = "https://gateway.example.com/hooks/twilio/sms" + query

    class Fields(dict[str, list[str]]):
        def getall(self, name: str) -> list[str]:
            return self[name]

    fields = Fields()
    for name, value in form:
        fields.setdefault(name, []).append(value)

    assert TWILIO.sign(url, form) == RequestValidator("12345").compute_signature(url, fields)
