"""All pages about recipients, for `gateway.console.app`."""

from fastapi import APIRouter

from gateway.console.doors import Console
from gateway.console.recipients import consenting, find, lifting, linking, page, stopping, subject, undoing

_PAGES = (find, page, stopping, lifting, consenting, linking, subject, undoing)


def routes(console: Console) -> list[APIRouter]:
    """None where there is no desk to work at."""
    return [router for module in _PAGES for router in module.routes(console)]
