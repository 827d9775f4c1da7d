"""What is told of apps, keys and senders, in plain words. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from gateway.console.apps.set_up import SetUp
from gateway.console.recipients import words
from gateway.dns.findings import Finding, Level
from gateway.dns.records import Expected
from gateway.state.api_keys import ApiKey
from gateway.webhooks.subscriptions import EventType, Subscription
from suppression.model import App, Sender
from suppression.purposes import Catalogue

_SCOPES = {"app": "send and ask for its app", "agent": "act as support", "admin": "keep what is set up"}
SCOPES = [(scope, f"{scope}: {meaning}") for scope, meaning in _SCOPES.items()]
_BADGES = {Level.RIGHT: "good", Level.ATTENTION: "attention", Level.WRONG: "bad", Level.UNKNOWN: ""}
_WORDS = {
    Level.RIGHT: "right",
    Level.ATTENTION: "look at it",
    Level.WRONG: "wrong",
    Level.UNKNOWN: "not known",
}


@dataclass(frozen=True, slots=True)
class KeyView:
    id: str
    label: str
    app: str
    scopes: str
    created: datetime
    hint: str


@dataclass(frozen=True, slots=True)
class AppView:
    """`facts`: pairs of a name and what is so."""

    name: str
    sender: str
    sender_title: str
    facts: Sequence[tuple[str, str]]
    keys: Sequence[KeyView]


@dataclass(frozen=True, slots=True)
class SenderView:
    name: str
    title: str
    domains: str
    numbers: str
    facts: Sequence[tuple[str, str]]

    @property
    def path(self) -> str:
        return f"/console/apps/senders/{self.name}"


@dataclass(frozen=True, slots=True)
class RecordView:
    """A record to publish and, where it was looked for, what was found."""

    expected: Expected
    word: str = ""
    badge: str = ""
    found: Sequence[str] = ()
    said: str = ""


def key_view(key: ApiKey) -> KeyView:
    return KeyView(key.id, key.label, key.app or "", ", ".join(sorted(key.scopes)), key.created, key.hint)


def app_view(
    app: App, set_up: SetUp, senders: Mapping[str, Sender], catalogue: Catalogue, keys: Iterable[ApiKey]
) -> AppView:
    purposes = words.listing(words.purpose(path, catalogue) for path in app.purposes)
    facts = [
        ("May send", f"{_capital(purposes)}, {words.by(app.channels)}"),
        ("Where it does not say the purpose", _default(app, catalogue)),
        (
            "The purpose is said by",
            "a header of its mail" if app.purpose_from == "header" else "its user name",
        ),
        ("Resubscribing somebody", "may say so with evidence" if app.may_resubscribe else "may not"),
        ("Clients without credentials", ", ".join(set_up.networks.get(app.name, ())) or "none"),
        ("Is told what happened", _webhook(set_up.webhooks.get(app.name))),
    ]
    sender = senders.get(app.sender)
    own = [key_view(key) for key in keys if key.app == app.name]
    return AppView(app.name, app.sender, sender.title if sender else app.sender, facts, own)


def _default(app: App, catalogue: Catalogue) -> str:
    if app.default_purpose is None:
        return "refused"
    return f"{_capital(words.purpose(app.default_purpose, catalogue))} ({app.default_purpose})"


def _webhook(one: Subscription | None) -> str:
    """Without what follows "?": that may be a secret."""
    if one is None:
        return "nowhere"
    url = urlsplit(one.url)
    what = "everything" if one.events == frozenset(EventType) else ", ".join(sorted(one.events))
    return f"at {url.scheme}://{url.netloc}{url.path}: {what}"


def others(keys: Iterable[ApiKey], apps: Iterable[str]) -> Sequence[KeyView]:
    """Keys of no app, and of apps that there are no more."""
    known = set(apps)
    return [key_view(key) for key in keys if key.app not in known]


def sender_view(sender: Sender) -> SenderView:
    texts, calls = sender.texts, sender.calls
    numbers = dict.fromkeys((*(texts.numbers if texts else ()), *(calls.numbers if calls else ())))
    facts = [
        ("Its own mail is from", sender.from_address),
        ("Mail may be from", _domains(sender)),
        ("Postal address", sender.postal_address),
        ("Support phone", sender.support_phone),
        ("Texts", _numbers(texts.numbers, texts.service) if texts else ""),
        ("Calls", _numbers(calls.numbers) if calls else ""),
        ("Opt-out line", calls.opt_out_line if calls else ""),
        ("Opt-out mailbox", _mailbox(sender)),
        ("One click in a mail program stops", _one_click(sender)),
        (
            "Bounces go",
            "to the gateway first" if sender.return_path == "ours" else "to the app's own address",
        ),
    ]
    return SenderView(
        sender.name,
        sender.title,
        _domains(sender),
        ", ".join(numbers) or "none",
        [(name, value or "none") for name, value in facts],
    )


def _domains(sender: Sender) -> str:
    return (
        ", ".join("any domain (dev)" if domain == "*" else domain for domain in sender.from_domains) or "none"
    )


def _numbers(numbers: Sequence[str], service: str = "") -> str:
    parts = [f"from {', '.join(numbers)}"] if numbers else []
    return " ".join([*parts, *([f"by the messaging service {service}"] if service else [])])


def _mailbox(sender: Sender) -> str:
    if not sender.opt_out_mailbox:
        return ""
    return f"{sender.opt_out_mailbox}, goes on to {sender.deliver_to}"


def _one_click(sender: Sender) -> str:
    return "the purpose of that mail" if sender.one_click_stops == "purpose" else "all marketing"


def record_view(of: Expected | Finding) -> RecordView:
    if isinstance(of, Expected):
        return RecordView(of)
    word = "missing" if of.level is Level.WRONG and not of.found else _WORDS[of.level]
    return RecordView(of.expected, word, _BADGES[of.level], of.found, of.said)


def summary(findings: Sequence[Finding]) -> str:
    """All of a check, in a sentence."""
    counted = {level: sum(finding.level is level for finding in findings) for level in Level}
    if counted[Level.RIGHT] == len(findings):
        return "All of it is published as it should be."
    parts = [
        f"{counted[level]} {said}"
        for level, said in (
            (Level.WRONG, "wrong or missing"),
            (Level.ATTENTION, "to look at"),
            (Level.UNKNOWN, "not known, as nobody answered"),
            (Level.RIGHT, "right"),
        )
        if counted[level]
    ]
    return f"Of {len(findings)} record{'' if len(findings) == 1 else 's'}: {words.listing(parts)}."


def worst(findings: Sequence[Finding]) -> str:
    """The kind of notice that a check deserves."""
    levels = {finding.level for finding in findings}
    if Level.WRONG in levels:
        return "wrong"
    return "done" if levels <= {Level.RIGHT} else "attention"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
