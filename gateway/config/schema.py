"""What may be written in gateway.toml, and the defaults: one model a section. Unknown keys are errors.

Only what a section can know of itself is checked here; what needs another section or a file is in `settings`.
"""

from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, IPvAnyNetwork, SecretStr, model_validator

from gateway.config.archive import Archive
from gateway.config.fields import (
    Colour,
    Country,
    Domain,
    Duration,
    FromDomain,
    Issuer,
    Line,
    Lines,
    LogoUrl,
    Name,
    PathFromBase,
    Period,
    Port,
    PublicUrl,
    RedisUrl,
    Seconds,
    Section,
    Selector,
)
from gateway.config.phones import Calls, Texts, Twilio
from gateway.config.providers import Bounces, Providers
from gateway.config.receivers import Webhook, Webhooks
from gateway.config.watching import Logs, Traces
from suppression.model import MINIMUM_AGE, Basis, Channel


class Store(Section):
    """`data_dir`: where the embedded server keeps its data, when there is no `redis_url`."""

    redis_url: RedisUrl | None = None
    data_dir: PathFromBase | None = None
    shards: int = Field(64, ge=1, le=1024)
    timeout: float = Field(2.0, gt=0, le=10)
    allow_unsafe_store: bool = False

    @model_validator(mode="after")
    def _one_store(self) -> Self:
        if (self.redis_url is None) == (self.data_dir is None):
            raise ValueError("set either redis_url, or data_dir for the embedded server")
        return self


class Smtp(Section):
    """The way in for mail. `hostname` greets (default: that of public_url); sizes in bytes, times in seconds."""

    host: str = "0.0.0.0"
    ports: tuple[Port, ...] = (587,)
    tls_ports: tuple[Port, ...] = ()
    tls_certificate: PathFromBase | None = None
    tls_key: PathFromBase | None = None
    hostname: Domain | None = None
    max_size: int = Field(26_214_400, ge=65_536, le=1_073_741_824)
    max_recipients: int = Field(100, ge=1, le=1000)  # RFC 5321 4.5.3.1.8: clients may count on 100
    max_connections_per_address: int = Field(50, ge=1)
    max_connections: int = Field(1000, ge=1)
    idle_timeout: Seconds = 300.0  # RFC 5321 4.5.3.2.7
    bare_lf: Literal["normalise", "refuse"] = "normalise"

    @model_validator(mode="after")
    def _certificate_where_needed(self) -> Self:
        if (self.tls_certificate is None) != (self.tls_key is None):
            raise ValueError("tls_certificate and tls_key belong together")
        if self.tls_ports and self.tls_certificate is None:
            raise ValueError("tls_ports need tls_certificate and tls_key")
        if not self.ports and not self.tls_ports:
            raise ValueError("no ports")
        return self


class Inbound(Section):
    """The way in for mail that comes back. MX records of `domain`, u.`domain` and b.`domain` lead here.

    port        SMTP without AUTH, for the addresses of `domain` and the opt-out mailboxes
    lmtp_port, lmtp_socket  for a mail server on this host that hands such mail over
    authserv_id  whose Authentication-Results are believed (RFC 8601 2.5)
    other_feedback_is_complaint  whether feedback of the type "other" (RFC 5965 7.3) stops mail like "abuse"
    """

    domain: Domain
    host: str = "0.0.0.0"
    port: Port | None = None
    lmtp_host: str = "127.0.0.1"
    lmtp_port: Port | None = None
    lmtp_socket: PathFromBase | None = None
    authserv_id: Domain | None = None
    other_feedback_is_complaint: bool = False
    max_size: int = Field(26_214_400, ge=65_536, le=1_073_741_824)
    max_recipients: int = Field(100, ge=1, le=1000)
    max_connections_per_address: int = Field(20, ge=1)
    max_connections: int = Field(200, ge=1)
    mails_a_minute: int = Field(300, ge=1)
    idle_timeout: Seconds = 300.0

    @model_validator(mode="after")
    def _somewhere(self) -> Self:
        if self.port is None and self.lmtp_port is None and self.lmtp_socket is None:
            raise ValueError("set port, lmtp_port or lmtp_socket: where such mail comes in")
        if len(self.domain) > 187:  # with a token of 64, "@" and "u." a path of 256 octets holds no more
            raise ValueError("domain: too long for addresses in it")
        return self

    @property
    def ports(self) -> tuple[int, ...]:
        return tuple(port for port in (self.port, self.lmtp_port) if port is not None)


