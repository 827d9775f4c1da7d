"""A sender's account at Twilio, as settings name it: whose texts and calls it pays for, and who may speak for it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from gateway.config import phones, schema
from gateway.config.endpoints import first_line
from gateway.config.fields import is_credential
from gateway.config.problems import Problems
from suppression.errors import ConfigurationError


@dataclass(frozen=True, slots=True)
class TwilioAccount:
    """Credentials of one account.

    auth_tokens   webhooks are signed with one of them: the current first, then what is being rotated out or in
    api_key       "SK..." and its secret, where requests are made with them instead of the current token
    base_url      where the API is asked, without a path; None for Twilio's own
    region, edge  of Twilio's own; "" for its defaults
    """

    account_sid: str
    auth_tokens: tuple[str, ...] = field(repr=False)
    api_key: str = ""
    api_secret: str = field(default="", repr=False)
    base_url: str | None = None
    region: str = ""
    edge: str = ""


def load(given: Mapping[str, schema.Sender], problems: Problems, *, dev: bool) -> dict[str, TwilioAccount]:
    """By sender; what is wrong is noted."""
    accounts = {}
    for name, sender in given.items():
        where = f"senders.{name}.twilio"
        if sender.twilio is not None:
            accounts[name] = _account(sender.twilio, where, problems)
        elif not dev:
            for what in ("texts", "calls"):
                if getattr(sender, what) is not None:
                    problems.note(where, f"is required: the sender has {what}")
    _check_alike(accounts, problems)
    return accounts


def _account(given: phones.Twilio, where: str, problems: Problems) -> TwilioAccount:
    return TwilioAccount(
        account_sid=given.account_sid,
        auth_tokens=tuple(_tokens(given, where, problems)),
        api_key=given.api_key or "",
        api_secret=_secret(given, where, problems),
        base_url=given.base_url,
        region=given.region or "",
        edge=given.edge or "",
    )


def _tokens(given: phones.Twilio, where: str, problems: Problems) -> Iterator[str]:
    for token in given.auth_tokens:
        yield token.get_secret_value()
    if given.auth_token_file is not None:
        yield from _lines(given.auth_token_file, f"{where}.auth_token_file", problems)


def _lines(path: Path, where: str, problems: Problems) -> Iterator[str]:
    """A token a line."""
    try:
        first_line(path)  # says what is wrong with a file
    except ConfigurationError as error:
        problems.note(where, str(error))
        return
    for line in path.read_text("utf-8").splitlines():
        if is_credential(line):
            yield line
        else:
            problems.note(where, "must hold a token a line, and nothing else")


def _secret(given: phones.Twilio, where: str, problems: Problems) -> str:
    if given.api_secret_file is None:
        return given.api_secret.get_secret_value() if given.api_secret is not None else ""
    return next(_lines(given.api_secret_file, f"{where}.api_secret_file", problems), "")


def _check_alike(accounts: Mapping[str, TwilioAccount], problems: Problems) -> None:
    """A webhook names the account only: its tokens are the same for all senders of it."""
    known: dict[str, tuple[str, TwilioAccount]] = {}
    for name, account in accounts.items():
        other, same = known.setdefault(account.account_sid, (name, account))
        if same.auth_tokens != account.auth_tokens:
            problems.note(f"senders.{name}.twilio", f"has other tokens for the account of sender {other}")
