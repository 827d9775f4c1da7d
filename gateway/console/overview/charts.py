"""The three charts, each figure judged by the limits that providers publish. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from gateway.console.overview import drawings
from gateway.console.overview.figures import Counted
from gateway.console.overview.links import log_link
from gateway.console.recipients import words

# Gmail's "Email sender guidelines": "below 0.10%", "never reaching 0.30%"; Yahoo's are the same (RULES 1.3).
COMPLAINT_LIMITS = ((0.001, "0.1 % stay below"), (0.003, "0.3 % never reach"))
# Amazon SES, "Sending review process FAQs": no mailbox provider publishes one.
BOUNCE_LIMITS = ((0.05, "5 % under review"), (0.10, "10 % may be paused"))


@dataclass(frozen=True, slots=True)
class Chart:
    """`said`: the figure in words; `state`: "", "attention" or "bad", by the limits; `links`: words, and where to."""

    name: str
    title: str
    said: str
    state: str
    verdict: str
    svg: Markup
    links: Sequence[tuple[str, str]]


def change(now: int, then: int) -> str:
    """+12 % against a week before."""
    if now == then:
        return "as many as a week before"
    if not then:
        return "none a week before"
    return f"{now / then - 1:+.0%} against a week before ({then:,})".replace("%", " %")


def sent(now: Counted, then: Counted) -> Chart:
    by_channel = ", ".join(
        f"{now.sent[channel]:,} by {words.CHANNELS[channel]}"
        for channel in words.CHANNELS
        if now.sent.get(channel)
    )
    said = f"{now.sent_in_all:,} today, {change(now.sent_in_all, then.sent_in_all)}"
    says = f"Messages sent by hour of the day, UTC. Today {now.sent_in_all:,}, a week before {then.sent_in_all:,}."
    links = [("Today", log_link(now.span, what="sent")), ("A week before", log_link(then.span, what="sent"))]
    svg = drawings.hours("sent", "Sent", says, now.by_hour, then.by_hour)
    return Chart("sent", "Sent", said, "", by_channel, svg, links)


def complaints(now: Counted, then: Counted) -> Chart:
    return _rate(
        ("complaints", "Complaints", "of mails sent"),
        (now.complaints, now.complaint_rate),
        (then.complaints, then.complaint_rate),
        COMPLAINT_LIMITS,
        (now, then),
    )


def bounces(now: Counted, then: Counted) -> Chart:
    return _rate(
        ("bounces", "Bounces", "of mails came back or were rejected"),
        (now.bounced + now.rejected, now.bounce_rate),
        (then.bounced + then.rejected, then.bounce_rate),
        BOUNCE_LIMITS,
        (now, then),
    )


_Measured = tuple[int, float | None]


def _rate(
    named: tuple[str, str, str],
    now: _Measured,
    then: _Measured,
    limits: Sequence[tuple[float, str]],
    counted: tuple[Counted, Counted],
) -> Chart:
    name, title, of = named
    said = f"{now[0]:,} today: {_share(now[1])} {of}. A week before: {then[0]:,}, {_share(then[1])}"
    state, verdict = _judged(now[1], limits)
    says = f"{said}. {verdict}. Limits: {', '.join(meaning for _, meaning in limits)}."
    svg = drawings.rate(name, title, says, now[1], then[1], limits)
    links = [
        ("Today", log_link(counted[0].span, what=name)),
        ("A week before", log_link(counted[1].span, what=name)),
    ]
    return Chart(name, title, said, state, verdict, svg, links)


def _share(share: float | None) -> str:
    return "no mail to take a share of" if share is None else f"{share:.2%}".replace("%", " %")


def _judged(share: float | None, limits: Sequence[tuple[float, str]]) -> tuple[str, str]:
    (lower, _), (higher, _) = limits
    if share is None or share < lower:
        return "", f"Below {lower:.1%}".replace("%", " %")
    if share < higher:
        return "attention", f"Above {lower:.1%}: find out why".replace("%", " %")
    return "bad", f"At or above {higher:.1%}: providers act".replace("%", " %")
