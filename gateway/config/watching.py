"""Sections of settings for whoever watches a gateway run."""

from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field

from gateway.config.fields import Section


def _collector(text: str) -> str:
    try:
        url = urlsplit(text)
        usable = url.scheme in {"http", "https"} and bool(url.hostname) and (url.port is None or url.port > 0)
    except ValueError:
        usable = False
    if not usable or not text.isascii() or url.username or url.query or url.fragment:
        raise ValueError("must be a URL like http://collector:4318/v1/traces")
    return text


class Logs(Section):
    """`access`: a line for each request, session and message; not in dev, where people read along."""

    access: bool = True


class Traces(Section):
    """Spans for an OpenTelemetry collector (OTLP over HTTP); none without an endpoint.

    sample  the share of traces that are kept, of those that no caller has decided about
    """

    endpoint: Annotated[str, AfterValidator(_collector)] | None = None
    sample: float = Field(1.0, ge=0, le=1)
