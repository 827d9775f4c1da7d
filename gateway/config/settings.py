"""All settings of one gateway, checked as a whole: every problem is told at once."""

import os
import tempfile
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from channels.email.dkim import DkimKey
from gateway.config import (
    apps,
    archive_place,
    endpoints,
    limits,
    mailboxes,
    proofs,
    schema,
    secrets,
    senders,
    sources,
    twilio,
    webhooks,
)
from gateway.config.apps import ClientNetworks
from gateway.config.archive import Archive
from gateway.config.needs import Needs
from gateway.config.problems import Problems
from gateway.config.proofs import Proofs
from gateway.config.roles import ALL, Role
from gateway.config.secrets import Secrets
from gateway.config.twilio import TwilioAccount
from gateway.webhooks.subscriptions import Webhooks
from suppression.consent_expiry import ConsentExpiry
from suppression.errors import ConfigurationError
from suppression.model import App, Sender
from suppression.purposes import Catalogue


@dataclass(frozen=True, slots=True)
class Settings:
    """What the gateway runs on. Of secrets, those that its roles need: others are not there.

    given     the sections as they were written, with defaults; paths absolute
    dev       `gateway dev`: sandbox channels, no TLS needed on loopback
    dkim      keys by sender
    networks  whose clients need no AUTH
    proofs    what proves that a webhook is a provider's
    twilio    accounts by sender
    webhooks  where apps want their events
    archive_secret  the bucket's secret key, where the archive is in one and needs it
    """

    given: schema.File
    dev: bool
    secrets: Secrets
    catalogue: Catalogue
    senders: Mapping[str, Sender]
    dkim: Mapping[str, tuple[DkimKey, ...]]
    apps: Mapping[str, App]
    networks: ClientNetworks
    proofs: Proofs
    twilio: Mapping[str, TwilioAccount]
    webhooks: Webhooks
    archive_secret: str | None = field(default=None, repr=False)

    @property
    def public_url(self) -> str:
        return self.given.public_url

    @property
    def store(self) -> schema.Store:
        return self.given.store

    @property
    def smtp(self) -> schema.Smtp:
        return self.given.smtp

    @property
    def inbound(self) -> schema.Inbound | None:
        return self.given.inbound

    @property
    def http(self) -> schema.Http:
        return self.given.http

    @property
    def operations(self) -> schema.Operations:
        return self.given.operations

    @property
    def archive(self) -> Archive:
        return self.given.archive

    @property
    def archive_folder(self) -> Path | None:
        """Where the log is archived to, if that is a folder."""
        return archive_place.folder_of(self.given.archive, self.given.store.data_dir)

    @property
    def console(self) -> schema.Console:
        return self.given.console

    @property
    def consent_expiry(self) -> ConsentExpiry:
        """How long consents hold."""
        return ConsentExpiry(self.given.consents.expiry, dict(self.given.consents.expiry_days))

    @property
    def next_hop(self) -> schema.NextHop:
        """Never asked for in dev without one: the sandbox is the next hop there."""
        if self.given.next_hop is None:
            raise ConfigurationError("next_hop: is required")
        return self.given.next_hop

    @property
    def spool_dir(self) -> Path:
        """Where lists that are imported lie until they were read."""
        beside = (
            self.given.store.data_dir or Path(tempfile.gettempdir()) / f"suppression-gateway-{os.getuid()}"
        )
        return self.given.imports.spool_dir or beside / "imports"

    @property
    def hostname(self) -> str:
        """What the SMTP front calls itself."""
        return self.given.smtp.hostname or urlsplit(self.given.public_url).hostname or "localhost"

    def provider_secret(self) -> str:
        """Of the console's provider, read anew at each start."""
        return _secret_of(self.console.oidc) if self.console.oidc else ""

    def next_hop_password(self) -> str | None:
        """From the settings, or from its file, read anew at each start."""
        return _password(self.next_hop)


def _secret_of(oidc: schema.Oidc) -> str:
    if oidc.client_secret_file is not None:
        return endpoints.first_line(oidc.client_secret_file)
    return oidc.client_secret.get_secret_value() if oidc.client_secret else ""


