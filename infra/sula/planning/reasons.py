"""Why a page is rendered or removed, in the words that its author reads. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from sula.model import Job, Reference
from sula.planning.corpus import Corpus
from sula.planning.record import Prints, Source

ANEW = "*"
"""Stands in a record's digests where everything is to be rendered, whatever it was before."""


def why_rendered(
    row: Source,
    job: Job,
    old: Source | None,
    old_job: Job | None,
    *,
    renamed_from: str | None,
    prints: tuple[Prints, Prints],
) -> str:
    """Why a live page is rendered now; empty where it need not be.

    ``old`` is the row of the same path before, ``old_job`` what its page depended on if it
    was live. The first reason that holds is given: the author's own doing comes first.
    """
    if old_job is None or old is None:
        if renamed_from:
            return f"renamed from {renamed_from}"
        return "new" if old is None else "now published"
    if old.output != job.output:
        return f"moved from /{old.url}"
    if old.blob != row.blob:
        return "edited"
    return _of_others(job, old_job) or _of_everything(*prints)


def _of_others(job: Job, old: Job) -> str:
    """What changed around a page whose own source did not."""
    if job == old:
        return ""
    if job.id != old.id:
        return "its identity changed"
    for name, was, now in (
        ("previous", old.previous, job.previous),
        ("next", old.next, job.next),
    ):
        if was != now:
            return _of_neighbour(name, was, now)
    if job.series != old.series:
        return "its series changed"
    if job.pictures != old.pictures:
        return "a picture or recording it shows changed"
    return "it links to a post that moved"


def _of_neighbour(name: str, was: Reference | None, now: Reference | None) -> str:
    if was is None or now is None:
        return f"it now has a {name} post" if was is None else f"it has no {name} post any more"
    if was.url == now.url:
        return f"its {name} post changed title"
    return (
        f"its {name} post changed address"
        if was.title == now.title
        else (f"another post is now its {name} one")
    )


def _of_everything(old: Prints, new: Prints) -> str:
    if old.settings != new.settings:
        return "settings changed"
    if old.theme != new.theme:
        return "theme changed"
    if old.engine == ANEW:
        return "everything is rendered anew"
    return "Sula or a library changed" if old.engine != new.engine else ""


def why_gone(
    path: str, after: Corpus, renamed: Mapping[str, str], is_live: Callable[[Source], bool]
) -> str:
    """Why a page that was public is so no longer, at its old address."""
    moved = next((new for new, old in renamed.items() if old == path), path)
    row = after.rows.get(moved)
    if row is None:
        return "removed"
    if row.status == "draft":
        return "now a draft"
    return f"moved to /{row.url}" if is_live(row) else f"waits for {row.published}"
