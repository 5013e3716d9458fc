"""``sula stats``: how much was written, when, about what.

Words per day come from git: the words of lines that a commit added, less those of lines that it
took away. Posts, gaps and tags come from the sources as they are now. Pure, but for `history`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta, tzinfo
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

from sula.content.git import Git, GitError
from sula.markdown.structure import count_words
from sula.model import Meta

_HUNK: Final = re.compile(rb"@@ -\d+(?:,(\d+))? \+\d+(?:,(\d+))? @@")
_MOST_GAPS: Final = 5


@dataclass(frozen=True)
class Gap:
    """Days without a post, between the days of two."""

    days: int
    after: date
    before: date


@dataclass(frozen=True)
class Stats:
    """What there is to know.

    ``words`` maps days to words, only days with any; ``posts`` maps
    months (their first day) to posts, without holes; ``tags`` maps years to how many posts had each
    tag by their end. ``versioned`` tells whether git was there to be asked.
    """

    count: int = 0
    total: int = 0
    words: Mapping[date, int] = field(default_factory=dict)
    posts: Mapping[date, int] = field(default_factory=dict)
    gaps: tuple[Gap, ...] = ()
    tags: Mapping[int, Mapping[str, int]] = field(default_factory=dict)
    versioned: bool = False

    def data(self) -> dict[str, Any]:
        """The same for a program."""
        return {
            "posts": self.count,
            "words": self.total,
            "words_per_day": {str(day): words for day, words in self.words.items()},
            "posts_per_month": {f"{day:%Y-%m}": count for day, count in self.posts.items()},
            "longest_gaps": [
                {"days": gap.days, "after": str(gap.after), "before": str(gap.before)}
                for gap in self.gaps
            ],
            "tags_by_year": {str(year): dict(tags) for year, tags in self.tags.items()},
        }


def collect(
    metas: Iterable[Meta], total: int, words: Mapping[date, int] | None, zone: tzinfo, today: date
) -> Stats:
    """Put it together. Drafts, pages and posts of the future do not count."""
    dated: list[tuple[date, Meta]] = []
    for meta in metas:
        if meta.kind == "post" and meta.status != "draft" and meta.published:
            day = datetime.fromisoformat(meta.published).astimezone(zone).date()
            if day <= today:
                dated.append((day, meta))
    dated.sort(key=lambda pair: (pair[0], pair[1].path))
    days = [day for day, _ in dated]
    return Stats(
        count=len(dated),
        total=total,
        words=dict(sorted((words or {}).items())),
        posts=_by_month(days),
        gaps=_gaps(days, today),
        tags=_by_year(dated),
        versioned=words is not None,
    )


def _by_month(days: Sequence[date]) -> dict[date, int]:
    counts = Counter(day.replace(day=1) for day in days)
    found: dict[date, int] = {}
    month = min(counts, default=None)
    while month is not None and month <= max(counts):
        found[month] = counts[month]
        month = (month + timedelta(days=31)).replace(day=1)
    return found


def _gaps(days: Sequence[date], today: date) -> tuple[Gap, ...]:
    """The longest, the one since the last post among them."""
    found = [Gap((later - day).days, day, later) for day, later in pairwise([*days, today])]
    longest = sorted((g for g in found if g.days > 1), key=lambda g: (-g.days, g.after))
    return tuple(longest[:_MOST_GAPS])


def _by_year(dated: Sequence[tuple[date, Meta]]) -> dict[int, dict[str, int]]:
    if not dated:
        return {}
    counts: Counter[str] = Counter()
    found: dict[int, dict[str, int]] = {}
    posts = iter(dated)
    waiting = next(posts, None)
    for year in range(dated[0][0].year, dated[-1][0].year + 1):
        while waiting is not None and waiting[0].year == year:
            counts.update(waiting[1].tags)
            waiting = next(posts, None)
        found[year] = dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))
    return found


# --- git ---------------------------------------------------------------------------------------


def history(content: Path, zone: tzinfo) -> dict[date, int] | None:
    """Words that were written on each day, by git's history; None where there is none."""
    try:
        git = Git.find(content)
        if git is None or not git.commit:
            return None
        return _words_by_day(git.patches("*.md"), zone)
    except GitError:
        return None


def _words_by_day(log: Iterable[bytes], zone: tzinfo) -> dict[date, int]:
    days: Counter[date] = Counter()
    for moment, words in _changes(log):
        days[datetime.fromtimestamp(moment, UTC).astimezone(zone).date()] += words
    return {day: words for day, words in days.items() if words}


def _changes(log: Iterable[bytes]) -> Iterator[tuple[int, int]]:
    """(time, words) of every changed line. Hunks are counted through, whatever their lines say."""
    moment, removed, added = 0, 0, 0
    for line in log:
        if removed and line.startswith(b"-"):
            removed -= 1
            yield moment, -count_words(line[1:].decode("utf-8", "replace"))
        elif added and line.startswith(b"+"):
            added -= 1
            yield moment, count_words(line[1:].decode("utf-8", "replace"))
        elif line.startswith(b"\0"):
            moment, removed, added = int(line[1:].strip() or 0), 0, 0
        elif match := _HUNK.match(line):
            removed, added = (int(part) if part is not None else 1 for part in match.groups())