class Http(Section):
    """API and public pages; TLS ends in front of it."""

    host: str = "0.0.0.0"
    port: Port = 8080


class Operations(Section):
    """Health and metrics: not for the public."""

    host: str = "127.0.0.1"
    port: Port = 9090


class Oidc(Section):
    """Signing in with the company's own provider (OpenID Connect).

    role_claim  where its ID tokens say what somebody is: a name, or a path like realm_access.roles
    roles       a value of that claim to a role of ours; who has none of them does not get in
    """

    issuer: Issuer
    client_id: Annotated[Line, Field(min_length=1)]
    client_secret: SecretStr | None = None
    client_secret_file: PathFromBase | None = None
    role_claim: Annotated[Line, Field(min_length=1)] = "roles"
    roles: dict[str, Literal["agent", "supervisor", "auditor", "admin"]] = Field(min_length=1)

    @model_validator(mode="after")
    def _one_secret(self) -> Self:
        if (self.client_secret is None) == (self.client_secret_file is None):
            raise ValueError("set client_secret or client_secret_file")
        return self


class Console(Section):
    """Where agents work. `url`: where browsers find it (default: public_url).

    idle_minutes   after which who does nothing is signed out
    longest_hours  after which everybody is
    proxies        networks whose X-Forwarded-For is believed: sign-ins are limited by client
    """

    enabled: bool = False
    url: PublicUrl | None = None
    idle_minutes: int = Field(30, ge=1, le=240)
    longest_hours: int = Field(12, ge=1, le=24)
    proxies: tuple[IPvAnyNetwork, ...] = ()
    oidc: Oidc | None = None


class NextHop(Section):
    """Where mail goes. `profile`: which headers that hop rewrites and so must not be signed."""

    host: Line
    port: Port = 25
    tls: Literal["none", "starttls", "tls"] = "starttls"
    verify: bool = True
    ca_file: PathFromBase | None = None
    username: Line | None = None
    password: SecretStr | None = None
    password_file: PathFromBase | None = None
    profile: Literal["mta", "ses"] = "mta"
    connections: int = Field(20, ge=1, le=1000)
    connect_timeout: Seconds = 10.0
    command_timeout: Seconds = 30.0
    final_timeout: Seconds = 120.0
    idle_timeout: Seconds = 30.0

    @model_validator(mode="after")
    def _credentials_complete(self) -> Self:
        if self.password is not None and self.password_file is not None:
            raise ValueError("set password or password_file, not both")
        given = self.password is not None or self.password_file is not None
        if (self.username is None) == given:
            raise ValueError("username and password (or password_file) belong together")
        if self.username is not None and self.tls == "none":
            raise ValueError("credentials are not sent without TLS: set tls")
        return self


class Dkim(Section):
    domain: Domain
    selector: Selector
    key_file: PathFromBase


class Theme(Section):
    """How a sender's pages look."""

    logo_url: LogoUrl | None = None
    colour: Colour | None = None


class SoftOptIn(Section):
    """What an app's event `order` gives: a consent to similar products, where the law lets a sale be one."""

    purposes: tuple[str, ...] = Field(min_length=1)
    expires: Period = "2y"

    @property
    def months(self) -> int:
        return int(self.expires[:-1]) * (12 if self.expires.endswith("y") else 1)


