"""Everything a plan is made from, read from the author's checkout."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import msgspec

from edgefeed.contract import Site
from sula.content.files import adjusted, authored, difference, files_of
from sula.content.findings import locate
from sula.content.git import Git, GitError
from sula.content.pictures import is_picture, motto_of, preview_path, size_of
from sula.content.sources import Known, Scan, markdown_elsewhere, scan
from sula.content.urls import Rules
from sula.errors import ContentError, Finding
from sula.installed import remembered
from sula.model import Meta
from sula.planning.actions import Inputs, Plan
from sula.planning.plan import make_plan, to_read
from sula.planning.record import Prints, Record, Stored, Surveyed, Waiting
from sula.planning.redirects import REDIRECTS_FILE, parse
from sula.publishing.publish import etag_of
from sula.site.fallback import made_files
from sula.site.settings import SiteSettings, load_settings
from sula.site.theme import Theme

_WORTH_A_PROCESS = 400
"""So many sources read take longer than starting another Python."""


@dataclass(frozen=True)
class Checkout:
    """A site's files as they are now.

    ``since`` is the moment before the first was looked at. ``made`` are files to publish that the
    author did not write. ``redirects`` are those of ``redirects.txt``.
    """

    settings: SiteSettings
    theme: Theme
    scan: Scan
    since: float
    engine: str
    made: Mapping[str, bytes] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()
    redirects: Mapping[str, str] = field(default_factory=dict)

    @property
    def root(self) -> Path:
        """The folder of ``pelicanconf.py``."""
        return self.settings.root

    @property
    def folder(self) -> str:
        """The content directory's name, as findings give it."""
        return self.settings.content.relative_to(self.root).as_posix()

    @property
    def prints(self) -> Prints:
        """Digests of what shapes every page."""
        return Prints(self.engine, self.theme.theme_fingerprint, self.settings.settings_fingerprint)


Reader = Callable[[Path, Sequence[str], Rules], tuple[dict[str, Meta], list[Finding]]]
"""What `read_metas` is."""


@dataclass(frozen=True)
class Prepared:
    """A plan, and what there is to say about the content, each with its line."""

    plan: Plan
    findings: tuple[Finding, ...] = field(default=())

    @property
    def warnings(self) -> tuple[Finding, ...]:
        """The findings that do not keep the site from being published."""
        return tuple(f for f in self.findings if f.severity != "error")

    def check(self) -> None:
        """Raise `ContentError` with everything that keeps the site from being published."""
        if any(finding.severity == "error" for finding in self.findings):
            raise ContentError(self.findings)


def look(
    root: Path,
    *,
    since: float,
    url: str | None = None,
    engine: str | None = None,
    known: Known = lambda: None,
) -> Checkout:
    """Read settings and theme, and see which files there are.

    ``url`` overrides SITEURL, ``engine`` the digest of Sula itself. ``known`` is as in `scan`.
    """
    settings = load_settings(root)
    if url is not None:
        settings = settings.with_url(url)
    folder = settings.content.relative_to(settings.root).as_posix()
    found = scan(settings.root, folder, known)
    elsewhere = markdown_elsewhere(files_of(found.blobs), folder)
    findings = [*settings.findings, *found.findings, *elsewhere]
    made = made_files(settings.site, found.blobs)
    engine = remembered(settings.root, "engine", _engine) if engine is None else engine
    theme = settings.load_theme()
    redirects, problems = read_redirects(settings.root)
    findings += problems
    return Checkout(settings, theme, found, since, engine, made, tuple(findings), redirects)


def require_lists(checkout: Checkout) -> None:
    """Raise `ContentError` where the theme lacks templates of lists.

    edgefeed renders lists, after the pages are up: what they need is looked for before.
    """
    if checkout.theme.lacking:
        raise ContentError(lacks(checkout.settings, name) for name in checkout.theme.lacking)


def lacks(settings: SiteSettings, name: str) -> Finding:
    """What is said of a template of lists that is not there."""
    path = settings.theme / "templates" / name
    shown = path.relative_to(settings.root) if path.is_relative_to(settings.root) else path
    message = (
        f"the theme lacks {name}, which lists are made of: add it, or have another template say "
        '{% extends "!theme/base.html" %}, and the shipped theme fills in'
    )
    return Finding(shown.as_posix(), 0, "theme-contract", message)


def read_redirects(root: Path) -> tuple[dict[str, str], list[Finding]]:
    """The redirects that stand in a file of their own, if there is one."""
    try:
        text = (root / REDIRECTS_FILE).read_text("utf-8")
    except FileNotFoundError:
        return {}, []
    except UnicodeDecodeError:
        return {}, [Finding(REDIRECTS_FILE, 1, "file-encoding", "not UTF-8: save it as UTF-8")]
    return parse(text)


def _engine() -> str:
    from sula.engine import engine_fingerprint  # noqa: PLC0415 - only after an installation

    return engine_fingerprint()


