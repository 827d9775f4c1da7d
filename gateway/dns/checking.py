"""Asks name servers for the records that are expected. All within a few seconds, not too many questions at once."""

import asyncio
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import structlog

from gateway.dns.findings import Answer, Answers, Finding, Question, judge, questions
from gateway.dns.records import Expected

if TYPE_CHECKING:
    from dns.asyncresolver import Resolver
    from dns.rdata import Rdata

WITHIN = 3.0  # seconds for all
_AT_ONCE = 8
_MOST_VALUES, _LONGEST_VALUE = 20, 2000
_AWAY = Answer(away=True)

_log = structlog.get_logger(__name__)


class DnsCheck:
    """One process's. `nameservers`: whom to ask (address), else those of this host."""

    def __init__(
        self,
        nameservers: Sequence[str] = (),
        *,
        port: int = 53,
        within: float = WITHIN,
        at_once: int = _AT_ONCE,
    ) -> None:
        self._nameservers = tuple(nameservers)
        self._port = port
        self._within = within
        self._turn = asyncio.Semaphore(at_once)

    async def check(self, expected: Iterable[Expected]) -> Sequence[Finding]:
        """In the same order. What could not be asked in time is unknown."""
        wanted = tuple(expected)
        asked = dict.fromkeys(question for one in wanted for question in questions(one))
        answers = await self._answers(list(asked))
        return [judge(one, answers) for one in wanted]

    async def _answers(self, asked: Sequence[Question]) -> Answers:
        resolver = self._resolver()
        if resolver is None or not asked:
            return dict.fromkeys(asked, _AWAY)
        tasks = {question: asyncio.create_task(self._ask(resolver, *question)) for question in asked}
        try:
            done, _ = await asyncio.wait(tasks.values(), timeout=self._within)
        finally:
            for task in tasks.values():
                task.cancel()
            await asyncio.gather(*tasks.values(), return_exceptions=True)
        return {question: task.result() if task in done else _AWAY for question, task in tasks.items()}

    def _resolver(self) -> "Resolver | None":
        """None where this host knows no name servers."""
        import dns.asyncresolver  # noqa: PLC0415 - heavy, and seldom needed
        import dns.exception  # noqa: PLC0415

        try:
            resolver = dns.asyncresolver.Resolver(configure=not self._nameservers)
        except (dns.exception.DNSException, OSError) as error:
            _log.warning("dns_unavailable", error=type(error).__name__)
            return None
        if self._nameservers:
            resolver.nameservers = list(self._nameservers)
            resolver.port = self._port
        return resolver

    async def _ask(self, resolver: "Resolver", name: str, kind: str) -> Answer:
        import dns.exception  # noqa: PLC0415
        import dns.name  # noqa: PLC0415
        import dns.resolver  # noqa: PLC0415

        try:
            async with self._turn:
                found = await resolver.resolve(f"{name}.", kind, lifetime=self._within, search=False)
        except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
            return Answer()
        except (dns.exception.SyntaxError, dns.name.LabelTooLong, dns.name.EmptyLabel, dns.name.NameTooLong):
            return Answer()
        except (dns.exception.DNSException, OSError) as error:
            _log.info("dns_no_answer", type=kind, error=type(error).__name__)
            return _AWAY
        return Answer(tuple(_text(record)[:_LONGEST_VALUE] for record in list(found)[:_MOST_VALUES]))


def _text(record: "Rdata") -> str:
    """A TXT record's strings joined (RFC 6376 3.6.2.2); others as they are written."""
    strings: Sequence[bytes] | None = getattr(record, "strings", None)
    return record.to_text() if strings is None else b"".join(strings).decode("utf-8", "replace")
