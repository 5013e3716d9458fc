"""Writing statistics as a chart: lines for a terminal, and a picture (SVG). Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from html import escape
from typing import Final

from sula.authoring.stats import Stats
from sula.report import plural

Paint = Callable[[str, str], str]
"""A text in a colour."""
_EIGHTHS: Final = " ▏▎▍▌▋▊▉█"
_LEVELS: Final = "·▁▂▃▄▅▆▇█"
_WEEKS: Final = 26
_MONTHS: Final = 12
_TAGS: Final = 8
_WIDE: Final = 32
_WIDTH, _HEIGHT, _LEFT = 640, 96, 12


def lines(stats: Stats, name: str, today: date, paint: Paint) -> Iterator[str]:
    """The chart for a terminal."""
    yield paint(f"{name}: {plural(stats.count, 'post')}, {stats.total:,} words", "bold")
    if stats.versioned:
        weeks = _weeks(stats.words, today)
        best = max(stats.words.items(), key=lambda item: item[1], default=None)
        yield from ("", f"Words per week, the last {_WEEKS}")
        yield "  " + paint("".join(_level(n, max(weeks)) for n in weeks), "green")
        if best is not None:
            recent = sum(weeks)
            average = f"{recent / (7 * _WEEKS):.0f} a day"
            yield f"  {recent:,} words, {average}; the best day was {best[0]}, with {best[1]:,}"
    else:
        yield from ("", "Words per day: git has no history of the content here")
    if stats.posts:
        recent_months = list(stats.posts.items())[-_MONTHS:]
        most = max(count for _, count in recent_months)
        yield from ("", "Posts per month")
        for month, count in recent_months:
            bar = paint(_bar(count, most), "blue")
            yield f"  {month:%Y-%m}  {bar}{' ' * bool(count)}{count or ''}".rstrip()
    if stats.gaps:
        yield from ("", "Longest gaps")
        for gap in stats.gaps:
            until = "today" if gap.before == today else str(gap.before)
            yield f"  {plural(gap.days, 'day'):>9}  {gap.after} to {until}"
    if stats.tags:
        yield from ("", "Tags")
        yield from _tags(stats.tags, paint)


def _tags(years: Mapping[int, Mapping[str, int]], paint: Paint) -> Iterator[str]:
    last = max(years)
    now, before = years[last], years.get(last - 1, {})
    top = list(now.items())[:_TAGS]
    wide = max((len(tag) for tag, _ in top), default=0)
    for tag, count in top:
        grown = count - before.get(tag, 0)
        more = f"  +{grown} in {last}" if grown and before else ""
        bar = paint(_bar(count, top[0][1]), "yellow")
        yield f"  {tag:<{wide}}  {bar} {count}{paint(more, 'dim') if more else ''}"
    if len(now) > len(top):
        yield f"  and {plural(len(now) - len(top), 'other')}"


def _weeks(words: Mapping[date, int], today: date) -> list[int]:
    """Words of the last weeks, oldest first; less than nothing is nothing."""
    totals = [0] * _WEEKS
    for day, count in words.items():
        ago = (today - day).days // 7
        if 0 <= ago < _WEEKS:
            totals[_WEEKS - 1 - ago] += count
    return [max(total, 0) for total in totals]


def _bar(count: int, most: int) -> str:
    eighths = round(count / most * _WIDE * 8) if most else 0
    whole, rest = divmod(max(eighths, 1 if count else 0), 8)
    return "█" * whole + (_EIGHTHS[rest] if rest else "")


def _level(count: int, most: int) -> str:
    return _LEVELS[max(round(count / most * 8), 1) if count else 0] if most else _LEVELS[0]


_OPENING: Final = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img" '
    'font-family="system-ui, sans-serif" font-size="13">'
)
_STYLE: Final = (
    "<style>text{fill:#333}.bar{fill:#3a6ea5}.axis{stroke:#999}"
    "@media (prefers-color-scheme:dark){text{fill:#ddd}.bar{fill:#7fb0e0}}</style>"
)


# --- the picture ---------------------------------------------------------------------------------


def svg(stats: Stats, name: str, today: date) -> str:
    """The chart as a picture that stands by itself, in colours for light and dark."""
    months = list(stats.posts.items())
    weeks = _weeks(stats.words, today)
    tags = [(str(y), sum(t.values())) for y, t in stats.tags.items()]
    charts = [
        ("Posts per month", [n for _, n in months],
         [f"{m:%Y-%m}" for m, _ in months]),
        (f"Words per week, the last {_WEEKS}", weeks,
         [str(today - timedelta(weeks=_WEEKS - 1 - at)) for at in range(_WEEKS)]),
        ("Tags in use, year by year", [n for _, n in tags], [y for y, _ in tags]),
    ]  # fmt: skip
    charts = [chart for chart in charts if any(chart[1])]
    height = len(charts) * (_HEIGHT + 56) + 36
    about = f"{plural(stats.count, 'post')}, {stats.total:,} words"
    parts = [
        _OPENING.format(width=_WIDTH, height=height),
        f"<title>What was written: {escape(name)}</title>",
        f"<desc>{about}. {escape('; '.join(title for title, _, _ in charts))}.</desc>",
        _STYLE,
        f'<text x="{_LEFT}" y="22" font-weight="bold">{escape(name)}: {about}</text>',
    ]
    top = 48
    for title, values, labels in charts:
        parts += _chart(title, values, labels, top)
        top += _HEIGHT + 56
    return "\n".join([*parts, "</svg>", ""])


def _chart(title: str, values: Sequence[int], labels: Sequence[str], top: int) -> Iterator[str]:
    most = max(values)
    step = (_WIDTH - 2 * _LEFT) / len(values)
    base = top + 12 + _HEIGHT
    yield f'<text x="{_LEFT}" y="{top}">{escape(title)} (at most {most:,})</text>'
    for at, (value, label) in enumerate(zip(values, labels, strict=True)):
        tall = max(value, 0) / most * _HEIGHT
        x = _LEFT + at * step
        yield (
            f'<rect class="bar" x="{x:.1f}" y="{base - tall:.1f}" width="{max(step - 1, 0.5):.1f}" '
            f'height="{tall:.1f}"><title>{escape(label)}: {value:,}</title></rect>'
        )
    yield f'<path class="axis" d="M{_LEFT} {base}H{_WIDTH - _LEFT}"/>'
    yield f'<text x="{_LEFT}" y="{base + 16}" font-size="11">{escape(labels[0])}</text>'
    yield (
        f'<text x="{_WIDTH - _LEFT}" y="{base + 16}" font-size="11" text-anchor="end">'
        f"{escape(labels[-1])}</text>"
    )
