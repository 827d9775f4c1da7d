"""Which secrets a gateway needs, by its roles. What it does not need it neither reads nor misses.

The file of secrets is needed by all: without it no store is opened; and so is the archive's key, as all of them read
the log.
"""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from gateway.config.roles import Role


@dataclass(frozen=True, slots=True)
class Needs:
    """tls     the key of the certificate of the SMTP ports
    mail    DKIM keys and the next hop's password: who sends mail, apps' or its own
    twilio  tokens and API secrets: who sends texts and calls, or is told by Twilio
    events  the keys that sign events for apps
    proofs  what proves that a webhook is a mail provider's; the secret of the console's provider
    """

    tls: bool
    mail: bool
    twilio: bool
    events: bool
    proofs: bool

    @classmethod
    def of(cls, roles: AbstractSet[Role]) -> "Needs":
        smtp, http, dispatcher = (role in roles for role in (Role.SMTP, Role.HTTP, Role.DISPATCHER))
        return cls(tls=smtp, mail=smtp or http, twilio=http or dispatcher, events=dispatcher, proofs=http)
