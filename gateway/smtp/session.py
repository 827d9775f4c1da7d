"""What one connection has said so far: who it is, and the envelope that is being filled."""

from dataclasses import dataclass, field

from gateway.smtp.auth import Login
from gateway.smtp.limits import is_loopback
from suppression.address import Address
from suppression.model import App
from suppression.purposes import Purpose


@dataclass(slots=True)
class Envelope:
    """One mail transaction.

    sender   None for the null sender
    purpose  as far as known before DATA; None when a header decides
    discarded  recipients answered as if they were taken, by exact address: the ids of their refusals
    size     as declared by SIZE=, 0 if it was not
    """

    sender: Address | None
    options: frozenset[str] = frozenset()
    size: int = 0
    purpose: Purpose | None = None
    recipients: dict[str, Address] = field(default_factory=dict)  # by exact address: equal ones get one copy
    accepted: int = 0
    discarded: dict[str, str] = field(default_factory=dict)

    @property
    def filled(self) -> bool:
        return bool(self.recipients or self.discarded)


@dataclass(slots=True)
class Session:
    """One connection. `suffix`: the purpose in the user name ("shop+marketing/promotions"), where it had one.

    login, checked  with what it authenticated, and when that was last known to exist (monotonic seconds)
    """

    address: str
    network_app: App | None = None
    tls: bool = False
    hello: str = ""
    extended: bool = False
    app: App | None = None
    suffix: str = ""
    authenticated: bool = False
    login: Login | None = None
    checked: float = 0.0
    envelope: Envelope | None = None
    mistakes: int = 0
    junk: int = 0
    auth_failures: int = 0
    gone: bool = False  # the client closed or reset: whether it reads our reply is not known

    def __post_init__(self) -> None:
        self.app = self.network_app

    @property
    def loopback(self) -> bool:
        return is_loopback(self.address)

    def enter(self, login: Login, suffix: str, now: float) -> None:
        self.app, self.suffix, self.authenticated = login.app, suffix, True
        self.login, self.checked = login, now

    def leave(self) -> None:
        """Its credentials are gone: nobody, not even by its network."""
        self.app, self.suffix, self.authenticated, self.login = None, "", False, None

    def start_over(self) -> None:
        """After STARTTLS nothing counts that was said before it (RFC 3207 4.2)."""
        self.tls = True
        self.hello = ""
        self.extended = self.authenticated = False
        self.app, self.suffix, self.login = self.network_app, "", None
        self.envelope = None

    def protocol(self, options: frozenset[str]) -> str:
        """The `with` of our Received line (RFC 3848, RFC 6531 4.3)."""
        if not self.extended:
            return "SMTP"
        name = "UTF8SMTP" if "SMTPUTF8" in options else "ESMTP"
        return f"{name}{'S' if self.tls else ''}{'A' if self.authenticated else ''}"
