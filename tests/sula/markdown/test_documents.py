"""Random documents through new, check and build: a clear finding or a correct page, no traceback.

`make test` takes a hundred, `make documents COUNT=2000` as many as one likes.
"""

from __future__ import annotations

import os
import re
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import html5lib
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.authored import NOW, Authored
from tests.sula.importers.archives import cases

from sula.authoring.new import new_post
from sula.checks.run import Check
from sula.content.gather import look, prepare
from sula.errors import ConfigError, SulaError
from sula.planning.record import Record
from sula.publishing.build import build

ROOT = Path(__file__).parents[3]
COUNT = int(os.environ.get("SULA_DOCUMENTS", "100"))
AT_ONCE = 20
FIXTURES = [
    *(p.read_text("utf-8") for p in sorted((ROOT / "content").rglob("*.md"))[:12]),
    *(p.read_text("utf-8") for p in sorted((ROOT / "tests/sula/markdown").glob("*.md"))),
    *(p.read_text("utf-8") for p in cases()),
]
PIECES = (
    """title: date: tags: id: slug: draft: true note: link: series: position: 7 image: updated:
    hidden: lang: de authors: enclosure: redirect_from: template: page check_ignore: status: Title:
    Date: 2018-08-22 22.8.2018 2018-13-01 12:00 +0200 Z EST [a, {a: b} "x 'y | > & * % @ ` !!binary
    urn:x:y
    https://x.example/ //x.example
    javascript:alert(1) ../x.md /posts/x/ #y <!--more-->
    ``` ~~~ $$ $ \\( [^1] [^1]: | --- +++ === - + 1. > # ## ###### {{ }} {% %} {:.x} {#id} <b> </b>
    <script> </script> <div </p> <!-- --> &amp; &#0; \\ * ** _ __ ~~ ![ ]( ) ]: [x](y) <https://x>
    ::: :: [!NOTE] [x] <details> <svg onload=x> <table> </table> \\frac{a}{ ]]>
    <![CDATA[ <?php
    """
).split()
ODD = ("\u0000", "\u0008", "\u000b", "\u000c", "\u0085", "\u00a0", "\u200b", "\u202e", "\u2028",
       "\ufeff", "\ufffe", "\U0001f986", "e\u0301", "字", "ק", "\r", "\t", "\n", "\n\n", "    ",
       " ", ": ")  # fmt: skip
BITS = st.one_of(st.sampled_from(PIECES), st.sampled_from(ODD), st.text(max_size=8))
MADE_UP = st.lists(BITS, max_size=60).map(" ".join)
FRONT = st.lists(
    st.tuples(st.sampled_from([p for p in PIECES if p.endswith(":")]), BITS).map(" ".join),
    max_size=6,
).map("\n".join)


@st.composite
def mutated(draw: st.DrawFn) -> str:
    """A fixture with a few stretches cut out, repeated or replaced."""
    text = draw(st.sampled_from(FIXTURES))[:6000]
    for _ in range(draw(st.integers(1, 6))):
        start = draw(st.integers(0, len(text)))
        end = min(len(text), start + draw(st.integers(0, 40)))
        middle = draw(st.one_of(st.just(""), st.just(text[start:end] * 2), BITS))
        text = text[:start] + middle + text[end:]
    return text


@st.composite
def composed(draw: st.DrawFn) -> str:
    """Sound front matter, and anything at all after and around it."""
    front = f"title: T\ndate: 2026-01-02\n{draw(FRONT)}" if draw(st.booleans()) else draw(FRONT)
    mark = draw(st.sampled_from(["---", "+++", ""]))
    return f"{mark}\n{front}\n{mark}\n{draw(MADE_UP)}\n"


DOCUMENTS = st.one_of(mutated(), composed(), MADE_UP)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("documents")


@settings(
    max_examples=max(1, COUNT // AT_ONCE), deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large,
                           HealthCheck.large_base_example],
)  # fmt: skip
@given(st.lists(DOCUMENTS, min_size=AT_ONCE, max_size=AT_ONCE), st.text(max_size=30), MADE_UP)
def test_a_clear_finding_or_a_correct_page(
    folder: Path, documents: list[str], title: str, body: str
) -> None:
    root = folder / f"site{len(list(folder.iterdir()))}"
    site = Authored(root)
    site.settings.pop("THEME")
    site.save_settings()
    content = root / "content"
    for number, text in enumerate(documents):
        kind = "pages" if number % 5 == 4 else "posts"
        path = content / kind / f"d{number}.md"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(text.encode("utf-8", "surrogatepass"))
    try:
        now = datetime(2026, 7, 8, 9, 10, 11, tzinfo=ZoneInfo("UTC"))
        path = new_post(content, title, now=now, tags=body.split()[:3])
        path.write_bytes(path.read_bytes() + body.encode("utf-8", "surrogatepass"))
    except (ConfigError, SulaError):
        pass  # said in a sentence, which is all that is asked

    found = Check(look(root, since=0), NOW).findings()
    assert all(f.code != "pelican" and f.message and f.line >= 0 for f in found), found
    lines = {p: len(re.split(r"\r\n|\r|\n", p.read_text("utf-8", "replace")))
             for p in content.rglob("*.md")}  # fmt: skip
    for finding in found:
        place = root / finding.path
        assert place not in lines or finding.line <= lines[place] + 1, finding
    refused = {root / f.path for f in found if f.severity == "error"}
    for path in refused & lines.keys():
        path.unlink()
    while errors := [f for f in prepare(look(root, since=0), Record(), now=NOW).findings
                     if f.severity == "error"]:  # fmt: skip
        for finding in errors:  # who linked to what was refused
            (root / finding.path).unlink(missing_ok=True)

    checkout = look(root, since=0)
    out = folder / "out" / root.name
    built = build(checkout, out, now=NOW)
    live = {row.output for row in built.plan.rows
            if row.status != "draft" and row.instant <= NOW}  # fmt: skip
    parser = html5lib.HTMLParser()
    for output in live:
        page = (out / output).read_text("utf-8")
        assert parser.parse(page) is not None
        assert "sula-import" not in page
