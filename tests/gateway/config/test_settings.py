"""Good configurations: what they come to, what the environment changes, what is never shown."""

import tomllib
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from gateway.config import archive, phones, providers, receivers, schema
from gateway.config.effective import effective
from gateway.config.fields import Section
from gateway.config.settings import Settings, load, parse
from gateway.config.twilio import TwilioAccount
from suppression.consent_expiry import ConsentExpiry
from suppression.errors import ConfigurationError
from suppression.limits import Cap, PartnerList, Register
from suppression.model import App, Basis, CallSettings, Channel, Sender, SoftOptIn, TextSettings
from suppression.purposes import Catalogue

HERE = Path(__file__).parent


def loaded(name: str, base: Path, environment: dict[str, str] | None = None) -> Settings:
    (base / "gateway.toml").write_bytes((HERE / name).read_bytes())
    return load(base / "gateway.toml", environment or {})


TEXTS = TextSettings(
    numbers=("+12025550101", "+12025550102", "72345"),
    service="MG" + "a" * 32,
    opt_out="advanced",
    max_segments=3,
    transliterate=True,
    hint="Txt STOP to end",
    link_hint_countries=frozenset({"IN", "AE"}),
)
CALLS = CallSettings(
    numbers=("+12025550101",),
    opt_out_line="+18005550199",
    identity="The Brand Company",
    voice="Polly.Joanna",
    language="en-GB",
    ring_seconds=30,
    per_second=2.5,
    detect_machine=True,
    play_hosts=("media.example.com",),
    dial_numbers=("+12025550103",),
)


def test_every_setting_of_the_full_example_is_taken(base: Path) -> None:
    settings = loaded("full.toml", base)
    assert settings.public_url == "https://mail.example.com"
    assert settings.hostname == "mx.example.com"
    assert settings.apps["shop"] == App(
        name="shop",
        sender="brand",
        purposes=("marketing", "transactional/orders"),
        channels=frozenset({Channel.EMAIL}),
        default_purpose="marketing/offers",
        purpose_from="header",
        may_resubscribe=True,
        on_refusal="discard",
    )
    assert settings.senders["brand"] == Sender(
        name="brand",
        title="The Brand",
        postal_address="1 Main Street\nSpringfield",
        from_domains=("example.com", "news.example.com"),
        list_domain="lists.example.com",
        support_phone="+12025550100",
        minimum_age=16,
        one_click_stops="marketing",
        from_address="hello@example.com",
        language="de",
        logo_url="https://www.example.com/logo.svg",
        colour="#8a1538",
        soft_opt_in=SoftOptIn(("marketing/offers",), 6),
        return_path="keep",
        opt_out_mailbox="admin@example.com",
        deliver_to="team@example.com",
        texts=TEXTS,
        calls=CALLS,
    )
    assert settings.consent_expiry == ConsentExpiry("casl", {Basis.OPT_IN: 730})
    assert settings.given.consents.confirmation_days == 3
    rsa, ed25519 = settings.dkim["brand"]
    assert (rsa.domain, rsa.selector, ed25519.selector) == ("example.com", "s2026", "e2026")
    assert isinstance(rsa.private, RSAPrivateKey)
    assert isinstance(ed25519.private, Ed25519PrivateKey)
    assert settings.networks == (
        (ip_network("192.0.2.0/24"), "shop"),
        (ip_network("2001:db8::/32"), "shop"),
    )
    assert sorted(settings.catalogue.purposes) == ["marketing/offers", "transactional/orders"]
    assert settings.smtp.tls_key == base / "tls.key"
    assert settings.next_hop_password() == "hop-secret"


def test_an_account_at_twilio_is_beside_its_sender(base: Path) -> None:
    settings = loaded("full.toml", base)
    assert settings.twilio == {
        "brand": TwilioAccount(
            account_sid="AC00000000000000000000000000000001",
            auth_tokens=("token-of-now", "token-of-before"),
            api_key="SK00000000000000000000000000000002",
            api_secret="api-secret",
            region="ie1",
            edge="dublin",
        )
    }


def test_limits_are_beside_the_purposes_that_decide(base: Path) -> None:
    limits = loaded("full.toml", base).catalogue.limits
    assert limits.caps == (Cap("weekly", 7 * 86_400, 3, "marketing", frozenset({"email"}), defer=2 * 86_400),)
    assert limits.registers == (
        Register("dnc-texts", "dnc", frozenset({"sms"}), frozenset({"US"}), max_age=20 * 86_400),
    )
    assert limits.lists == (
        PartnerList(
            "acme", ("marketing/offers",), frozenset({"email", "audience"}), "sha256", max_age=14 * 86_400
        ),
    )
    assert limits.hours == {"countries": {"US": "us-federal"}}


