"""README's quick start, word for word, against a `gateway dev` of a user who starts it for the first time."""

import subprocess

from tests.documents import readme
from tests.documents.conftest import Terminal

MAKE_RUN, CLICK, READ_LOG = readme.blocks("Quick start", "sh")
USER = "s.login('demo'"


def test_it_works_word_for_word(terminal: Terminal) -> None:
    assert MAKE_RUN == "make run\n"
    assert terminal.paste(terminal.example).strip() == "(221, b'2.0.0 Bye')"
    assert "You are unsubscribed" in terminal.paste(CLICK)
    assert "550, b'5.7.1 unsubscribed " in terminal.paste(terminal.example)
    order = terminal.example.replace(USER, "s.login('demo+transactional/orders'")
    assert terminal.paste(order).strip() == "(221, b'2.0.0 Bye')"
    log = terminal.paste(READ_LOG)
    for said in (
        "handing_over",
        "sent",
        "suppressed",
        "one_click",
        "decided",
        "refuse unsubscribed by rule suppression",
    ):
        assert said in log


def test_make_run_installs_the_core_and_starts_gateway_dev() -> None:
    """`make run` itself would install: what it would do is what the other test starts."""
    planned = subprocess.run(
        ["make", "--no-print-directory", "--dry-run", "--always-make", "run"],
        cwd=readme.ROOT, capture_output=True, text=True, check=True,
    ).stdout.splitlines()  # fmt: skip
    assert planned[-1] == ".venv/bin/gateway dev"
    assert any("--editable ." in line and "[dev]" not in line for line in planned)
