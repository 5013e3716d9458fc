"""What a deploy asks of the function: lists in a new theme, pages read anew, a rebuild."""

from __future__ import annotations

import gzip
from dataclasses import replace
from typing import Any

import msgspec
import pytest
from tests.edgefeed.in_memory import DONE, SITE, World, key, page

from edgefeed.contract import FRAGMENTS, INDEX_KEY
from edgefeed.handler import Function
from edgefeed.index import REFRESH, Debt, Index, decode, encode
from edgefeed.model import Observed, Post
from edgefeed.page import read_page
from edgefeed.rebuild import rebuild
from edgefeed.reconcile import Run
from edgefeed.steps import drive
from edgefeed.store import Unavailable
from edgefeed.versions import Choice, Outdated
from sula.publishing.function import READS


def test_a_theme_change_rewrites_lists_and_an_old_function_stands_back() -> None:
    world = World()
    world.put("hello", "Hello")
    world.send("hello")
    newer = msgspec.structs.replace(SITE, title="New name", revision=2, renderer="two")
    assert world.wire(newer)({"refresh": True}, "deploy", 60) == {"done": True}
    assert "New name" in world.text("lists/index.html")
    world.put("hello", "Changed")
    assert world.send("hello") == {"batchItemFailures": [{"itemIdentifier": "m1"}]}
    with pytest.raises(Outdated):
        world.function({"refresh": True}, "request", 60)
    assert "New name" in world.text("lists/index.html")


def test_a_new_reader_reads_every_page_again() -> None:
    world = World()
    for number in range(30):
        world.put(f"p{number}", minute=number)
    world.send(*(f"p{number}" for number in range(30)))
    # As an older reader would have left it: a title that no page has.
    stored = world.store.get(INDEX_KEY)
    assert stored is not None
    index = decode(stored.body)
    rows = tuple(msgspec.structs.replace(row, title="As it was read") for row in index.entries)
    world.store.put(INDEX_KEY, encode(Index(index.header, rows)))
    theme = msgspec.structs.replace(SITE, revision=2, renderer="two")
    assert world.wire(theme)({"refresh": True}, "deploy", 60) == {"done": True}
    assert set(world.titles()) == {"As it was read"}
    newer = msgspec.structs.replace(SITE, revision=3, renderer="three", reader="another")
    function = world.wire(newer)
    assert not function({"status": True}, "status", 60)["current"]
    assert function({"refresh": True}, "deploy", 60) == {"done": True}
    assert set(world.titles()) == {"A title"}
    assert function({"status": True}, "status", 60)["current"]


def test_a_setting_that_takes_documents_away_removes_them() -> None:
    few = msgspec.structs.replace(SITE, page_size=2, feed_size=2)
    world = World(few)
    names = [f"p{number}" for number in range(9)]
    for number, name in enumerate(names):
        world.put(name, minute=number, tags=("a",))
    world.send(*names)
    assert "lists/page/5/index.html" in world.lists()
    assert "lists/search/index.html" in world.lists()
    more = msgspec.structs.replace(
        few, page_size=4, feed_size=4, search=False, feed_formats=("rss",), tag_feeds=False,
        revision=2, renderer="two",
    )  # fmt: skip
    function = world.wire(more)
    # Whichever comes first: a page's message, or the deploy's own call.
    assert function(world.event(key("p0")), "request", 60) == DONE
    assert function({"refresh": True}, "deploy", 60) == {"done": True}
    fresh = World(more)
    fresh.store.objects |= {k: o for k, o in world.store.objects.items() if k.startswith("pages/")}
    fresh.send(*names)
    assert {k: o.body for k, o in world.lists().items()} == {
        k: o.body for k, o in fresh.lists().items()
    }
    assert "/page/*" in world.hearer.paths


