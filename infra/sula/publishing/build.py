"""``sula build DIR``: the complete site as plain files, lists included, for any host.

The same plan, the same renderer and the same edgefeed as in the cloud, over directories. A
marker in the directory lists what was written, so that the next build removes what is no longer
part of the site, and touches nothing else.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Final

import msgspec

from edgefeed.contract import LISTS, PAGES
from sula.content.gather import Checkout, prepare, read_metas, require_lists
from sula.errors import ConfigError, Finding
from sula.planning.actions import Plan, Stage
from sula.planning.record import Prints, Record, Source
from sula.publishing.moved import moved_files
from sula.rendering.workshop import Progress, Renderer, Workshop
from sula.scratch import scratch

MARKER: Final = ".sula-build.json"
NOTES: Final = "notes"
"""A folder beside ``pages/`` while the site is put together: what they say to edgefeed."""


class Marker(msgspec.Struct, frozen=True):
    """What a build wrote, and who its posts are.

    ``files`` are paths relative to the directory. ``sources`` maps each published post's source
    to its blob id and identity, so that a rename is followed here as it is in the cloud.
    """

    version: int = 1
    site_id: str = ""
    files: tuple[str, ...] = ()
    sources: dict[str, tuple[str, str]] = {}


@dataclass(frozen=True)
class Built:
    """What a build did: files by fate, and what there is to say."""

    plan: Plan
    written: int
    unchanged: int
    removed: int
    warnings: tuple[Finding, ...]


def build(
    checkout: Checkout,
    out: Path,
    *,
    now: float,
    render: Renderer | None = None,
    progress: Progress | None = None,
) -> Built:
    """Build the site into a directory that is empty, absent or a previous build.

    Raises `ConfigError` for any other directory, `ContentError` when the content does not
    build; the directory is then as it was.
    """
    _refuse_sources(checkout, out)
    marker = read_marker(out)
    require_lists(checkout)
    read = partial(read_metas, meanwhile=load_ahead)
    prepared = prepare(checkout, memory(marker), now=now, read=read)
    prepared.check()
    with tempfile.TemporaryDirectory(prefix="build-", dir=_room(checkout.root, out)) as staged:
        stage = Path(staged)
        with Workshop(checkout, render or noting(stage), stage / PAGES) as workshop:
            warnings = [*prepared.warnings, *workshop.render(_live(prepared.plan), progress)]
            for action in prepared.plan.actions:
                if action.stage is Stage.PAGES:
                    continue  # rendered to its place
                target = stage / action.key
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(workshop.body(action))
        pages = _keys(prepared.plan)
        warnings += make_lists(checkout, stage, pages)
        lead_on(checkout, prepared.plan, stage)
        after = identities(checkout, prepared.plan)
        written, unchanged, removed = merge(stage, pages, out, marker, after)
    return Built(prepared.plan, written, unchanged, removed, tuple(sorted(warnings)))


def _refuse_sources(checkout: Checkout, out: Path) -> None:
    """A site that is built into its own sources would be part of the next one."""
    settings, place = checkout.settings, out.resolve()
    for folder in (settings.content, settings.theme, settings.root / "theme"):
        if place.is_relative_to(folder.resolve()):
            raise ConfigError(
                f"{out} is where the site is made from, {folder.name}/ or below; "
                "build into another folder"
            )


def lead_on(checkout: Checkout, plan: Plan, stage: Path) -> None:
    """Write the pages of old addresses beside the lists, where nothing else stands."""
    site = checkout.settings.site
    for name, body in moved_files(plan.redirects, site.url, site.language).items():
        if any(_stands(stage / prefix, name) for prefix in (PAGES, LISTS)):
            continue
        target = stage / LISTS / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(body)


def _stands(folder: Path, name: str) -> bool:
    """Whether something is in a file's place, or in that of a folder on the way to it."""
    place = folder / name
    ways = place.parents[: len(Path(name).parts) - 1]
    return place.exists() or any(way.is_file() for way in ways)


def load_ahead() -> None:
    """Import what rendering and its notes take, while git or other processes look and read."""
    from sula.rendering.workers import load  # noqa: PLC0415 - only where something is rendered

    load(notes=True)


def noting(stage: Path) -> Renderer:
    """Pelican, with notes of what its pages say to edgefeed."""
    from sula.rendering.render import render  # noqa: PLC0415 - it may be somebody else's

    notes = stage / NOTES
    notes.mkdir()
    return partial(render, notes=notes)


def _live(plan: Plan) -> Plan:
    """A plan without the pages that wait: plain files have nobody to release them."""
    return replace(plan, waiting_jobs=())


def _keys(plan: Plan) -> list[str]:
    """The keys of all that a plan writes below ``pages/``."""
    return sorted({action.key for action in plan.actions if action.stage is not Stage.REMOVALS})


def make_lists(checkout: Checkout, stage: Path, pages: Sequence[str]) -> list[Finding]:
    """Have edgefeed write ``lists/`` beside ``pages/``, where there are files of these keys.

    What it left out, as warnings.
    """
    from edgefeed.laptop.directory import build_directory  # noqa: PLC0415 - loads lxml, feedgen, Jinja2
    from sula.rendering.templates import Compiled  # noqa: PLC0415 - the same

    with tempfile.TemporaryDirectory(prefix="sula-theme-") as folder:
        templates = lay_out(checkout.theme.templates, Path(folder))
        cores = os.cpu_count() or 1
        build_directory(
            stage,
            checkout.settings.site,
            templates,
            pages=pages,
            processes=cores,
            notebooks=sorted((stage / NOTES).glob("*")),
            compiled=Compiled(checkout.root, checkout.settings.site),
        )
    problems = stage / "state/problems.json"
    if not problems.exists():
        return []
    rows = msgspec.json.decode(problems.read_bytes())
    rows = rows.get("problems", []) if isinstance(rows, dict) else rows
    return [Finding(row["key"], 0, "feed-refused", row["reason"], "warning") for row in rows]


