"""``sula import``: read the old site, write the new one, tell its author what to do next."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from sula.errors import ConfigError
from sula.importers.assemble import assemble
from sula.importers.identity import read_feed
from sula.importers.model import Site
from sula.importers.report import JSON, MARKDOWN, Report, to_json, to_markdown
from sula.importers.track import Track, untracked
from sula.importers.tree import Tree
from sula.importers.write import Written, write
from sula.report import plural


@dataclass(frozen=True)
class Imported:
    """What an import did."""

    report: Report
    written: Written


def run_import(
    generator: str,
    source: Path,
    folder: Path,
    *,
    url: str = "",
    feeds: tuple[Path, ...] = (),
    track: Track = untracked,
) -> Imported:
    """Import a site into a folder. Raises `ConfigError`; the old site is never written to.

    `track` is handed what is gone through, to tell how far that is.
    """
    tree = Tree(source, track)
    target = folder.resolve()
    if target.is_relative_to(tree.root) or tree.root.is_relative_to(target):
        raise ConfigError(
            f"{folder} and {source} lie within each other: choose a folder elsewhere, so that "
            "nothing is written into the old site"
        )
    if folder.exists() and not folder.is_dir():
        raise ConfigError(f"{folder} is a file: choose a folder")
    site = _read(generator, tree, url)
    files, digests, report = assemble(site, _feeds(site, tree, feeds), track)
    last = {MARKDOWN: to_markdown(report), JSON: to_json(report)}
    return Imported(report, write(folder, files, digests, lambda: last, track))


def _read(generator: str, tree: Tree, url: str) -> Site:
    if generator == "jekyll":
        from sula.importers.jekyll import read_jekyll  # noqa: PLC0415 - only the one that is asked

        return read_jekyll(tree, url)
    if generator == "hugo":
        from sula.importers.hugo import read_hugo  # noqa: PLC0415 - the same

        return read_hugo(tree, url)
    from sula.importers.pelican import read_pelican  # noqa: PLC0415 - the same

    return read_pelican(tree, url)


def _feeds(site: Site, tree: Tree, named: tuple[Path, ...]) -> list[Mapping[str, str]]:
    """The ids in the old feeds: those that were named, then those in the old folder."""
    found = []
    for path in named:
        try:
            ids = read_feed(path.read_bytes())
        except OSError as error:
            raise ConfigError(f"{path} cannot be read: {error.strerror}") from error
        if not ids:
            raise ConfigError(f"{path} is no feed: RSS, Atom and JSON Feed are understood")
        found.append(ids)
    return [*found, *map(read_feed, tree.bodies(list(site.feed_files)))]


def import_lines(imported: Imported, folder: Path) -> list[str]:
    """The import in its author's terms."""
    report, written = imported.report, imported.written
    counts = report.counts
    came = ", ".join(plural(counts[f"{one}s"], one) for one in ("post", "page", "draft", "file"))
    lines = [
        f"From {report.generator}: {came}",
        f"Addresses: {counts['addresses kept']} kept, {counts['addresses redirected']} redirected",
        f"{plural(len(written.written), 'file')} written, {written.unchanged} unchanged",
    ]
    for paths, what in (
        (written.edited, "edited since, and left as it is"),
        (written.deleted, "removed since, and not written again"),
        (written.stale, "no longer in the old site, and left as it is"),
    ):
        lines += [f"  {path}: {what}" for path in paths]
    lines.append(f"Report: {folder / MARKDOWN}")
    if counts["to decide"]:
        lines.append(
            f"To decide: {counts['to decide']}. `sula check` in {folder} lists them, with the line "
            "to edit; the site is built once none is left."
        )
    else:
        lines.append(f"Next: cd {folder} && sula up")
    return lines