def test_a_reader_that_was_taken_back_leaves_nothing_that_it_read() -> None:
    world = World()
    world.put("a", "A")
    world.put("b", "B")
    world.send("a", "b")
    before = {k: o.body for k, o in world.lists().items()}
    # A deploy that is cut off before it says so to the function, a page that only looks
    # different to its reader, and a deploy that goes back.
    other = msgspec.structs.replace(SITE, language="de", reader="other", revision=2, renderer="two")
    ports = replace(world.ports, read=lambda *page: as_another_reads(world.ports.read(*page)))
    assert Function(other, ports, most_time=60)(world.event(key("b")), "request", 60) == DONE
    assert "B, read otherwise" in world.titles()
    back = world.wire(msgspec.structs.replace(SITE, revision=3))
    assert not back({"status": True}, "status", 60)["current"]
    assert back({"refresh": True}, "deploy", 60) == {"done": True}
    assert back({"status": True}, "status", 60)["current"]
    assert {k: o.body for k, o in world.lists().items()} == before


def test_a_deploy_that_finds_all_as_it_was_stops_older_functions_all_the_same() -> None:
    world = World()
    world.put("hello")
    world.send("hello")
    cut_off = msgspec.structs.replace(SITE, reader="other", renderer="two", revision=2)
    back = world.wire(msgspec.structs.replace(SITE, revision=3))
    assert back({"refresh": True}, "deploy", 60) == {"done": True}
    # An instance of the function in between, which is slow to go.
    late = world.wire(cut_off)(world.event(key("hello")), "request", 60)
    assert late == {"batchItemFailures": [{"itemIdentifier": "m1"}]}
    assert back({"status": True}, "status", 60)["current"]


def as_another_reads(seen: Observed) -> Observed:
    if not isinstance(seen, Post):
        return seen
    title = f"{seen.entry.title}, read otherwise"
    return Post(msgspec.structs.replace(seen.entry, title=title), seen.fragment)


def test_who_reads_all_again_for_a_deploy_waits_for_another_run_that_was_asked_too() -> None:
    world = World()
    world.put("hello")
    world.send("hello")
    stored = world.store.get(INDEX_KEY)
    assert stored is not None
    index = decode(stored.body)
    owed = {"other.1": Debt(until=world.now + 100, keys=(REFRESH,), units=("tags",))}
    header = msgspec.structs.replace(index.header, debts=owed)
    world.store.put(INDEX_KEY, encode(Index(header, index.entries)))
    newer = world.wire(msgspec.structs.replace(SITE, revision=2, reader="another"))
    assert newer({"refresh": True}, "deploy", 60) == {"done": False}
    world.now += 200  # it died
    assert newer({"refresh": True}, "deploy", 60) == {"done": True}
    stored = world.store.get(INDEX_KEY)
    assert stored is not None
    assert not decode(stored.body).header.debts


def test_an_index_of_another_format_is_made_anew_by_a_deploy() -> None:
    world = World()
    world.put("hello", "Hello")
    world.send("hello")
    world.store.put(INDEX_KEY, gzip.compress(b'{"format":1}\n') + gzip.compress(b""))
    newer = msgspec.structs.replace(SITE, revision=2, renderer="two")
    with pytest.raises(Unavailable, match="format 1"):
        world.wire(newer)({"keys": [key("hello")]}, "request", 60)
    assert world.wire(newer)({"refresh": True}, "deploy", 60) == {"done": True}
    assert world.titles() == ["Hello"]


def test_reading_asks_for_no_setting_but_those_that_name_a_reader() -> None:
    asked: set[str] = set()

    class Watched:
        def __getattr__(self, name: str) -> Any:
            asked.add(name)
            found = getattr(type(SITE), name, None)
            return found.__get__(self) if callable(found) else getattr(SITE, name)

    site: Any = Watched()
    long = page("long").replace(b"<p>Body", b"<p>" + b"word " * 400_000 + b"Body")
    for body in (page("hello"), long, b"<p>"):
        read_page(key("hello"), body.replace(b"/long/", b"/hello/"), site=site, modified="")
    assert {"url", "author"} <= asked
    assert asked - {"absolute"} <= {*READS}


def test_a_rebuild_needs_the_pages_alone() -> None:
    world = World()
    for number in range(5):
        world.put(f"p{number}", f"Post {number}", minute=number, tags=("a",))
    world.send(*(f"p{number}" for number in range(5)))
    wanted = {k: o.body for k, o in world.lists().items()}
    for name in list(world.store.objects):
        if not name.startswith("pages/"):
            del world.store.objects[name]
    world.store.put("lists/tags/gone/index.html", b"obsolete")
    world.store.put("lists/robots.txt", b"foreign")
    assert world.function({"rebuild": True}, "request", 600) == {"done": True}
    assert {k: o.body for k, o in world.lists().items()} == wanted


