"""Sources + what is published ▶ Plan: every change, each with its reason. Pure.

The build record holds the inputs of everything published. Where a page's inputs now are
equal to those, its bytes are, and it is left alone (Law 1); what cannot be compared as a value
(the engine, the theme, the settings) is a digest. With none of the digests changed, only these
pages can differ, and only these are looked at: the sources that changed, the posts on both
sides of where each was and is in time, the parts of the series each was and is in, and the pages
that link to one whose address changed. The rest costs a few passes over rows.
"""

from __future__ import annotations

from collections.abc import Collection, Container, Iterator, Mapping
from typing import Literal

import msgspec

from edgefeed.contract import PAGES
from sula.content.files import difference as find_difference
from sula.content.files import files_of, is_source
from sula.content.pictures import is_recording, picture_of, preview_recipe, recipes
from sula.local.served import cache_control, content_type
from sula.model import Job, Picture
from sula.planning import identity
from sula.planning.actions import Action, Inputs, Plan, Stage
from sula.planning.blocks import series_key
from sula.planning.corpus import Corpus
from sula.planning.reasons import why_gone, why_rendered
from sula.planning.record import File, Prints, Record, Source, Stored
from sula.planning.redirects import difference, hidden, keys_of, make_map
from sula.planning.remarks import Remark, collisions, find_remarks
from sula.planning.rows import Rows
from sula.planning.scheduled import make_agenda


def to_read(blobs: Mapping[str, str], record: Record, prints: Prints) -> list[str]:
    """The sources whose metadata the record does not hold: new, changed, or read otherwise."""
    old = record.prints
    if (old.engine, old.settings) != (prints.engine, prints.settings):
        return sorted(filter(is_source, blobs))
    return sorted(find_difference(blobs, record).there)


def make_plan(inputs: Inputs, record: Record) -> Plan:
    """Compare the sources with the record. Never raises for content: see ``remarks``."""
    return _Planner(inputs, record).plan()


