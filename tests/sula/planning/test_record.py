"""The build record: the same record, the same bytes; anything else is refused with a remedy."""

from __future__ import annotations

import gzip
import uuid
from collections.abc import Iterable

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.bucket import MemoryBucket

from edgefeed.contract import RECORD_KEY
from sula.model import Meta
from sula.planning.identity import follow_renames, mint, mint_unused
from sula.planning.record import (
    VERSION,
    File,
    Headers,
    Prints,
    Record,
    RecordUnreadableError,
    Source,
    Stored,
    decode,
    encode,
)
from sula.publishing.inventory import read_record

META = Meta(
    path="posts/a.md", kind="post", title="A & B", slug="a", url="posts/a/",
    output="posts/a/index.html", published="2026-01-02T03:04:05+01:00", tags=("x", "y"),
    series="S", position=2, links=("posts/b.md",),
)  # fmt: skip
RECORD = Record(
    revision=3,
    deploy="d",
    site_id="tag:x",
    commit="c0ffee",
    function="f",
    prints=Prints("e", "t", "s"),
    headers=(("text/html", "max-age=1"),),
    sources=(msgspec.structs.replace(Source.of(META, "b10b"), etag="e7a6"),),
    files=(File("a.png", "b", "e", 0),),
    assets=(File("theme/x.css", "", "e", 0),),
)


def test_a_record_survives_and_its_bytes_are_its_own() -> None:
    assert decode(encode(RECORD)) == RECORD
    assert encode(decode(encode(RECORD))) == encode(RECORD)
    assert decode(encode(Record())) == Record()


def rows_at(numbers: Iterable[int]) -> tuple[Source, ...]:
    row = Source.of(META, "b10b")
    return tuple(
        msgspec.structs.replace(row, path=f"posts/{number}.md", instant=number)
        for number in sorted(numbers)
    )


MANY = rows_at(range(3000))


@pytest.mark.long
@given(
    gone=st.sets(st.integers(0, 2999), max_size=5),
    come=st.sets(st.integers(3000, 9000), max_size=9),
)
def test_packing_only_what_changed_gives_the_same_bytes(gone: set[int], come: set[int]) -> None:
    old = decode(encode(Record(sources=MANY)))
    assert len(old.rows.blocks) > 2
    rows = old.rows.change(rows_at(come), [f"posts/{number}.md" for number in gone])
    body = encode(Record(sources=rows))
    new = Record(sources=rows_at({*range(3000)} - gone | come))
    assert body == encode(new)
    assert decode(body) == new


def test_one_row_changed_is_one_block_packed() -> None:
    old = decode(encode(Record(sources=MANY))).rows
    new = old.change([msgspec.structs.replace(MANY[1500], title="Another")])
    assert sum(one is not other for one, other in zip(old.blocks, new.blocks, strict=True)) == 1
    assert sum(block.is_open for block in old.blocks) == 1


def test_a_damaged_block_is_said_where_it_is_opened() -> None:
    body = bytearray(encode(Record(sources=MANY)))
    body[-300] ^= 255
    objects = MemoryBucket()
    objects.put(RECORD_KEY, bytes(body), content_type="", cache_control="")
    record, _ = read_record(objects)
    with pytest.raises(RecordUnreadableError, match="--full"):
        list(record.sources)
    assert read_record(objects, lenient=True)[0] == Record()


def test_a_source_carries_all_that_others_may_print() -> None:
    (row,) = RECORD.sources
    assert row.instant == 1767319445
    for name in ("path", "kind", "title", "url", "output", "tags", "series", "position", "links"):
        assert getattr(row, name) == getattr(META, name), name
    assert RECORD.stored(row) == Stored("e7a6", "text/html", "max-age=1")


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", "--full"),
        (b"not gzip", "--full"),
        (gzip.compress(b"{", mtime=0), "--full"),
        (gzip.compress(b"[]", mtime=0), "--full"),
        (encode(RECORD)[:-9], "--full"),
        (encode(RECORD)[:-90], "--full"),
        (encode(RECORD) + b"x", "--full"),
        (gzip.compress(b'{"version": %d, "sources": [[1]]}' % VERSION, mtime=0), "--full"),
        (gzip.compress(b'{"version": 0}', mtime=0), "format 0 is no longer read.*--full"),
        (gzip.compress(b'{"version": %d}' % (VERSION + 1), mtime=0), "a newer Sula.*install"),
    ],
)
def test_what_cannot_be_read_is_said_with_the_remedy(body: bytes, message: str) -> None:
    with pytest.raises(RecordUnreadableError, match=message):
        decode(body)


def test_a_table_of_headers_keeps_its_lines() -> None:
    headers = Headers([("a", "b")])
    assert [headers.line("c", "d"), headers.line("a", "b"), headers.line("c", "d")] == [1, 0, 1]
    assert headers.table == [("a", "b"), ("c", "d")]


def test_identities_are_for_ever() -> None:
    # These literals are in somebody's feed reader: they may never change.
    minted = mint("tag:sula.example,2026:site", "posts/a.md")
    assert minted == "urn:uuid:81f96689-c245-5b80-9ed8-8ad1a1480913"
    assert mint("tag:other,2026:site", "posts/a.md") != minted


@given(st.text(max_size=40), st.text(max_size=40))
def test_an_identity_is_a_uuid_of_the_path(site: str, path: str) -> None:
    due = uuid.uuid5(uuid.uuid5(uuid.NAMESPACE_URL, site), path)
    assert mint(site, path) == due.urn


def test_a_newcomer_never_takes_an_identity_that_moved_away() -> None:
    first = mint("s", "posts/a.md")
    second = mint_unused("s", "posts/a.md", {first})
    third = mint_unused("s", "posts/a.md", {first, second})
    assert len({first, second, third}) == 3


def test_equal_contents_are_one_source_that_moved() -> None:
    gone = {"a.md": "1", "b.md": "1", "c.md": "2"}
    come = {"x.md": "1", "y.md": "1", "z.md": "1", "w.md": "3"}
    assert follow_renames(gone, come, {}) == {"x.md": "a.md", "y.md": "b.md"}


def test_git_is_believed_only_where_contents_say_nothing() -> None:
    gone = {"a.md": "1", "b.md": "2"}
    come = {"x.md": "1", "y.md": "3", "z.md": "4", "v.md": "5"}
    hints = {"y.md": "a.md", "z.md": "b.md", "w.md": "b.md", "x.md": "b.md", "v.md": "there.md"}
    assert follow_renames(gone, come, hints) == {"x.md": "a.md", "z.md": "b.md"}
