"""What a single value in gateway.toml may be: names, numbers, URLs, times. Each error says what would do."""

import re
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    ValidationInfo,
)

from gateway.config.colours import is_colour, readable_on_light

_NAME = re.compile(r"[a-z0-9](?:[a-z0-9._-]{0,62}[a-z0-9])?")
_LABEL = r"(?!-)[a-z0-9-]{1,63}(?<!-)"
_DOMAIN = re.compile(rf"(?=.{{4,253}}\Z){_LABEL}(?:\.{_LABEL})+")
_SELECTOR = re.compile(rf"{_LABEL}(?:\.{_LABEL})*")


def _name(text: str) -> str:
    if not _NAME.fullmatch(text):
        raise ValueError("a name is 1 to 64 of a-z, 0-9 and, within it, '.', '_' and '-'")
    return text


def _domain(text: str) -> str:
    if not _DOMAIN.fullmatch(text):
        raise ValueError("must be a domain name in lower-case ASCII (A-labels)")
    return text


def _domain_or_any(text: str) -> str:
    return text if text == "*" else _domain(text)


def _selector(text: str) -> str:
    if not _SELECTOR.fullmatch(text):
        raise ValueError("must be a DKIM selector in lower-case ASCII")
    return text


def _one_line(text: str) -> str:
    if not text.isprintable() or text != text.strip():
        raise ValueError("must be one line of printable characters")
    return text


def _lines(text: str) -> str:
    for line in text.splitlines():
        _one_line(line.strip())
    return text.strip()


def _public_url(text: str) -> str:
    try:
        url = urlsplit(text)
        port_is_valid = url.port is None or url.port > 0
    except ValueError:
        port_is_valid = False
    if not port_is_valid or not url.hostname or url.scheme not in ("http", "https"):
        raise ValueError("must be a URL like https://mail.example.com")
    if url.path.strip("/") or url.query or url.fragment or url.username or not text.isascii():
        raise ValueError("must be scheme and host only: the gateway adds the paths")
    return text.rstrip("/")


def _logo_url(text: str) -> str:
    """Goes into a page and, its host, into that page's Content-Security-Policy."""
    try:
        url = urlsplit(text)
        usable = url.scheme == "https" and _DOMAIN.fullmatch(url.hostname or "") is not None
        usable = usable and not url.username and (url.port is None or url.port > 0)
    except ValueError:
        usable = False
    if not usable or not re.fullmatch(r"[!-~]{1,500}", text) or re.search(r"[\"'<>;,\\]", text):
        raise ValueError("must be a URL like https://www.example.com/logo.svg")
    return text


def _colour(text: str) -> str:
    if not is_colour(text):
        raise ValueError('must be a colour like "#1d5c4d", in lower case')
    if not readable_on_light(text):
        raise ValueError("is too light: text of this colour has a contrast below 4.5 to 1 with the page")
    return text


def _redis_url(value: SecretStr) -> SecretStr:
    try:
        url = urlsplit(value.get_secret_value())
        usable = (url.scheme in ("redis", "rediss") and url.hostname) or (url.scheme == "unix" and url.path)
    except ValueError:
        usable = False
    if not usable:
        raise ValueError("must be a URL that begins with redis://, rediss:// or unix://")
    return value


def _from_base(path: Path, info: ValidationInfo) -> Path:
    """Relative paths are from the folder that the settings file is in, which the context names."""
    base: Path = (info.context or {}).get("base", Path())
    return base / path.expanduser()


def _period(text: str) -> str:
    if not re.fullmatch(r"[1-9][0-9]?[my]", text):
        raise ValueError('must be months or years, like "6m" or "2y"')
    return text


_SECONDS = {"m": 60, "h": 3600, "d": 86_400}


def _duration(text: str) -> str:
    if not re.fullmatch(r"[1-9][0-9]{0,3}[mhd]", text):
        raise ValueError('must be minutes, hours or days, like "90m", "24h" or "31d"')
    return text


