"""`gateway explain ADDRESS --channel C --purpose P`."""

import asyncio
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from gateway.cli.options import CONFIG, Config, DataDir, settings_from

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gateway.config.settings import Settings
    from suppression.decision import Decision, RuleVerdict
    from suppression.model import App


def explain(
    address: Annotated[str, typer.Argument(help="An e-mail address or a phone number.")],
    channel: Annotated[Literal["email", "sms", "voice", "audience"], typer.Option()],
    purpose: Annotated[str, typer.Option(help="A path of the catalogue.")],
    app: Annotated[str | None, typer.Option(help="The app that would send, where there are several.")] = None,
    config: Config = CONFIG,
    data_dir: DataDir = None,
) -> None:
    """Show what would be decided now, and why.

    Every rule's verdict. Nothing is logged.
    """
    loaded = settings_from(config, data_dir)
    decision, rules = asyncio.run(_explain(loaded, address, channel, purpose, app))
    typer.echo(_sentence(decision))
    _print(rules)


async def _explain(
    loaded: "Settings", address: str, channel: str, purpose: str, app: str | None
) -> tuple["Decision", "Sequence[RuleVerdict]"]:
    from gateway.cli.stores import opened
    from gateway.roads.pipeline import Ask, Pipeline
    from suppression.address import parse
    from suppression.model import Channel

    asking = _app(loaded, app)
    found = parse(address, None if channel == Channel.AUDIENCE else channel)
    async with opened(loaded) as store:
        catalogue = await store.catalogue()
        ask = Ask(asking, Channel(channel), catalogue.find(purpose), found)
        return await Pipeline(store, catalogue, loaded.senders).explain(ask)


def _app(loaded: "Settings", name: str | None) -> "App":
    from suppression.errors import NotFound

    if name is None and len(loaded.apps) == 1:
        return next(iter(loaded.apps.values()))
    found = loaded.apps.get(name or "")
    if found is None:
        raise NotFound(f"name one of the apps with --app: {', '.join(sorted(loaded.apps))}")
    return found


def _sentence(decision: "Decision") -> str:
    from suppression.decision import Defer, Send

    words = [type(decision).__name__.lower(), decision.reason]
    if isinstance(decision, Defer):
        words.append(f"until {decision.until:%Y-%m-%dT%H:%M:%SZ}")
    if not isinstance(decision, Send):
        words.append(f"by rule {decision.rule}")
    return " ".join(words)


def _print(rules: "Sequence[RuleVerdict]") -> None:
    from gateway.cli.tables import print_table

    rows = [
        (rule.rule, rule.verdict, rule.reason or "", rule.fact or "", f"{rule.until or ''}") for rule in rules
    ]
    print_table(("rule", "verdict", "reason", "fact", "until"), rows)
