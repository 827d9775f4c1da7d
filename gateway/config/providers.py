"""What may be written of providers whose webhooks are taken, and of what bounces lead to."""

from typing import Annotated, Self

from pydantic import AfterValidator, Field, SecretStr, model_validator

from channels.email.providers import sendgrid, sns
from gateway.config.fields import Line, Name, PathFromBase, Section

Secret = Annotated[SecretStr, Field(min_length=8, max_length=500)]


def _topic(text: str) -> str:
    if not sns.TOPIC.fullmatch(text):
        raise ValueError("must be a topic's ARN, like arn:aws:sns:eu-west-1:123456789012:bounces")
    return text


def _public_key(text: str) -> str:
    try:
        sendgrid.public_key(text)
    except ValueError:
        raise ValueError("must be the verification key that SendGrid shows, in base64") from None
    return text


class Ses(Section):
    """`topics`: of Amazon SNS, whose messages are believed and whose subscriptions are confirmed."""

    topics: tuple[Annotated[str, AfterValidator(_topic)], ...] = Field(min_length=1)
    sender: Name | None = None


class SendGrid(Section):
    public_keys: tuple[Annotated[str, AfterValidator(_public_key)], ...] = Field(min_length=1)
    sender: Name | None = None


class Postmark(Section):
    """The credentials that are in the URL that Postmark is given."""

    username: Line
    password: Secret | None = None
    password_file: PathFromBase | None = None
    sender: Name | None = None

    @model_validator(mode="after")
    def _proof(self) -> Self:
        if (self.password is None) == (self.password_file is None):
            raise ValueError("set password or password_file")
        if ":" in self.username:  # RFC 7617 2
            raise ValueError("username: no colon may be in it")
        return self


class Mailgun(Section):
    signing_key: Secret | None = None
    signing_key_file: PathFromBase | None = None
    sender: Name | None = None

    @model_validator(mode="after")
    def _proof(self) -> Self:
        if (self.signing_key is None) == (self.signing_key_file is None):
            raise ValueError("set signing_key or signing_key_file")
        return self


class Providers(Section):
    """`sender`: whose mail alone goes by the provider; for events that carry no token of ours."""

    ses: Ses | None = None
    sendgrid: SendGrid | None = None
    postmark: Postmark | None = None
    mailgun: Mailgun | None = None


class Bounces(Section):
    """Temporary failures: after so many mails within so many days an address counts as one that takes none."""

    soft_mails: int = Field(5, ge=1, le=1000)
    soft_days: int = Field(14, ge=1, le=365)
