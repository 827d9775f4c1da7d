"""The tables of README and its pages, and the code say the same: what is missing in either fails here."""

import re
import subprocess
from collections.abc import Iterator
from typing import Any

import click
import pytest
import typer

from gateway.cli.commands import app as commands
from gateway.inbound import passing_on, receiving
from gateway.smtp import auth, copies, parameters, replies, server
from gateway.webhooks.subscriptions import EventType
from suppression.decision import Reason
from suppression.model import Way
from suppression.policy import RULES
from suppression.purposes import Catalogue, Purpose
from tests.documents import pages, readme
from tests.documents.routes import routes
from tests.documents.settings_table import settings


def test_every_setting_is_named_with_its_default_and_no_other() -> None:
    named = {row[0].strip("`"): row[1].strip("`") for row in readme.rows("Settings", page=readme.SETTINGS)}
    assert named == settings()


def test_every_setting_that_the_text_speaks_of_exists() -> None:
    sections = {name.partition(".")[0] for name in settings() if "." in name}
    known = {name.replace("[]", "") for name in settings()} | {"secrets.toml"}
    for page in pages.names():
        spoken = re.findall(rf"`((?:{'|'.join(sections)})\.[a-z_.]+)`", readme.text(page))
        assert set(spoken) - known == set(), page


def test_every_reason_is_named_and_no_other() -> None:
    assert readme.names("Reasons", page=readme.CONCEPTS) == [reason.value for reason in Reason]


def test_every_way_is_named_and_no_other() -> None:
    assert readme.names("Reasons", 1, page=readme.CONCEPTS) == [way.value for way in Way]


def test_every_type_of_event_is_named_and_no_other() -> None:
    assert readme.names("Webhooks", page=readme.INTEGRATING) == [kind.value for kind in EventType]


def test_every_rule_is_named_in_its_order() -> None:
    assert ", ".join(f"`{name}`" for name, _ in RULES) in readme.section("Reasons", readme.CONCEPTS)


def test_every_purpose_is_named_with_consents_and_way_out() -> None:
    shipped = Catalogue.shipped().purposes.values()
    described = {purpose.path: [_consents(purpose), purpose.way_out.value] for purpose in shipped}
    named = {row[0].strip("`"): row[1:] for row in readme.rows("Purposes", page=readme.CONCEPTS)}
    assert named == {path: said for path, said in described.items() if not path.startswith("system/")}


def _consents(purpose: Purpose) -> str:
    said = ", ".join(f"{channel} {need}" for channel, need in purpose.channels.items())
    if purpose.required:
        said += "; required as a legal notice" if purpose.legal_notice else "; required"
    return said


def test_every_route_is_named_and_no_other() -> None:
    assert set(readme.names("Routes", page=readme.INTEGRATING)) == set(routes())


def test_every_route_is_named_with_the_keys_that_it_takes() -> None:
    named = {row[0].strip("`"): row[1] for row in readme.rows("Routes", page=readme.INTEGRATING)}
    keyless = {"public", "operations port", "dev only"}
    assert {name: "" if key in keyless else key for name, key in named.items()} == routes()


def test_every_route_that_the_text_speaks_of_exists() -> None:
    for page in pages.names():
        spoken = set(re.findall(r"`((?:GET|POST|PUT|DELETE|PATCH) /[^ `]*)`", readme.text(page)))
        assert spoken - set(routes()) == set(), page


def test_every_command_is_named_with_all_its_options() -> None:
    named = {
        row[0].strip("`"): sorted(row[1].replace("`", "").split())
        for row in readme.rows("Commands", page=readme.COMMANDS)
    }
    assert named == dict(_commands(typer.main.get_command(commands), "gateway"))


def _commands(command: Any, path: str) -> Iterator[tuple[str, list[str]]]:
    if isinstance(command, click.Group) or hasattr(command, "commands"):
        for name, inner in command.commands.items():
            yield from _commands(inner, f"{path} {name}")
        if not command.invoke_without_command:
            return
    arguments = [part.name.upper() for part in command.params if part.param_type_name == "argument"]
    options = [option for part in command.params for option in part.opts if option.startswith("--")]
    yield " ".join([path, *arguments]), sorted(set(options) - {"--help"})


def test_every_make_target_is_named_and_no_other() -> None:
    printed = subprocess.run(
        ["make", "--no-print-directory", "help"],
        cwd=readme.ROOT, capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    assert [f"make {line.split()[0]}" for line in printed.splitlines()] == readme.names("Development")


def _replies() -> dict[str, str]:
    """Whatever the front says that is no success on the way, by code and enhanced code."""
    found = (
        reply for module in (replies, auth, copies, parameters, server) for reply in vars(module).values()
    )
    said = {f"{reply.code} {reply.status}": reply.text for reply in found if isinstance(reply, replies.Reply)}
    said |= {
        f"{reply.code} {reply.status}": reply.text
        for reply in (replies.deferred("", ""), replies.taken("", ""))
    }
    for module in (passing_on, receiving):
        answers = (answer for answer in vars(module).values() if isinstance(answer, receiving.Answer))
        said |= {f"{answer.code} {answer.status}": answer.text for answer in answers}
    return said


@pytest.mark.parametrize("said", sorted(_replies()))
def test_every_smtp_reply_is_named(said: str) -> None:
    table = readme.section("SMTP replies", readme.RELAYING)
    code = said[:3]
    if code in {"220", "221", "235", "354"} or said in {"250 2.1.0", "250 2.1.5"}:
        return  # steps on the way, as any server says them
    broke_protocol = {"500", "501", "502", "503", "504", "555"}
    assert f"| `{said}` |" in table or (code in broke_protocol and f"`{code}`" in table)


def test_no_smtp_reply_is_named_that_nobody_says() -> None:
    named = set(
        re.findall(
            r"^\| `(\d{3} \d\.\d\.\d+)` \|", readme.section("SMTP replies", readme.RELAYING), re.MULTILINE
        )
    )
    assert named - set(_replies()) == set()
