"""Sources + what is published ▶ Plan: every change, each with its reason. Pure.

The build record holds the inputs of everything published. Where a page's inputs now are
equal to those, its bytes are, and it is left alone (Law 1); what cannot be compared as a value
(the engine, the theme, the settings) is a digest. With none of the digests changed, only these
pages can differ, and only these are looked at: the sources that changed, the posts on both
sides of where each was and is in time, the parts of the series each was and is in, and the pages
that link to one whose address changed. The rest costs a few passes over rows.
"""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping
from typing import Literal

import msgspec

from edgefeed.contract import PAGES, cache_control, content_type
from sula import identity
from sula.actions import Action, Inputs, Plan, Stage
from sula.corpus import Corpus, series_key
from sula.model import Job, Picture
from sula.pictures import picture_of, preview_recipe, recipes
from sula.reasons import why_gone, why_rendered
from sula.record import File, Prints, Record, Source, Stored
from sula.redirects import difference, hidden, make_map
from sula.remarks import Remark, collisions, find_remarks
from sula.waiting import make_agenda


def is_source(path: str) -> bool:
    """Whether a file of the content directory is rendered, not copied (`sula.meta.kind_of`)."""
    return path.endswith(".md") and path.startswith(("posts/", "pages/"))


def to_read(blobs: Mapping[str, str], record: Record, prints: Prints) -> list[str]:
    """The sources whose metadata the record does not hold: new, changed, or read otherwise."""
    old = record.prints
    if (old.engine, old.settings) != (prints.engine, prints.settings):
        return sorted(filter(is_source, blobs))
    known = {row.path: row.blob for row in record.sources}
    return sorted(p for p, blob in blobs.items() if known.get(p) != blob and is_source(p))


def make_plan(inputs: Inputs, record: Record) -> Plan:
    """Compare the sources with the record. Never raises for content: see ``remarks``."""
    return _Planner(inputs, record).plan()


