"""What agents may do, by role. Pure."""

from collections.abc import Mapping
from enum import StrEnum

from gateway.state.agents import Role


class Permission(StrEnum):
    """Each route of the console names the one that it needs."""

    OWN = "own"  # one's own account: whoever is signed in
    FIND = "find"  # recipients, their entries and what went to them
    EXPLAIN = "explain"
    OVERVIEW = "overview"
    STOP = "stop"
    LIFT = "lift"
    CONSENT = "consent"
    LINK = "link"  # who belongs together
    CANCEL = "cancel"  # messages that wait
    DATA_REQUEST = "data_request"
    ERASE = "erase"
    LIFT_COMPLAINT = "lift_complaint"
    REVIEW = "review"
    BULK = "bulk"
    APPS = "apps"  # apps and senders, as they are set up
    SEND_TEST = "send_test"  # a mail to see whether mails go
    KEYS = "keys"
    AGENTS = "agents"
    SETTINGS = "settings"


_READING = {Permission.OWN, Permission.FIND, Permission.EXPLAIN, Permission.OVERVIEW}
_ACTING = {
    Permission.STOP,
    Permission.LIFT,
    Permission.CONSENT,
    Permission.LINK,
    Permission.CANCEL,
    Permission.DATA_REQUEST,
    Permission.ERASE,
}
_ANSWERING_FOR = {Permission.LIFT_COMPLAINT, Permission.REVIEW, Permission.BULK, Permission.SEND_TEST}

PERMISSIONS: Mapping[Role, frozenset[Permission]] = {
    Role.AGENT: frozenset(_READING | _ACTING),
    Role.SUPERVISOR: frozenset(_READING | _ACTING | _ANSWERING_FOR | {Permission.APPS}),
    Role.AUDITOR: frozenset(_READING | {Permission.APPS, Permission.SETTINGS}),
    Role.ADMIN: frozenset(Permission),
}


def may(role: Role, permission: Permission) -> bool:
    return permission in PERMISSIONS[role]
