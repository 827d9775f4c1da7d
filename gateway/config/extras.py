"""Extras that settings ask for: libraries that the core does without. What is missing is told before a start."""

from collections.abc import Callable, Iterator
from importlib.util import find_spec

from gateway.config import schema


def installed(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:  # of a package that it would be in
        return False


def missing(file: schema.File, there: Callable[[str], bool] = installed) -> list[str]:
    """A line for each, with what to do."""
    return [
        f"{setting}: needs the extra: pip install 'suppression-gateway[{extra}]'"
        for setting, extra, modules in _wanted(file)
        if not all(map(there, modules))
    ]


def _wanted(file: schema.File) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    if file.traces.endpoint is not None:
        yield "traces.endpoint", "otel", ("opentelemetry.sdk", "opentelemetry.exporter.otlp.proto.http")
    if file.archive.s3 is not None:
        yield "archive.s3", "s3", ("obstore",)
    if file.console.oidc is not None:
        yield "console.oidc", "oidc", ("authlib",)
