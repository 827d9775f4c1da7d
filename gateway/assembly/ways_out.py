"""The ways out that settings name, for mail, texts and calls. Carriers are made here and nowhere else."""

import ssl
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from channels.carrier import Carriers
from channels.email.mail import Mail
from channels.email.next_hop import NextHop
from channels.email.smtp_pool import SmtpPool
from channels.email.smtp_relay import SmtpCarriers
from channels.http_post import HttpPost
from channels.played import PlayedTwilio
from channels.sandbox import (
    Sandbox,
    SandboxCallCarrier,
    SandboxCarriers,
    SandboxMailCarrier,
    SandboxTextCarrier,
)
from channels.twilio.carriers import TwilioCalls, TwilioTexts
from channels.twilio.client import Credentials, TwilioClient
from channels.twilio.http import Endpoint, regional_url
from channels.twilio.lookup import Lookup
from channels.twilio.signature import Signatures
from gateway.config.settings import Settings
from gateway.config.twilio import TwilioAccount
from gateway.duties.ways import Way

Clock = Callable[[], datetime]


def mail(settings: Settings, clock: Clock) -> Carriers[Mail]:
    """`clock`: what decisions go by, for what is kept in the sandbox."""
    if settings.dev and settings.given.next_hop is None:
        return SandboxCarriers(SandboxMailCarrier(sandbox(settings, clock)))
    return SmtpCarriers(SmtpPool(next_hop(settings)))


def next_hop(settings: Settings) -> NextHop:
    """Where mail goes, and how. ConfigurationError when its password cannot be read any more."""
    hop = settings.next_hop
    context = None
    if hop.tls != "none":
        context = ssl.create_default_context(cafile=hop.ca_file)
        if not hop.verify:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
    return NextHop(
        host=hop.host,
        port=hop.port,
        tls=hop.tls,
        hello=settings.hostname,
        username=hop.username,
        password=settings.next_hop_password(),
        tls_context=context,
        connections=hop.connections,
        connect_timeout=hop.connect_timeout,
        command_timeout=hop.command_timeout,
        final_timeout=hop.final_timeout,
        idle=hop.idle_timeout,
    )


def sandbox(settings: Settings, clock: Clock) -> Sandbox:
    if settings.store.data_dir is None:
        raise ValueError("the sandbox needs a data folder")
    return Sandbox(settings.store.data_dir / "sandbox", clock=clock)


@dataclass(frozen=True, slots=True)
class Phones:
    """Ways out of texts and calls.

    ways     by sender's name
    replace  a sender's call under way (its SID) goes on with other TwiML
    clients  by account and credentials
    played   Twilio's part, in dev
    """

    ways: Mapping[str, Way]
    replace: Callable[[str, str, str], Awaitable[None]]
    clients: Mapping[TwilioAccount, TwilioClient] = field(default_factory=dict)
    played: PlayedTwilio | None = None
    post: HttpPost | None = None

    async def close(self) -> None:
        if self.played is not None:
            await self.played.close()
        if self.post is not None:
            await self.post.close()
        for client in self.clients.values():
            await client.close()


def phones(settings: Settings, hooks: str, clock: Clock) -> Phones:
    """`hooks`: what the URLs of webhooks begin with, without a slash at the end. `clock`: as with mail."""
    return _played(settings, hooks, clock) if settings.dev else _at_twilio(settings)


def _played(settings: Settings, hooks: str, clock: Clock) -> Phones:
    box = sandbox(settings, clock)
    if not settings.twilio:
        return Phones({}, box.replace_twiml)
    account = next(iter(settings.twilio.values()))
    post = HttpPost()
    played = PlayedTwilio(account.account_sid, Signatures(account.auth_tokens), hooks + "/", post)
    way = Way(
        texts=SandboxCarriers(SandboxTextCarrier(box, played.took)),
        calls=SandboxCarriers(SandboxCallCarrier(box, played.took)),
    )
    return Phones(dict.fromkeys(settings.senders, way), box.replace_twiml, played=played, post=post)


def _at_twilio(settings: Settings) -> Phones:
    """Senders of one account share its connections."""
    clients = {account: _client(account) for account in settings.twilio.values()}
    ways = {}
    for name, account in settings.twilio.items():
        client = clients[account]
        ways[name] = Way(TwilioTexts(client), TwilioCalls(client), Lookup(client), client.cancel_call)

    async def replace(sender: str, sid: str, twiml: str) -> None:
        await clients[settings.twilio[sender]].replace_twiml(sid, twiml)

    return Phones(ways, replace, clients)


def _client(account: TwilioAccount) -> TwilioClient:
    credentials = Credentials(
        account.account_sid,
        account.api_key or account.account_sid,
        account.api_secret or account.auth_tokens[0],
    )
    base_url = account.base_url or regional_url(account.edge, account.region)
    # Settings take http:// for this machine only.
    return TwilioClient(credentials, Endpoint(base_url, plain_http=base_url.startswith("http://")))
