"""How the world of the tests is set up, for the page of apps and senders. No name server answers."""

from typing import cast

from gateway.console.apps.set_up import SetUp
from gateway.console.apps.trial_mail import TrialMail
from gateway.dns.checking import DnsCheck
from gateway.dns.records import Premises, of_inbound, of_sender
from gateway.roads.pipeline import Pipeline
from gateway.state.api_keys import ApiKeys
from gateway.webhooks.subscriptions import EventType, Subscription
from tests.dkim_keys import new_ed25519_key
from tests.gateway.http.world import PUBLIC_URL, SENDERS, RealWorld, own_mail

KEY = new_ed25519_key("shop.example", "s1")
WHERE = Premises("mail.shop.example", "a:mail.shop.example", "in.shop.example")


def set_up(world: RealWorld, dns: DnsCheck | None = None) -> SetUp:
    pipeline, doors = cast("Pipeline", world.doors.deciding), world.doors
    post = own_mail(pipeline, world.links, world.box)
    told = Subscription(
        "demo",
        "shop",
        "https://app.example/events?token=kept-secret",
        (b"x",),
        frozenset({EventType.BOUNCED}),
    )
    return SetUp(
        keys=ApiKeys(world.store.client.stops),
        dns=dns or DnsCheck(["127.0.0.1"], port=9, within=0.1),
        records={name: of_sender(sender, (KEY,), WHERE) for name, sender in SENDERS.items()},
        inbound=of_inbound(WHERE),
        trial=TrialMail(SENDERS, doors.catalogue, doors.recipient, doors.clock, post),
        networks={"demo": ("192.0.2.0/24",)},
        webhooks={"demo": told},
        providers={"ses": "", "mailgun": "shop"},
        public_url=PUBLIC_URL,
    )
