"""Where mail leaves from and comes in, by the settings."""

from pathlib import Path
from typing import Any

import pytest

from gateway.config import settings
from gateway.dns.records import premises

DOCUMENT: dict[str, Any] = {
    "public_url": "https://mail.example.com",
    "store": {"data_dir": "."},
    "senders": {"shop": {"title": "Shop"}},
    "apps": {},
}


def where(folder: Path, **changed: Any) -> Any:
    loaded = settings.parse(DOCUMENT | changed, folder, {}, dev=True, make_secrets=True)
    return premises(loaded)


@pytest.mark.parametrize(
    ("hop", "permits"),
    [
        ({"host": "127.0.0.1"}, "a:mail.example.com"),
        ({"host": "localhost"}, "a:mail.example.com"),
        ({"host": "relay.internal"}, "a:mail.example.com"),
        ({"host": "out.example.net"}, "a:out.example.net"),
        ({"host": "email-smtp.eu-west-1.amazonaws.com", "profile": "ses"}, "include:amazonses.com"),
    ],
)
def test_spf_permits_the_host_that_mail_leaves_from(
    tmp_path: Path, hop: dict[str, str], permits: str
) -> None:
    assert where(tmp_path, next_hop=hop).permits == permits


def test_without_a_way_in_there_is_none(tmp_path: Path) -> None:
    assert where(tmp_path).inbound == ""


def test_a_way_in_by_lmtp_only_is_another_hosts(tmp_path: Path) -> None:
    found = where(tmp_path, inbound={"domain": "in.example.com", "lmtp_port": 2424})
    assert (found.inbound, found.listens, found.by_lmtp) == ("in.example.com", False, True)