class Sender(Section):
    """A brand or partner. `list_domain` defaults to the first of `from_domains`, `from_address` to noreply@ there
    (at the first domain that has a DKIM key, if that one has none).

    return_path      where [inbound] is: whether bounces of mail with a way out come to the gateway first
    opt_out_mailbox  its mail comes here as well, and is relayed to `deliver_to`
    """

    title: Annotated[Line, Field(min_length=1)]
    postal_address: Lines = ""
    from_domains: tuple[FromDomain, ...] = ()
    list_domain: Domain | None = None
    support_phone: Line = ""
    minimum_age: int = Field(MINIMUM_AGE, ge=0, le=21)
    one_click_stops: Literal["purpose", "marketing"] = "purpose"
    from_address: Line | None = None
    language: Literal["en", "de", "es", "fr", "hi"] = "en"
    theme: Theme = Theme()
    soft_opt_in: SoftOptIn | None = None
    return_path: Literal["ours", "keep"] = "ours"
    opt_out_mailbox: Line | None = None
    deliver_to: Line | None = None
    texts: Texts | None = None
    calls: Calls | None = None
    twilio: Twilio | None = None
    dkim: tuple[Dkim, ...] = ()


class App(Section):
    """A program with credentials. `networks`: clients there are this app without AUTH.

    on_refusal  how a recipient is answered whom a rule refuses: 550, or 250 and the copy is dropped
    webhook     where it is told what happened
    """

    sender: Name
    purposes: tuple[str, ...] = ("*",)
    channels: frozenset[Channel] = frozenset()
    default_purpose: str | None = None
    purpose_from: Literal["credential", "header"] = "credential"
    may_resubscribe: bool = False
    networks: tuple[IPvAnyNetwork, ...] = ()
    on_refusal: Literal["answer", "discard"] = "answer"
    webhook: Webhook | None = None


class Consents(Section):
    """`expiry`: a law's preset; `expiry_days`: by basis, instead of the preset's.

    `confirmation_days`: after which a double opt-in that nobody confirmed is forgotten.
    """

    expiry: Literal["none", "casl"] = "none"
    expiry_days: dict[Basis, Annotated[int, Field(ge=1, le=36_500)]] = Field(default_factory=dict)
    confirmation_days: int = Field(7, ge=1, le=30)


class Cap(Section):
    """At most `count` messages to a recipient within any `per`. `defer`: how long one may wait for its turn."""

    purpose: str = "*"
    channels: frozenset[Channel] = frozenset()
    per: Duration
    count: int = Field(ge=1, le=1000)
    defer: Duration | None = None


class Imports(Section):
    """Lists that come in by HTTP. `spool_dir`: where they lie until they were read; all workers share it."""

    spool_dir: PathFromBase | None = None
    max_size: int = Field(2_147_483_648, ge=1_048_576)


class Register(Section):
    """An external register of objections. What is not given is as its kind has it."""

    kind: Literal["dnc", "tps", "other"]
    channels: frozenset[Channel] = frozenset()
    countries: frozenset[Country] = frozenset()
    max_age: Duration | None = None


class PartnerList(Section):
    """Recipients kept out of some purposes. `hashed`: how entries come: addresses, or unsalted hashes of them."""

    purposes: tuple[str, ...] = Field(min_length=1)
    channels: frozenset[Channel] = frozenset()
    hashed: Literal["none", "sha256", "md5"] = "none"
    max_age: Duration | None = None


class File(Section):
    """All of gateway.toml. `purposes` (or a file of them, `catalogue`) replaces the shipped catalogue.

    `hashed_matching`: keep by which unsalted hashes others may mean our recipients.
    """

    public_url: PublicUrl
    secrets: PathFromBase = Field(Path("secrets.toml"), validate_default=True)
    catalogue: PathFromBase | None = None
    purposes: dict[str, dict[str, object]] = Field(default_factory=dict)
    hashed_matching: bool = False
    store: Store
    archive: Archive = Archive()
    smtp: Smtp = Smtp()
    inbound: Inbound | None = None
    providers: Providers = Providers()
    bounces: Bounces = Bounces()
    http: Http = Http()
    operations: Operations = Operations()
    logs: Logs = Logs()
    traces: Traces = Traces()
    webhooks: Webhooks = Webhooks()
    console: Console = Console()
    next_hop: NextHop | None = None
    consents: Consents = Consents()
    imports: Imports = Imports()
    caps: dict[Name, Cap] = Field(default_factory=dict)
    registers: dict[Name, Register] = Field(default_factory=dict)
    lists: dict[Name, PartnerList] = Field(default_factory=dict)
    hours: dict[str, object] = Field(default_factory=dict)
    senders: dict[Name, Sender]
    apps: dict[Name, App]
