"""Charts of our own: figures in, SVG out. Pure; readable without colour, by shapes, patterns and words.

What is of today is solid, what is of the week before is hatched or hollow. Widths and heights are the drawing's own:
a page scales it. Nothing here needs a style attribute, for the console's policy allows none.
"""

from collections.abc import Sequence

from markupsafe import Markup, escape

_WIDE = 320


def hours(name: str, title: str, says: str, now: Sequence[int], then: Sequence[int]) -> Markup:
    """Two columns for each hour of the day; `name`: its own on the page."""
    top = max([*now, *then, 1])
    base, tall, step = 112, 92, _WIDE / len(now)
    parts = [_scale(base - tall, f"{top:,}"), _scale(base - tall / 2, ""), _scale(base, "")]
    for hour, (today, before) in enumerate(zip(now, then, strict=True)):
        at = hour * step
        if before:
            parts.append(
                _column(
                    "then", at + step * 0.48, base, step * 0.42, tall * before / top, f"url(#{name}-hatch)"
                )
            )
        if today:
            parts.append(_column("now", at + step * 0.08, base, step * 0.42, tall * today / top))
        if hour % 6 == 0:
            parts.append(_text(at + 1, base + 13, f"{hour:02}:00"))
    return _drawn(name, title, says, _WIDE, 130, parts)


def rate(
    name: str,
    title: str,
    says: str,
    now: float | None,
    then: float | None,
    limits: Sequence[tuple[float, str]],
) -> Markup:
    """A share on a line, with the limits that it must stay below. None: there was nothing to take a share of."""
    known = [share for share in (now, then) if share is not None]
    edge = max([share for share, _ in limits] + known) * 1.25
    line, parts = 76, [f'<line class="axis" x1="0" y1="76" x2="{_WIDE}" y2="76"/>']
    for place, (share, meaning) in enumerate(limits):  # each said on a line of its own: they may lie close
        at, above = _WIDE * share / edge, 10 + 13 * place
        parts.append(
            f'<line class="limit" x1="{at:.1f}" y1="{above + 3}" x2="{at:.1f}" y2="{line + 6}" stroke-dasharray="4 3"/>'
        )
        parts.append(
            _text(at + 3 if at < _WIDE / 2 else at - 3, above, meaning, "start" if at < _WIDE / 2 else "end")
        )
    if then is not None:
        at = _WIDE * then / edge
        parts.append(f'<circle class="then" cx="{_kept(at, 5):.1f}" cy="{line}" r="5" fill="none"/>')
    if now is not None:
        at = _kept(_WIDE * now / edge, 7)
        parts.append(f'<path class="now" d="M{at - 7:.1f} {line - 8} h14 l-7 12 z"/>')
        parts.append(_text(at, line - 13, f"{now:.2%}".replace("%", " %"), _anchor(at), "value"))
    parts.append(_text(0, line + 18, "0 %"))
    return _drawn(name, title, says, _WIDE, 100, parts)


def bar(name: str, now: int, then: int, most: int) -> Markup:
    """Of a row of a table that says the numbers: not for who listens."""
    most = max(most, 1)
    parts = [f'<rect class="now" x="0" y="2" width="{160 * now / most:.1f}" height="8"/>' if now else ""]
    if then:
        wide = 160 * then / most
        hatch = f"url(#{name}-hatch)"
        parts.append(f'<rect class="then" x="0.5" y="12.5" width="{wide:.1f}" height="5" fill="{hatch}"/>')
    inside = _hatch(name) + Markup("".join(parts))  # noqa: S704 - numbers, and a name of ours
    return Markup(
        '<svg class="bar" viewBox="0 0 162 20" aria-hidden="true" focusable="false">{}</svg>'
    ).format(inside)


def _drawn(name: str, title: str, says: str, wide: int, tall: int, parts: Sequence[str]) -> Markup:
    """`parts`: made here, of numbers and of what `_text` escaped."""
    return Markup(
        '<svg class="drawing" role="img" viewBox="0 0 {wide} {tall}" aria-labelledby="{name}-title {name}-says">'
        '<title id="{name}-title">{title}</title><desc id="{name}-says">{says}</desc>{hatch}{parts}</svg>'
    ).format(
        wide=wide,
        tall=tall,
        name=name,
        title=title,
        says=says,
        hatch=_hatch(name),
        parts=Markup("".join(parts)),  # noqa: S704 - see above
    )


def _hatch(name: str) -> Markup:
    return Markup(
        '<defs><pattern id="{}-hatch" width="4" height="4" patternUnits="userSpaceOnUse">'
        '<path class="hatch" d="M0 4 L4 0"/></pattern></defs>'
    ).format(name)


def _column(kind: str, x: float, base: float, wide: float, tall: float, fill: str = "") -> str:
    filled = f' fill="{fill}"' if fill else ""
    return f'<rect class="{kind}" x="{x:.1f}" y="{base - tall:.1f}" width="{wide:.1f}" height="{tall:.1f}"{filled}/>'


def _scale(y: float, words: str) -> str:
    line = f'<line class="axis" x1="0" y1="{y:.1f}" x2="{_WIDE}" y2="{y:.1f}"/>'
    return line + (_text(_WIDE, y - 4, words, "end") if words else "")


def _text(x: float, y: float, words: str, anchor: str = "start", kind: str = "") -> str:
    named = f' class="{kind}"' if kind else ""
    return f'<text{named} x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(words)}</text>'


def _kept(at: float, margin: float) -> float:
    return min(max(at, margin), _WIDE - margin)


def _anchor(at: float) -> str:
    return "start" if at < 24 else "end" if at > _WIDE - 24 else "middle"
