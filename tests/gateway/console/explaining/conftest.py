"""The desk of the pages about recipients."""

from tests.gateway.console.recipients.conftest import desk

__all__ = ["desk"]
