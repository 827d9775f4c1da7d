"""The console's pages: which there are. Mounted by wiring beside the API."""

from fastapi import APIRouter

from gateway.console import account, agents, codes, pages, provided, reviewing, sign_in, start
from gateway.console.apps import page as apps
from gateway.console.bulk import page as bulk
from gateway.console.doors import Console
from gateway.console.explaining import page as explaining
from gateway.console.overview import page as overview
from gateway.console.recipients import all_pages as recipients

# Each module's `routes(console)`; a page adds its module here and its line in `navigation`.
_PAGES = (
    sign_in,
    provided,
    codes,
    start,
    account,
    agents,
    recipients,
    explaining,
    reviewing,
    overview,
    bulk,
    apps,
)


def routes(console: Console) -> list[APIRouter]:
    """All of them, under /console."""
    own = [router for module in _PAGES for router in module.routes(console)]
    return [pages.routes(), *own, *start.nowhere(console)]
