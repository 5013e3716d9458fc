"""The picture: time to publish one edit against the number of posts, both axes logarithmic."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

_LEFT, _TOP, _WIDTH, _HEIGHT = 70, 30, 520, 300
_COLOURS = {"sula": "#00688b", "hugo": "#b3541e", "pelican": "#5a7d2a", "eleventy": "#7a4b9a"}


def draw(results: Mapping[str, Mapping[str, Any]]) -> str:
    """An SVG of ``edit`` seconds by size and generator."""
    sizes = sorted(map(int, results))
    edits = {s: {n: r["edit"] for n, r in results[str(s)].items() if "edit" in r} for s in sizes}
    names = [n for n in _COLOURS if any(n in edits[s] for s in sizes)]
    times = [seconds for found in edits.values() for seconds in found.values()]
    low, high = math.floor(math.log10(min(times))), math.ceil(math.log10(max(times)))
    first, last = math.log10(sizes[0]), math.log10(sizes[-1])

    def x(size: int) -> float:
        return _LEFT + _WIDTH * (math.log10(size) - first) / ((last - first) or 1)

    def y(seconds: float) -> float:
        return _TOP + _HEIGHT * (high - math.log10(seconds)) / ((high - low) or 1)

    parts = [
        (
            '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 700 390" role="img" '
            'font-family="sans-serif" font-size="13">'
        ),
        "<title>Time to publish one edited post, by size of the site</title>",
        f"<desc>{_told(edits)}</desc>",
        '<rect width="700" height="390" fill="#fdfdfc"/>',
    ]
    for power in range(low, high + 1):
        at = y(10**power)
        parts += [
            f'<path d="M{_LEFT} {at:.1f}h{_WIDTH}" stroke="#dde2e3"/>',
            _label(_LEFT - 8, at + 4, f"{10**power:g} s", "end"),
        ]
    for size in sizes:
        parts.append(_label(x(size), _TOP + _HEIGHT + 22, f"{size:,}", "middle"))
    parts.append(_label(_LEFT + _WIDTH / 2, 375, "posts", "middle"))
    for name in names:
        points = [(x(s), y(edits[s][name])) for s in sizes if name in edits[s]]
        line = " ".join(f"{a:.1f},{b:.1f}" for a, b in points)
        colour, end = _COLOURS[name], points[-1]
        parts += [
            f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="2.5"/>',
            *(f'<circle cx="{a:.1f}" cy="{b:.1f}" r="3.5" fill="{colour}"/>' for a, b in points),
            _label(end[0] + 10, end[1] + 4, name, "start", colour),
        ]
    return "\n".join([*parts, "</svg>"]) + "\n"


def _told(edits: Mapping[int, Mapping[str, float]]) -> str:
    """The picture in words."""
    lines = (
        f"{size:,} posts: " + ", ".join(f"{name} {took:.1f} s" for name, took in found.items())
        for size, found in edits.items()
    )
    return "Both axes are logarithmic. " + "; ".join(lines) + "."


def _label(x: float, y: float, text: str, anchor: str, colour: str = "#445") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{colour}">{text}</text>'
