"""What may be written of webhooks: where an app is told what happened, and what proves to it that we tell."""

import re
from typing import Annotated, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, IPvAnyNetwork, SecretStr, model_validator

from gateway.config.fields import PathFromBase, Section
from gateway.webhooks.signature import key_of
from gateway.webhooks.subscriptions import EventType


def _receiver_url(text: str) -> str:
    try:
        url = urlsplit(text)
        usable = url.scheme in ("http", "https") and bool(url.hostname) and not url.fragment
        usable = usable and "@" not in url.netloc and (url.port is None or url.port > 0)
    except ValueError:
        usable = False
    if not usable or not re.fullmatch(r"[!-~]{1,500}", text):
        raise ValueError("must be a URL like https://app.example.com/events, without a name or password")
    return text


def _signing_secret(value: SecretStr) -> SecretStr:
    try:
        key_of(value.get_secret_value())
    except ValueError:
        raise ValueError(SECRET) from None
    return value


SECRET = "must be whsec_ and 24 to 64 bytes in base64"  # noqa: S105 - words about one

SigningSecret = Annotated[SecretStr, AfterValidator(_signing_secret)]


class Webhook(Section):
    """`previous_secret` signs as well, while receivers change over to `secret`. `events`: that it wants; empty: all."""

    url: Annotated[str, AfterValidator(_receiver_url), Field(repr=False)]
    secret: SigningSecret | None = None
    secret_file: PathFromBase | None = None
    previous_secret: SigningSecret | None = None
    previous_secret_file: PathFromBase | None = None
    events: frozenset[EventType] = frozenset()

    @model_validator(mode="after")
    def _one_of_each(self) -> Self:
        if (self.secret is None) == (self.secret_file is None):
            raise ValueError("set either secret or secret_file: receivers verify events with it")
        if self.previous_secret is not None and self.previous_secret_file is not None:
            raise ValueError("set previous_secret or previous_secret_file, not both")
        return self


class Webhooks(Section):
    """Of all apps. `allow_networks`: of the company's own, in which receivers may be.

    most_waiting  events of one app that are kept for its receiver
    """

    allow_networks: tuple[IPvAnyNetwork, ...] = ()
    most_waiting: int = Field(100_000, ge=100, le=10_000_000)
