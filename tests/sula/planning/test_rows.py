"""Rows packed in blocks answer as a plain list of them does, whatever they are asked."""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Sequence

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sula.model import Meta
from sula.planning.blocks import ASKED_FOR, ROWS_A_BLOCK, Block, Kind, Source, place_of
from sula.planning.corpus import Corpus
from sula.planning.record import Record, decode, encode
from sula.planning.rows import Rows


def _ends(path: str) -> bool:
    return zlib.crc32(path.encode()) % ROWS_A_BLOCK == 0


ENDING = [path for path in (f"posts/e{number}.md" for number in range(6000)) if _ends(path)]
NAMES = [*ENDING[:6], *(f"posts/ü {number}.md" for number in range(12))]
WORDS = ["A", "a", "B b", ""]
NOW = 3


@st.composite
def sources(draw: st.DrawFn) -> Source:
    path = draw(st.sampled_from(NAMES))
    url = draw(st.sampled_from(["posts/x/", "posts/y%20z/", "index.html", "posts/ü.html"]))
    meta = Meta(
        path=path, kind=draw(st.sampled_from(["post", "page"])), slug="s", url=url,
        output=url + "index.html" if url.endswith("/") else url,
        id=draw(st.sampled_from(WORDS)), series=draw(st.sampled_from(WORDS)),
        tags=tuple(draw(st.lists(st.sampled_from(WORDS), max_size=2))),
        links=tuple(draw(st.lists(st.sampled_from(NAMES), max_size=2))),
        status=draw(st.sampled_from(["published", "hidden", "draft"])),
        redirect_from=tuple(draw(st.lists(st.sampled_from(["/posts/x/", "/o"]), max_size=2))),
    )  # fmt: skip
    return msgspec.structs.replace(
        Source.of(meta, draw(st.sampled_from(["1", "2"]))),
        instant=draw(st.integers(0, 5)),
        etag=draw(st.sampled_from(["", "e"])),
        identity=draw(st.sampled_from(WORDS)),
    )


SOME = st.lists(sources(), unique_by=lambda row: row.path)
KINDS: list[Kind] = list(ASKED_FOR)


def packed(rows: Sequence[Source]) -> Rows:
    return decode(encode(Record(sources=rows))).rows


def in_time(rows: Sequence[Source]) -> tuple[Source, ...]:
    return tuple(sorted(rows, key=place_of))


def is_live(row: Source) -> bool:
    return row.status != "draft" and row.instant <= NOW


@settings(max_examples=150, deadline=None)
@given(
    SOME, SOME, st.sets(st.sampled_from(NAMES)),
    st.dictionaries(st.sampled_from(KINDS), st.sets(st.sampled_from([*NAMES, *WORDS, "/posts/x"]))),
    sources(),
)  # fmt: skip
def test_whatever_they_are_asked(
    before: list[Source],
    come: list[Source],
    gone: set[str],
    questions: dict[Kind, set[str]],
    other: Source,
) -> None:
    replaced = gone | {row.path for row in come}
    for begun in (packed(before), Rows.of(before)):
        plain = in_time([*(row for row in before if row.path not in replaced), *come])
        rows = begun.change(come, gone)
        # What has never been opened is asked first, then the same when all is open.
        for _ in range(2):
            for kind, values in questions.items():
                wanted = [row for row in plain if values & {*ASKED_FOR[kind](row)}]
                assert list(rows.having(kind, values)) == wanted
            earlier = [row for row in plain if place_of(row) < place_of(other) and is_live(row)]
            later = [row for row in plain if place_of(row) > place_of(other) and is_live(row)]
            near = (earlier[-1] if earlier else None, later[0] if later else None)
            assert rows.around(place_of(other), is_live) == near
            for path in NAMES:
                row = next((row for row in plain if row.path == path), None)
                assert rows.find(path) == rows.by_path.get(path) == row
                assert (path in rows.by_path) is (row is not None)
            assert rows.later(NOW) == [row for row in plain if row.instant > NOW]
            unsettled = [row for row in plain if bool(row.etag) is not is_live(row)]
            assert list(rows.unsettled(NOW)) == unsettled
            if not unsettled:
                assert rows.live(NOW) == sum(map(is_live, plain))
            assert len(rows) == len(plain)
            assert rows.stored == sum(bool(row.etag) for row in plain)
            assert rows.drafts == [row.path for row in plain if row.status == "draft"]
            assert dict(rows.tags) == dict(Counter(tag for row in plain for tag in row.tags))
            assert rows == plain
            assert list(rows.by_path) == [row.path for row in plain]
        assert rows == Rows.of(plain)
        assert [block.body for block in rows.blocks] == [b.body for b in Rows.of(plain).blocks]
        assert encode(Record(sources=rows)) == encode(Record(sources=plain))
        assert begun == in_time(before)


@settings(max_examples=100, deadline=None)
@given(SOME)
def test_neighbours_found_together_are_those_found_one_by_one(rows: list[Source]) -> None:
    for table in (packed(rows), Rows.of(rows)):
        corpus = Corpus(table, set(), "id", is_live)
        listed = [row for row in table if corpus.is_listed(row)]
        assert corpus.neighbours() == {row.path: corpus.around(row) for row in listed}


def test_most_blocks_stay_closed() -> None:
    row = Source.of(Meta(path="p", kind="post", slug="s", url="u", output="u"), "1")
    row = msgspec.structs.replace(row, etag="e")
    many = [
        msgspec.structs.replace(row, path=f"posts/{n}.md", url=f"{n}/", output=f"{n}/", instant=n)
        for n in range(6000)
    ]
    rows = packed(many)
    assert len(rows.blocks) > 6
    assert rows.find("posts/3000.md") == many[3000]
    assert list(rows.having("address", ["/3000"])) == [many[3000]]
    assert rows.around(place_of(many[3000]), lambda _: True) == (many[2999], many[3001])
    changed = rows.change([msgspec.structs.replace(many[3000], blob="2")])
    assert changed.find("posts/1.md") == many[1]
    assert (rows.live(9000), changed.live(9000), rows.drafts) == (6000, 6000, [])
    assert sum(block.is_open for block in changed.blocks) <= 4


def test_what_blocks_say_of_rows_without_pages() -> None:
    row = Source.of(Meta(path="p", kind="post", slug="s", url="u", output="u"), "1")
    assert Block((row,)).summary.odd
    assert not Block((msgspec.structs.replace(row, etag="e"),)).summary.odd


@pytest.mark.parametrize("index", [0, -1, slice(1, 3)])
def test_they_are_a_sequence(index: int | slice) -> None:
    row = Source.of(Meta(path="p", kind="post", slug="s", url="u", output="u"), "1")
    plain = tuple(msgspec.structs.replace(row, path=f"{n}", instant=n) for n in range(4))
    assert Rows.of(plain)[index] == plain[index]
    assert eval(repr(Rows.of(plain[:1]))) == plain[:1]  # noqa: S307 - of our own making
