"""A month as a company may have it, small, the same each time: for looking at, and for what must not change."""

import random

from suppression.records import RecordKind
from tests.gateway.archive.report.written_log import WrittenLog

START = 1_790_812_800_000  # 1 October 2026, in ms
DAY = 86_400_000
_MAIL = (
    "marketing/promotions",
    "marketing/new-products",
    "service/account",
    "transactional/orders",
    "marketing/partners/acme",
)
_TEXTS = ("marketing/promotions", "transactional/security", "service/notifications")
_REFUSALS = ("unsubscribed", "no_consent", "no_consent", "complained", "undeliverable", "capped")
_WAYS = ("one_click", "one_click", "one_click", "link", "preferences", "sms", "agent", "mailto")


class Month:
    """Recipients' numbers say who they are: those from 5000 on have stopped everything before, and get nothing."""

    def __init__(self, log: WrittenLog) -> None:
        self._log = log
        self._random = random.Random(7)

    def write(self, days: int = 31) -> None:
        for day in range(days):
            busy = 0.4 if day % 7 in {2, 3} else 1.0  # 3 October 2026 is a Saturday
            for _ in range(int(self._random.gauss(46, 7) * busy)):
                self._mail(day)
            for _ in range(int(self._random.gauss(16, 4) * busy)):
                self._text(day)
            self._changes(day)

    def _at(self, day: int) -> int:
        return START + day * DAY + self._random.randrange(7 * 3_600_000, 20 * 3_600_000)

    def _who(self, stopped: bool = False) -> str:  # noqa: FBT001, FBT002 - a flag
        return f"{self._random.randrange(5000) + 5000 * stopped:032x}"

    def _took(self) -> int:
        return int(self._random.lognormvariate(1.4, 0.9)) + 1

    def _mail(self, day: int) -> None:
        at, about = self._at(day), {"purpose": self._random.choice(_MAIL)}
        fate = self._random.random()
        if fate < 0.17:
            refusal = {"outcome": "refuse", "reason": self._random.choice(_REFUSALS), "channel": "email"}
            self._log.write(
                RecordKind.DECIDED,
                at,
                self._who(stopped=True),
                asked=self._took(),
                sender="shop",
                **refusal,
                **about,
            )
            return
        who = self._who()
        mail = self._log.mail(at, who, asked=self._took(), **about)
        kind = RecordKind.SENT if fate < 0.95 else self._random.choice(
            (RecordKind.REJECTED, RecordKind.POSTPONED, RecordKind.UNKNOWN)
        )  # fmt: skip
        self._log.ended(kind, mail, at + int(self._random.lognormvariate(4.6, 0.7)), recipient=who, **about)
        if fate > 0.925 and kind is RecordKind.SENT:
            told = {"details": {"kind": "address_fault" if fate > 0.935 else "soft"}, "channel": "email"}
            self._log.write(RecordKind.BOUNCED, at + 60_000, who, sender="shop", **told, **about)

    def _text(self, day: int) -> None:
        at, who, number = self._at(day), self._who(), self._random.randrange(10**9)
        about = {"channel": "sms", "purpose": self._random.choice(_TEXTS), "sender": "shop", "app": "crm"}
        about["message"] = f"msg_{number}"
        late = self._random.random() < 0.2
        outcome = (
            {"outcome": "defer", "reason": "outside_hours"}
            if late
            else {"outcome": "send", "reason": "consented"}
        )
        self._log.write(RecordKind.QUEUED, at, who, asked=self._took(), **about, **outcome)
        left = at + (
            self._random.randrange(3_600_000, 40_000_000) if late else self._random.randrange(20, 900)
        )
        sent = self._log.write(
            RecordKind.HANDING_OVER, left, who, asked=self._took(), outcome="send", **about
        )
        self._log.write(RecordKind.SENT, left + self._random.randrange(60, 400), who, decision=sent, **about)
        kind = RecordKind.DELIVERED if self._random.random() < 0.94 else RecordKind.UNDELIVERED
        self._log.write(kind, left + 4_000, who, decision=sent, **about)

    def _changes(self, day: int) -> None:
        for _ in range(self._random.randrange(1, 5)):
            scope = self._random.choice(
                ("email|marketing|shop|*", "*|*|*|*", "email|marketing/promotions|shop|*")
            )
            self._log.stop(self._at(day), scope, self._who(stopped=True), way=self._random.choice(_WAYS))
        if day in {9, 17}:
            told = {"reason": "complained", "way": "provider", "source": "arf:abuse"}
            self._log.stop(self._at(day), "email|*|*|*", self._who(stopped=True), **told)
        for _ in range(self._random.randrange(2, 9)):
            node = self._random.choice(("marketing", "marketing", "service/feedback"))
            self._log.consent(self._at(day), f"email|{node}|shop|*", recipient=self._who())
        for _ in range(self._random.randrange(3)):
            self._log.write(
                RecordKind.WITHDRAWN,
                self._at(day),
                self._who(),
                scope="email|marketing|shop|*",
                entry="c0" * 6,
            )
