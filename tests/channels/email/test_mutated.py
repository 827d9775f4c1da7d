"""Real mail, broken at random: never an exception, never a byte lost, and a way out or the word that there is none."""

import random
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from channels.email.compose import Copy, Original
from channels.email.displayed import displayed
from channels.email.dkim import Signer
from channels.email.encodings import decoded, encoding
from channels.email.header_block import HeaderBlock
from channels.email.parts import Part, parse
from tests.channels.email.byte_checks import header_and_rest, kept_fields, name_of, only_added_to
from tests.channels.email.corpora import as_sent, files
from tests.channels.email.mutations import MUTATIONS, STEPS, Mutation, mutated
from tests.channels.email.samples import RECEIVED, WAYS
from tests.dkim_keys import new_ed25519_key

pytestmark = [pytest.mark.corpus, pytest.mark.usefixtures("corpora_here")]

LARGEST = 40_000
MESSAGES = [path for path in files("mime") + files("bounces") if path.stat().st_size <= LARGEST]
SIGNER = Signer([new_ed25519_key("example.com", "fuzz")])
RELABELLED = ("content-transfer-encoding", "mime-version", "dkim-signature")


def tree(part: Part) -> list[Part]:
    return [part, *(inner for child in part.children for inner in tree(child))]


def texts(raw: bytes) -> list[bytes | None]:
    """What is in each part that holds no others, decoded; None where nobody is sure how."""
    found = [part for part in tree(parse(raw, HeaderBlock(raw))) if not part.children]
    return [_decoded(raw, part) for part in found]


def _decoded(raw: bytes, part: Part) -> bytes | None:
    kind = encoding(part.transfer_encoding)
    return None if kind is None or not part.sure else decoded(kind, raw[part.body : part.end])


def check(raw: bytes) -> Copy:
    """What holds for every message."""
    original = Original.parse(raw)
    copy = original.with_way_out(WAYS, RECEIVED)
    assert SIGNER.sign(copy).startswith(b"DKIM-Signature: ")
    assert copy.raw == copy.header + copy.separator + b"".join(copy.body)
    _check_header(raw, copy)
    _check_body(raw, copy)
    _check_untouched(raw, original)
    return copy


def _check_header(raw: bytes, copy: Copy) -> None:
    before, _ = header_and_rest(raw)
    after, _ = header_and_rest(copy.raw)
    names = [name_of(field) for field in after]
    assert names.count("list-unsubscribe") == names.count("list-unsubscribe-post") == 1
    kept = [f.rstrip() for f in kept_fields(before, list_headers=True) if name_of(f) not in RELABELLED]
    if not raw.startswith((b" ", b"\t")):
        assert [f for f in (f.rstrip() for f in after) if f in set(kept)] == kept


def _check_body(raw: bytes, copy: Copy) -> None:
    body = header_and_rest(raw)[1]
    if not copy.body_touched:
        assert header_and_rest(copy.raw)[1] == body
        return
    if not Original.parse(raw).sound_header and not parse(raw, HeaderBlock(raw)).children:
        # Where the body begins is what readers differ about: all agree that it has begun after the empty line.
        assert only_added_to(body, header_and_rest(copy.raw)[1])
        return
    before, after = texts(raw), texts(copy.raw)
    assert len(before) == len(after)
    changed = 0
    for old, new in zip(before, after, strict=True):
        if old is not None and new is not None and old != new:
            changed += 1
            assert only_added_to(old, new) or b"{{" in old or b"%%" in old
        elif old != new:
            raise AssertionError("a part that cannot be read any more")
    assert changed
    if copy.visible_way_out:
        assert any(WAYS.page_url.encode() in (text or b"").replace(b"\0", b"") for text in after)


def _check_untouched(raw: bytes, original: Original) -> None:
    copy = original.untouched(RECEIVED)
    assert not copy.body_touched
    assert b"".join(copy.body) == raw[len(raw) - sum(map(len, copy.body)) :]
    if not any(name in raw.lower() for name in (b"bcc", b"x-gateway-", b"dkim-signature")):
        assert copy.raw == RECEIVED + raw


@settings(max_examples=600, deadline=None)
@given(st.data())
def test_a_broken_message_is_kept_whole(data: st.DataObject) -> None:
    path = data.draw(st.sampled_from(MESSAGES or [Path("none")]))
    check(mutated(as_sent(path), data.draw(STEPS)))


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda mutation: mutation.__name__)
def test_every_real_message_survives_every_way_of_breaking_it(mutation: Mutation) -> None:
    """The same places each time."""
    places = random.Random(mutation.__name__)
    for path in MESSAGES:
        check(mutated(as_sent(path), [(mutation, places.randrange(1 << 20))]))


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_lines_that_end_otherwise_raise_nothing(data: st.DataObject) -> None:
    """Bare LF never comes through the front; whoever composes mail in here may still make one."""
    path = data.draw(st.sampled_from(MESSAGES or [Path("none")]))
    raw = mutated(as_sent(path), data.draw(STEPS)).replace(b"\r\n", b"\n")
    copy = Original.parse(raw).with_way_out(WAYS, RECEIVED)
    assert SIGNER.sign(copy)
    assert Original.parse(raw).untouched(RECEIVED).raw


def test_what_is_shown_is_always_a_part_of_the_message() -> None:
    for path in MESSAGES:
        raw = as_sent(path)
        root = parse(raw, HeaderBlock(raw))
        parts = {id(part) for part in tree(root)}
        assert all(id(part) in parts for part in displayed(root))