def lay_out(templates: Mapping[str, str], folder: Path) -> Path:
    """A theme's templates as files of one folder, as the function's bundle has them."""
    for name, text in templates.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8", newline="\n")
    return folder


def memory(marker: Marker) -> Record:
    """A record that knows only who is who."""
    rows = [
        Source(
            path=path, blob=blob, kind="post", title="", url="", output="", published="",
            instant=0, updated="", id="", tags=(), series="", position=None, status="draft",
            links=(), identity=identity,
        )
        for path, (blob, identity) in marker.sources.items()
    ]  # fmt: skip
    return Record(site_id=marker.site_id, prints=Prints(), sources=tuple(rows))


def identities(checkout: Checkout, plan: Plan) -> Marker:
    """The marker of a build, its files still to be named."""
    site_id = checkout.settings.site.id
    jobs = {job.path: job.id for job in plan.jobs if job.id}
    sources = {path: (plan.inputs.blobs[path], identity) for path, identity in sorted(jobs.items())}
    return Marker(site_id=site_id, sources=sources)


def read_marker(out: Path) -> Marker:
    """What the last build here wrote. Raises `ConfigError` where there was none."""
    place = out / MARKER
    if place.exists():
        try:
            return msgspec.json.decode(place.read_bytes(), type=Marker)
        except msgspec.DecodeError as error:
            raise ConfigError(f"{place} is damaged ({error}); build into another folder") from error
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise ConfigError(
            f"{out} is not empty and was not made by `sula build`; name a folder that is empty or "
            "does not exist yet"
        )
    return Marker()


def merge(
    stage: Path, pages: Iterable[str], out: Path, old: Marker, new: Marker
) -> tuple[int, int, int]:
    """Make the directory hold what was built: pages of these keys, and the lists.

    Counts files written, unchanged, removed.
    """
    made = [*(key.removeprefix(PAGES) for key in pages), *_files(stage / LISTS)]
    known, there = set(old.files), out.exists()
    foreign = [n for n in made if there and n not in known and _is_foreign(out, n, known)]
    if foreign:
        raise ConfigError(
            f"{out / foreign[0]} was not made by `sula build` and would be overwritten; move it "
            "away, or build into another folder"
        )
    out.mkdir(parents=True, exist_ok=True)
    # Whatever happens from here on, the next build knows every file that is ours.
    _write_marker(out, msgspec.structs.replace(old, files=tuple(sorted(known.union(made)))))
    gone = sorted(known.difference(made))
    for name in gone:
        _remove(out, name)
    unchanged = sum(_settle(stage / prefix, out) for prefix in (PAGES, LISTS))
    _write_marker(out, msgspec.structs.replace(new, files=tuple(sorted(made))))
    return len(made) - unchanged, unchanged, len(gone)


def _room(root: Path, out: Path) -> Path | None:
    """Where to put a site together: on the disk that it is for, so that its files need no copying.

    None where there is no such place but the folder itself.
    """
    near = next(parent for parent in out.absolute().parents if parent.exists())
    room = scratch(root)
    if room is not None and room.stat().st_dev == near.stat().st_dev:
        return room
    return None


def _files(folder: Path) -> Iterator[str]:
    """Every file below a folder, by its path from there, with ``/``."""
    start = len(str(folder)) + 1
    for at, _, names in os.walk(folder):
        prefix = at[start:].replace(os.sep, "/")
        yield from (f"{prefix}/{name}" for name in names) if prefix else names


def _is_foreign(out: Path, name: str, known: set[str]) -> bool:
    """Whether something of another's stands in a file's place. A folder of ours goes."""
    place = out / name
    if not place.is_dir():
        return place.exists()
    inside = [f"{name}/{file}" for file in _files(place)]
    return not inside or not known.issuperset(inside)


def _settle(source: Path, target: Path) -> int:
    """Move what is below one folder into another; how many files were there already, the same.

    A folder that the target lacks is moved whole.
    """
    if not source.exists():
        return 0
    same = 0
    with os.scandir(source) as entries:
        for entry in entries:
            place = target / entry.name
            if not entry.is_dir():
                if place.is_file() and _equal(Path(entry.path), place):
                    same += 1
                else:
                    shutil.move(entry.path, place)
            elif place.exists():
                same += _settle(Path(entry.path), place)
            else:
                shutil.move(entry.path, place)
    return same


def _equal(one: Path, other: Path) -> bool:
    return one.stat().st_size == other.stat().st_size and one.read_bytes() == other.read_bytes()


def _remove(out: Path, name: str) -> None:
    path = out / name
    path.unlink(missing_ok=True)
    for parent in path.parents:
        if parent == out or any(parent.iterdir()):
            break
        parent.rmdir()


def _write_marker(out: Path, marker: Marker) -> None:
    body = msgspec.json.format(msgspec.json.encode(marker, order="sorted"), indent=1)
    draft = out / (MARKER + ".new")
    draft.write_bytes(body + b"\n")
    draft.replace(out / MARKER)