def load(
    path: Path,
    environment: Mapping[str, str] = os.environ,
    *,
    make_secrets: bool = False,
    roles: AbstractSet[Role] = ALL,
) -> Settings:
    """The settings of a file.

    make_secrets  for a new gateway, where there are none yet
    roles         whose secrets are read; none of them for a command that only asks or alters the store
    """
    document, base = sources.read(path), path.resolve().parent
    return parse(document, base, environment, make_secrets=make_secrets, roles=roles)


def parse(
    document: Mapping[str, Any],
    base: Path,
    environment: Mapping[str, str],
    *,
    dev: bool = False,
    make_secrets: bool = False,
    roles: AbstractSet[Role] = ALL,
) -> Settings:
    """The settings of a document whose relative paths are from `base`. ConfigurationError with all problems."""
    problems, needs = Problems(), Needs.of(roles)
    raw = sources.override(document, environment, problems)
    file = problems.read(schema.File, raw, base)
    usable = file or sources.usable_part(raw, base)
    catalogue = _catalogue(usable, problems)
    names = raw["senders"] if isinstance(raw.get("senders"), dict) else usable.senders
    found_senders = senders.load(usable.senders, _host(usable), problems, catalogue=catalogue, dev=dev)
    keys = senders.dkim_keys(usable.senders, problems) if needs.mail else {}
    if usable.inbound is not None or "inbound" not in raw:  # one that is wrong was told already
        mailboxes.check(found_senders, usable.inbound, problems)
    proven = proofs.load(usable.providers, names, problems, read=needs.proofs)
    found_apps = apps.load(usable.apps, names, catalogue, problems)
    apps.check_postal_addresses(found_apps.values(), usable.senders, catalogue, problems)
    apps.check_opt_out_lines(found_apps.values(), found_senders, catalogue, problems)
    networks = apps.client_networks(usable.apps, problems)
    accounts = twilio.load(usable.senders, problems, dev=dev) if needs.twilio else {}
    told = webhooks.load(usable, problems, dev=dev, read=needs.events)
    archive_place.check_classes(usable.archive, catalogue, problems)
    archive_secret = archive_place.load(usable.archive, problems)
    endpoints.check(usable, problems, dev=dev, needs=needs)
    catalogue = catalogue.limited(limits.load(usable, catalogue, problems))
    known = _secrets(usable.secrets, problems, make=make_secrets)
    problems.raise_if_any()
    return Settings(
        given=usable,
        dev=dev,
        secrets=known or secrets.create(usable.secrets),
        catalogue=catalogue,
        senders=found_senders,
        dkim=keys,
        apps=found_apps,
        networks=networks,
        proofs=proven,
        twilio=accounts,
        webhooks=told,
        archive_secret=archive_secret,
    )


def _host(file: schema.File) -> str:
    return urlsplit(file.public_url).hostname or "localhost"


def _catalogue(file: schema.File, problems: Problems) -> Catalogue:
    """A company's own purposes, or the shipped ones (also to check the rest with, when the own are wrong)."""
    if file.catalogue is not None and file.purposes:
        problems.note("catalogue", "set it or [purposes], not both")
    try:
        if file.catalogue is not None:
            return Catalogue.from_toml(file.catalogue.read_text("utf-8"))
        if file.purposes:
            return Catalogue.from_table(file.purposes)
    except ConfigurationError as error:
        problems.note_error("catalogue", error)
    except OSError as error:
        problems.note("catalogue", f"{file.catalogue} cannot be read: {error.strerror}")
    except UnicodeDecodeError:
        problems.note("catalogue", f"{file.catalogue} is no text in UTF-8")
    return Catalogue.shipped()


def _secrets(path: Path, problems: Problems, *, make: bool) -> Secrets | None:
    """None when they are to be made."""
    if make and not path.exists():
        return None
    try:
        return secrets.read(path)
    except ConfigurationError as error:
        problems.note(f"secrets ({path})", str(error))
        return None


def _password(hop: schema.NextHop) -> str | None:
    if hop.password_file is not None:
        return endpoints.first_line(hop.password_file)
    return hop.password.get_secret_value() if hop.password else None
