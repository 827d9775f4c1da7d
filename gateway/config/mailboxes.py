"""Checks on opt-out mailboxes: whose they are, and that mail to them cannot go in circles."""

from collections.abc import Mapping
from typing import TypedDict

from gateway.config import schema
from gateway.config.problems import Problems
from suppression.address import Address, parse_email
from suppression.errors import UnusableAddress
from suppression.model import Sender


class Addresses(TypedDict):
    opt_out_mailbox: str
    deliver_to: str


def load(sender: schema.Sender, where: str, problems: Problems) -> Addresses:
    """As one usable spelling each; "" for none."""
    if (sender.opt_out_mailbox is None) != (sender.deliver_to is None):
        problems.note(
            f"{where}.opt_out_mailbox, deliver_to", "belong together: nobody else reads that mailbox"
        )
    return Addresses(
        opt_out_mailbox=_address(sender.opt_out_mailbox, f"{where}.opt_out_mailbox", problems),
        deliver_to=_address(sender.deliver_to, f"{where}.deliver_to", problems),
    )


def _address(text: str | None, where: str, problems: Problems) -> str:
    if text is None:
        return ""
    try:
        return parse_email(text).text
    except UnusableAddress:
        problems.note(where, "must be an address like admin@example.com")
        return ""


def check(senders: Mapping[str, Sender], inbound: schema.Inbound | None, problems: Problems) -> None:
    """What concerns several senders, or the way in."""
    given = {name: pair for name, sender in senders.items() if (pair := pair_of(sender)) is not None}
    if given and inbound is None:
        problems.note("inbound", "is required: senders have an opt_out_mailbox, whose mail comes in there")
    taken: dict[str, str] = {}
    for name, (mailbox, _) in given.items():
        other = taken.setdefault(mailbox.folded, name)
        if other != name:
            problems.note(f"senders.{name}.opt_out_mailbox", f"is sender {other}'s")
    for name, (_, deliver_to) in given.items():
        if deliver_to.folded in taken or (inbound is not None and within(deliver_to, inbound.domain)):
            problems.note(f"senders.{name}.deliver_to", "comes here again: name a mailbox elsewhere")


def pair_of(sender: Sender) -> tuple[Address, Address] | None:
    """The mailbox, and where its mail is relayed."""
    if not sender.opt_out_mailbox or not sender.deliver_to:
        return None
    return parse_email(sender.opt_out_mailbox), parse_email(sender.deliver_to)


def within(address: Address, domain: str) -> bool:
    """Whether it is one of the addresses that the gateway has under `domain`."""
    return address.exact.rpartition("@")[2] in (domain, f"u.{domain}", f"b.{domain}")
