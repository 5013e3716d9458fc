"""Every code is explained, its example gives this finding and no other, and its page is fresh."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.reference import findings
from tests.reference.examples import run

from sula.checks.codes import CODES
from sula.checks.explain import explanations

ROOT = Path(__file__).parents[2]
STALE = "is not what the code says: run `make reference`"
WITHOUT_COLUMN = {
    "title-missing", "date-missing",  # what is not there has no place
    "address-twice", "address-reserved",  # the name of the file is meant
    "feed-refused",
}  # fmt: skip


def test_every_code_is_explained_once() -> None:
    assert tuple(explanations()) == CODES
    assert len(CODES) == len(set(CODES)) > 50
    titles = [one.title for one in explanations().values()]
    assert len(set(titles)) == len(titles)
    assert not [one.code for one in explanations().values() if not one.why or not one.remedy]


@pytest.mark.parametrize("code", CODES)
def test_an_example_gives_its_finding_and_mending_it_gives_none(code: str) -> None:
    one = explanations()[code]
    found = run(code, one.example)
    assert {finding.code for finding in found} == {code}, found
    assert {finding.severity for finding in found} == {one.severity}
    if one.mended is not None:
        assert run(code, one.mended) == []
    for finding in found:
        if finding.path.startswith("content/") and finding.path.endswith(".md"):
            known = code not in WITHOUT_COLUMN and finding.line > 0
            assert (finding.column > 0) == known, finding
    name = f"content/pages/findings/{code}.md"
    assert (ROOT / name).read_text("utf-8") == findings.page(one, found), f"{name} {STALE}"


def test_the_overview_is_fresh_and_no_page_is_left_over() -> None:
    folder = ROOT / "content/pages/findings"
    assert (folder / "index.md").read_text("utf-8") == findings.overview(), STALE
    assert {path.stem for path in folder.glob("*.md")} == {"index", *CODES}