class _Planner:
    """One planning: the sources before and after, and the steps between."""

    def __init__(self, inputs: Inputs, record: Record) -> None:
        self.inputs = inputs
        self.record = record
        self.fresh = inputs.prints != record.prints
        self.difference = find_difference(inputs.blobs, record)
        files = files_of(inputs.blobs)
        pictures = _pictures(files, inputs.sizes)
        self.recipes = recipes(pictures)
        self.renamed: dict[str, str] = {}
        self.anew: set[str] = set()
        self.before = Corpus(
            record.rows, {f.path for f in record.files}, record.site_id, lambda row: bool(row.etag),
            pictures=_pictures(
                {f.path: f.blob for f in record.files},
                {f.path: (f.width, f.height) for f in record.files if f.width},
            ),
        )  # fmt: skip
        self.after = Corpus(
            self._rows(), files.keys(), inputs.site_id, self._is_live, pictures=pictures
        )
        self._add_previews()
        self.files = files | {path: recipe.mark for path, recipe in self.recipes.items()}

    def _add_previews(self) -> None:
        if self.inputs.previews is None:
            return
        # Also of posts that wait: their pages name them from the minute of their release on.
        due = (row.title for row in self.after.table if row.status != "draft")
        for title in (self.inputs.motto, *due):
            if title:
                path = self.inputs.previews(title)
                self.recipes[path] = preview_recipe(path, title)

    def _is_live(self, row: Source) -> bool:
        return row.status != "draft" and row.instant <= self.inputs.now

    def _rows(self) -> Rows:
        """The rows to be."""
        metas, blobs, old = self.inputs.metas, self.inputs.blobs, self.before.rows
        there, vanished = self.difference
        come = {path: blobs[path] for path in metas if path not in old}
        gone = {path: old[path].blob for path in vanished}
        self.renamed = identity.follow_renames(gone, come, self.inputs.hints)
        # What changed and could not be read is as good as gone.
        self.lost = vanished | {path for path in there if path not in metas and path in old}
        kept = self.record.rows.change((), self.lost)
        if self.inputs.site_id != self.record.site_id and self.record.rows:
            kept = kept.change([self._remember(row, row) for row in kept])
            self.anew.update(row.path for row in kept)
        read = {path: Source.of(meta, blobs[path]) for path, meta in sorted(metas.items())}
        for path, row in read.items():
            origin = old.get(self.renamed.get(path, path))
            if origin is not None:
                read[path] = self._remember(row, origin)
        self.anew.update(read)
        self._mint(read, kept)
        return kept.change(list(read.values()))

    def _mint(self, read: dict[str, Source], kept: Rows) -> None:
        """Give each newcomer that states no identity one that nobody has."""
        old = self.before.rows
        known = {path for path in read if path in old or path in self.renamed}
        taken = _Taken(kept, read, known)
        for path in [path for path, row in read.items() if path not in known and not row.id]:
            unused = identity.mint_unused(self.inputs.site_id, path, taken)
            read[path] = self._with_identity(read[path], unused)

    def _remember(self, row: Source, origin: Source) -> Source:
        """Give a row the identity that its source had before, unless it states another."""
        if row.id:
            return row
        return self._with_identity(row, origin.identify(self.record.site_id))

    def _with_identity(self, row: Source, wanted: str) -> Source:
        kept = "" if wanted == identity.mint(self.inputs.site_id, row.path) else wanted
        return row if row.identity == kept else msgspec.structs.replace(row, identity=kept)

    def plan(self) -> Plan:
        changed = self._changed()
        remarks = find_remarks(self.before, self.after, changed, every=self._every())
        suspects = self._suspects(changed)
        near = self.after.neighbours() if self._every() else {}
        actions: list[Action] = []
        jobs: list[Job] = []
        settled: list[Source] = []
        for path in sorted(suspects):
            row = self.after.rows[path]
            action, etag, headers = None, "", 0
            if self._is_live(row):
                job = self.after.job(row, near.get(path))
                action = self._page_action(row, job)
                if action is None:
                    old = self.before.rows[path]
                    etag, headers = old.etag, old.headers
                else:
                    actions.append(action)
                    jobs.append(job)
            if (row.etag, row.headers) != (etag, headers):
                settled.append(msgspec.structs.replace(row, etag=etag, headers=headers))
        files, file_actions = self._plain(
            Stage.FILES, self.files, {f.path: f for f in self.record.files}
        )
        assets, asset_actions = self._plain(
            Stage.ASSETS, self.inputs.assets, {a.path: a for a in self.record.assets}
        )
        actions += [*file_actions, *asset_actions]
        actions += self._removals(changed, {a.key for a in actions})
        table, now = self.after.table, self.inputs.now
        uploads = sum(action.stage != Stage.REMOVALS for action in actions)
        remarks += self._collisions(changed, [*files, *assets])
        future = [row for row in table.later(now) if row.status != "draft"]
        agenda = make_agenda(self.after, self.inputs, self.record, future)
        redirects, redirects_gone = self._redirects(changed)
        remarks += self._hidden(changed)
        rows = table.change(settled)
        return Plan(
            actions=tuple(sorted(actions)),
            jobs=tuple(sorted(jobs, key=lambda job: job.path)),
            rows=rows,
            files=files,
            assets=assets,
            kept=table.live(now) + len(files) + len(assets) - uploads,
            pages_before=self.record.rows.stored,
            drafts=tuple(sorted(rows.drafts)),
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
        turned = {row.path for row in self.after.table.unsettled(self.inputs.now)}
        return turned | self.anew | self.lost

    def _suspects(self, changed: set[str]) -> set[str]:
        """Sources whose page may differ, or whose row must be settled."""
        after = self.after.rows
        if self._every():
            return set(after)
        suspects = changed - self.lost
        suspects |= set(self._nearby(changed))
        moved = {
            path
            for path in changed | (self.before.files ^ self.files.keys())
            if self.before.address(path) != self.after.address(path)
        }
        was, now = self.before.pictures, self.after.pictures
        moved |= {path for path in was.keys() | now.keys() if was.get(path) != now.get(path)}
        suspects |= set(self.after.linking_to(moved))
        if self.inputs.observed:
            suspects |= {row.path for row in self.after.at(self._observed())}
        return suspects

    def _nearby(self, changed: set[str]) -> Iterator[str]:
        """Posts that name a changed one: neighbours in time, parts of the same series."""
        series: dict[str, str] = {}
        for corpus in (self.before, self.after):
            for path in changed:
                row = corpus.shown(path)
                if row is None or row.kind != "post" or row.status != "published":
                    continue
                yield from (near.path for near in self.after.around(row) if near is not None)
                if row.series:
                    series[series_key(row.series)] = row.series
        for name in series.values():
            yield from (part.path for part in self.after.parts(name))

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

    def _collisions(self, changed: Collection[str], files: Collection[File]) -> list[Remark]:
        """Sources and files at one address: where nothing of them changed there are none."""
        after, outputs = self.after, {file.path for file in files}
        if not self._every():
            outputs -= {file.path for file in (*self.record.files, *self.record.assets)}
            outputs |= {after.rows[path].output for path in changed if path not in self.lost}
        due = after.due(outputs) if not self._every() else after.table
        return collisions(
            (row for row in due if row.status != "draft"),
            [file for file in files if self._every() or file.path in outputs],
        )

    def _redirects(self, changed: Collection[str]) -> tuple[dict[str, str], frozenset[str]]:
        """What the edge must learn and forget."""
        stated, old = self.inputs.redirects, self.inputs.redirects_seen
        if old is not None:
            return difference(old, make_map(self.after.living, stated))
        if self._every():
            was = make_map(self.before.living, self.record.redirects)
            return difference(was, make_map(self.after.living, stated))
        keys = self.record.redirects.keys() | stated.keys()
        for corpus in (self.before, self.after):
            keys |= keys_of(filter(None, map(corpus.shown, changed)))
        maps = (
            make_map(corpus.leading(keys), redirects)
            for corpus, redirects in (
                (self.before, self.record.redirects),
                (self.after, stated),
            )
        )
        was, now = ({k: v for k, v in found.items() if k in keys} for found in maps)
        return difference(was, now)

    def _hidden(self, changed: Collection[str]) -> Iterator[Remark]:
        """Old addresses that a changed source states, where there is a page today."""
        if self._every():
            live = self.after.living
        else:
            rows = filter(None, map(self.after.shown, changed))
            live = self.after.leading(keys_of(row for row in rows if row.redirect_from))
        for path, text in hidden(live):
            if path in changed or self._every():
                yield Remark(path, "redirect_from", "redirect-wrong", text, "warning")

    def _removals(self, changed: Collection[str], uploaded: Container[str]) -> Iterator[Action]:
        """Published objects that nothing stands behind any more."""
        for path in sorted({*self.before.rows} if self._every() else changed):
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

    def _observed(self) -> set[str]:
        return {key.removeprefix(PAGES) for key in self.inputs.observed}

    def _strangers(self, uploaded: Container[str]) -> Iterator[Action]:
        """Objects seen in the bucket that are no part of the site, before or after."""
        if not self.inputs.observed:
            return
        known = {
            PAGES + row.output
            for corpus in (self.after, self.before)
            for row in corpus.at(self._observed())
        }
        for files in (self.files, self.inputs.assets):
            known |= {PAGES + path for path in files}
        known |= {PAGES + f.path for f in (*self.record.files, *self.record.assets)}
        for key, present in sorted(self.inputs.observed.items()):
            if present is not None and key not in known and key not in uploaded:
                asset = key.startswith(PAGES + "theme/")
                kind: Literal["retire", "delete"] = "retire" if asset else "delete"
                yield Action(Stage.REMOVALS, key, kind, "no part of the site", "", present)


class _Taken(Container[str]):
    """The identities that sources have, those among `read` only if they had them before."""

    def __init__(self, kept: Rows, read: Mapping[str, Source], known: Collection[str]) -> None:
        self.kept = kept
        self.read = read
        self.remembered = {read[path].id or read[path].identity for path in known}

    def __contains__(self, wanted: object) -> bool:
        if not isinstance(wanted, str) or wanted in self.remembered:
            return wanted in self.remembered
        rows = self.kept.having("identity", (wanted,)) if self.kept.blocks else ()
        return any(row.path not in self.read for row in rows)


def _pictures(files: Mapping[str, str], sizes: Mapping[str, tuple[int, int]]) -> dict[str, Picture]:
    found = ((path, picture_of(path, files[path], size)) for path, size in sizes.items())
    pictures = {path: picture for path, picture in found if picture is not None}
    # A page states a recording's length, so it depends on which recording that is.
    return pictures | {p: Picture(0, 0, blob[:10]) for p, blob in files.items() if is_recording(p)}


def _drifted(present: Stored | None) -> str:
    return "missing from the bucket" if present is None else "not as it was published"
