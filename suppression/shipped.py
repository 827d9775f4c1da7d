"""What this version decides by beside the catalogue: the calling hours and the zones of numbers that it ships.

Its digest is in every catalogue's generation, so that of two versions with other data on one store one alone
decides: the one that put its catalogue in force last. The other answers "try again", as long as it runs.
"""

import hashlib
import json
import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import resources

FILES = ("calling_hours.toml", "number_zones.toml", "number_zones.csv")


@cache
def digest() -> str:
    """Of the files as they are shipped."""
    folder = resources.files("suppression")
    return digest_of({name: folder.joinpath(name).read_text("utf-8") for name in FILES})


def digest_of(texts: Mapping[str, str]) -> str:
    """Of what the files say: comments and the order of tables decide nothing."""
    meant = {name: tomllib.loads(text) if name.endswith(".toml") else text for name, text in texts.items()}
    return hashlib.sha256(json.dumps(meant, sort_keys=True).encode()).hexdigest()
