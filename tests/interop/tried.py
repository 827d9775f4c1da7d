"""Which clients were tried, in which versions, and what came of it: build/interop.json, for README's table."""

import json
from pathlib import Path

ROOT = Path(__file__).parents[2]
FILE = ROOT / "build" / "interop.json"


class Tried:
    """Of one test process."""

    def __init__(self) -> None:
        self._clients: dict[str, dict[str, str]] = {}
        self._versions: dict[str, str] = {}

    def add(self, client: str, test: str, outcome: str) -> None:
        self._clients.setdefault(client, {})[test] = outcome

    def version(self, client: str, text: str) -> None:
        self._versions[client] = text

    def write(self) -> None:
        """Beside what other processes wrote."""
        if not self._clients:
            return
        FILE.parent.mkdir(exist_ok=True)
        known = json.loads(FILE.read_text()) if FILE.exists() else {}
        for client, tests in self._clients.items():
            version = self._versions.get(client) or known.get(client, {}).get("version", "")
            known[client] = {"version": version, "tests": tests}
        FILE.write_text(json.dumps(known, indent=1, sort_keys=True) + "\n")
