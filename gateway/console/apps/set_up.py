"""How apps and senders are set up, as far as `Doors` does not say: wiring fills it, tests fill it otherwise."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from gateway.console.apps.trial_mail import TrialMail
from gateway.dns.checking import DnsCheck
from gateway.dns.records import Expected
from gateway.state.api_keys import ApiKeys
from gateway.webhooks.subscriptions import Subscription


@dataclass(frozen=True, slots=True)
class SetUp:
    """
    records    that each sender needs, by its name; inbound: those of the way in for mail
    trial      mails to see whether mails go; None: there is no road for them
    networks   whose clients are an app without credentials, by the app's name
    webhooks   where apps are told what happened, by the app's name
    providers  that report, and whose mail alone goes by them ("" for all): each at public_url/hooks/mail/NAME
    """

    keys: ApiKeys
    dns: DnsCheck
    records: Mapping[str, Sequence[Expected]]
    inbound: Sequence[Expected] = ()
    trial: TrialMail | None = None
    networks: Mapping[str, Sequence[str]] = field(default_factory=dict)
    webhooks: Mapping[str, Subscription] = field(default_factory=dict)
    providers: Mapping[str, str] = field(default_factory=dict)
    public_url: str = ""
