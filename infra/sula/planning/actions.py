"""A plan, as data: what it is made from, every action in it with its reason, its safety stop."""

from __future__ import annotations

import enum
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from sula.content.pictures import Recipe
from sula.errors import SulaError
from sula.model import Job, Meta
from sula.planning.record import File, Prints, Record, Stored, Waiting
from sula.planning.remarks import Remark
from sula.planning.rows import Rows

SAFE_SHARE = 0.2
"""A plan that removes more than this share of the site's pages stops, unless forced."""
SAFE_COUNT = 3
"""So few removals never stop a plan: on a small site each is a large share."""


class Stage(enum.IntEnum):
    """When an action is carried out: nothing is removed before all that is new is there."""

    ASSETS = 1
    FILES = 2
    PAGES = 3
    REMOVALS = 4


@dataclass(frozen=True, kw_only=True)
class Inputs:
    """Everything a plan depends on, besides the record.

    ``blobs`` maps every file of the content directory to its blob id, ``metas`` those sources
    that were read (`to_read`) to what they say. ``assets`` maps the theme's published files
    to the MD5 of their bytes. ``now`` is in seconds since 1970 UTC: posts after it wait.
    ``hints`` are git's renames, new path to old. ``observed`` says what is really in the bucket
    under some keys, where the record alone is not to be trusted. ``sizes`` are the widths and
    heights of pictures; ``previews`` names the preview of a title, where posts have one,
    and ``motto`` is the title of the site's own. ``waiting`` says what is really there of pages
    that wait for their minute, by their output. ``redirects`` are those of ``redirects.txt``,
    ``redirects_seen`` all that the edge really has, where the record is not to be trusted.
    """

    blobs: Mapping[str, str]
    metas: Mapping[str, Meta]
    assets: Mapping[str, str]
    prints: Prints
    site_id: str
    now: int
    hints: Mapping[str, str] = field(default_factory=dict)
    observed: Mapping[str, Stored | None] = field(default_factory=dict)
    sizes: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    previews: Callable[[str], str] | None = None
    motto: str = ""
    waiting: Mapping[str, Waiting | None] = field(default_factory=dict)
    redirects: Mapping[str, str] = field(default_factory=dict)
    redirects_seen: Mapping[str, str] | None = None


@dataclass(frozen=True, order=True)
class Action:
    """One change to one public object, and why. Sorted in the order it is carried out.

    ``present`` is what is there now, so that identical bytes are not uploaded again. ``when``
    is a post's moment in seconds since 1970: posts go up oldest first, so that the lists,
    which are cut from the oldest, grow at their end.
    """

    stage: Stage
    when: int = field(default=0, kw_only=True)
    key: str
    kind: Literal["create", "update", "delete", "retire"]
    reason: str
    path: str = ""
    present: Stored | None = field(default=None, compare=False)


@dataclass(frozen=True, order=True)
class Appointment:
    """A change to one page that waits for its minute: stored and scheduled, or withdrawn.

    ``output`` is its name below ``pages/``, ``instant`` its moment in seconds since 1970 UTC.
    """

    output: str
    kind: Literal["schedule", "withdraw"]
    instant: int
    reason: str
    path: str
    inputs: str = ""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What a deploy will do. Printed by ``sula plan``, carried out by ``sula deploy``.

    ``rows``, ``files`` and ``assets`` are the record to be; those that ``actions`` touch
    still lack their ETag. ``kept`` counts the objects left alone. ``appointments`` are the
    changes to pages that wait for their minute, ``waiting`` the record of them to be, and
    ``waiting_jobs`` what is to be rendered for them. ``redirects`` and ``redirects_gone`` are the
    changes to what the edge knows of old addresses.
    """

    actions: tuple[Action, ...]
    jobs: tuple[Job, ...]
    rows: Rows
    files: tuple[File, ...]
    assets: tuple[File, ...]
    kept: int
    pages_before: int
    drafts: tuple[str, ...] = ()
    scheduled: tuple[str, ...] = ()
    renamed: Mapping[str, str] = field(default_factory=dict)
    remarks: tuple[Remark, ...] = ()
    recipes: Mapping[str, Recipe] = field(default_factory=dict)
    appointments: tuple[Appointment, ...] = ()
    waiting: tuple[Waiting, ...] = ()
    waiting_jobs: tuple[Job, ...] = ()
    redirects: Mapping[str, str] = field(default_factory=dict)
    redirects_gone: frozenset[str] = frozenset()
    inputs: Inputs
    record: Record

    @property
    def empty(self) -> bool:
        """Whether there is nothing at all to do in the cloud."""
        changes = (self.actions, self.appointments, self.redirects, self.redirects_gone)
        return not any(changes)

    @property
    def pages_removed(self) -> int:
        """How many pages vanish from their address."""
        return sum(
            a.kind == "delete" and bool(a.path) and a.stage == Stage.REMOVALS for a in self.actions
        )

    def check_safety(self) -> None:
        """Raise `TooManyRemovalsError` when the plan would remove much of the site."""
        removed, limit = self.pages_removed, self.pages_before * SAFE_SHARE
        if removed > max(limit, SAFE_COUNT):
            raise TooManyRemovalsError(
                f"this would remove {removed} of the site's {self.pages_before} pages, more than "
                f"a fifth ({int(limit)}). If that is meant, run it again with --force"
            )


class TooManyRemovalsError(SulaError):
    """The safety stop."""
