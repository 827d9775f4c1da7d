"""The grammar of e-mail addresses: text in, the three canonical spellings out, as plain strings.

RFC 5321 4.1.2 (Mailbox), RFC 6531 3.3 (UTF-8), RFC 5890/5891 with the mapping of UTS 46 (domains).

    wire    what RCPT TO gets: the local part as given in the least quoting that it can bear, A-labels
    exact   one mailbox: NFC and lower case. Not casefold(), which would join ß and ss: consents bind to this
            form, and two people must not share one
    folded  what stops bind to: `exact` with invisible characters dropped, NFKC and casefold (so that
            full-width and other compatibility spellings meet), the plus-tag cut, Gmail's dots and second
            name removed. A local part that would be empty after a cut keeps what was to be cut

Whatever has one `exact` has one `folded`. A library's upgrade may change what is refused, never a form: they
make the keys of the store, and tests/suppression/canonical_forms.toml freezes them.
"""

import re
from functools import lru_cache
from typing import NamedTuple
from unicodedata import category, normalize

import idna

from suppression.errors import UnusableAddress

MAX_INPUT = (
    1000  # characters looked at: a path is 256 octets (RFC 5321 4.5.3.1.3), route and quoting included
)
MAX_LOCAL = 64  # octets, RFC 5321 4.5.3.1.1
MAX_DOMAIN = 255  # octets, RFC 5321 4.5.3.1.2
MAX_TOTAL = 254  # octets: a path of 256 without its angle brackets

GMAIL = "gmail.com"
GMAIL_DOMAINS = frozenset({GMAIL, "googlemail.com"})  # one mailbox, dots in it mean nothing

_ATEXT = r"A-Za-z0-9!#$%&'*+/=?^_`{|}~\-"  # RFC 5322 3.2.3
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"  # RFC 5321 4.1.2: sub-domain, 63 octets
# The plain ASCII address, nearly all there are: no quoting, nothing to map, no number as its last label.
_PLAIN = re.compile(
    rf"((?:[{_ATEXT}]++\.)*+[{_ATEXT}]++)@((?:{_LABEL}\.)*[A-Za-z](?:[A-Za-z0-9-]{{0,61}}[A-Za-z0-9])?)"
)
_DOT_STRING = re.compile(rf"(?:[{_ATEXT}\u0080-\U0010ffff]++\.)*+[{_ATEXT}\u0080-\U0010ffff]++")
# RFC 5321 4.1.2: qtextSMTP and quoted-pairSMTP, RFC 6531 3.3 adds UTF8-non-ascii to the former.
_QUOTED = re.compile(r'"((?:[ !#-\[\]-~\u0080-\U0010ffff]|\\[ -~])*+)"')
_QUOTED_PAIR = re.compile(r"\\(.)")
_TO_BE_QUOTED = re.compile(r'(["\\])')
_LDH_LABEL = re.compile(_LABEL)
# inet_aton() and the WHATWG host parser take these for IPv4 addresses, as the last label or the only one.
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
_JOINERS = "\u200c\u200d"  # Persian and Indic local parts need them; all other format characters only deceive
# Default_Ignorable_Code_Point of Unicode, as far as the categories refused below leave any.
_IGNORABLE = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200c\u200d\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]"
)
# Controls, surrogates, private use, format, line and paragraph separators; unassigned code points too, whose
# normal form is not stable (Unicode normalisation is, for assigned ones); blanks beyond the ASCII one.
_REFUSED_CATEGORIES = frozenset({"Cc", "Cs", "Co", "Cn", "Cf", "Zl", "Zp", "Zs"})


class Spellings(NamedTuple):
    wire: str
    exact: str
    folded: str


def spellings(text: str) -> Spellings:
    """The spellings of one address; UnusableAddress, without the address in it, for anything else."""
    plain = _PLAIN.fullmatch(text) if len(text) <= MAX_TOTAL else None
    if plain is None:
        return _spellings_by_grammar(text)
    local, domain = plain.groups()
    domain = domain.lower()
    if len(local) > MAX_LOCAL or "xn--" in domain:
        return _spellings_by_grammar(text)
    small = local.lower()
    return Spellings(f"{local}@{domain}", f"{small}@{domain}", _fold_plain(small, domain))


def _fold_plain(local: str, domain: str) -> str:
    """`_fold` for a local part of lower-case ASCII atoms and dots."""
    if "+" in local:
        local = _without_tag(local)
    if domain in GMAIL_DOMAINS:
        local, domain = _without_dots(local), GMAIL
    return f"{_quoted_if_needed(local) if local[-1] == '.' else local}@{domain}"


def _spellings_by_grammar(text: str) -> Spellings:
    """The same as the fast path, for every input."""
    if len(text) > MAX_INPUT:
        raise UnusableAddress("an address of over 1000 characters")
    local, domain_text = _split(_without_route(text))
    _refuse_odd_characters(local)
    domain = ascii_domain(domain_text)
    wire_local = _quoted_if_needed(local)
    octets = len(wire_local.encode())
    if octets > MAX_LOCAL:
        raise UnusableAddress("a local part of over 64 octets")
    if octets + 1 + len(domain) > MAX_TOTAL:
        raise UnusableAddress("an address of over 254 octets")
    small = _lower(local)
    return Spellings(f"{wire_local}@{domain}", f"{_quoted_if_needed(small)}@{domain}", _fold(small, domain))