def test_a_kind_of_register_says_what_settings_leave_out(base: Path) -> None:
    toml = (
        HERE / "minimal.toml"
    ).read_text() + '\n[registers.us]\nkind = "dnc"\n[registers.uk]\nkind = "tps"\n'
    (base / "gateway.toml").write_text(toml)
    uk, us = load(base / "gateway.toml", {}).catalogue.limits.registers
    assert (set(uk.channels), uk.max_age) == ({"voice"}, 28 * 86_400)
    assert {"GB", "GG"} <= uk.countries
    assert (set(us.channels), us.max_age) == ({"sms", "voice"}, 31 * 86_400)
    assert {"US", "PR"} <= us.countries


def test_the_full_example_leaves_no_setting_out() -> None:
    """A setting that is added must be added there, with another value than its default."""
    given = tomllib.loads((HERE / "full.toml").read_text())
    left_out = {
        "data_dir",
        "password",
        "catalogue",
        "auth_tokens",
        "api_secret",
        "base_url",
        "signing_key_file",
        "folder",
        "secret_access_key_file",
        "secret_file",
        "previous_secret",
        "client_secret_file",
    }  # each excludes another that is given
    pairs: list[tuple[type[Section], dict[str, Any]]] = [
        (schema.File, given),
        (schema.Store, given["store"]),
        (schema.Smtp, given["smtp"]),
        (schema.Http, given["http"]),
        (schema.Operations, given["operations"]),
        (schema.Console, given["console"]),
        (schema.Oidc, given["console"]["oidc"]),
        (schema.NextHop, given["next_hop"]),
        (providers.Providers, given["providers"]),
        (providers.Ses, given["providers"]["ses"]),
        (providers.SendGrid, given["providers"]["sendgrid"]),
        (providers.Postmark, given["providers"]["postmark"]),
        (providers.Mailgun, given["providers"]["mailgun"]),
        (providers.Bounces, given["bounces"]),
        (archive.Archive, given["archive"]),
        (archive.S3, given["archive"]["s3"]),
        (schema.Consents, given["consents"]),
        (schema.Imports, given["imports"]),
        (schema.Cap, given["caps"]["weekly"]),
        (schema.Register, given["registers"]["dnc-texts"]),
        (schema.PartnerList, given["lists"]["acme"]),
        (schema.Sender, given["senders"]["brand"]),
        (schema.Theme, given["senders"]["brand"]["theme"]),
        (schema.SoftOptIn, given["senders"]["brand"]["soft_opt_in"]),
        (schema.Dkim, given["senders"]["brand"]["dkim"][0]),
        (phones.Texts, given["senders"]["brand"]["texts"]),
        (phones.Calls, given["senders"]["brand"]["calls"]),
        (phones.Twilio, given["senders"]["brand"]["twilio"]),
        (schema.App, given["apps"]["shop"]),
        (receivers.Webhook, given["apps"]["shop"]["webhook"]),
        (receivers.Webhooks, given["webhooks"]),
    ]
    for model, table in pairs:
        assert set(model.model_fields) - left_out == set(table), model
    assert given["smtp"]["max_size"] != schema.Smtp().max_size


def test_little_has_to_be_written(base: Path) -> None:
    settings = loaded("minimal.toml", base)
    assert settings.catalogue == Catalogue.shipped()
    assert settings.store.data_dir == base / "data"
    assert settings.smtp.max_size == 26_214_400
    assert settings.hostname == "mail.example.com"
    assert settings.senders["brand"].list_domain == "example.com"
    assert settings.next_hop_password() is None


def test_the_environment_overrides_the_file(base: Path) -> None:
    settings = loaded(
        "minimal.toml",
        base,
        {
            "GATEWAY_PUBLIC_URL": "https://other.example.com",
            "GATEWAY_SMTP__PORTS": "[2525]",
            "GATEWAY_SENDERS__BRAND__TITLE": "0123",
            "GATEWAY_NEXT_HOP__TLS": "tls",
            "GATEWAY_SERVICE_HOST": "10.0.0.1",
            "HOME": "/nowhere",
        },
    )
    assert settings.public_url == "https://other.example.com"
    assert settings.smtp.ports == (2525,)
    assert settings.senders["brand"].title == "0123"
    assert settings.next_hop.tls == "tls"
    assert settings.next_hop.host == "127.0.0.1"


