"""README's texts and calls, word for word, and its settings for Twilio: they work, and its URLs are ours."""

import json
import re
import tomllib
from pathlib import Path
from typing import Any

from gateway.config.settings import parse
from tests.documents import readme
from tests.documents.conftest import Terminal
from tests.documents.routes import routes

SECTION = "Texts and calls"
SEND, REPLY = readme.blocks(SECTION, "sh")
SETUP = "Replies, keys and the opt-out line"


def test_a_text_is_sent_and_stopped_word_for_word(terminal: Terminal) -> None:
    sent = _message(terminal.paste(SEND))
    assert (sent["to"], sent["outcome"], sent["reason"]) == ("+12025550143", "accepted", "consented")
    url_and_key = "".join(SEND.splitlines(keepends=True)[:3])
    wait = 'until curl -s "$url/sandbox/messages?channel=sms" | grep -q msg_; do sleep 0.1; done\n'
    refused = _message(terminal.paste(url_and_key + wait + REPLY))
    assert (refused["outcome"], refused["reason"]) == ("refused", "unsubscribed")


def _message(printed: str) -> dict[str, Any]:
    """The last line is the answer to a text."""
    answer = json.loads(printed[printed.rindex('{"messages"') :])
    return dict(answer["messages"][0])


def test_the_settings_are_ones_that_check_takes(tmp_path: Path) -> None:
    (text,) = readme.blocks(SETUP, "toml")
    (tmp_path / "keys").mkdir()
    (tmp_path / "keys/twilio-token").write_text("current\nsecondary\n")
    (tmp_path / "keys/twilio-secret").write_text("secret\n")
    document = {
        "public_url": "https://mail.example.com",
        "store": {"data_dir": "data"},
        "next_hop": {"host": "127.0.0.1", "tls": "none"},
        "apps": {"shop": {"sender": "shop"}},
        **tomllib.loads(text),
    }
    document["senders"]["shop"] |= {"title": "The Shop", "postal_address": "1 Main Street"}
    settings = parse(document, tmp_path, {}, make_secrets=True)
    assert settings.twilio["shop"].auth_tokens == ("current", "secondary")


def test_the_urls_for_twilios_console_are_routes_of_ours() -> None:
    urls = re.findall(r"`https://mail\.example\.com(/[^`#]*)(#[^`]*)?`", readme.section(SETUP))
    assert urls
    assert {f"POST {path}" for path, _ in urls} <= set(routes())
    assert {again for _, again in urls} == {"#rc=5&rp=all"}