def _without_route(text: str) -> str:
    """Without a Path's brackets and source route: it must be taken and ignored (RFC 5321 4.1.1.3, App. C)."""
    if text[:1] == "<" and text[-1:] == ">":
        text = text[1:-1]
    if text[:1] != "@":
        return text
    route, colon, mailbox = text.partition(":")
    if not colon:
        raise UnusableAddress("no local part")
    for hop in route.split(","):
        if hop[:1] != "@":
            raise UnusableAddress("a malformed source route")
        ascii_domain(hop[1:])
    return mailbox


def _split(mailbox: str) -> tuple[str, str]:
    """Local part, without its quoting, and domain."""
    if mailbox[:1] == '"':
        quoted = _QUOTED.match(mailbox)
        if quoted is None:
            raise UnusableAddress("a malformed quoted local part")
        local, rest = _QUOTED_PAIR.sub(r"\1", quoted[1]), mailbox[quoted.end() :]
        if rest[:1] != "@":
            raise UnusableAddress("no domain")
        domain = rest[1:]
    else:
        local, at, domain = mailbox.partition("@")
        if not at:
            raise UnusableAddress("no domain")  # `postmaster` alone too: whose, a gateway cannot know
        if local and _DOT_STRING.fullmatch(local) is None:
            raise UnusableAddress("a malformed local part")
    if not local:
        raise UnusableAddress("no local part")
    return local, domain


def _refuse_odd_characters(local: str) -> None:
    if local.isascii():
        return  # the grammar has refused what is odd in ASCII
    for character in local:
        if character != " " and character not in _JOINERS and category(character) in _REFUSED_CATEGORIES:
            raise UnusableAddress("a control, invisible or unassigned character in the local part")


def _quoted_if_needed(local: str) -> str:
    """The least quoting (RFC 5321 4.1.2: senders SHOULD use it)."""
    if _DOT_STRING.fullmatch(local):
        return local
    return '"' + _TO_BE_QUOTED.sub(r"\\\1", local) + '"'


def ascii_domain(text: str) -> str:
    """The domain in lower-case A-labels; UnusableAddress for literals, bare IP numbers and bad labels."""
    if text[:1] == "[":
        raise UnusableAddress(
            "an address literal"
        )  # RFC 5321 4.1.3: a host, not a mailbox that we may write to
    if not text or len(text) > MAX_DOMAIN:
        raise UnusableAddress("no domain, or one of over 255 characters")
    return _ascii_domain(text)


@lru_cache(maxsize=2048)
def _ascii_domain(text: str) -> str:
    try:
        mapped = idna.uts46_remap(text, std3_rules=True, transitional=False)
        labels = [_ascii_label(label) for label in mapped.split(".")]
    except UnicodeError:  # idna's errors, which quote the domain
        raise UnusableAddress("a domain that IDNA does not allow") from None
    domain = ".".join(labels)
    if len(domain) > MAX_DOMAIN:
        raise UnusableAddress("a domain of over 255 octets")
    if _NUMBER.fullmatch(labels[-1]):
        raise UnusableAddress("an IP number as domain")
    return domain


def _ascii_label(label: str) -> str:
    if not label.isascii():
        return idna.alabel(label).decode()
    if _LDH_LABEL.fullmatch(label) is None:  # an empty one too: consecutive or trailing dots
        raise UnusableAddress("a malformed domain")
    if label.startswith("xn--") and idna.alabel(idna.ulabel(label)).decode() != label:
        raise UnusableAddress("an A-label that is none")  # RFC 5891 5.4
    return label


def _lower(local: str) -> str:
    """NFC and lower case; again until nothing moves, because each may undo the other."""
    while (small := normalize("NFC", normalize("NFC", local).lower())) != local:
        local = small
    return local


def _fold(local: str, domain: str) -> str:
    gmail = domain in GMAIL_DOMAINS
    while (folded := _fold_once(local, gmail=gmail)) != local:
        local = folded  # a dot removed may bring a letter and its accent together, which then compose
    return f"{_quoted_if_needed(local)}@{GMAIL if gmail else domain}"


def _fold_once(local: str, *, gmail: bool) -> str:
    local = _without_tag(local if local.isascii() else _compatible(local))
    return _without_dots(local) if gmail else local


def _compatible(local: str) -> str:
    """NFKC_Casefold of Unicode (3.13, D146 and R5)."""
    visible = _IGNORABLE.sub("", local) or local
    return normalize("NFKC", normalize("NFKC", normalize("NFD", visible).casefold()).casefold())


def _without_tag(local: str) -> str:
    return local.partition("+")[0] or local


def _without_dots(local: str) -> str:
    return local.replace(".", "") or local
