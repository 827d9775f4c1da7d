"""A stand-in for a gateway in its own process: starts the server, says so, and waits to be killed."""

import sys
import time
from pathlib import Path

from gateway.embedded.server import EmbeddedServer
from suppression.errors import ConfigurationError

try:
    server = EmbeddedServer(Path(sys.argv[1])).start()
except ConfigurationError as error:
    print(f"refused {error}", flush=True)
    sys.exit(2)
print(f"started {server.pid} {server.adopted}", flush=True)
time.sleep(60)