def _country(text: str) -> str:
    if not re.fullmatch(r"[A-Z]{2}", text):
        raise ValueError('must be a country of ISO 3166, like "US"')
    return text


def seconds(duration: str) -> int:
    """Of a checked duration."""
    return int(duration[:-1]) * _SECONDS[duration[-1]]


_SID = re.compile(r"[A-Z]{2}[0-9a-fA-F]{32}")
_HOST_PART = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,30}[a-z0-9])?")


def _sid(text: str, info: ValidationInfo) -> str:
    """Twilio's ids begin with what they are of."""
    prefix = _SID_OF[info.field_name or ""]
    if not _SID.fullmatch(text) or not text.startswith(prefix):
        raise ValueError(f"must be {prefix} and 32 hex digits")
    return text


_SID_OF = {"account_sid": "AC", "api_key": "SK", "service": "MG"}


def is_credential(text: str) -> bool:
    return re.fullmatch(r"[!-~]{1,200}", text) is not None


def _credential(value: SecretStr) -> SecretStr:
    if not is_credential(value.get_secret_value()):
        raise ValueError("must be 1 to 200 printable ASCII characters without blanks")
    return value


def _api_url(text: str) -> str:
    """Credentials go there: not in clear over a network."""
    url = urlsplit(_public_url(text))
    if url.scheme != "https" and url.hostname not in ("localhost", "127.0.0.1", "::1"):
        raise ValueError("must begin with https:// (credentials go there)")
    return text.rstrip("/")


def _issuer(text: str) -> str:
    """OpenID Connect Discovery 1.0 section 3: https, no query, compared letter by letter."""
    url = urlsplit(text)
    safe = url.scheme == "https" or (
        url.scheme == "http" and url.hostname in ("localhost", "127.0.0.1", "::1")
    )
    if not safe or not url.hostname or url.query or url.fragment or not re.fullmatch(r"[!-~]{1,300}", text):
        raise ValueError("must be a URL like https://login.example.com/realms/staff")
    return text


def _host_part(text: str) -> str:
    if not _HOST_PART.fullmatch(text):
        raise ValueError('must be part of a host name, like "ie1" or "dublin"')
    return text


def _spoken(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}", text):
        raise ValueError('must be a language tag, like "en-GB"')
    return text


def _voice(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", text):
        raise ValueError('must be the name of a voice, like "Polly.Joanna"')
    return text


Selector = Annotated[str, AfterValidator(_selector)]
Name = Annotated[str, AfterValidator(_name)]
Domain = Annotated[str, AfterValidator(_domain)]
FromDomain = Annotated[str, AfterValidator(_domain_or_any)]
Line = Annotated[str, Field(max_length=200), AfterValidator(_one_line)]
Lines = Annotated[str, Field(max_length=500), AfterValidator(_lines)]
PublicUrl = Annotated[str, AfterValidator(_public_url)]
LogoUrl = Annotated[str, AfterValidator(_logo_url)]
Colour = Annotated[str, AfterValidator(_colour)]
RedisUrl = Annotated[SecretStr, AfterValidator(_redis_url)]
PathFromBase = Annotated[Path, AfterValidator(_from_base)]
Port = Annotated[int, Field(ge=1, le=65535)]
Seconds = Annotated[float, Field(gt=0, le=3600)]
Country = Annotated[str, AfterValidator(_country)]
Period = Annotated[str, AfterValidator(_period)]
Duration = Annotated[str, AfterValidator(_duration)]
Sid = Annotated[str, AfterValidator(_sid)]
Credential = Annotated[SecretStr, AfterValidator(_credential)]
ApiUrl = Annotated[str, AfterValidator(_api_url)]
Issuer = Annotated[str, AfterValidator(_issuer)]
HostPart = Annotated[str, AfterValidator(_host_part)]
SpokenLanguage = Annotated[str, AfterValidator(_spoken)]
Voice = Annotated[str, AfterValidator(_voice)]


class Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)