@pytest.mark.parametrize(
    ("environment", "problem"),
    [
        ({"GATEWAY_SMPT__PORTS": "[25]"}, "GATEWAY_SMPT__PORTS: is not a setting"),
        ({"GATEWAY_SMTP__PORT": "25"}, "smtp.port: is not a setting"),
        ({"GATEWAY_SMTP__MAX_SIZE": "big"}, "smtp.max_size: input should be a valid integer"),
    ],
)
def test_a_wrong_variable_is_a_problem_like_any_other(
    base: Path, environment: dict[str, str], problem: str
) -> None:
    with pytest.raises(ConfigurationError, match=problem):
        loaded("minimal.toml", base, environment)


def test_effective_settings_show_all_but_secrets(base: Path) -> None:
    (base / "hop-password").unlink()
    text = (HERE / "full.toml").read_text()
    text = text.replace('password_file = "hop-password"', 'password = "hop-secret"')
    text = text.replace('auth_token_file = "twilio-tokens"', 'auth_tokens = ["token-secret", "token-old"]')
    text = text.replace('api_secret_file = "twilio-secret"', 'api_secret = "api-secret"')
    (base / "gateway.toml").write_text(text)
    shown = effective(load(base / "gateway.toml", {}))
    assert 'store.redis_url = "rediss://********@redis.example.com:6380/0"' in shown
    assert 'next_hop.password = "********"' in shown
    assert "smtp.max_size = 1048576" in shown
    assert "store.allow_unsafe_store = true" in shown
    assert 'apps.shop.networks = ["192.0.2.0/24", "2001:db8::/32"]' in shown
    assert 'senders.brand.twilio.auth_tokens = ["********", "********"]' in shown
    assert 'senders.brand.twilio.api_secret = "********"' in shown
    assert "senders.brand.calls.per_second = 2.5" in shown
    assert "token-" not in shown
    assert "api-secret" not in shown
    assert "hop-secret" not in shown
    assert "provider-secret" not in shown
    assert "store-secret" not in shown


def test_no_secret_is_in_what_settings_print_as(base: Path) -> None:
    printed = repr(loaded("full.toml", base))
    (pepper_line,) = [line for line in (base / "secrets.toml").read_text().splitlines() if "pepper =" in line]
    assert pepper_line.split('"')[1] not in printed
    assert "store-secret" not in printed
    assert "token-of" not in printed
    assert "api-secret" not in printed
    assert "provider-secret" not in printed
    assert "PRIVATE" not in printed


def minimal() -> dict[str, Any]:
    return tomllib.loads((HERE / "minimal.toml").read_text())


def test_dev_may_do_without_https_next_hop_and_from_domains(base: Path) -> None:
    document = minimal()
    del document["next_hop"]
    document["public_url"] = "http://127.0.0.1:8080"
    document["senders"]["brand"]["from_domains"] = ["*"]
    document["senders"]["brand"]["list_domain"] = "example.com"
    settings = parse(document, base, {}, dev=True)
    assert settings.senders["brand"].from_domains == ("*",)
    with pytest.raises(ConfigurationError) as refused:
        parse(document, base, {})
    assert len(str(refused.value).splitlines()) == 3


def test_secrets_are_made_for_a_new_gateway_only_when_all_else_is_right(base: Path) -> None:
    (base / "secrets.toml").unlink()
    document = minimal()
    with pytest.raises(ConfigurationError, match="gateway init"):
        parse(document, base, {})
    with pytest.raises(ConfigurationError, match="no sender"):
        parse({**document, "apps": {"shop": {"sender": "x"}}}, base, {}, make_secrets=True)
    assert not (base / "secrets.toml").exists()
    made = parse(document, base, {}, make_secrets=True).secrets
    assert parse(document, base, {}).secrets == made
    assert parse(document, base, {}, make_secrets=True).secrets == made


def test_problems_of_all_sections_are_told_at_once_and_no_value_with_them(base: Path) -> None:
    document = minimal()
    document["store"] = {"redis_url": "store-secret"}
    document["apps"]["other"] = {"sender": "brnad", "networks": ["x"]}
    document["apps"]["shop"]["purposes"] = ["marketing/unheard-of"]
    document["smtp"] = {"ports": [70000]}
    document["senders"]["brand"]["dkim"][0]["key_file"] = "rsa-1024.pem"
    with pytest.raises(ConfigurationError) as refused:
        parse(document, base, {})
    wheres = sorted(line.partition(":")[0] for line in str(refused.value).splitlines())
    assert wheres == [
        "apps.other.networks[0]",
        "apps.shop.purposes",
        "senders.brand.dkim[0].key_file",
        "smtp.ports[0]",
        "store.redis_url",
    ]
    assert "store-secret" not in str(refused.value)
