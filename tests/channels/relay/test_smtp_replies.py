"""A next hop's replies, read: codes, enhanced codes, words without addresses, queue ids, outcomes."""

import pytest

from channels.carrier import Outcome, Postponed, Rejected, Sent, Unknown
from channels.email.smtp_replies import HopReply, harmless, outcome, queue_id, read_reply


@pytest.mark.parametrize(
    ("code", "message", "expected"),
    [
        (250, "2.0.0 Ok: queued as 4F2A", HopReply(250, "2.0.0", "Ok: queued as 4F2A")),
        (250, "Ok", HopReply(250, "2.0.0", "Ok")),
        (550, "5.1.1 No such user", HopReply(550, "5.1.1", "No such user")),
        (550, "5.7.26 one\n5.7.26 two", HopReply(550, "5.7.26", "one two")),
        (550, "No such user", HopReply(550, "5.0.0", "No such user")),
        # RULES.md 1.3: a reply is taken by its first digit, whatever the enhanced code says.
        (421, "5.7.32 not aligned", HopReply(421, "4.3.2", "5.7.32 not aligned")),
        (550, "4.2.2 full", HopReply(550, "5.0.0", "4.2.2 full")),
        (451, "4.7.1 <ann@example.net>: Greylisted", HopReply(451, "4.7.1", "[address]: Greylisted")),
        (599, "?", HopReply(599, "5.0.0", "?")),
    ],
)
def test_reply_is_read(code: int, message: str, expected: HopReply) -> None:
    """The enhanced code is taken off the words where it agrees with the code."""
    assert expected == read_reply(code, message)


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("user ann@example.net unknown", "user [address] unknown"),
        ("<ann+x@example.net>: no", "[address]: no"),
        ('"ann smith"@example.net', "[address]"),
        ("mailto:ann@example.net,bob@example.net", "mailto:[address],[address]"),
        ("jürgen@bücher.example gone", "[address] gone"),
        ("to=<ann@example.net>", "to=[address]"),
        ("a\x1b[31mred\x00\u2028b\r\nc", "a [31mred b c"),
        ("bad \udcff byte", "bad ? byte"),
        ("x" * 1000, "x" * 400),
    ],
)
def test_words_lose_addresses_and_control_characters(said: str, kept: str) -> None:
    """They go into the log and into replies."""
    assert kept == harmless(said)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Ok: queued as 4F2A77B1", "4F2A77B1"),
        ("OK id=1rABcd-000000001-xyz", "1rABcd-000000001-xyz"),
        ("Ok 0100018f2c-aa-bb-000000", "0100018f2c-aa-bb-000000"),
        ("5AM1234567 Message accepted for delivery", "5AM1234567"),
        ("Queued mail for delivery", ""),
        ("Ok", ""),
    ],
)
def test_queue_id_is_found_in_the_words_of_the_usual_servers(text: str, expected: str) -> None:
    """Unknown words have none, rather than a guess."""
    assert expected == queue_id(text)


@pytest.mark.parametrize(
    ("code", "finished", "kind"),
    [
        (250, True, Sent), (251, True, Sent), (450, True, Postponed), (554, True, Rejected),
        (354, True, Unknown), (199, True, Unknown),
        (250, False, Postponed), (421, False, Postponed), (550, False, Rejected), (354, False, Postponed),
    ],
)  # fmt: skip
def test_first_digit_makes_the_outcome(code: int, *, finished: bool, kind: type[Outcome]) -> None:
    """A success where none can be is out of step: never Sent before the final dot."""
    assert isinstance(outcome(read_reply(code, "words"), finished=finished), kind)
