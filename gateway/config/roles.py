"""What the processes of a gateway are there for. One gateway has all roles, or several on one store share them."""

from enum import StrEnum

from suppression.errors import ConfigurationError


class Role(StrEnum):
    """Every store needs each of them somewhere, but for the archiver where nothing is archived."""

    SMTP = "smtp"  # mail of apps, and mail that comes back
    HTTP = "http"  # API, pages, console, webhooks; and the lists that were brought there
    DISPATCHER = "dispatcher"  # texts, calls and events leave; what is over is swept away
    ARCHIVER = "archiver"  # a process of its own, beside the workers


ALL = frozenset(Role)
OF_WORKERS = ALL - {Role.ARCHIVER}


def parse(text: str) -> frozenset[Role]:
    """Of "smtp,http". ConfigurationError."""
    names = [name for name in (part.strip() for part in text.split(",")) if name]
    unknown = [name for name in names if name not in set(Role)]
    if unknown or not names:
        raise ConfigurationError(f"roles: some of {', '.join(Role)}, separated by commas")
    return frozenset(Role(name) for name in names)
