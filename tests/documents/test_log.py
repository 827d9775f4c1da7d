"""The auditors' questions to the log, word for word, against a `gateway dev` that has sent something."""

import json

from tests.documents import readme
from tests.documents.conftest import Terminal

SECTION = "Asking the log"
ASK, SQL = readme.blocks(SECTION, "sh", page=readme.AUDITING)
CLICK = readme.blocks("Quick start", "sh")[1]


def test_the_log_is_asked_word_for_word(terminal: Terminal) -> None:
    terminal.paste(terminal.example)
    terminal.paste(CLICK)
    terminal.paste(terminal.example)
    told = terminal.paste(ASK)
    assert "Traceback" not in told
    assert "gateway:" not in told
    for said in ("handing_over", "sent", "one_click"):
        assert said in told
    (refused,) = [json.loads(line) for line in told.splitlines() if line.startswith("{")]
    assert (refused["kind"], refused["reason"]) == ("decided", "unsubscribed")
    assert "id,kind,at,recipient" in told

    told = terminal.paste(SQL)
    assert "gateway:" not in told
    assert "marketing/promotions\tunsubscribed\t1" in told
    assert "recipient_key\tBLOB" in told
    assert "is whole" in told
