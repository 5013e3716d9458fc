"""Every trap that old archives hold, as a site in one file beside what becomes of it."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from tests.small_site import tree
from tests.sula.importers.archives import CASES, bring, cases, golden, unpack

from sula.content.gather import look, prepare
from sula.errors import Finding
from sula.planning.record import Record
from sula.rendering.workshop import Workshop

RAW = re.compile(r"\{\{[<%]?|\{%|\{:|:::|\{filename\}|\{static\}|PELICAN_|sula-import")
"""What only another generator, or nobody, would understand."""
CODE = re.compile(r"<(pre|code)\b.*?</\1>", re.DOTALL)


def times(folder: Path) -> dict[str, int]:
    return {str(path): path.stat().st_mtime_ns for path in sorted(folder.rglob("*"))}


def test_there_are_cases_and_nothing_is_left_over() -> None:
    assert len(cases()) >= 14
    assert {p.stem for p in CASES.glob("*.golden")} == {p.stem for p in cases()}
    assert {p.name.partition("-")[0] for p in cases()} == {"jekyll", "hugo", "pelican"}


@pytest.mark.parametrize("case", cases(), ids=lambda case: case.stem)
def test_an_old_site_becomes_a_new_one(case: Path, tmp_path: Path) -> None:
    old, new = tmp_path / "old", tmp_path / "new"
    unpack(case, old)
    before, touched = tree(old), times(old)
    imported = bring(case, old, new)
    assert golden(case, imported, new) == case.with_suffix(".golden").read_text("utf-8")

    made, stamps = tree(new), times(new)
    again = bring(case, old, new)
    assert again.written.written == ()
    assert (tree(new), times(new)) == (made, stamps), "importing again changes something"
    assert (tree(old), times(old)) == (before, touched), "the old site was written to"

    undecided = imported.report.counts["to decide"]
    report = json.loads((new / "import-report.json").read_bytes())
    assert sum(item["kind"] == "decide" for item in report["items"]) == undecided
    errors = [f for f in problems(new) if f.severity == "error"]
    assert len(errors) == undecided, errors
    for item in report["items"]:
        if item["kind"] == "decide":
            assert any(f.path == item["path"] and f.line == item["line"] for f in errors), item


def problems(root: Path) -> list[Finding]:
    """What keeps an imported site from being built; if nothing does, it is built and looked at."""
    checkout = look(root, since=0.0, engine="x")
    prepared = prepare(checkout, Record(), now=2e9)
    if any(f.severity == "error" for f in prepared.findings):
        return list(prepared.findings)
    with Workshop(checkout) as workshop:
        found = workshop.render(prepared.plan)
        pages = sorted(workshop.folder.rglob("*.html"))
        assert pages
        for page in pages:
            article = page.read_text("utf-8").partition("e-content")[2].partition("</article>")[0]
            raw = RAW.search(CODE.sub("", article))
            assert raw is None, f"{page}: {raw}"
    return found
