"""Bounces: delivery status notifications (RFC 3464, RFC 6533), and what other mailers send instead.

A message/delivery-status part first; then the same fields in a text; then the notice's sentences; then flufl.bounce.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from channels.email.inbound import bounce_codes
from channels.email.inbound.bounce_codes import Action, Kind
from channels.email.inbound.notice import Notice
from channels.email.inbound.received import Received
from channels.email.inbound.report_parts import (
    NO_ORIGINAL,
    Fields,
    Original,
    address_list,
    blocks,
    first,
    original,
    parts_named,
    typed_address,
)

STATUS_PARTS = frozenset({"message/delivery-status", "message/global-delivery-status"})
MAX_BOUNCES = 1000
MAX_SAID = 1000
MAX_EXPLAINED = 50


@dataclass(frozen=True, slots=True)
class Bounce:
    """What a report says of one recipient.

    final_recipient     the mailbox that failed, often behind a forwarding; None where none is named
    original_recipient  the address that was written to, where the reporting server knew it
    status              class.subject.detail, "" without one; the server's own before the report's 5.0.0
    reply               SMTP code, None without one
    said                what the server said: evidence, never logged (addresses are in it)
    envelope_id         RFC 3461 4.4
    """

    final_recipient: str | None
    original_recipient: str | None
    action: Action
    status: str
    reply: int | None
    said: str
    kind: Kind
    envelope_id: str = ""
    reporting_mta: str = ""
    original: Original = NO_ORIGINAL

    @property
    def recipients(self) -> tuple[str, ...]:
        """Whom it can be about, most telling first."""
        named = (self.original_recipient, self.final_recipient)
        return tuple(dict.fromkeys(address for address in named if address))

    @property
    def permanent(self) -> bool:
        """Whether this delivery failed for good by its code: RFC 3464 appendix E has `failed` with 4.x.x."""
        temporary = self.kind in (Kind.TEMPORARY, Kind.MAILBOX_FULL) or self.status.startswith("4")
        return self.action is Action.FAILED and not temporary


def bounces(received: Received, mail_from: str | None = None) -> list[Bounce]:
    """The bounces in a message; none where it is no bounce. `mail_from`: of its envelope, None if unknown."""
    notice = Notice(received, mail_from)
    found = _from_status_parts(received, notice)
    if not found and notice.by_a_server:
        found = (
            _from_fields_in_text(received, notice)
            or _from_report_within(received)
            or _from_notice(received, notice)
        )
    return found


def _from_status_parts(received: Received, notice: Notice) -> list[Bounce]:
    found: list[Bounce] = []
    for part in parts_named(received, STATUS_PARTS):
        found += _from_blocks(blocks(received.content(part)))
        if len(found) >= MAX_BOUNCES:
            break
    return _completed(received, notice, found) if found else []


def _from_fields_in_text(received: Received, notice: Notice) -> list[Bounce]:
    """Gateways and re-wrapped reports leave the fields of a report in a text."""
    return _completed(received, notice, _from_blocks(blocks(notice.status_fields())))


def _from_report_within(received: Received) -> list[Bounce]:
    """A report that a filter on its way put into a message of its own."""
    if received.media.name != "multipart/mixed" or received.leaves[0].media.name != "message/rfc822":
        return []
    within = Received(received.content(received.leaves[0]))
    return _from_status_parts(within, Notice(within)) if within.report_type == "delivery-status" else []


def _from_blocks(found: Iterable[Fields]) -> list[Bounce]:
    envelope = mta = ""
    bounces: list[Bounce] = []
    for block in found:
        envelope = envelope or first(block, "original-envelope-id")
        mta = mta or first(block, "reporting-mta")
        if not {"final-recipient", "original-recipient", "action"}.isdisjoint(block):
            bounces.append(_of_block(block, envelope, mta))
    told = (bounce for bounce in reversed(bounces) if bounce.recipients or bounce.status or bounce.said)
    once = {(bounce.recipients, bounce.action, bounce.status, bounce.kind): bounce for bounce in told}
    return list(reversed(once.values()))[:MAX_BOUNCES]


def _of_block(block: Fields, envelope: str, mta: str) -> Bounce:
    # The comment of a Status and what stands there instead of a code say as much as Diagnostic-Code does.
    words = first(block, "status")
    code = bounce_codes.field_status(words)
    kind, separator, diagnostic = first(block, "diagnostic-code").partition(";")
    said = diagnostic.strip() if separator else kind.strip()
    extra = words if not code or "(" in words else ""
    said = " ".join(text for text in (said, extra) if text)[:MAX_SAID]
    action = _action(first(block, "action"))
    return Bounce(
        final_recipient=typed_address(first(block, "final-recipient")),
        original_recipient=typed_address(first(block, "original-recipient")),
        action=action,
        status=_status(code, said),
        reply=bounce_codes.reply_code(said),
        said=said,
        kind=bounce_codes.kind_of(action, code, said),
        envelope_id=envelope[:MAX_SAID],
        reporting_mta=mta.partition(";")[2].strip() or mta,
    )


def _action(value: str) -> Action:
    """RFC 3464 2.3.3, any case, comments behind; what cannot be read failed, as `error` and `failure` did."""
    value = value.strip().lower()
    return next((action for action in Action if value.startswith(action.value)), Action.FAILED)


def _status(code: str, said: str) -> str:
    own = bounce_codes.status(said)
    return own if own and (not code or code.endswith(".0.0")) else code


def _completed(received: Received, notice: Notice, found: list[Bounce]) -> list[Bounce]:
    """With what the rest of the message adds: the original, and the reason where the fields have none."""
    returned = original(received) or notice.returned()
    failed = address_list(", ".join(received.values("x-failed-recipients")))
    completed: list[Bounce] = []
    for bounce in found:
        final = bounce.final_recipient
        if not bounce.recipients and len(found) == 1 and len(failed) == 1:
            final = failed[0]
        full = replace(bounce, original=returned, final_recipient=final)
        unclear = full.kind is Kind.UNKNOWN and len(completed) < MAX_EXPLAINED
        completed.append(_explained(notice, full) if unclear else full)
    return completed


def _explained(notice: Notice, bounce: Bounce) -> Bounce:
    said = notice.reason(bounce.final_recipient or bounce.original_recipient)
    if not said:
        return bounce
    kind = bounce_codes.kind_of(bounce.action, bounce.status, said)
    return replace(
        bounce,
        kind=kind,
        said=f"{bounce.said} {said}".strip()[:MAX_SAID],
        status=_status(bounce.status, said),
        reply=bounce.reply or bounce_codes.reply_code(said),
    )


def _from_notice(received: Received, notice: Notice) -> list[Bounce]:
    returned = original(received) or notice.returned()
    action = Action.DELAYED if notice.is_delay() else Action.FAILED
    return [
        Bounce(
            final_recipient=address,
            original_recipient=None,
            action=action,
            status=bounce_codes.status(said),
            reply=bounce_codes.reply_code(said),
            said=said[:MAX_SAID],
            kind=bounce_codes.kind_of(action, "", said),
            original=returned,
        )
        for address, said in notice.recipients()
    ]
