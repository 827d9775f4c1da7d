"""Webhooks in settings: what they come to, and what is never shown."""

import tomllib
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest

from gateway.config.effective import effective
from gateway.config.settings import Settings, load, parse
from gateway.webhooks.subscriptions import EventType, Subscription
from suppression.errors import ConfigurationError

HERE = Path(__file__).parent
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


def full(base: Path) -> Settings:
    (base / "gateway.toml").write_bytes((HERE / "full.toml").read_bytes())
    return load(base / "gateway.toml", {})


def with_webhook(base: Path, *, dev: bool = False, **given: Any) -> Settings:
    document = tomllib.loads((HERE / "minimal.toml").read_text())
    (app,) = document["apps"].values()
    app["webhook"] = {"url": "https://app.example.com/", "secret": SECRET} | given
    return parse(document, base, {}, dev=dev)


def test_an_app_is_told_where_and_what_it_asked_for_and_both_keys_sign(base: Path) -> None:
    found = full(base).webhooks
    (told,) = found.of_app.values()
    assert told == Subscription(
        "shop",
        "brand",
        "https://shop.example.com/events?of=gateway",
        told.secrets,
        frozenset({EventType.REFUSED, EventType.SUPPRESSED}),
    )
    assert [len(key) for key in told.secrets] == [24, 27]
    assert found.allow_networks == (ip_network("10.1.0.0/16"),)
    assert found.most_waiting == 5000


def test_an_app_that_names_no_events_is_told_of_all(base: Path) -> None:
    (told,) = with_webhook(base).webhooks.of_app.values()
    assert told.events == frozenset(EventType)
    assert with_webhook(base).webhooks.allow_networks == ()


def test_secrets_are_never_shown(base: Path) -> None:
    settings = full(base)
    for shown in (effective(settings), repr(settings), str(settings.webhooks)):
        assert SECRET not in shown
        assert SECRET.removeprefix("whsec_") not in shown
        assert "secret-of" not in shown
        assert "of=gateway" not in shown
    assert 'apps.shop.webhook.secret = "********"' in effective(settings)
    assert 'apps.shop.webhook.url = "https://shop.example.com/events?********"' in effective(settings)


def test_in_dev_a_receiver_may_be_on_this_machine_in_clear(base: Path) -> None:
    settings = with_webhook(base, dev=True, url="http://127.0.0.1:8000/")
    assert ip_network("127.0.0.0/8") in settings.webhooks.allow_networks
    with pytest.raises(ConfigurationError, match="https"):
        with_webhook(base, dev=True, url="http://app.example.com/")
    with pytest.raises(ConfigurationError, match="https"):
        with_webhook(base, url="http://127.0.0.1:8000/")
