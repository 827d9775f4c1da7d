"""`/console/apps/senders/...`: a sender, the DNS records that it needs, whether they are there, a test mail."""

from collections.abc import Mapping, Sequence

import structlog
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from gateway.console import forms, pages
from gateway.console.access import router
from gateway.console.apps import view
from gateway.console.apps.set_up import SetUp
from gateway.console.apps.trial_mail import TrialMail, Tried
from gateway.console.doors import Console
from gateway.console.recipients import words
from gateway.console.roles import Permission
from gateway.console.visit import form_of, visit_of
from gateway.dns.findings import Finding
from gateway.dns.records import Expected
from suppression.address import parse_email
from suppression.decision import Reason
from suppression.errors import NotFound, UnusableAddress
from suppression.model import Sender

log = structlog.get_logger(__name__)

_PATH = "/console/apps/senders"
_NOT_NOW = "The next hop, or the store, cannot be reached now. Try again in a minute."


class Senders:
    def __init__(self, console: Console, set_up: SetUp) -> None:
        self._console = console
        self._set_up = set_up

    async def show(self, request: Request, name: str) -> Response:
        return self._shown(request, self._sender(name))

    async def check(self, request: Request, name: str) -> Response:
        """Nothing changes: name servers are asked, and what they say is on the answer."""
        sender = self._sender(name)
        own, inbound = self._set_up.records.get(name, ()), self._set_up.inbound
        findings = await self._set_up.dns.check([*own, *inbound])
        return self._shown(request, sender, findings)

    def _sender(self, name: str) -> Sender:
        sender = self._console.doors.senders.get(name)
        if sender is None:
            raise NotFound("no such sender")
        return sender

    def _shown(
        self,
        request: Request,
        sender: Sender,
        findings: Sequence[Finding] = (),
        status: int = 200,
        problems: Mapping[str, str] | None = None,
    ) -> Response:
        own: Sequence[Expected] = self._set_up.records.get(sender.name, ())
        shown: Sequence[Expected | Finding] = findings or [*own, *self._set_up.inbound]
        records = [view.record_view(one) for one in shown]
        visit_of(request).came_from = f"{_PATH}/{sender.name}"
        return pages.page(
            request,
            "sender.html",
            status,
            typed=forms.shown_again(f"{_PATH}/{sender.name}/test", form_of(request), problems)
            if problems
            else None,
            one=view.sender_view(sender),
            groups=[
                ("Of this sender", records[: len(own)]),
                ("Of the way in for mail, shared by all senders", records[len(own) :]),
            ],
            zone="\n".join(record.expected.zone_line for record in records),
            checked=view.summary(findings) if findings else "",
            notice=view.worst(findings),
            can_test=self._set_up.trial is not None,
        )


class Trying(Senders):
    """Test mails."""

    def __init__(self, console: Console, set_up: SetUp, trial: TrialMail) -> None:
        super().__init__(console, set_up)
        self._trial = trial

    async def send(self, request: Request, name: str) -> Response:
        """An address gets one a minute."""
        sender, visit = self._sender(name), visit_of(request)
        try:
            address = parse_email(form_of(request).value("address"))
        except UnusableAddress as error:
            said = str(error)
            return self._shown(request, sender, (), 422, {"address": f"{said[:1].upper()}{said[1:]}."})
        tried = await self._trial.send(name, address, actor=visit.actor, by=visit.agent.title)
        log.info("console_test_mail", sender=name, state=tried.handed.state, by=visit.agent.name)
        kind, said = await self._told(tried)
        links = [(f"/console/explain?decision={tried.handed.decision_id}", "Why, and what became of it")]
        if self._console.doors.sandbox is not None and tried.message:
            links.append((f"/sandbox/messages/{tried.message}", "See it in the sandbox"))
        path = f"{_PATH}/{name}"
        return await pages.done(
            self._console, request, path, said, kind=kind, links=links if tried.handed.decision_id else ()
        )

    async def _told(self, tried: Tried) -> tuple[str, str]:
        """The kind of notice, and what it says."""
        handed = tried.handed
        match handed.state:
            case "sent" if handed.before:
                return "attention", "A test went there less than a minute ago: nothing was sent again."
            case "sent":
                return "done", "The test mail was handed to the next hop, and taken."
            case "rejected":
                return "wrong", "The next hop rejected the test mail."
            case "refused":
                return "wrong", f"A test mail may not be sent there: {await self._why(handed.decision_id)}."
            case "open":
                return "attention", _NOT_NOW

    async def _why(self, decision: str) -> str:
        records = await self._console.doors.reading.decision(decision)
        try:
            return words.SHORT[Reason(records[0].reason)]
        except (IndexError, ValueError):
            return "a rule is against it"


def routes(console: Console, set_up: SetUp) -> list[APIRouter]:
    senders, seeing = Senders(console, set_up), router(console, Permission.APPS)
    seeing.add_api_route("/apps/senders/{name}", senders.show, methods=["GET"])
    seeing.add_api_route("/apps/senders/{name}/dns", senders.check, methods=["POST"])
    if set_up.trial is None:
        return [seeing]
    trying = router(console, Permission.SEND_TEST)
    trying.add_api_route(
        "/apps/senders/{name}/test", Trying(console, set_up, set_up.trial).send, methods=["POST"]
    )
    return [seeing, trying]
