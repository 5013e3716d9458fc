from __future__ import annotations

import gzip
import json
import zlib
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.edgefeed.posts import KEYS, entry, index_of, observations

from edgefeed.changes import changed_keys
from edgefeed.index import (
    ALL,
    BLOCK,
    BadIndex,
    Debt,
    Header,
    Index,
    apply,
    decode,
    encode,
    entry_order,
    pack_rows,
)
from edgefeed.model import Observed, Post, Rejected, StaticPage


def rows(index: Index) -> tuple[object, ...]:
    return index.entries, index.others


@given(observations)
def test_an_index_survives_its_bytes(seen: dict[str, Observed]) -> None:
    debt = Debt(12.5, ("pages/a.html",), ("", "tags/ü"))
    header = Header(generation=7, debts={"r1": debt}, emptied={"tags/x": "X"}, rebuild="k")
    index = apply(Index(header=header), seen)
    again = decode(encode(index))
    assert rows(again) == rows(index)
    assert again.header.debts == {"r1": debt}
    assert (again.header.emptied, again.header.rebuild) == ({"tags/x": "X"}, "k")
    assert encode(again) == encode(index)


@given(observations, observations)
def test_looking_again_changes_nothing_and_the_last_look_wins(
    first: dict[str, Observed], second: dict[str, Observed]
) -> None:
    once = apply(apply(Index(), first), second)
    assert apply(once, second) is once
    assert rows(once) == rows(apply(Index(), first | second))


@given(st.lists(observations, max_size=4), st.randoms(use_true_random=False))
def test_the_order_of_looks_at_different_pages_does_not_matter(
    batches: list[dict[str, Observed]], random: object
) -> None:
    latest: dict[str, Observed] = {}
    for batch in batches:
        latest |= batch
    keys = list(latest)
    random.shuffle(keys)  # type: ignore[attr-defined]
    index = Index()
    for key in keys:
        index = apply(index, {key: latest[key]})
    assert rows(index) == rows(apply(Index(), latest))


def test_rows_are_sorted() -> None:
    index = apply(Index(), {e.key: Post(e, None) for e in (entry(3), entry(1), entry(2))})  # type: ignore[arg-type]
    assert [e.title for e in index.entries] == ["Post 1", "Post 2", "Post 3"]
    assert list(index.entries) == sorted(index.entries, key=entry_order)


def test_rows_that_stay_are_the_same_objects() -> None:
    index = index_of(*map(entry, range(500)))
    changed = apply(index, {entry(250).key: None})
    assert len(changed.entries) == 499
    assert all(a is b for a, b in zip(changed.entries[:250], index.entries, strict=False))


def test_a_page_can_become_any_other_kind() -> None:
    key = KEYS[0]
    static, bad = StaticPage(key, "T", ""), Rejected(key, "bad", "now")
    index = apply(apply(Index(), {key: static}), {key: bad})
    assert rows(index) == ((), (bad,))
    assert rows(apply(index, {key: None})) == ((), ())


def test_changed_keys_are_those_whose_rows_differ() -> None:
    old = index_of(entry(1), entry(2))
    new = apply(old, {entry(1).key: None, entry(2).key: Post(entry(2), None), "k": None})  # type: ignore[arg-type]
    assert changed_keys(old, new, [entry(1).key, entry(2).key, "k"]) == {entry(1).key}
    many = index_of(*map(entry, range(1001)))
    assert changed_keys(Index(), many, [e.key for e in many.entries]) == {ALL}


def test_the_bytes_are_lines_of_json_with_the_header_first() -> None:
    lines = gzip.decompress(encode(index_of(entry(1), generation=3))).splitlines()
    assert json.loads(lines[0])["generation"] == 3
    assert json.loads(lines[1])[0] == "pages/posts/p1/index.html"
    assert len(lines) == 2


def test_every_generation_has_other_bytes_but_the_same_rows() -> None:
    index = pack_rows(index_of(*map(entry, range(50))))
    one, two = (encode(replace(index, header=Header(generation=n))) for n in (1, 2))
    assert one != two
    blocks = b"".join(index.packed.blocks)
    assert one.endswith(blocks)
    assert two.endswith(blocks)


def test_a_change_packs_its_own_block_and_those_after_it() -> None:
    static = {"pages/about/index.html": StaticPage("pages/about/index.html", "About", "")}
    old = pack_rows(apply(index_of(*map(entry, range(3 * BLOCK))), static))
    edited = {entry(7).key: Post(entry(7, title="Other"), None)}  # type: ignore[arg-type]
    for seen, same in ((edited, [True, False, True, True]),
                       ({entry(5_000).key: Post(entry(5_000), None)}, [True, True, True, True]),  # type: ignore[arg-type]
                       ({entry(BLOCK).key: None}, [True, True, False, False])):  # fmt: skip
        new = apply(old, seen)
        packed = pack_rows(new).packed
        pairs = zip(old.packed.blocks, packed.blocks, strict=False)
        assert [one is two for one, two in pairs] == same
        assert encode(new) == encode(Index(new.header, new.entries, new.others))
        assert rows(decode(encode(new))) == rows(new)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"not gzip",
        gzip.compress(b"{}x\n"),
        gzip.compress(b'{"format":99}\n') + gzip.compress(b""),
        gzip.compress(b"{}\n"),  # what wrote it did not say in which format
        gzip.compress(b'{"format":3,"rows":2}\n') + gzip.compress(b"[]\n"),
        gzip.compress(b'{"format":3,"rows":1}\n') + gzip.compress(b""),
        encode(index_of(entry(1)))[:-9],
        gzip.compress(b"\xff\n"),
        zlib.compress(b"{}\n"),
    ],
    ids=range(10),  # gzip states the time, and workers must agree on names
)
def test_a_damaged_index_is_said_to_be_one(body: bytes) -> None:
    with pytest.raises(BadIndex):
        decode(body)