def prepare(
    checkout: Checkout,
    record: Record,
    *,
    now: float,
    observed: Mapping[str, Stored | None] | None = None,
    read: Reader | None = None,
    waiting: Mapping[str, Waiting | None] | None = None,
    redirects_seen: Mapping[str, str] | None = None,
) -> Prepared:
    """Read the sources that changed since the record, and plan. `read` may remember them."""
    blobs = checkout.scan.blobs
    prints = checkout.prints
    wanted = to_read(blobs, record, prints)
    metas, findings = (read or read_metas)(checkout.root, wanted, checkout.settings.rules)
    broken = set(wanted) - metas.keys()
    made = {path: etag_of(body) for path, body in checkout.made.items()}
    inputs = Inputs(
        blobs=adjusted(blobs, broken, made),
        metas=metas,
        assets={path: etag_of(body) for path, body in checkout.theme.files.items()},
        prints=prints,
        site_id=checkout.settings.site.id,
        now=int(now),
        hints=_renames(checkout, record, wanted),
        observed=observed or {},
        sizes=_sizes(checkout, record),
        previews=_previews(checkout.settings.site),
        motto=motto_of(checkout.settings.site),
        waiting=waiting or {},
        redirects=checkout.redirects,
        redirects_seen=redirects_seen,
    )
    plan = make_plan(inputs, record)
    # What is said of a source that could not be read is said already.
    remarks = [r for r in plan.remarks if r.about.removeprefix("link:") not in broken]
    findings += [*checkout.findings, *locate(remarks, checkout.root, checkout.folder)]
    return Prepared(plan, tuple(sorted(findings)))


def _sizes(checkout: Checkout, record: Record) -> dict[str, tuple[int, int]]:
    """The sizes of all pictures; only those that the record does not know are looked at."""
    known = {f.path: (f.blob, f.width, f.height) for f in record.files if is_picture(f.path)}
    sizes = {}
    for path, blob in sorted(files_of(checkout.scan.blobs).items()):
        if not is_picture(path):
            continue
        was, *size = known.get(path, ("", 0, 0))
        try:
            fresh = was != blob or not size[0]
            sizes[path] = size_of(checkout.settings.content / path) if fresh else (size[0], size[1])
        except OSError:
            continue  # gone meanwhile: publishing it will say so
    return sizes


def _previews(site: Site) -> Callable[[str], str] | None:
    return (lambda title: preview_path(title, site)) if site.previews else None


def read_metas(
    root: Path,
    paths: Sequence[str],
    rules: Rules,
    *,
    meanwhile: Callable[[], None] = lambda: None,
) -> tuple[dict[str, Meta], list[Finding]]:
    """What sources say of themselves. Many are read by several processes, `meanwhile` aside."""
    cores = os.cpu_count() or 1
    if len(paths) < _WORTH_A_PROCESS or cores == 1:
        return _read(root, paths, rules)
    from concurrent.futures import ProcessPoolExecutor  # noqa: PLC0415 - only for many sources

    import sula.content.meta  # noqa: F401, PLC0415 - once, and not in each copy of this process

    metas: dict[str, Meta] = {}
    findings: list[Finding] = []
    size = -(-len(paths) // (cores * 4))
    parts = [paths[start : start + size] for start in range(0, len(paths), size)]
    decoder = msgspec.msgpack.Decoder(dict[str, Meta])
    with ProcessPoolExecutor(cores) as pool:
        read = pool.map(_read_apart, [root] * len(parts), parts, [rules] * len(parts))
        meanwhile()
        for some, problems in read:
            metas |= decoder.decode(some)
            findings += problems
    return metas, findings


def _read_apart(root: Path, paths: Sequence[str], rules: Rules) -> tuple[bytes, list[Finding]]:
    """The same, in a process of its own: pickle would take three times as long with so many."""
    metas, findings = _read(root, paths, rules)
    return msgspec.msgpack.encode(metas), findings


def _read(root: Path, paths: Sequence[str], rules: Rules) -> tuple[dict[str, Meta], list[Finding]]:
    if not paths:
        return {}, []
    from sula.content.meta import read_meta  # noqa: PLC0415 - Markdown is not read where nothing changed
    from sula.content.sources import read_text  # noqa: PLC0415 - the same

    metas, findings = {}, []
    for path in paths:
        text, problems = read_text(root, rules.folder, path)
        meta = None
        if not problems:
            meta, problems = read_meta(path, text, rules)
        if meta is not None:
            metas[path] = meta
        findings += problems
    return metas, findings


def _renames(checkout: Checkout, record: Record, wanted: Sequence[str]) -> dict[str, str]:
    """Git's renames since the recorded commit, where there can be any: new path to old."""
    if not record.commit or not checkout.scan.from_git:
        return {}
    come = any(path not in record.by_path for path in wanted)
    if not come or not difference(checkout.scan.blobs, record).gone:
        return {}
    try:
        git = Git.find(checkout.settings.content)
        return git.renames(record.commit) if git else {}
    except GitError:
        return {}  # a shallow clone does not have that commit: equal contents are followed anyway


def changed_since(checkout: Checkout, plan: Plan) -> set[str]:
    """The files that were saved while they were being published.

    Such a file may have been read twice, with different contents.
    """
    content = checkout.settings.content
    paths = {action.path for action in plan.actions if action.kind in {"create", "update"}}
    racy = set()
    for path in filter(checkout.scan.blobs.__contains__, sorted(paths)):
        try:
            if (content / path).stat().st_mtime >= checkout.since:
                racy.add(path)
        except OSError:
            racy.add(path)
    return racy


def with_unknown(plan: Plan, paths: Collection[str]) -> Plan:
    """The plan with some rows marked unknown; the next deploy looks again."""
    if not paths:
        return plan
    return replace(
        plan,
        rows=plan.rows.change(
            [msgspec.structs.replace(row, blob="?") for row in plan.rows.named(paths)]
        ),
        files=tuple(
            msgspec.structs.replace(row, blob="?") if row.path in paths else row
            for row in plan.files
        ),
    )


def surveyed(scan: Scan, record: Record, racy: Collection[str]) -> Surveyed | None:
    """How the files that a record describes differ from its commit, where it says all of them."""
    files = {path: blob for path, blob in files_of(scan.blobs).items() if path not in racy}
    if scan.surveyed is None or files != authored(record):
        return None
    return Surveyed(scan.surveyed.prefix, tuple(sorted({*scan.surveyed.apart, *racy})))
