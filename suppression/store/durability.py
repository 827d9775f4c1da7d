"""Start-up checks: a store that may silently drop what it acknowledged is refused."""

from suppression.errors import ConfigurationError, StoreUnavailable
from suppression.store.client import Lane

_REDIS = (7, 0)
_VALKEY = (7, 2)
_LISTPACK_VALUE = 2048  # the outbox's fields; 64, the server's default, doubles its memory


async def problems(lane: Lane) -> list[str]:
    """What is wrong with this server for our purpose, in words for an operator; empty when all is well."""
    try:
        info = _info(await lane.execute("INFO"))
        settings = await _settings(lane)
    except StoreUnavailable as error:
        raise ConfigurationError(f"the store's settings cannot be read: {error}") from error
    wanted = {
        "appendonly": ("yes", "entries that were acknowledged are lost when it is killed"),
        "appendfsync": ("always", "the last second is lost with the machine"),
        "maxmemory-policy": ("noeviction", "it drops entries when memory is short, without an error"),
    }
    found = [
        f"{name} is {settings.get(name, 'unknown')}, not {value}: {why}"
        for name, (value, why) in wanted.items()
        if settings.get(name) != value
    ]
    if int(settings.get("hash-max-listpack-value", "0")) < _LISTPACK_VALUE:
        found.append(
            f"hash-max-listpack-value is below {_LISTPACK_VALUE}: waiting texts take twice the memory"
        )
    return found + _of_info(info)


def _of_info(info: dict[str, str]) -> list[str]:
    found = []
    product = "valkey" if "valkey_version" in info else "redis"
    version = info.get(f"{product}_version", "0.0")
    least = _VALKEY if product == "valkey" else _REDIS
    if tuple(int(part) for part in version.split(".")[:2]) < least:
        found.append(f"{product} {version} is older than {least[0]}.{least[1]}")
    if info.get("role") != "master":
        found.append("it is a replica: a replica answers with what was true before")
    if int(info.get("connected_slaves", "0")):
        found.append("it has replicas: after a failover an old primary goes on allowing for seconds")
    return found


def _info(reply: bytes) -> dict[str, str]:
    lines = (line.partition(":") for line in reply.decode().splitlines() if ":" in line)
    return {name: value for name, _, value in lines}


async def _settings(lane: Lane) -> dict[str, str]:
    names = ("appendonly", "appendfsync", "maxmemory-policy", "hash-max-listpack-value")
    replies = await lane.execute_many([["CONFIG", "GET", name] for name in names])
    return {reply[0].decode(): reply[1].decode() for reply in replies if len(reply) > 1}
