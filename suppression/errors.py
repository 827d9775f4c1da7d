"""The two families of errors: whose fault it is is the class.

    GatewayError                  never raised itself
    +-- SenderError               "you must change something": SMTP 5xx, HTTP 4xx
    |   +-- InvalidInput          what was sent cannot be understood (HTTP 422)
    |   |   +-- UnusableAddress   no e-mail address or phone number of ours
    |   |   +-- UnknownPurpose    not in the catalogue, or not to be used by apps
    |   |   +-- InvalidToken      altered, foreign, or of an unknown key
    |   +-- NotPermitted          the credential may not do this (HTTP 403)
    |   +-- NotFound              no such record, or not one that the caller may see (HTTP 404)
    |   +-- Conflict              what is known forbids it (HTTP 409)
    |   +-- IdempotencyMismatch   same Idempotency-Key, other body (HTTP 422)
    |   +-- ConfigurationError    settings, or the store they name, cannot be used
    +-- Unavailable               "we cannot now": SMTP 451, HTTP 503 with Retry-After
        +-- StoreUnavailable      no answer, a wrong answer, or a store that is not ours
        +-- CarrierUnavailable    no connection to the next hop

`str(error)` is for the log; `peer_text` is what a stranger may read: never an address, token or key.
"""

from typing import ClassVar


class GatewayError(Exception):
    """Base of both families."""

    peer_text: ClassVar[str] = "error"


class SenderError(GatewayError):
    """The one who asked must change something; repeating the same fails again."""

    peer_text = "request refused"


class InvalidInput(SenderError):
    peer_text = "not understood"


class UnusableAddress(InvalidInput):
    peer_text = "not a usable address"


class UnknownPurpose(InvalidInput):
    peer_text = "unknown purpose"


class InvalidToken(InvalidInput):
    peer_text = "invalid link"


class NotPermitted(SenderError):
    peer_text = "not permitted"


class NotFound(SenderError):
    peer_text = "not found"


class Conflict(SenderError):
    peer_text = "conflicts with what is recorded"


class IdempotencyMismatch(SenderError):
    peer_text = "this Idempotency-Key was used with another body"


class ConfigurationError(SenderError):
    peer_text = "not configured"


class Unavailable(GatewayError):
    """We cannot now; the same request may succeed later. `retry_after` in seconds."""

    peer_text = "temporarily unavailable"
    retry_after: int = 5


class StoreUnavailable(Unavailable):
    peer_text = "store temporarily unavailable"


class CarrierUnavailable(Unavailable):
    peer_text = "next hop temporarily unavailable"
