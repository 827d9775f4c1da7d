"""A worker of its own that works at the imports of a store until it is killed. Arguments: the socket, the spool."""

import asyncio
import sys
from pathlib import Path

from gateway.duties.importing import import_forever
from gateway.imports import batch
from gateway.imports.importing import Importing
from suppression.purposes import Catalogue
from suppression.store.opening import StoreSettings, open_store
from tests.conftest import SECRETS

batch.PART = 500  # many notes of how far it is, so that a kill comes between any two


async def main() -> None:
    store = await open_store(StoreSettings(f"unix://{sys.argv[1]}"), SECRETS)
    importing = Importing(store, Catalogue.shipped, {}, {}, spool=Path(sys.argv[2]))
    await import_forever(importing, pause=0.1)


asyncio.run(main())
