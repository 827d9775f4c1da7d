"""The guides, word for word, against a `gateway dev`: each user's way from nothing to done."""

import json
import shlex
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from gateway.webhooks import events, signature
from suppression.records import Record, RecordKind
from tests.documents import readme
from tests.documents.conftest import Terminal

QUICK = "Quick start"
BOB = readme.blocks("First calls", "sh", page=readme.INTEGRATING)
WHOSE = "Why did this person get this mail on that day?"


def python(block: str) -> str:
    """As somebody runs it who has pasted it into a file."""
    return f"python3 - <<'END'\n{block}\nEND\n"


def messages(printed: str) -> list[dict[str, Any]]:
    """The answers of POST /v1/sms and /v1/calls in what was printed, one after the other."""
    decoder, found, at = json.JSONDecoder(), [], 0
    while (at := printed.find('{"messages"', at)) >= 0:
        answer, at = decoder.raw_decode(printed, at)
        found += answer["messages"]
    return found


def test_texting_from_the_first_text_to_a_call_at_an_agreed_time(terminal: Terminal) -> None:
    blocks = [
        block
        for title in ("What you need", "Send a text", "Make a call")
        for block in readme.blocks(title, "sh", page=readme.TEXTING)
    ]
    (call,) = readme.blocks("A call at an agreed time", "python", page=readme.TEXTING)
    printed = terminal.paste("".join([*blocks, python(call)]))
    told = [(message["outcome"], message["reason"]) for message in messages(printed)]
    assert told == [("accepted", "consented"), ("refused", "unsubscribed"), ("accepted", "required")], printed
    assert printed.endswith("deferred consented\nwaiting\ncancelled\n")


def test_first_calls_and_a_list_tried(terminal: Terminal) -> None:
    (lists,) = readme.blocks("Imports", "sh", page=readme.INTEGRATING)
    printed = terminal.paste("".join(BOB))
    assert printed.index('"reason":"no_consent"') < printed.index('"reason":"consented"')
    assert '"reason":"unsubscribed"' in printed[printed.index('"reason":"consented"') :]
    tried = terminal.paste(BOB[0] + lists)
    assert '"state":"waiting","dry_run":true' in tried, tried
    assert "2 rows" in tried, tried


def test_an_auditor_finds_why_proves_it_and_exports(terminal: Terminal) -> None:
    terminal.paste(terminal.example)
    (why,) = readme.blocks(WHOSE, "sh", page=readme.AUDITING)
    told = [json.loads(line) for line in terminal.paste(why).splitlines() if line.startswith("{")]
    allowed, consent = told
    assert (allowed["kind"], allowed["reason"], allowed["rule"]) == ("handing_over", "consented", "consent")
    assert (consent["kind"], consent["entry"]) == ("consented", allowed["fact"])
    (verify,) = readme.blocks("Is the log whole?", "sh", page=readme.AUDITING)
    assert "is whole" in terminal.paste(verify)
    (export,) = readme.blocks("Give a person what is held of them", "sh", page=readme.AUDITING)
    held = json.loads(terminal.paste(export))
    assert [one["entry"] for one in held["records"] if one["kind"] == "consented"] == [allowed["fact"]]
    home = Path(terminal.environment["HOME"])
    assert "ann@example.net" in (home / "ann.html").read_text()
    (year,) = readme.blocks("Give a regulator a year", "sh", page=readme.AUDITING)
    assert "send\t1" in terminal.paste(year)
    assert "handing_over" in (home / "marketing.csv").read_text()


def test_explain_is_asked_as_the_guide_for_apps_says(terminal: Terminal) -> None:
    (ask,) = readme.blocks("Handle the answers", "sh", page=readme.RELAYING)
    assert "consented" in terminal.paste(ask)


@pytest.mark.parametrize("altered", [b"", b" "], ids=["as it came", "altered"])
def test_the_receiver_knows_what_we_signed(altered: bytes) -> None:
    (receiver,) = readme.blocks("A receiver", "python", page=readme.INTEGRATING)
    secret, body = "whsec_" + "c2VjcmV0" * 4, b'{"type": "suppressed"}'
    signed = signature.headers("msg_1", int(time.time()), body, [signature.key_of(secret)])
    asked = f"{receiver}\nprint(is_genuine({secret!r}, {signed!r}, {body + altered!r}))"
    told = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)
    assert told.stdout == f"{not altered}\n"


def test_the_example_of_an_event_is_what_an_app_is_told() -> None:
    (shown,) = readme.blocks("Webhooks", "json", page=readme.INTEGRATING)
    example = json.loads(shown)
    record = Record(
        RecordKind.SUPPRESSED, 1795543200000, id="0eq3b2c4d5e6f7g8", recipient="3f0c9a5e6b7d8f10213243546576879a",
        reason="unsubscribed", way="one_click", scope="email|marketing/promotions|shop|*", entry="db90fda0026b",
        source="link", actor="recipient",
    )  # fmt: skip
    told = json.loads(events.body(record, "ann@example.net"))
    assert example["data"].pop("entry") == "sup_..."
    assert told["data"].pop("entry").startswith("sup_")
    assert told == example


def test_the_first_agent_is_added(terminal: Terminal) -> None:
    (add,) = readme.blocks("For who runs it", "sh", page=readme.SUPPORT)
    added = terminal.paste(f".venv/bin/{add.strip()} --data-dir ~/.local/share/suppression-gateway")
    assert "Traceback" not in added
    assert "shown" in added, added


def test_what_prometheus_is_told_is_what_it_takes(tmp_path: Path) -> None:
    """But for what a service manager does: no test has one."""
    if shutil.which("promtool") is None:
        pytest.skip("no promtool on PATH: install the package prometheus")
    lines = readme.blocks("An alert that rings", "", page=readme.OPERATING)[0].splitlines()
    ours = [line.partition("#")[0] for line in lines if not line.startswith("systemctl")]
    for name in ("prometheus", "default"):
        (tmp_path / name).mkdir()
    script = "\n".join(ours).replace("/etc/", f"{tmp_path}/")
    told = subprocess.run(
        ["bash", "-ec", script], cwd=readme.ROOT, capture_output=True, text=True, timeout=60, check=False
    )
    assert told.returncode == 0, told.stderr
    assert "SUCCESS" in told.stdout
    assert '"127.0.0.1:9090"' in (tmp_path / "prometheus/prometheus.yml").read_text()
    (arguments,) = shlex.split((tmp_path / "default/prometheus").read_text().partition("=")[2])
    assert arguments.startswith("--web.listen-address=")
