"""What proves that a webhook is a provider's: secrets, read from settings or from files of their own."""

from collections.abc import Container
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import SecretStr

from gateway.config.endpoints import first_line
from gateway.config.problems import Problems
from gateway.config.providers import Mailgun, Postmark, Providers
from suppression.errors import ConfigurationError

SHORTEST = 8


@dataclass(frozen=True, slots=True)
class Proofs:
    """The secrets of those that have one; "" of others. `senders`: by the provider's name."""

    postmark: str = field(default="", repr=False)
    mailgun: str = field(default="", repr=False)
    senders: dict[str, str] = field(default_factory=dict)


def load(given: Providers, senders: Container[str], problems: Problems, *, read: bool = True) -> Proofs:
    """`senders`: their names; `read`: the secrets, too."""
    named = {name: getattr(given, name).sender for name in Providers.model_fields if getattr(given, name)}
    for name, sender in named.items():
        if sender is not None and sender not in senders:
            problems.note(f"providers.{name}.sender", f"there is no sender {sender}")
    return Proofs(
        postmark=_postmark(given.postmark, problems) if read else "",
        mailgun=_mailgun(given.mailgun, problems) if read else "",
        senders={name: sender for name, sender in named.items() if sender is not None},
    )


def _postmark(given: Postmark | None, problems: Problems) -> str:
    if given is None:
        return ""
    return _secret(given.password, given.password_file, "providers.postmark.password_file", problems)


def _mailgun(given: Mailgun | None, problems: Problems) -> str:
    if given is None:
        return ""
    return _secret(given.signing_key, given.signing_key_file, "providers.mailgun.signing_key_file", problems)


def _secret(value: SecretStr | None, path: Path | None, where: str, problems: Problems) -> str:
    if value is not None:
        return value.get_secret_value()
    try:
        found = first_line(path) if path is not None else ""
    except ConfigurationError as error:
        problems.note(where, str(error))
        return ""
    if len(found) < SHORTEST:
        problems.note(where, f"must hold {SHORTEST} characters or more")
    return found
