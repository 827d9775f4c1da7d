"""DNS: the records that senders and the way in need, and the name of the host that mail leaves from."""

import asyncio
import ipaddress
import socket

from gateway.config.settings import Settings
from gateway.dns.checking import DnsCheck
from gateway.dns.findings import Finding as Record
from gateway.dns.findings import Level as Rightness
from gateway.dns.records import of_inbound, of_sender, premises
from gateway.doctor.findings import Finding, Findings, Level, ok, warn

DNS = "dns"
_LEVELS = {
    Rightness.RIGHT: Level.OK,
    Rightness.ATTENTION: Level.WARN,
    Rightness.UNKNOWN: Level.WARN,
    Rightness.WRONG: Level.FAIL,
}


async def look_at_records(settings: Settings, check: DnsCheck) -> Findings:
    where = premises(settings)
    expected = [*of_inbound(where)]
    for name, sender in settings.senders.items():
        expected += of_sender(sender, settings.dkim.get(name, ()), where)
    found = await check.check(dict.fromkeys(expected))
    return [_told(record) for record in found]


def _told(record: Record) -> Finding:
    level = _LEVELS[record.level]
    about = f"{record.expected.kind} of {record.expected.name}"
    if level is Level.OK:
        return ok(DNS, f"{about}: {record.said}")
    todo = f"Publish: {record.expected.zone_line}"
    if record.level is Rightness.UNKNOWN:
        todo = "Look at the name servers of this host."
    return Finding(level, DNS, f"{about}: {record.expected.why} {record.said}", todo)


async def look_at_reverse(host: str) -> Findings:
    """Of a next hop with a public address. It is often the one that mail leaves from; who relays on knows better."""
    loop = asyncio.get_running_loop()
    try:
        found = await loop.getaddrinfo(host, None, type=socket.SOCK_STREAM)
        address = next(str(one[4][0]) for one in found if ipaddress.ip_address(one[4][0]).is_global)
    except (OSError, StopIteration, ValueError):
        return []
    return [await _reverse(address)]


async def _reverse(address: str) -> Finding:
    loop = asyncio.get_running_loop()
    todo = (
        "Have whoever gave you the address set its PTR record to the name that the mail server says in EHLO."
    )
    try:
        name, _ = await loop.getnameinfo((address, 0), socket.NI_NAMEREQD)
        back = {str(one[4][0]) for one in await loop.getaddrinfo(name, None)}
    except OSError:
        return warn(
            DNS, f"The next hop's address {address} has no name: large mailbox providers refuse it.", todo
        )
    if address not in back:
        return warn(DNS, f"The next hop's address {address} is {name}, which leads elsewhere.", todo)
    return ok(DNS, f"The next hop's address {address} is {name}, and back.")
