"""The command `gateway`: one file per group, each importing what it needs only when it runs."""

import sys

from suppression.errors import ConfigurationError, GatewayError

USAGE_OR_CONFIGURATION = 2


def main() -> None:
    """Errors of ours are lines on stderr, never tracebacks: 2 for configuration, 1 for the rest."""
    try:
        from gateway.cli.commands import app  # takes long enough for a Ctrl-C

        app()
    except ConfigurationError as error:
        _tell(error)
        sys.exit(USAGE_OR_CONFIGURATION)
    except GatewayError as error:
        _tell(error)
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)


def _tell(error: GatewayError) -> None:
    """It may quote what was asked: control characters would speak to the terminal."""
    from gateway.cli.tables import printable

    for line in str(error).splitlines() or [error.peer_text]:
        print(f"gateway: {printable(line)}", file=sys.stderr)  # noqa: T201
