"""The providers whose webhooks are taken, assembled from settings."""

from channels.email.providers.events import Provider
from channels.email.providers.https_get import HttpsGet
from channels.email.providers.mailgun import Mailgun
from channels.email.providers.postmark import Postmark
from channels.email.providers.sendgrid import SendGrid
from channels.email.providers.ses import Ses
from gateway.archive.history import History
from gateway.config.settings import Settings
from gateway.inbound.applying import Applying, SoftLimit
from gateway.inbound.provider_events import MailHooks, ProviderEvents
from gateway.links import Links
from gateway.roads.changes import Changes
from suppression.store.store import Store
from suppression.store.ways_back import WaysBack


def readers(settings: Settings) -> dict[str, Provider]:
    """By name; empty where settings name none."""
    given, proofs = settings.given.providers, settings.proofs
    found: list[Provider] = []
    if given.ses is not None:
        found.append(Ses(given.ses.topics, HttpsGet()))
    if given.sendgrid is not None:
        found.append(SendGrid(given.sendgrid.public_keys))
    if given.postmark is not None:
        found.append(Postmark(given.postmark.username, proofs.postmark))
    if given.mailgun is not None:
        found.append(Mailgun(proofs.mailgun))
    return {one.name: one for one in found}


def applying(settings: Settings, store: Store, history: History) -> Applying:
    """For all that comes back, by whatever way."""
    limit = SoftLimit(settings.given.bounces.soft_mails, settings.given.bounces.soft_days)
    return Applying(store, Changes(store, settings.consent_expiry), limit, history)


def hooks(
    settings: Settings, store: Store, links: Links, ways_back: WaysBack, history: History
) -> MailHooks | None:
    """None where settings name no provider."""
    found = readers(settings)
    if not found:
        return None
    told = ProviderEvents(
        applying(settings, store, history),
        ways_back,
        links.read_back,
        store.keyring.recipient,
        settings.proofs.senders,
    )
    return MailHooks(found, told.take)
