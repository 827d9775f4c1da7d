"""Every real and hostile message of the corpora, as transactional and as marketing mail."""

from pathlib import Path

import dkim
import pytest

from channels.email.compose import Copy, Original
from channels.email.dkim import DkimKey, Signer
from tests.channels.email.byte_checks import (
    header_and_rest,
    kept_fields,
    leaves,
    name_of,
    only_added_to,
    structure,
)
from tests.channels.email.conftest import DnsAnswer
from tests.channels.email.corpora import as_sent, files
from tests.channels.email.samples import RECEIVED, WAYS, body_of, given_way_out

MESSAGES = files("mime") + files("bounces")
HOSTILE = pytest.mark.parametrize("path", MESSAGES or [Path("none")], ids=lambda path: path.name)

pytestmark = [pytest.mark.corpus, pytest.mark.usefixtures("corpora_here")]

# A line in the header block that is no field: no verifier reads the message that we signed.
BROKEN_HEADERS = {
    "msg_35.txt",
    "core__src__test__resources__mimetools-testmsgs__hdr-fakeout.msg",
    "core__src__test__resources__testmsgs__basic-plain-with-bad-header-separator.msg",
    "core__src__test__resources__testmsgs__obsolete.msg",
    "spec__fixtures__emails__error_emails__multiple_references_with_one_invalid.eml",
    "spec__fixtures__emails__plain_emails__raw_email_incorrect_header.eml",
    "spec__fixtures__emails__rfc2822__example13.eml",
}
# Where the standard library, which checks here, reads another tree than RFC 2045 and 5322 give: a boundary folded
# within its quotes, blanks before the colon of every field, a parameter without its semicolon.
READ_OTHERWISE = {
    "core__src__test__resources__mimetools-testmsgs__multi-clen.msg",
    "core__src__test__resources__mimetools-testmsgs__multi-simple.msg",
    "spec__fixtures__emails__rfc2822__example13.eml",
    "lhost-x1-02.eml",
}


@HOSTILE
def test_transactional_mail_gets_lines_on_top_only(path: Path) -> None:
    """Output is our Received line, then the same bytes without the fields that are listed as removed."""
    raw = as_sent(path)
    fields, rest = header_and_rest(raw)
    removed = [field for field in fields if name_of(field) in ("bcc", "resent-bcc")]
    expected = RECEIVED + b"".join(field for field in fields if field not in removed) + rest

    assert Original.parse(raw).untouched(RECEIVED).raw == expected


@HOSTILE
def test_marketing_mail_keeps_every_header_field_that_we_did_not_replace(path: Path) -> None:
    raw = as_sent(path)
    before, _ = header_and_rest(raw)
    after, _ = header_and_rest(given_way_out(raw).raw)
    names = [name_of(field) for field in after]
    ours = 3 if "list-id" in [name_of(field) for field in before] else 4

    assert names.count("list-unsubscribe") == names.count("list-unsubscribe-post") == 1
    assert after[0] == RECEIVED
    relabelled = ("content-transfer-encoding", "mime-version")
    unchanged = [f for f in kept_fields(before, list_headers=True) if name_of(f) not in relabelled]
    assert [f for f in after[ours:] if name_of(f) not in (*relabelled, "dkim-signature")] == unchanged


@HOSTILE
def test_marketing_mail_keeps_every_part_that_we_did_not_add_to(path: Path) -> None:
    raw = as_sent(path)
    copy = given_way_out(raw)
    if path.name in READ_OTHERWISE:
        assert only_added_to(body_of(raw), body_of(copy.raw))
        return
    before, after = leaves(raw), leaves(copy.raw)

    assert structure(raw) == structure(copy.raw)
    changed = [(old, new) for old, new in zip(before, after, strict=True) if old.encoded != new.encoded]
    assert len(changed) <= 2
    assert bool(changed) == copy.body_touched
    for old, new in changed:
        assert old.kind in ("text/plain", "text/html")
        assert not old.attached
        assert only_added_to(old.decoded, new.decoded)
        assert WAYS.page_url.encode() in new.decoded or b"\x00" in new.decoded


@HOSTILE
def test_bytes_outside_base64_and_overlong_lines_are_only_added_to(path: Path) -> None:
    raw = as_sent(path)
    if path.name in READ_OTHERWISE:
        return
    for old, new in zip(leaves(raw), leaves(given_way_out(raw).raw), strict=True):
        coded = "base64" in str(dict(old.header)).lower()
        if coded or max(map(len, old.encoded.split("\r\n"))) > 998:
            continue
        assert only_added_to(
            old.encoded.encode("utf-8", "surrogateescape"), new.encoded.encode("utf-8", "surrogateescape")
        )


@HOSTILE
def test_a_second_relay_adds_nothing_to_the_body(path: Path) -> None:
    once = given_way_out(as_sent(path))
    twice = given_way_out(once.raw)

    assert b"".join(twice.body) == b"".join(once.body)
    assert twice.visible_way_out == once.visible_way_out
    names = [name_of(field) for field in header_and_rest(twice.raw)[0]]
    assert names.count("list-unsubscribe") == 1


@HOSTILE
def test_signatures_verify_unless_the_header_block_is_broken(
    path: Path, rsa_key: DkimKey, ed25519_key: DkimKey, dns: DnsAnswer
) -> None:
    """Where the header block is broken, the front sees it (`sound_header`) and answers for it."""
    original = Original.parse(as_sent(path))
    signer = Signer([rsa_key, ed25519_key])
    copies = [original.untouched(RECEIVED), original.with_way_out(WAYS, RECEIVED)]

    assert original.sound_header == (path.name not in BROKEN_HEADERS)
    if not original.sound_header or original.from_count != 1:
        return  # refused by the front when it needs a way out, and passed on unsigned when it does not
    for copy in copies:
        assert _verdicts(copy, signer, dns) == [True, True]


def _verdicts(copy: Copy, signer: Signer, dns: DnsAnswer) -> list[bool]:
    verifier = dkim.DKIM(copy.signed(signer.sign(copy, at=1700000000)))
    return [verifier.verify(idx=index, dnsfunc=dns) for index in (0, 1)]
