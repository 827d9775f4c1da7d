"""`gateway dev`: everything on this machine, with embedded store, sandbox channels and demo configuration."""

import asyncio
import contextlib
import json
import os
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

from gateway.assembly import serving, store_access
from gateway.assembly.ports import HTTP, INBOUND, SMTP, Sockets
from gateway.config.settings import Settings
from gateway.dev import demo, material
from gateway.embedded.data_folder import private
from gateway.processes import listeners
from gateway.processes.signal_pipe import signal_pipe
from gateway.processes.worker_process import SIGNALS
from gateway.state.agents import DEMO
from suppression.errors import ConfigurationError

SAME_PORT_PATIENCE = 1.0  # seconds for the port of last time; then any free one will do


def default_folder() -> Path:
    """In the user's data directory (XDG Base Directory: a relative path counts as none)."""
    given = Path(os.environ.get("XDG_DATA_HOME", ""))
    try:
        base = given if given.is_absolute() else Path.home() / ".local" / "share"
    except RuntimeError as error:  # a user without a name, in a container
        raise ConfigurationError("this user has no home directory: name a folder with --data-dir") from error
    return base / "suppression-gateway"


def run(folder: Path, smtp_port: int, http_port: int, workers: int) -> int:
    """Until SIGTERM or Ctrl-C; the exit code. A port of 0: last time's, else a free one."""
    say(f"Data folder: {folder}")
    with signal_pipe(SIGNALS) as signals, serving.store_server(folder) as watch:
        folder = folder.resolve()
        api_key, password = material.make(folder)
        with _listening(folder, smtp_port, http_port) as sockets, _announcement(folder) as announce:
            ports = {name.partition(":")[0]: int(name.partition(":")[2]) for name in sockets}
            settings = demo.write_settings(folder, ports[SMTP], ports[HTTP], ports[INBOUND])
            settings = _prepared(settings, folder, api_key, password)
            ready = partial(announce, _facts(settings, api_key, password))
            return serving.run(
                settings, sockets, workers, signals=signals, watch=watch, on_ready=ready, hangup_stops=True
            )


def _prepared(settings: Settings, folder: Path, api_key: str, password: str) -> Settings:
    """With a store that is furnished, and bound to the secrets."""
    if not settings.secrets.epoch:
        store_access.prepare(settings)
        settings = demo.settings_of(folder)
    store_access.publish(settings)  # a newer version may ship a newer catalogue

    async def furnish() -> None:
        async with store_access.open_store(settings) as store:
            await demo.furnish(store, api_key)
            await demo.employ(store, password)

    asyncio.run(furnish())
    return settings


@contextlib.contextmanager
def _listening(folder: Path, smtp_port: int, http_port: int) -> Iterator[Sockets]:
    last = _last_ports(folder)
    with contextlib.ExitStack() as bound:
        sockets = {}
        wanted = {SMTP: smtp_port, HTTP: http_port, INBOUND: 0}
        for kind, port in wanted.items():
            listener = bound.enter_context(_bind(port, last.get(kind, 0)))
            sockets[f"{kind}:{listener.getsockname()[1]}"] = listener
        yield sockets


def _bind(port: int, last: int) -> Any:
    if port:
        return listeners.bind(demo.HOST, port)
    if last:
        with contextlib.suppress(ConfigurationError):
            return listeners.bind(demo.HOST, last, patience=SAME_PORT_PATIENCE)
    return listeners.bind(demo.HOST, 0)


def _last_ports(folder: Path) -> dict[str, int]:
    """Those of the last run: links in the mails of then still work."""
    with contextlib.suppress(ConfigurationError):
        settings = demo.settings_of(folder)
        last = {SMTP: settings.smtp.ports[0], HTTP: settings.http.port}
        inbound = settings.inbound.port if settings.inbound else None
        return last | ({INBOUND: inbound} if inbound else {})
    return {}


@contextlib.contextmanager
def _announcement(folder: Path) -> Iterator[Any]:
    """dev.json is there while the gateway is ready, and only then."""
    path = folder / "dev.json"
    path.unlink(missing_ok=True)

    def announce(facts: dict[str, Any]) -> None:
        written = path.with_name("dev.json.new")
        with open(written, "w", opener=private, encoding="utf-8") as file:
            json.dump(facts, file, indent=1)
        written.replace(path)
        say(welcome(facts))

    try:
        yield announce
    finally:
        path.unlink(missing_ok=True)


def _facts(settings: Settings, api_key: str, password: str) -> dict[str, Any]:
    """dev.json, as INTERFACE.md fixes it."""
    return {
        "smtp": {
            "host": demo.HOST,
            "port": settings.smtp.ports[0],
            "username": demo.APP,
            "password": api_key,
        },
        "inbound": {"host": demo.HOST, "port": settings.inbound.port} if settings.inbound else None,
        "http": {"url": settings.public_url, "api_key": api_key},
        "console": {
            "url": f"{settings.public_url}/console",
            "username": DEMO,
            "password": password,
        },
        "dkim": [
            {"domain": key.domain, "selector": key.selector, "txt": key.dns_txt()}
            for key in settings.dkim[demo.SENDER]
        ],
        "pid": os.getpid(),
    }


def welcome(facts: dict[str, Any]) -> str:
    """Where to look, and lines to paste into a shell (no "!" in them: bash would take it for history)."""
    smtp, http, console = facts["smtp"], facts["http"], facts["console"]
    connect = f"smtplib.SMTP('{smtp['host']}', {smtp['port']})"
    return f"""
Ready. Nothing leaves this machine: what would have left is in the sandbox.

  Sandbox   {http["url"]}/sandbox
  Console   {console["url"]}, name {console["username"]}, password {console["password"]}
  HTTP API  {http["url"]}/v1 with Authorization: Bearer {http["api_key"]}
  SMTP      {smtp["host"]}:{smtp["port"]}, user name {smtp["username"]} (or {smtp["username"]}+transactional/orders),
            password {smtp["password"]}

ann@example.net has consented to marketing. Send her a mail, and look into the sandbox:

python3 -c "import smtplib; s = {connect}; s.login('{smtp["username"]}', '{smtp["password"]}')
s.sendmail('shop@example.com', 'ann@example.net', 'From: Shop <shop@example.com>\\nTo: ann@example.net\\n'
'Subject: New shoes\\n\\nThe new shoes are here.\\n'); print(s.quit())"

+12025550143 has consented as well: text it (marketing waits for the day in Washington), and reply STOP in the sandbox:

curl {http["url"]}/v1/sms -H 'Authorization: Bearer {http["api_key"]}' \\
  --json '{{"to": "+12025550143", "body": "New shoes", "purpose": "marketing/promotions"}}'

Ctrl-C stops everything."""


def say(text: str) -> None:
    print(text, flush=True)  # noqa: T201 - to the person at the terminal
