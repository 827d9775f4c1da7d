"""The arguments of MAIL and RCPT: a path in brackets and ESMTP parameters, or the Reply that says what is wrong."""

import re
from dataclasses import dataclass

from gateway.smtp import replies
from gateway.smtp.replies import Reply

# RFC 5321 4.1.2. A blank after the colon is none of the grammar's but common.
_PATH = re.compile(r"(FROM|TO):[ ]?<((?:\"(?:[^\"\\]|\\.)*\"|[^<>\"])*)>(?:[ ]+(\S.*))?", re.IGNORECASE)
_PARAMETER = re.compile(r"([A-Za-z0-9][A-Za-z0-9-]*)(?:=([!-<>-~]+))?")

_MAIL_SYNTAX = "MAIL FROM:<address> [SIZE=n] [BODY=7BIT|8BITMIME] [SMTPUTF8] [AUTH=<>]"
_RCPT_SYNTAX = "RCPT TO:<address>"
_UNSUPPORTED = Reply(555, "5.5.4", "Parameter not recognized or not implemented")


@dataclass(frozen=True, slots=True)
class MailArgument:
    path: str
    options: frozenset[str]  # of SMTPUTF8 and BODY=8BITMIME
    size: int


def read_mail(argument: str, *, extended: bool) -> MailArgument | Reply:
    """AUTH= is accepted and means nothing here (RFC 4954 5); DSN's parameters are not offered: 555."""
    found = _PATH.fullmatch(argument)
    if found is None or found[1].upper() != "FROM" or (found[3] and not extended):
        return replies.syntax(_MAIL_SYNTAX)
    given = _parameters(found[3] or "")
    if given is None:
        return replies.syntax(_MAIL_SYNTAX)
    if not given.keys() <= {"SIZE", "BODY", "SMTPUTF8", "AUTH"}:
        return _UNSUPPORTED
    body, size = given.get("BODY", "7BIT").upper(), given.get("SIZE", "0")
    if body not in {"7BIT", "8BITMIME"} or given.get("SMTPUTF8") or given.get("AUTH", "x") == "":
        return replies.syntax(_MAIL_SYNTAX)
    if not size.isdecimal() or len(size) > 20:  # RFC 1870 3
        return replies.syntax(_MAIL_SYNTAX)
    options = {"SMTPUTF8"} & given.keys() | ({"BODY=8BITMIME"} if body == "8BITMIME" else set())
    return MailArgument(found[2], frozenset(options), int(size))


def read_rcpt(argument: str) -> str | Reply:
    """The path. No parameter is offered for RCPT."""
    found = _PATH.fullmatch(argument)
    if found is None or found[1].upper() != "TO":
        return replies.syntax(_RCPT_SYNTAX)
    return _UNSUPPORTED if found[3] else found[2]


def _parameters(text: str) -> dict[str, str] | None:
    """By keyword in upper case; "" for one without value. None: malformed, or one given twice."""
    given: dict[str, str] = {}
    for word in text.split():
        found = _PARAMETER.fullmatch(word)
        if found is None or found[1].upper() in given:
            return None
        given[found[1].upper()] = found[2] or ""
    return given
