"""The next hop, as far as a session goes without a mail: connection, EHLO, TLS, AUTH."""

import ipaddress
import ssl

import aiosmtplib

from channels.email.next_hop import HopLost, NextHop, connect
from gateway.doctor.findings import Findings, fail, ok, warn

HOP = "next hop"


async def look(hop: NextHop, *, verify: bool = True) -> Findings:
    try:
        connection = await connect(hop)
    except HopLost as lost:
        return [fail(HOP, *_trouble(hop, lost.__cause__ or lost))]
    try:
        return [ok(HOP, _said(hop)), *_doubts(hop, connection.extensions, verify=verify)]
    finally:
        connection.part()


def _said(hop: NextHop) -> str:
    tls = {"none": "without TLS", "starttls": "with STARTTLS", "tls": "with TLS"}[hop.tls]
    known = " and took our credentials" if hop.username else ""
    return f"{hop.host}:{hop.port} answers {tls}{known}. No mail was sent."


def _doubts(hop: NextHop, extensions: frozenset[str], *, verify: bool) -> Findings:
    found = []
    if hop.tls == "none" and not _on_this_host(hop.host):
        todo = 'Set next_hop.tls = "starttls", or put the hop on this host.'
        found.append(warn(HOP, "Mail goes to another host in the clear.", todo))
    if hop.tls != "none" and not verify:
        todo = "Set next_hop.ca_file to its authority, and take verify = false out."
        found.append(warn(HOP, "Its certificate is not checked.", todo))
    if "8bitmime" not in extensions:
        todo = "Nothing, if all mail is 7-bit; any mail server of this century can."
        found.append(warn(HOP, "It offers no 8BITMIME: mail with 8-bit text is refused.", todo))
    return found


def _trouble(hop: NextHop, error: BaseException) -> tuple[str, str]:
    where = f"{hop.host}:{hop.port}"
    match error:
        case aiosmtplib.SMTPAuthenticationError():
            said = f"{where} refuses our credentials ({error.code})."
            return (
                said,
                "Look at next_hop.username and the password, and whether the hop wants another user name.",
            )
        case ssl.SSLCertVerificationError():
            said = f"{where} shows a certificate that cannot be verified: {error.verify_message}"
            return said, "Name the hop as its certificate does, or set next_hop.ca_file."
        case aiosmtplib.SMTPTimeoutError() | TimeoutError():
            return f"{where} does not answer.", "Is a firewall between? Many clouds block port 25: use 587."
        case aiosmtplib.SMTPResponseException():
            return (
                f"{where} answers {error.code}.",
                "Allow this host there (mynetworks), and look at the hop's log.",
            )
    if (cause := error.__cause__) is not None:
        return _trouble(hop, cause)
    return _of_connection(where, error)


def _of_connection(where: str, error: BaseException) -> tuple[str, str]:
    match error:
        case ConnectionRefusedError():
            return f"Nobody listens on {where}.", "Start the mail server, or mend next_hop.host and port."
        case ssl.SSLError():
            return (
                f"{where} does not speak TLS there.",
                'next_hop.tls is "tls" for port 465, "starttls" for 25 and 587.',
            )
        case aiosmtplib.SMTPException() if "STARTTLS" in str(error):
            todo = 'Give the hop a certificate, or, on this host only, set next_hop.tls = "none".'
            return f"{where} offers no STARTTLS.", todo
        case aiosmtplib.SMTPException() if "AUTH" in str(error):
            return f"{where} offers no AUTH.", "Take next_hop.username out, or use the hop's submission port."
        case OSError():
            return (
                f"{where} cannot be reached ({type(error).__name__}).",
                "Look at the name, the route and the firewall.",
            )
    return f"{where} breaks off ({type(error).__name__}).", "Look at the hop's log."


def _on_this_host(host: str) -> bool:
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"
