"""For which purpose a mail is: the credential's suffix, `X-Gateway-Purpose`, or the app's default.

A suffix in the user name is in force whatever the app's setting; a header that says otherwise contradicts it. A
null sender, a report and an automatic reply are `system/dsn`: never rewritten, to one recipient.
"""

from dataclasses import replace

from gateway.smtp import replies
from gateway.smtp.replies import Reply
from suppression.errors import UnknownPurpose
from suppression.model import App
from suppression.purposes import Catalogue, Purpose

NOTICE = "system/dsn"


def before_data(catalogue: Catalogue, app: App, suffix: str, *, null: bool) -> Purpose | Reply | None:
    """The purpose as RCPT may know it; None when a header decides after DATA."""
    if null:
        return notice(catalogue)
    if suffix:
        return _find(catalogue, suffix)
    if app.purpose_from == "header":
        return None
    return _default(catalogue, app)


def after_data(catalogue: Catalogue, app: App, known: Purpose | None, header: str | None) -> Purpose | Reply:
    """The purpose in force once the header is read."""
    if header is None:
        return known or _default(catalogue, app)
    named = _find(catalogue, header)
    if isinstance(named, Reply) or known is None or named.path == known.path:
        return named
    return replies.CONTRADICTION


def notice(catalogue: Catalogue) -> Purpose:
    """A report or automatic reply that an app hands in. It passes a stop of everything no more than other mail:
    anybody can mark a mail as automatic.
    """
    return replace(own_report(catalogue), required=False)


def own_report(catalogue: Catalogue) -> Purpose:
    """The gateway's own report about mail that its recipient, an app, handed in."""
    return catalogue.find(NOTICE)


def _default(catalogue: Catalogue, app: App) -> Purpose | Reply:
    return _find(catalogue, app.default_purpose) if app.default_purpose else replies.NO_PURPOSE


def _find(catalogue: Catalogue, path: str) -> Purpose | Reply:
    try:
        return catalogue.find(path)
    except UnknownPurpose:
        return replies.UNKNOWN_PURPOSE
