"""SMTP replies: a code, an enhanced code and words. Every word that the front can say stands here or in a verb.

Words for a peer are ours or were cleaned by `channels.email.smtp_replies`; nothing that a client sent is echoed.
"""

from dataclasses import dataclass

from channels.email.smtp_replies import harmless

LONGEST = 480  # RFC 5321 4.5.3.1.5: 512 octets with code and CRLF


@dataclass(frozen=True, slots=True)
class Reply:
    """`text` may have several lines. `closes`: the connection ends after it."""

    code: int
    status: str
    text: str
    closes: bool = False

    def wire(self) -> bytes:
        """RFC 5321 4.2.1; RFC 2034 4: the enhanced code on every line."""
        *first, last = self.text.split("\n")
        lines = [self._line("-", line) for line in first] + [self._line(" ", last)]
        return "".join(lines).encode("ascii", "replace")

    def _line(self, mark: str, text: str) -> str:
        return f"{self.code}{mark}{self.status} {text}\r\n" if self.status else f"{self.code}{mark}{text}\r\n"

    @property
    def mistake(self) -> bool:
        """The client broke the protocol (its recipients being refused is no mistake of its)."""
        return self.code in _MISTAKES


_MISTAKES = frozenset({500, 501, 502, 503, 504, 530, 535, 538, 555})

OK = Reply(250, "2.0.0", "OK")
SENDER_OK = Reply(250, "2.1.0", "Sender OK")
RECIPIENT_OK = Reply(250, "2.1.5", "Recipient OK")
GO_ON = Reply(354, "", "End data with <CR><LF>.<CR><LF>")
GO_SECURE = Reply(220, "2.0.0", "Ready to start TLS")
BYE = Reply(221, "2.0.0", "Bye", closes=True)
WELCOME = Reply(235, "2.7.0", "Authentication successful")

TOO_MANY_CONNECTIONS = Reply(421, "4.7.0", "Too many connections, try again later", closes=True)
TOO_MANY_MISTAKES = Reply(421, "4.7.0", "Too many errors, goodbye", closes=True)
TOO_MUCH_JUNK = Reply(421, "4.7.0", "Too many commands without mail, goodbye", closes=True)
IDLE = Reply(421, "4.4.2", "Idle for too long, goodbye", closes=True)
TOO_SLOW = Reply(421, "4.4.2", "Data too slow, goodbye", closes=True)
GOING_DOWN = Reply(421, "4.3.2", "Going down, try again", closes=True)
BROKEN = Reply(451, "4.3.0", "Local error, try again later")
STORE_AWAY = Reply(451, "4.4.3", "Cannot decide now, try again later")
IN_PROGRESS = Reply(451, "4.3.0", "This message is being relayed already, try again later")
TOO_FAST = Reply(450, "4.7.0", "Too much mail from you in a minute, try again later")
NO_MEMORY = Reply(452, "4.3.1", "Too much mail at once, try again later")

LINE_TOO_LONG = Reply(500, "5.5.2", "Line too long", closes=True)
BARE_LINE_FEED = Reply(554, "5.5.2", "Lines must end with CRLF", closes=True)
NOT_SMTP = Reply(554, "5.5.1", "This is an SMTP server", closes=True)
EARLY_TALK = Reply(554, "5.5.1", "Talking before TLS is refused", closes=True)
NOT_UNDERSTOOD = Reply(500, "5.5.2", "Command not understood")
UNKNOWN_COMMAND = Reply(500, "5.5.1", "Unknown command")
NOT_IMPLEMENTED = Reply(502, "5.5.1", "Command not implemented")
HELLO_FIRST = Reply(503, "5.5.1", "Send EHLO first")
MAIL_FIRST = Reply(503, "5.5.1", "Send MAIL first")
RCPT_FIRST = Reply(503, "5.5.1", "No recipient was accepted")
NESTED_MAIL = Reply(503, "5.5.1", "A mail transaction is open already")
AUTHENTICATE = Reply(530, "5.7.0", "Authentication required")
SECURE_FIRST = Reply(538, "5.7.11", "Encryption required, use STARTTLS first")

TOO_BIG = Reply(552, "5.3.4", "Message too big")
HEADER_TOO_BIG = Reply(552, "5.3.4", "Header too big")
TOO_MANY_RECIPIENTS = Reply(452, "4.5.3", "Too many recipients, send them in another transaction")
ONE_AUTOMATIC = Reply(550, "5.5.3", "Reports and automatic replies go to one recipient")
ONE_RECIPIENT = Reply(452, "4.5.3", "Mail of this kind goes to one recipient at a time")
BAD_SENDER = Reply(553, "5.1.7", "Not a usable sender address")
BAD_RECIPIENT = Reply(553, "5.1.3", "Not a usable recipient address")
UTF8_UNDECLARED = Reply(553, "5.6.7", "Internationalised address without SMTPUTF8")
BARE_CR = Reply(550, "5.6.0", "Message has bare CR or NUL")
BARE_LF = Reply(550, "5.6.0", "Message has bare LF")
LOOP = Reply(554, "5.4.6", "Too many hops: mail loop")
NO_PURPOSE = Reply(550, "5.7.1", "No purpose: name one in the user name or X-Gateway-Purpose")
UNKNOWN_PURPOSE = Reply(550, "5.7.1", "Unknown purpose")
CONTRADICTION = Reply(550, "5.7.1", "X-Gateway-Purpose contradicts the purpose of the credential")
NOT_ONE_FROM = Reply(550, "5.7.1", "Mail that needs a way out must have exactly one From address")
FOREIGN_FROM = Reply(550, "5.7.1", "The From domain is none of this sender's")


def syntax(text: str) -> Reply:
    return Reply(501, "5.5.4", f"Syntax: {text}")


def refused(reason: str, decision_id: str, because: str = "") -> Reply:
    """RFC 3463 3.8, X.7.1: not authorised. The wording is INTERFACE.md's; `because`: what the reason does not say."""
    return Reply(550, "5.7.1", f"{reason} {decision_id} {because}".rstrip())


def deferred(reason: str, decision_id: str) -> Reply:
    """X.7.1 is a permanent error only; X.7.0 is not."""
    return Reply(451, "4.7.0", f"{reason} {decision_id}")


def hop_said(code: int, status: str, text: str) -> Reply:
    """The next hop's 5xx passed on, or its 4xx as the 451 that one reply for N copies has."""
    return Reply(code if code // 100 == 5 else 451, status, harmless(text)[:LONGEST] or "refused by next hop")


def taken(message_id: str, text: str) -> Reply:
    return Reply(250, "2.0.0", f"{message_id} {harmless(text)}"[:LONGEST].rstrip())