def test_a_rebuild_mends_a_damaged_index_and_nothing_else_dares() -> None:
    world = World()
    world.put("hello", "Hello")
    world.send("hello")
    world.store.put(INDEX_KEY, b"garbage")
    assert world.send("hello") != DONE
    assert world.function({"rebuild": True}, "request", 600) == {"done": True}
    assert world.send("hello") == DONE
    assert world.titles() == ["Hello"]


def test_a_rebuild_mends_what_an_old_index_that_was_put_back_would_leave() -> None:
    world = World()
    world.put("hello", "One")
    world.send("hello")
    old = world.store.objects[INDEX_KEY]
    for title in ("Two", "Three"):
        world.put("hello", title)
        world.send("hello")
    world.store.objects[INDEX_KEY] = old
    world.now += 60
    # Its generations are those of long ago: every document would count as newer.
    for name in ("lists/feed.xml", "lists/index.html"):
        now = world.store.objects[name]
        world.store.put(
            name, now.body + b"spoilt", metadata={"generation": now.metadata["generation"]}
        )
    assert world.function({"rebuild": True}, "request", 600) == {"done": True}
    assert world.titles() == ["Three"]
    assert "spoilt" not in world.text("lists/index.html")


def test_a_rebuild_goes_on_where_it_was_cut_off() -> None:
    world = World()
    for number in range(2_300):
        world.put(f"p{number:04}", minute=number % 60)
    world.tick = 2.0
    calls = 1
    while not world.function({"rebuild": True}, f"request {calls}", 25)["done"]:
        calls += 1
        assert calls < 400
    assert calls > 2
    world.tick = 0.0
    status = world.function({"status": True}, "request", 60)
    assert (status["posts"], status["owed"], status["rebuilding"]) == (2_300, 0, None)
    assert world.function({"rebuild": True}, "with time for all", 25) == {"done": True}


def test_a_rebuild_forgets_pages_that_are_gone_from_any_of_its_parts() -> None:
    world = World()
    names = [f"p{number}" for number in range(9)]
    for name in names:
        world.put(name, name)
    world.send(*names)
    for name in ("p0", "p4", "p8"):
        world.store.delete(key(name))  # and nobody was told
    run = Run(SITE, world.ports, token="run", deadline=world.now + 60, part=3)
    assert drive(rebuild(run))
    assert sorted(world.titles()) == ["p1", "p2", "p3", "p5", "p6", "p7"]


def test_who_asked_for_a_rebuild_waits_for_what_a_part_of_it_owes() -> None:
    world = World()
    for name in "abc":
        world.put(name)
    world.send(*"abc")
    world.put("a", "A new")  # and nobody was told

    async def first(_: Index) -> Choice:
        return Choice([key("a")], rebuild=key("a"))

    drive(Run(SITE, world.ports, token="dies", deadline=world.now + 60).commit(first))
    assert world.function({"rebuild": True}, "request", 60) == {"done": False}
    world.now += 200
    assert world.function({"rebuild": True}, "request", 60) == {"done": True}
    stored = world.store.get(INDEX_KEY)
    assert stored is not None
    assert not decode(stored.body).header.debts


def test_a_lost_fragment_is_read_from_its_page_again() -> None:
    world = World()
    for name in ("a", "b"):
        world.put(name, name)
    world.send("a", "b")
    for name in [k for k in world.store.objects if k.startswith(FRAGMENTS)]:
        del world.store.objects[name]
    world.function = world.wire(SITE)  # cold: nothing cached
    world.put("a", "A new")
    assert world.send("a") == DONE
    assert sorted(world.titles()) == ["A new", "b"]


def test_a_fragment_that_its_page_says_no_longer_waits_for_the_news_of_it() -> None:
    world = World()
    for name in ("a", "b"):
        world.put(name, name)
    world.send("a", "b")
    for name in [k for k in world.store.objects if k.startswith(FRAGMENTS)]:
        del world.store.objects[name]
    world.function = world.wire(SITE)  # cold: nothing cached
    world.store.delete(key("b"))
    world.put("a", "A new")
    assert world.send("a") != DONE
    assert world.send("a", "b") == DONE
    assert world.titles() == ["A new"]
