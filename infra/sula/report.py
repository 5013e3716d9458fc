"""A plan, a deploy and a build, told to their author. Pure: plain text, line by line."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from edgefeed.contract import PAGES, key_to_path
from sula.planning.actions import Action, Plan, Stage
from sula.planning.scheduled import moment

_SIGNS = {"create": "+", "update": "~", "delete": "-", "retire": "-"}
_MOST = 12
_FEW_LISTS = 5


def plural(count: int, one: str, many: str = "") -> str:
    """``1 post``, ``2 posts``."""
    return f"{count} {one if count == 1 else many or one + 's'}"


def plan_lines(plan: Plan) -> Iterator[str]:
    """Every action with its reason, then the sum of it."""
    width = max((len(address(action)) for action in plan.actions), default=0)
    for action in plan.actions:
        where = f"  ({action.path})" if action.path and action.stage is Stage.PAGES else ""
        yield f"{_SIGNS[action.kind]} {address(action):<{width}}  {action.reason}{where}"
    yield from later_lines(plan)
    yield summary(plan)


def later_lines(plan: Plan) -> Iterator[str]:
    """What is stored for its minute, or withdrawn; what the edge learns of old addresses."""
    for one in plan.appointments:
        sign, when = ("@", f" for {moment(one.instant)}Z") if one.kind == "schedule" else ("-", "")
        yield f"{sign} {key_to_path(PAGES + one.output)}{when}  {one.reason}  ({one.path})"
    for old, value in sorted(plan.redirects.items()):
        yield f"> {old}  {value}"
    for old in sorted(plan.redirects_gone):
        yield f"- {old}  redirected no longer"


def address(action: Action) -> str:
    """The URL path that an action concerns."""
    return key_to_path(action.key)


def summary(plan: Plan) -> str:
    """``3 to create, 1 to update, 0 to remove; 40 unchanged; 2 drafts, 1 scheduled``."""
    if plan.empty:
        return f"Nothing to do: {plural(plan.kept, 'object')} up to date{waiting(plan)}"
    kinds = [action.kind for action in plan.actions]
    removed = kinds.count("delete") + kinds.count("retire")
    return (
        f"{kinds.count('create')} to create, {kinds.count('update')} to update, "
        f"{removed} to remove; {plan.kept} unchanged{waiting(plan)}"
    )


def waiting(plan: Plan) -> str:
    """What is held back on purpose."""
    parts = []
    if plan.drafts:
        parts.append(plural(len(plan.drafts), "draft"))
    if plan.scheduled:
        parts.append(f"{len(plan.scheduled)} scheduled")
    return f"; {', '.join(parts)}" if parts else ""


def changes(plan: Plan, written: frozenset[str]) -> dict[str, list[str]]:
    """What readers see: addresses by what happened to them."""
    pages = [action for action in plan.actions if action.stage is Stage.PAGES]
    gone = [a for a in plan.actions if a.kind == "delete" and a.path]
    moved = {a.key for a in gone if a.reason.startswith("moved to")}
    found: dict[str, list[str]] = {
        "added": [], "edited": [], "followed": [], "removed": [], "files": [], "theme": [],
    }  # fmt: skip
    for action in pages:
        if action.key not in written:
            continue
        kind = "followed"
        if action.kind == "create":
            kind = "edited" if action.reason.startswith(("moved", "renamed")) else "added"
        elif action.reason in {"edited", "now published"} or action.reason.startswith("renamed"):
            kind = "edited"
        found[kind].append(address(action))
    found["removed"] = [address(action) for action in gone if action.key not in moved]
    found["files"] = [
        address(a)
        for a in plan.actions
        if (a.key in written and a.stage is Stage.FILES) or (a.kind == "delete" and not a.path)
    ]
    found["theme"] = [
        address(a) for a in plan.actions if a.key in written and a.stage is Stage.ASSETS
    ]
    return found


_WORDS = {
    "added": ("page added", "pages added"),
    "edited": ("page edited", "pages edited"),
    "removed": ("page removed", "pages removed"),
    "followed": ("page followed", "pages followed"),
    "files": ("file", "files"),
    "theme": ("theme file", "theme files"),
}


def change_words(found: dict[str, list[str]], *, lists: bool = False) -> str:
    """``1 page added, 2 pages followed``; or where it says little, the addresses too."""
    parts = [plural(len(found[kind]), *words) for kind, words in _WORDS.items() if found[kind]]
    if lists:
        parts.append("lists drawn anew")
    return ", ".join(parts) if parts else "nothing changed for readers"


def change_lines(found: dict[str, list[str]]) -> Iterator[str]:
    """Each address with what happened to it; long lists are cut."""
    for kind, sign in (("added", "+"), ("edited", "~"), ("removed", "-")):
        for path in found[kind][:_MOST]:
            yield f"  {sign} {path}"
        if len(found[kind]) > _MOST:
            yield f"    and {len(found[kind]) - _MOST} more {kind}"


def lists_that_show(plan: Plan) -> tuple[str, ...]:
    """The lists, and so the feeds, that show a post which came, went or was edited.

    A page that only followed (its neighbour has a new title, say) looks the same in every list.
    """
    before = plan.record.by_path
    gone = {a.path for a in plan.actions if a.kind == "delete"}
    shown = {a.path for a in plan.actions if a.stage is Stage.PAGES}
    after = {row.path: row for row in plan.rows.named(shown)}
    tags, series, some = set(), set(), False
    for path in gone | shown:
        old, new = before.get(path), after.get(path)
        old = old if old is not None and old.etag else None
        if old is not None and new is not None and old.blob == new.blob:
            continue
        for row in (old, new):
            if row is not None and row.kind == "post" and row.status == "published":
                some = True
                tags |= {*row.tags}
                series |= {row.series} - {""}
    if not some:
        return ()
    return (
        "home",
        "archive",
        *_named("tag", "tags", tags),
        *_named("series", "series", series),
    )


def _named(one: str, many: str, names: set[str]) -> Iterator[str]:
    """Each by its name, or how many there are."""
    if len(names) > _FEW_LISTS:
        yield plural(len(names), one, many)
    else:
        yield from (f"{one} {name}" for name in sorted(names))


def seconds(value: float) -> str:
    """A duration for a person: ``0.42 s``, ``12.3 s``."""
    return f"{value:.2f} s" if value < 10 else f"{value:.1f} s"  # noqa: PLR2004 - three digits


def plan_data(plan: Plan) -> dict[str, Any]:
    """The plan for a program."""
    return {
        "actions": [
            {
                "kind": action.kind,
                "stage": action.stage.name.lower(),
                "key": action.key,
                "url": address(action),
                "source": action.path if action.stage is Stage.PAGES else "",
                "reason": action.reason,
            }
            for action in plan.actions
        ],
        "unchanged": plan.kept,
        "drafts": list(plan.drafts),
        "scheduled": list(plan.scheduled),
        "renamed": dict(plan.renamed),
        "pages": PAGES,
    }
