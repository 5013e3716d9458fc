"""How a list is cut into pages, and what its front shows. Pure.

Pages are cut from the oldest post: a page takes so many posts, fewer where their sizes
would exceed `FEED_BUDGET`. So a new post touches the newest page only, and a page that
another one follows never changes by itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate
from typing import Final

from edgefeed.model import Entry
from edgefeed.units import YEAR_PAGE

FEED_BUDGET: Final = 980_000
"""The weight of a feed document's items: 1 MB (feeds.md, 23) less its frame and separators."""


def cut(posts: Sequence[Entry], size: int) -> Sequence[int]:
    """Where each page begins, oldest post first, and after the last one where it ends."""
    weights = list(accumulate([post.size for post in posts], initial=0))
    starts = [0]
    while (start := starts[-1]) < len(posts):
        end = min(start + size, len(posts))
        while end > start + 1 and weights[end] - weights[start] > FEED_BUDGET:
            end -= 1
        starts.append(end)
    return starts


def year_cut(posts: Sequence[Entry]) -> Sequence[int]:
    """Likewise of a year: full pages only, and none of the posts that its front shows.

    Most years need no page, and a new post is on one document of its year.
    """
    return range(0, max(len(posts) // YEAR_PAGE, 1) * YEAR_PAGE, YEAR_PAGE)


def window(posts: Sequence[Entry], size: int) -> Sequence[Entry]:
    """The newest posts, as many as a feed may hold."""
    start, weight = len(posts), 0
    while start and len(posts) - start < size:
        weight += posts[start - 1].size
        if weight > FEED_BUDGET and start < len(posts):
            break
        start -= 1
    return posts[start:]
