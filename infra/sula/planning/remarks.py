"""What is wrong with the sources taken together. Pure.

A source alone is judged when it is read; here are the findings that need the others: two
with one address, one identity twice, links into the void, tags that only look different.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass

from edgefeed.contract import PAGES, key_to_path, slugify
from sula.checks.codes import Code, Severity
from sula.local.served import is_list_path
from sula.planning.corpus import Corpus
from sula.planning.record import File, Source


@dataclass(frozen=True, order=True)
class Remark:
    """A finding that still lacks its line: ``about`` says what to look for in the source.

    ``about`` is a front-matter key (``tags``), or ``link:`` and a target.
    ``path`` is relative to the content directory.
    """

    path: str
    about: str
    code: Code
    message: str
    severity: Severity = "error"


def find_remarks(
    before: Corpus,
    after: Corpus,
    changed: Collection[str],
    *,
    every: bool,
) -> list[Remark]:
    """Everything but `collisions`. What did not change was judged when it did."""
    vanished = {
        path
        for path in {*changed, *before.files}
        if before.address(path) is not None and after.address(path) is None
    }
    suspects = set(after.rows) if every else {p for p in changed if p in after.rows}
    if vanished and not every:
        suspects |= set(after.linking_to(vanished))
    rows = [after.rows[path] for path in sorted(suspects)]
    remarks = [r for row in rows if row.links for r in _links(row, after)]
    for row in rows:
        if after.live(row):
            remarks += _reserved(row.path, row.output)
    for path in after.files if every else after.files - before.files:
        remarks += _reserved(path, path)
    return [*remarks, *_identities(after, None if every else suspects), *_tags(after)]


def _links(row: Source, after: Corpus) -> Iterator[Remark]:
    if row.status == "draft":
        return
    for link in row.links:
        target = after.rows.get(link)
        if target is None:
            if after.address(link) is None:
                what = "post or page" if link.endswith(".md") else "file"
                message = f"links to a {what} that does not exist: {link}"
                yield Remark(row.path, f"link:{link}", "link-missing", message)
        elif after.live(row) and not after.live(target):
            state = (
                "a draft" if target.status == "draft" else f"published only on {target.published}"
            )
            message = f"links to {link}, which is {state}: readers will not find it"
            yield Remark(row.path, f"link:{link}", "link-draft", message, "warning")


def _reserved(path: str, output: str) -> list[Remark]:
    url = key_to_path(PAGES + output)
    if not is_list_path(url):
        return []
    message = f"its address {url} belongs to the lists that Sula writes itself; choose another"
    return [Remark(path, "slug", "address-reserved", message)]


def _identities(after: Corpus, among: Collection[str] | None) -> Iterator[Remark]:
    """Identities that two live posts claim. Only stated or remembered ones can meet.

    Only those that a source `among` these claims, if that is said.
    """
    rows: Iterable[Source] = after.table
    if among is not None:
        named = [after.rows[path] for path in among]
        rows = after.table.having("identity", {row.id or row.identity for row in named} - {""})
    claims: dict[str, str] = {}
    for row in rows:
        claim = row.id or row.identity
        if not claim or row.kind != "post" or not after.live(row):
            continue
        first = claims.setdefault(claim, row.path)
        if first != row.path:
            one, other = sorted((first, row.path))
            message = f"its id {claim} is also that of {one}; each post needs one of its own"
            yield Remark(other, "id", "id-twice", message)


def _tags(after: Corpus) -> Iterator[Remark]:
    """Spellings of a tag that share an address: the most frequent one is shown."""
    counts = after.table.tags
    by_slug: defaultdict[str, list[str]] = defaultdict(list)
    for tag in counts:
        by_slug[slugify(tag)].append(tag)
    shown = {}
    for spellings in by_slug.values():
        if len(spellings) > 1:
            best = min(spellings, key=lambda tag: (-counts[tag], tag))
            shown.update({tag: best for tag in spellings if tag != best})
    for row in sorted(after.table.having("tag", shown), key=lambda row: row.path):
        for tag in row.tags:
            if tag in shown:
                message = f"tag {tag!r} is shown as {shown[tag]!r}, the spelling used most"
                yield Remark(row.path, "tags", "tag-spelling", message, "warning")


def collisions(live: Iterable[Source], files: Collection[File]) -> list[Remark]:
    """Sources and files that would be published at one address."""
    holders: defaultdict[str, list[str]] = defaultdict(list)
    for output, path in _outputs(live, files):
        holders[output].append(path)
    return [
        Remark(
            path, "slug", "address-twice",
            _shared(output, [other for other in paths if other != path]),
        )
        for output, paths in sorted(held for held in holders.items() if len(held[1]) > 1)
        for path in paths
        if path.endswith(".md") or not any(other.endswith(".md") for other in paths)
    ]  # fmt: skip


def _outputs(live: Iterable[Source], files: Iterable[File]) -> Iterator[tuple[str, str]]:
    yield from ((row.output, row.path) for row in live)
    yield from ((file.path, file.path) for file in files)


def _shared(output: str, others: list[str]) -> str:
    address = key_to_path(PAGES + output)
    return f"has the same address, {address}, as {' and '.join(others)}; give it another slug"
