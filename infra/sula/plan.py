"""Sources + what is published ▶ Plan: every change, each with its reason. Pure.

The build record holds the inputs of everything published. Where a page's inputs now are
equal to those, its bytes are, and it is left alone (Law 1); what cannot be compared as a value
(the engine, the theme, the settings) is a digest. With none of the digests changed, only these
pages can differ, and only these are looked at: the sources that changed, the posts on both
sides of where each was and is in time, the parts of the series each was and is in, and the pages
that link to one whose address changed. The rest costs a few passes over rows.
"""

from __future__ import annotations

from collections.abc import Collection, Container, Iterator, Mapping, Sequence
from typing import Literal

import msgspec

from edgefeed.contract import PAGES, cache_control, content_type
from sula import identity
from sula.actions import Action, Inputs, Plan, Stage
from sula.corpus import Corpus, put_in, series_key
from sula.model import Job, Picture
from sula.pictures import is_recording, picture_of, preview_recipe, recipes
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
    known = record.by_path
    differ = [p for p, blob in blobs.items() if p not in known or known[p].blob != blob]
    return sorted(filter(is_source, differ))


def make_plan(inputs: Inputs, record: Record) -> Plan:
    """Compare the sources with the record. Never raises for content: see ``remarks``."""
    return _Planner(inputs, record).plan()


class _Planner:
    """One planning: the sources before and after, and the steps between."""

    def __init__(self, inputs: Inputs, record: Record) -> None:
        self.inputs = inputs
        self.record = record
        self.fresh = inputs.prints != record.prints
        old_rows = record.by_path
        unknown = sorted(inputs.blobs.keys() - old_rows.keys())
        files = {path: inputs.blobs[path] for path in unknown if not is_source(path)}
        pictures = _pictures(files, inputs.sizes)
        self.recipes = recipes(pictures)
        self.renamed: dict[str, str] = {}
        self.anew: set[str] = set()
        self.before = Corpus(
            old_rows, {f.path for f in record.files}, record.site_id, lambda row: bool(row.etag),
            living=[row for row in record.sources if row.etag],
            pictures=_pictures(
                {f.path: f.blob for f in record.files},
                {f.path: (f.width, f.height) for f in record.files if f.width},
            ),
        )  # fmt: skip
        rows, now = self._rows(old_rows), inputs.now
        self.due = [row for row in rows.values() if row.status != "draft"]
        living = [row for row in self.due if row.instant <= now]
        self.after = Corpus(
            rows, files.keys(), inputs.site_id, self._is_live, living=living, pictures=pictures
        )
        self._add_previews()
        self.files = files | {path: recipe.mark for path, recipe in self.recipes.items()}
        self.touched: set[str] = set()

    def _add_previews(self) -> None:
        if self.inputs.previews is None:
            return
        # Also of posts that wait: their pages name them from the minute of their release on.
        for title in (self.inputs.motto, *(row.title for row in self.due)):
            if title:
                path = self.inputs.previews(title)
                self.recipes[path] = preview_recipe(path, title)

    def _is_live(self, row: Source) -> bool:
        return row.status != "draft" and row.instant <= self.inputs.now

    def _rows(self, old: Mapping[str, Source]) -> dict[str, Source]:
        """The rows to be, in order of time."""
        metas, blobs = self.inputs.metas, self.inputs.blobs
        other = {path for path, row in old.items() if blobs.get(path) != row.blob}
        come = {path: blobs[path] for path in metas if path not in old}
        gone = {path: old[path].blob for path in other if path not in blobs}
        self.renamed = identity.follow_renames(gone, come, self.inputs.hints)
        kept = dict(old)
        for path in other - metas.keys():
            del kept[path]
        if self.inputs.site_id != self.record.site_id and self.record.sources:
            kept = {path: self._remember(row, row) for path, row in kept.items()}
            self.anew.update(kept)
        read = {path: Source.of(meta, blobs[path]) for path, meta in sorted(metas.items())}
        for path, row in read.items():
            origin = old.get(self.renamed.get(path, path))
            if origin is not None:
                read[path] = self._remember(row, origin)
        self.anew.update(read)
        self._mint(read, old, kept)
        return put_in(kept, list(read.values()))

    def _mint(
        self, read: dict[str, Source], old: Container[str], kept: Mapping[str, Source]
    ) -> None:
        """Give each newcomer that states no identity one that nobody has."""
        newcomers = [
            path
            for path, row in read.items()
            if path not in old and path not in self.renamed and not row.id
        ]
        if not newcomers:
            return
        remembered = [row for path, row in read.items() if path in old or path in self.renamed]
        others = [row for path, row in kept.items() if path not in read]
        taken = {row.id or row.identity for row in [*others, *remembered]}
        for path in newcomers:
            unused = identity.mint_unused(self.inputs.site_id, path, taken)
            read[path] = self._with_identity(read[path], unused)

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
        live, now = self.after.living, self.inputs.now
        uploads = sum(action.stage != Stage.REMOVALS for action in actions)
        remarks += collisions(self.due, [*files, *assets])
        future = [row for row in self.due if row.instant > now]
        agenda = make_agenda(self.after, self.inputs, self.record, future)
        redirects, redirects_gone = self._redirects(live)
        remarks += (
            Remark(path, "redirect_from", "redirect-wrong", text, "warning")
            for path, text in hidden(live).items()
            if path in changed or self._every()
        )
        return Plan(
            actions=tuple(sorted(actions)),
            jobs=tuple(sorted(jobs, key=lambda job: job.path)),
            rows=tuple(rows.values()),
            files=files,
            assets=assets,
            kept=len(live) + len(files) + len(assets) - uploads,
            pages_before=len(self.before.living),
            drafts=tuple(sorted([p for p, row in rows.items() if row.status == "draft"])),
            scheduled=tuple(sorted(row.path for row in future)),
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
        before, after, now = self.before.rows, self.after.rows, self.inputs.now
        turned = {
            row.path
            for row in after.values()
            # As `_is_live` says; a call for each source of the site would take three times as long.
            if (row.etag != "") is not (row.status != "draft" and row.instant <= now)
        }
        return turned | self.anew | (before.keys() - after.keys())

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

    def _redirects(self, live: Sequence[Source]) -> tuple[dict[str, str], frozenset[str]]:
        """What the edge must learn and forget."""
        old = self.inputs.redirects_seen
        if old is None:
            old = make_map(self.before.living, self.record.redirects)
        return difference(old, make_map(live, self.inputs.redirects))

    def _removals(self, changed: Collection[str], uploaded: Container[str]) -> Iterator[Action]:
        """Published objects that nothing stands behind any more."""
        for path in sorted(self.before.rows if self._every() else changed):
            old = self.before.shown(path)
            if old is not None:
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
    pictures = {path: picture for path, picture in found if picture is not None}
    # A page states a recording's length, so it depends on which recording that is.
    return pictures | {p: Picture(0, 0, blob[:10]) for p, blob in files.items() if is_recording(p)}


def _drifted(present: Stored | None) -> str:
    return "missing from the bucket" if present is None else "not as it was published"
