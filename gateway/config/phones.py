"""What may be written of a sender's texts and calls, and of the account at Twilio that they go through."""

import re
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from gateway.config.fields import (
    ApiUrl,
    Country,
    Credential,
    Domain,
    HostPart,
    Line,
    PathFromBase,
    Section,
    Sid,
    SpokenLanguage,
    Voice,
)


class Texts(Section):
    """`numbers` (or short codes) of ours that they come from, or a messaging `service` that has them."""

    numbers: tuple[Line, ...] = ()
    service: Sid | None = None
    opt_out: Literal["default", "advanced", "off"] = "default"
    max_segments: int = Field(6, ge=1, le=10)  # ten are all that fits into Twilio's 1,600 characters
    transliterate: bool = False
    hint: Annotated[Line, Field(min_length=1, max_length=100)] | None = None
    link_hint_countries: frozenset[Country] = frozenset({"IN"})

    @model_validator(mode="after")
    def _from_somewhere(self) -> Self:
        if not self.numbers and self.service is None:
            raise ValueError("set numbers, or a service that has some")
        if self.hint is not None and not re.search(r"\bSTOP\b", self.hint):
            raise ValueError("hint must name the word STOP, which ends the texts")
        return self


class Calls(Section):
    """`opt_out_line`: the toll-free number that is told to answering machines. Times in seconds."""

    numbers: tuple[Line, ...] = Field(min_length=1)
    opt_out_line: Line | None = None
    identity: Line | None = None
    voice: Voice | None = None
    language: SpokenLanguage | None = None
    ring_seconds: int = Field(25, ge=15, le=600)  # 16 CFR 310.4(b)(1)(v)(B): 15 s or four rings at least
    per_second: float = Field(1.0, gt=0, le=100)
    detect_machine: bool = False
    play_hosts: tuple[Domain, ...] = ()
    dial_numbers: tuple[Line, ...] = ()


class Twilio(Section):
    """The account. Its tokens verify webhooks: the current one first, then one that is being rotated out or in.

    Requests are made with `api_key` where it is given, else with the current token.
    """

    account_sid: Sid
    auth_tokens: tuple[Credential, ...] = ()
    auth_token_file: PathFromBase | None = None
    api_key: Sid | None = None
    api_secret: Credential | None = None
    api_secret_file: PathFromBase | None = None
    base_url: ApiUrl | None = None
    region: HostPart | None = None
    edge: HostPart | None = None

    @model_validator(mode="after")
    def _credentials_complete(self) -> Self:
        if bool(self.auth_tokens) == (self.auth_token_file is not None):
            raise ValueError("set either auth_tokens or auth_token_file: webhooks are verified with them")
        if self.api_secret is not None and self.api_secret_file is not None:
            raise ValueError("set api_secret or api_secret_file, not both")
        given = self.api_secret is not None or self.api_secret_file is not None
        if (self.api_key is not None) != given:
            raise ValueError("api_key and api_secret (or api_secret_file) belong together")
        if self.base_url is not None and (self.region is not None or self.edge is not None):
            raise ValueError("set base_url, or region and edge, not both")
        return self
