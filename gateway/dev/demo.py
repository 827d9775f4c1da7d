"""The demo configuration of `gateway dev`, and what its store holds at the start."""

import contextlib
import json
from pathlib import Path
from typing import Any

from gateway.config.settings import Settings, parse
from gateway.roads.changes import Changes
from gateway.state.agents import DEMO, Agents, Role
from gateway.state.api_keys import SCOPES, ApiKeys
from gateway.state.passwords import Passwords
from suppression.address import parse as parse_address
from suppression.errors import ConfigurationError, Conflict
from suppression.model import Basis, Scope
from suppression.store.store import Store

APP = "demo"
SENDER = "demo"
DOMAIN = "example.com"
CONSENTED = ("ann@example.net", "+12025550143")
NUMBER = "+12025550100"  # 555-01xx is for fiction
DESK = "+12025550101"
LINE = "+18005550199"
ACCOUNT = f"AC{0:032x}"
HOST = "127.0.0.1"


def write_settings(folder: Path, smtp_port: int, http_port: int, inbound_port: int) -> Settings:
    """The settings for these ports, also for commands that come later."""
    (folder / "settings.json").write_text(json.dumps(_document(smtp_port, http_port, inbound_port)))
    return settings_of(folder)


def settings_of(folder: Path) -> Settings:
    """The settings that `gateway dev` wrote last in its data folder. The environment is for `serve`."""
    try:
        document = json.loads((folder / "settings.json").read_bytes())
    except (OSError, ValueError) as error:
        raise ConfigurationError(f"{folder} is no data folder of `gateway dev`") from error
    return parse(document, folder.resolve(), {}, dev=True, make_secrets=True)


def _document(smtp_port: int, http_port: int, inbound_port: int) -> dict[str, Any]:
    """As it would stand in gateway.toml; paths are from the data folder."""
    keys = {"demo-rsa": "keys/dkim-rsa.pem", "demo-ed25519": "keys/dkim-ed25519.pem"}
    return {
        "public_url": f"http://{HOST}:{http_port}",
        "store": {"data_dir": "."},
        "archive": {"every": 5},
        "smtp": {
            "host": HOST,
            "ports": [smtp_port],
            "hostname": f"gateway.{DOMAIN}",
            "tls_certificate": "keys/tls.pem",
            "tls_key": "keys/tls.pem",
        },
        "inbound": {"domain": f"in.{DOMAIN}", "host": HOST, "port": inbound_port},
        "http": {"host": HOST, "port": http_port},
        "console": {"enabled": True},
        "senders": {
            SENDER: {
                "title": "Demo Company",
                "postal_address": "1 Example Street, Springfield",
                "from_domains": ["*"],
                "list_domain": DOMAIN,
                "opt_out_mailbox": f"admin@{DOMAIN}",
                "deliver_to": f"team@{DOMAIN}",
                "support_phone": LINE,
                "texts": {"numbers": [NUMBER], "opt_out": "off"},
                "calls": {
                    "numbers": [NUMBER],
                    "opt_out_line": LINE,
                    "per_second": 10,
                    "detect_machine": True,
                    "play_hosts": [DOMAIN],
                    "dial_numbers": [DESK],
                },
                "twilio": {"account_sid": ACCOUNT, "auth_token_file": "keys/twilio-token"},
                "dkim": [
                    {"domain": DOMAIN, "selector": selector, "key_file": file}
                    for selector, file in keys.items()
                ],
            }
        },
        "apps": {APP: {"sender": SENDER, "default_purpose": "marketing/promotions"}},
    }


async def employ(store: Store, password: str) -> None:
    """The console's agent, once: a password that was changed since stays."""
    with contextlib.suppress(Conflict):
        await Agents(store.client.stops, Passwords()).add(DEMO, Role.ADMIN, "Demo admin", password)


async def furnish(store: Store, api_key: str) -> None:
    """Two consents and the API key, once: what was withdrawn later is not given again."""
    keys, changes = ApiKeys(store.client.stops), Changes(store)
    if any(key.app == APP for key in await keys.list()):
        return
    for text in CONSENTED:
        await changes.consent(
            store.keyring.recipient(parse_address(text)),
            Scope(purpose="marketing", sender=SENDER),
            basis=Basis.OPT_IN,
            source="demo",
            actor="gateway dev",
            at=store.now(),
            evidence={"note": "made by gateway dev, so that a first mail arrives"},
        )
    try:
        await keys.issue(APP, SCOPES, "gateway dev", api_key)
    except Conflict:
        return