class _Planner:
    """One planning: the sources before and after, and the steps between."""

    def __init__(self, inputs: Inputs, record: Record) -> None:
        self.inputs = inputs
        self.record = record
        self.fresh = inputs.prints != record.prints
        files = {path: blob for path, blob in inputs.blobs.items() if not is_source(path)}
        old_rows = {row.path: row for row in record.sources}
        pictures = _pictures(files, inputs.sizes)
        self.recipes = recipes(pictures)
        self.renamed: dict[str, str] = {}
        self.before = Corpus(
            old_rows, {f.path for f in record.files}, record.site_id, lambda row: bool(row.etag),
            _pictures(
                {f.path: f.blob for f in record.files},
                {f.path: (f.width, f.height) for f in record.files if f.width},
            ),
        )  # fmt: skip
        self.after = Corpus(
            self._rows(old_rows), files.keys(), inputs.site_id, self._is_live, pictures
        )
        self._add_previews()
        self.files = files | {path: recipe.mark for path, recipe in self.recipes.items()}
        self.touched: set[str] = set()

    def _add_previews(self) -> None:
        if self.inputs.previews is None:
            return
        # Also of posts that wait: their pages name them from the minute of their release on.
        due = (row for row in self.after.rows.values() if row.status != "draft")
        for title in (self.inputs.motto, *(row.title for row in due)):
            if title:
                path = self.inputs.previews(title)
                self.recipes[path] = preview_recipe(path, title)

    def _is_live(self, row: Source) -> bool:
        return row.status != "draft" and row.instant <= self.inputs.now

    def _rows(self, old: Mapping[str, Source]) -> dict[str, Source]:
        """The rows to be: those kept first and in their order, which is that of time."""
        metas, blobs = self.inputs.metas, self.inputs.blobs
        kept = {
            path: row
            for path, row in old.items()
            if path not in metas and blobs.get(path) == row.blob
        }
        come = {path: blobs[path] for path in metas if path not in old}
        gone = {path: row.blob for path, row in old.items() if path not in blobs}
        self.renamed = identity.follow_renames(gone, come, self.inputs.hints)
        moved_site = self.inputs.site_id != self.record.site_id and bool(self.record.sources)
        if moved_site:
            kept = {path: self._remember(row, row) for path, row in kept.items()}
        taken = {row.id or row.identity for row in kept.values()} - {""}
        read = {path: Source.of(meta, blobs[path]) for path, meta in sorted(metas.items())}
        for path, row in read.items():
            origin = old.get(self.renamed.get(path, path))
            if origin is not None:
                read[path] = self._remember(row, origin)
                taken.add(read[path].id or read[path].identity)
        for path, row in read.items():
            if path not in old and path not in self.renamed and not row.id:
                unused = identity.mint_unused(self.inputs.site_id, path, taken)
                read[path] = self._with_identity(row, unused)
        return kept | read

    def _remember(self, row: Source, origin: Source) -> Source:
        """Give a row the identity that its source had before, unless it states another."""
        if row.id:
            return row
        return self._with_identity(row, origin.identify(self.record.site_id))

    def _with_identity(self, row: Source, wanted: str) -> Source:
        minted = identity.mint(self.inputs.site_id, row.path)
        return msgspec.structs.replace(row, identity="" if wanted == minted else wanted)

    def plan(self) -> Plan:
        changed = self._changed()
        remarks = find_remarks(self.before, self.after, changed, every=self._every())
        suspects = self._suspects(changed)
        actions: list[Action] = []
        jobs: list[Job] = []
        rows = dict(self.after.rows)
        for path in sorted(suspects):
            row = self.after.rows[path]
            if not self._is_live(row):
                rows[path] = msgspec.structs.replace(row, etag="", headers=0)
                continue
            job = self.after.job(row)
            action = self._page_action(row, job)
            if action is None:
                old = self.before.rows[path]
                rows[path] = msgspec.structs.replace(row, etag=old.etag, headers=old.headers)
            else:
                rows[path] = msgspec.structs.replace(row, etag="", headers=0)
                actions.append(action)
                jobs.append(job)
        files, file_actions = self._plain(
            Stage.FILES, self.files, {f.path: f for f in self.record.files}
        )
        assets, asset_actions = self._plain(
            Stage.ASSETS, self.inputs.assets, {a.path: a for a in self.record.assets}
        )
        actions += [*file_actions, *asset_actions]
        actions += self._removals(changed, {a.key for a in actions})
        live = [row for row in rows.values() if self._is_live(row)]
        uploads = sum(action.stage != Stage.REMOVALS for action in actions)
        due = [row for row in rows.values() if row.status != "draft"]
        remarks += collisions(due, [*files, *assets])
        agenda = make_agenda(self.after, self.inputs, self.record)
        redirects, redirects_gone = self._redirects(live)
        remarks += (
            Remark(path, "redirect_from", text, "warning")
            for path, text in hidden(live).items()
            if path in changed or self._every()
        )
        return Plan(
            actions=tuple(sorted(actions)),
            jobs=tuple(sorted(jobs, key=lambda job: job.path)),
            rows=tuple(sorted(rows.values(), key=lambda row: (row.instant, row.path))),
            files=files,
            assets=assets,
            kept=len(live) + len(files) + len(assets) - uploads,
            pages_before=sum(bool(row.etag) for row in self.record.sources),
            drafts=tuple(sorted(p for p, r in rows.items() if r.status == "draft")),
            scheduled=tuple(
                sorted(p for p, r in rows.items() if r.status != "draft" and not self._is_live(r))
            ),
            renamed=self.renamed,
            remarks=tuple(remarks),
            recipes=self.recipes,
            appointments=agenda.appointments,
            waiting=agenda.waiting,
            waiting_jobs=agenda.jobs,
            redirects=redirects,
            redirects_gone=redirects_gone,
            inputs=self.inputs,
            record=self.record,
        )

    # --- which pages may differ ----------------------------------------------------------

    def _every(self) -> bool:
        """Whether every page is looked at: a digest differs, or nothing is published."""
        return self.fresh or self.inputs.site_id != self.record.site_id

    def _changed(self) -> set[str]:
        """Sources that came, went, were read anew, or became or ceased to be public."""
        before, after = self.before.rows, self.after.rows
        changed = {
            path
            for path, row in after.items()
            if before.get(path) is not row or bool(row.etag) != self._is_live(row)
        }
        return changed | (before.keys() - after.keys())

    def _suspects(self, changed: set[str]) -> set[str]:
        """Sources whose page may differ, or whose row must be settled."""
        after = self.after.rows
        suspects = changed & after.keys()
        if self._every():
            return suspects | after.keys()
        suspects |= set(self._nearby(changed))
        moved = {
            path
            for path in changed | (self.before.files ^ self.files.keys())
            if self.before.address(path) != self.after.address(path)
        }
        was, now = self.before.pictures, self.after.pictures
        moved |= {path for path in was.keys() | now.keys() if was.get(path) != now.get(path)}
        if moved:
            suspects |= set(self.after.linking_to(moved))
        if self.inputs.observed:
            suspects |= {p for p, r in after.items() if PAGES + r.output in self.inputs.observed}
        return suspects

    def _nearby(self, changed: set[str]) -> Iterator[str]:
        """Posts that name a changed one: neighbours in time, parts of the same series."""
        series = set()
        for corpus in (self.before, self.after):
            for path in changed:
                row = corpus.shown(path)
                if row is None or row.kind != "post" or row.status != "published":
                    continue
                yield from filter(None, self.after.around((row.instant, path)))
                if row.series:
                    series.add(series_key(row.series))
        for key in series:
            yield from (part.path for part in self.after.series.get(key, ()))

    # --- actions -----------------------------------------------------------------------

    def _page_action(self, row: Source, job: Job) -> Action | None:
        """The change to one live page, or None where it stays as it is."""
        key = PAGES + row.output
        old = self.before.rows.get(row.path)
        old_page = old if old is not None and old.etag else None
        reason = why_rendered(
            row,
            job,
            old,
            self.before.job(old_page) if old_page else None,
            renamed_from=self.renamed.get(row.path),
            prints=(self.record.prints, self.inputs.prints),
        )
        holder = old_page or self.before.shown(self.renamed.get(row.path, ""))
        known = self.record.stored(holder) if holder and holder.output == row.output else None
        present = self.inputs.observed.get(key, known)
        if not reason and present == known:
            return None
        kind: Literal["create", "update"] = "update" if known else "create"
        reason = reason or _drifted(present)
        return Action(Stage.PAGES, key, kind, reason, row.path, present, when=row.instant)

    def _plain(
        self, stage: Stage, wanted: Mapping[str, str], old: Mapping[str, File]
    ) -> tuple[tuple[File, ...], list[Action]]:
        """Files or assets to be, and the uploads among them."""
        lines = {headers: line for line, headers in enumerate(self.record.headers)}
        rows, actions = [], []
        for path, mark in sorted(wanted.items()):
            key, was = PAGES + path, old.get(path)
            known = self.record.stored(was) if was else None
            present = self.inputs.observed.get(key, known) if self.inputs.observed else known
            same = was is not None and mark == (was.blob or was.etag)
            headers = (content_type(key), cache_control(key)) if self.fresh or not same else None
            if same and was is not None and present == known:
                if headers is None or lines.get(headers) == was.headers:
                    size = self.inputs.sizes.get(path, (0, 0))
                    same_size = (was.width, was.height) == size
                    rows.append(
                        was if same_size else File(was.path, was.blob, was.etag, was.headers, *size)
                    )
                    continue
                reason = "its headers changed"
            elif same:
                reason = _drifted(present)
            else:
                reason = "edited" if was else "new"
            blob = mark if stage == Stage.FILES else ""
            rows.append(File(path, blob, "", 0, *self.inputs.sizes.get(path, (0, 0))))
            kind: Literal["create", "update"] = "update" if was else "create"
            actions.append(Action(stage, key, kind, reason, path, present))
        return tuple(rows), actions

    def _redirects(self, live: list[Source]) -> tuple[dict[str, str], frozenset[str]]:
        """What the edge must learn and forget."""
        old = self.inputs.redirects_seen
        if old is None:
            published = [row for row in self.record.sources if row.etag]
            old = make_map(published, self.record.redirects)
        return difference(old, make_map(live, self.inputs.redirects))

    def _removals(self, changed: Container[str], uploaded: Container[str]) -> Iterator[Action]:
        """Published objects that nothing stands behind any more."""
        for path, old in self.before.rows.items():
            if old.etag and (path in changed or self._every()):
                row, key = self.after.shown(path), PAGES + old.output
                if (row is None or row.output != old.output) and key not in uploaded:
                    reason = why_gone(path, self.after, self.renamed, self._is_live)
                    yield Action(
                        Stage.REMOVALS, key, "delete", reason, path, self.record.stored(old)
                    )
        for file in self.record.files:
            if file.path not in self.files and PAGES + file.path not in uploaded:
                yield Action(Stage.REMOVALS, PAGES + file.path, "delete", "removed")
        for asset in self.record.assets:
            if asset.path not in self.inputs.assets:
                yield Action(
                    Stage.REMOVALS, PAGES + asset.path, "retire", "no page uses it any more"
                )
        yield from self._strangers(uploaded)

    def _strangers(self, uploaded: Container[str]) -> Iterator[Action]:
        """Objects seen in the bucket that are no part of the site, before or after."""
        if not self.inputs.observed:
            return
        known = {PAGES + row.output for row in self.after.rows.values() if self._is_live(row)}
        known |= {PAGES + row.output for row in self.before.rows.values() if row.etag}
        for files in (self.files, self.inputs.assets):
            known |= {PAGES + path for path in files}
        known |= {PAGES + f.path for f in (*self.record.files, *self.record.assets)}
        for key, present in sorted(self.inputs.observed.items()):
            if present is not None and key not in known and key not in uploaded:
                asset = key.startswith(PAGES + "theme/")
                kind: Literal["retire", "delete"] = "retire" if asset else "delete"
                yield Action(Stage.REMOVALS, key, kind, "no part of the site", "", present)


def _pictures(files: Mapping[str, str], sizes: Mapping[str, tuple[int, int]]) -> dict[str, Picture]:
    found = ((path, picture_of(path, files[path], size)) for path, size in sizes.items())
    return {path: picture for path, picture in found if picture is not None}


def _drifted(present: Stored | None) -> str:
    return "missing from the bucket" if present is None else "not as it was published"
