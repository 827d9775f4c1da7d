"""A sender's account at Twilio, as settings name it: whose texts and calls it pays for, and who may speak for it."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class TwilioAccount:
    """Credentials of one account.

    auth_tokens   webhooks are signed with one of them: the current first, then what is being rotated out or in
    api_key       "SK..." and its secret, where requests are made with them instead of the current token
    base_url      where the API is asked, without a path; None for Twilio's own
    region, edge  of Twilio's own; "" for its defaults
    """

    account_sid: str
    auth_tokens: tuple[str, ...] = field(repr=False)
    api_key: str = ""
    api_secret: str = field(default="", repr=False)
    base_url: str | None = None
    region: str = ""
    edge: str = ""
