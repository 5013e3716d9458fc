"""The function with its real parts over a store in memory: pages of HTML in, lists out."""

from __future__ import annotations

import dataclasses
import gzip
import json
import uuid
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import feedparser
import msgspec
import pytest
from jsonschema import Draft202012Validator

from edgefeed.backlog import FULL, Waiting
from edgefeed.contract import FRAGMENTS, INDEX_KEY, Person, Site, json_ld
from edgefeed.directory import build_directory, read_templates
from edgefeed.handler import Function
from edgefeed.index import Index, decode, encode
from edgefeed.lists import Theme
from edgefeed.model import Document
from edgefeed.page import read_page
from edgefeed.ports import Ports, Renderer
from edgefeed.reconcile import Run
from edgefeed.steps import drive
from edgefeed.store import Conflict, Object, Unavailable
from edgefeed.stores import MemoryStore
from edgefeed.versions import Message, Outdated
from sula.function import READS

ROOT = Path(__file__).parents[2]
METRICS = Path(__file__).parent / "schemas/embedded-metric-format.json"
ASSETS = {f.name: f"theme/{f.stem}.0123456789{f.suffix}" for f in (ROOT / "theme/static").iterdir()}
SITE = Site(
    id="tag:example.org,2026:site",
    url="https://example.org",
    title="Example",
    description="An example",
    language="en",
    author=Person("A. Author"),
    hub="https://hub.example.org/",
    assets=ASSETS,
    revision=1,
    renderer="one",
)


def page(
    name: str, title: str = "A title", *, minute: int = 0, tags: tuple[str, ...] = ()
) -> bytes:
    date = f"2026-11-24T10:{minute:02}:00+00:00"
    data = {
        "@context": "https://schema.org",
        "@type": "BlogPosting",
        "@id": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, name)}",
        "url": f"https://example.org/posts/{name}/",
        "headline": title,
        "datePublished": date,
        "dateModified": date,
        "keywords": list(tags),
        "description": "What it says.",
        "author": [{"@type": "Person", "name": "A. Author"}],
        "inLanguage": "en",
    }
    return (
        f'<!doctype html><html lang="en"><head><title>{title}</title>'
        f'<script type="application/ld+json">{json_ld(data)}</script></head><body>'
        f'<article class="h-entry"><div class="e-content"><p>Body of {name}.</p></div></article>'
    ).encode()


def key(name: str) -> str:
    return f"pages/posts/{name}/index.html"


class Hearer:
    """A notifier that remembers, and fails as often as it is told to."""

    def __init__(self) -> None:
        self.paths: list[str] = []
        self.urls: list[str] = []
        self.references: list[str] = []
        self.edge_fails = 0
        self.hub_fails = 0

    def invalidate(self, paths: Any, reference: str) -> None:
        self.references.append(reference)
        if self.edge_fails:
            self.edge_fails -= 1
            raise Unavailable("the edge is busy")
        self.paths += paths

    def publish(self, urls: Any) -> None:
        if self.hub_fails:
            self.hub_fails -= 1
            raise Unavailable("the hub is busy")
        self.urls += urls


class World:
    """A store, a clock, an edge, and functions wired to them."""

    def __init__(self, site: Site = SITE, renderer: Renderer | None = None) -> None:
        self.store = MemoryStore(lambda: "2026-11-24T12:00:00Z")
        self.hearer = Hearer()
        self.now = 1_000.0
        self.tick = 0.0
        self.function = self.wire(site, renderer)

    def wire(self, site: Site, renderer: Renderer | None = None) -> Function:
        if renderer is None:
            renderer = Theme(read_templates(ROOT / "theme/templates"), site)
        self.ports = Ports(
            self.store,
            partial(read_page, site=site),
            renderer,
            self.hearer,
            self.clock,
            lambda _: None,
        )
        return Function(site, self.ports, most_time=60)

    def clock(self) -> float:
        self.now += self.tick
        return self.now

    def put(self, name: str, title: str = "A title", **options: Any) -> None:
        self.store.put(key(name), page(name, title, **options))

    def event(self, *keys: str, name: str = "m1") -> dict[str, Any]:
        records = [{"s3": {"object": {"key": k}}} for k in keys]
        return {"Records": [{"messageId": name, "body": json.dumps({"Records": records})}]}

    def send(self, *names: str, seconds: float = 60) -> dict[str, Any]:
        return self.function(self.event(*map(key, names)), "request", seconds)

    def text(self, name: str) -> str:
        found = self.store.get(name)
        assert found is not None, f"{name} is not there"
        return found.body.decode()

    def lists(self) -> dict[str, Object]:
        return {k: o for k, o in self.store.objects.items() if k.startswith("lists/")}

    def titles(self, feed: str = "lists/feed.xml") -> list[str]:
        return [entry.title for entry in feedparser.parse(self.text(feed)).entries]


DONE: dict[str, Any] = {"batchItemFailures": []}


def test_a_post_is_followed_from_its_event_to_its_removal(
    capsys: pytest.CaptureFixture[str],
) -> None:
    world = World()
    world.put("hello", "Hello", tags=("Birds",))
    assert world.send("hello") == DONE
    assert world.titles() == world.titles("lists/tags/birds/atom.xml") == ["Hello"]
    assert "Hello" in world.text("lists/index.html")
    assert "Birds" in world.text("lists/tags/index.html")

    world.put("hello", "Hello again", tags=("Boats",))
    world.send("hello")
    assert world.titles() == world.titles("lists/tags/boats/feed.xml") == ["Hello again"]
    assert world.titles("lists/tags/birds/feed.xml") == []

    world.store.delete(key("hello"))
    world.send("hello")
    assert world.titles() == []
    assert "lists/page/1/index.html" not in world.lists()
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert len(lines) == 3
    assert all(line["level"] == "info" for line in lines)


def check_metrics(line: dict[str, Any]) -> None:
    """Raises where a line is not in CloudWatch's embedded metric format."""
    Draft202012Validator(json.loads(METRICS.read_text("utf-8"))).validate(line)
    (metrics,) = line["_aws"]["CloudWatchMetrics"]
    assert metrics["Namespace"] == "Sula/edgefeed"
    # What JSON Schema cannot say: each name is a member of the line, metrics are numbers.
    assert all(type(line[metric["Name"]]) in {int, float} for metric in metrics["Metrics"])
    assert all(isinstance(line[name], str) for names in metrics["Dimensions"] for name in names)
    assert len(json.dumps(line)) < 1_000_000


def test_the_line_of_a_run_that_failed_has_its_metrics_too(
    capsys: pytest.CaptureFixture[str],
) -> None:
    world = World()
    world.store.put(INDEX_KEY, b"garbage")
    world.send("hello")
    (line,) = map(json.loads, capsys.readouterr().out.splitlines())
    check_metrics(line)
    assert (line["level"], line["failed"]) == ("error", 1)


def test_one_run_says_one_line_with_its_metrics(capsys: pytest.CaptureFixture[str]) -> None:
    world = World()
    world.put("hello", tags=("a",))
    world.send("hello")
    (line,) = map(json.loads, capsys.readouterr().out.splitlines())
    check_metrics(line)
    assert line["pages"] == 1
    assert line["written"] == len(world.lists()) + 1  # and state/problems.json
    assert line["messages"] == ["m1"]
    assert set(line["requests"]) <= {"get", "head", "put", "delete", "list"}
    assert line["requests"]["put"] >= line["written"]
    assert {"read", "index", "lists", "notify"} <= set(line["phases"])


def test_what_did_not_change_is_not_written_and_nobody_is_told() -> None:
    world = World()
    world.put("hello")
    world.send("hello")
    before = world.lists()
    world.hearer.paths.clear()
    world.hearer.urls.clear()
    world.send("hello")
    assert {k: o.etag for k, o in world.lists().items()} == {k: o.etag for k, o in before.items()}
    assert all(world.lists()[k] is before[k] for k in before)
    assert (world.hearer.paths, world.hearer.urls) == ([], [])


def test_every_list_carries_its_generation_and_digest() -> None:
    world = World()
    world.put("hello")
    world.send("hello")
    generations = {int(o.metadata["generation"]) for o in world.lists().values()}
    assert len(generations) == 1
    assert all(len(o.metadata["digest"]) == 32 for o in world.lists().values())


def test_a_bad_page_is_reported_and_harms_nobody() -> None:
    world = World()
    world.put("good", "Good")
    bad = b'<html><head><script type="application/ld+json">{"@type":"BlogPosting"</script></head>'
    world.store.put(key("bad"), bad)
    assert world.send("good", "bad") == DONE
    assert world.titles() == ["Good"]
    (problem,) = json.loads(world.text("state/problems.json"))["problems"]
    assert problem["key"] == key("bad")
    assert problem["reason"]
    assert problem["since"] == "2026-11-24T12:00:00Z"
    world.put("bad", "Mended", minute=1)
    world.send("bad")
    assert world.titles() == ["Mended", "Good"]
    assert json.loads(world.text("state/problems.json")) == {"problems": []}


def test_poison_is_acknowledged_and_what_is_beside_it_is_done(
    capsys: pytest.CaptureFixture[str],
) -> None:
    world = World()
    world.put("hello", "Hello")
    event = world.event(key("hello"))
    event["Records"].insert(0, {"messageId": "bad", "body": "not json"})
    assert world.function(event, "request", 60) == DONE
    assert world.titles() == ["Hello"]
    assert "JSONDecodeError" in json.loads(capsys.readouterr().out)["poison"]["bad"]


class Flaky(MemoryStore):
    """A bucket that is down for writes under a prefix."""

    down = ""

    def put(self, key: str, body: bytes, **options: Any) -> str:
        if self.down and key.startswith(self.down):
            raise Unavailable("503")
        return super().put(key, body, **options)


@pytest.mark.parametrize("down", ["lists/", "state/index", "state/fragments/"])
def test_trouble_sends_the_messages_back_and_the_next_run_mends_it(down: str) -> None:
    world = World()
    world.store = Flaky()
    world.function = world.wire(SITE)
    world.put("hello", "Hello")
    world.store.down = down
    assert world.send("hello") == {"batchItemFailures": [{"itemIdentifier": "m1"}]}
    world.store.down = ""
    assert world.send("hello") == DONE
    assert world.titles() == ["Hello"]
    assert decode(world.store.objects[INDEX_KEY].body).header.debts == {}


def test_a_direct_call_hears_of_trouble() -> None:
    world = World()
    world.store = Flaky()
    world.function = world.wire(SITE)
    world.store.down = "lists/"
    with pytest.raises(Unavailable):
        world.function({"refresh": True}, "request", 60)


def test_the_edge_is_owed_until_it_accepts() -> None:
    world = World()
    world.put("hello")
    world.hearer.edge_fails = 100
    assert world.send("hello") != DONE
    assert len(set(world.hearer.references)) == 1  # the same request each time
    world.hearer.edge_fails = 0
    assert world.send("hello") == DONE
    assert "/*" in world.hearer.paths or "/feed.xml" in world.hearer.paths


def test_the_hub_hears_after_the_edge_and_never_fails_a_run() -> None:
    world = World()
    world.put("hello", "Hello", tags=("a",))
    world.hearer.hub_fails = 2
    assert world.send("hello") == DONE
    assert "https://example.org/feed.xml" in world.hearer.urls
    assert "https://example.org/tags/a/atom.xml" in world.hearer.urls
    heard = len(world.hearer.urls)
    world.hearer.hub_fails = 5
    world.put("hello", "Changed")
    assert world.send("hello") == DONE
    assert len(world.hearer.urls) == heard
    assert "/feed.xml" in world.function({"status": True}, "request", 60)["unheard"]
    # The next run tells, even one that has nothing to write.
    assert world.send("hello") == DONE
    assert "https://example.org/feed.xml" in world.hearer.urls[heard:]
    assert world.function({"status": True}, "request", 60)["unheard"] == ()
    heard = len(world.hearer.urls)
    assert world.send("hello") == DONE
    assert len(world.hearer.urls) == heard


def test_a_hub_that_never_answers_takes_no_time_that_is_not_there() -> None:
    world = World()
    world.hearer.hub_fails = 10_000
    world.put("hello", "Hello")
    began = world.now

    def rest(seconds: float) -> None:
        world.now += seconds

    ports = dataclasses.replace(world.ports, sleep=rest)
    assert Function(SITE, ports, most_time=60)(world.event(key("hello")), "r", 20) == DONE
    assert world.now - began < 5


def test_no_time_left_means_the_next_run_goes_on() -> None:
    world = World()
    for number in range(30):
        world.put(f"p{number}", f"Post {number}", minute=number, tags=tuple("abcdefghijkl"))
    names = [f"p{number}" for number in range(30)]
    world.tick = 1.0  # each look at the clock costs a second
    rounds = 0
    while world.send(*names, seconds=1) != DONE:
        rounds += 1
        assert rounds < 50
    assert rounds >= 2
    assert len(world.titles()) == 20
    assert decode(world.store.objects[INDEX_KEY].body).header.debts == {}


def test_one_message_comes_again_for_lists_that_there_was_no_time_to_write() -> None:
    world = World()
    names = [f"p{number}" for number in range(30)]
    for number, name in enumerate(names):
        world.put(name, name.upper(), minute=number, tags=tuple("abcdefghijkl"))
    events = {name: world.event(key(name), name=name)["Records"][0] for name in names}
    world.tick = 1.0  # each look at the clock costs a second
    answer = world.function({"Records": [*events.values()]}, "request", 20)
    (left,) = [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]
    (debt,) = decode(world.store.objects[INDEX_KEY].body).header.debts.values()
    assert (debt.until, debt.keys) == (0, (key(left),))
    assert debt.units
    world.tick = 0
    assert world.function({"Records": [events[left]]}, "request", 60) == DONE
    assert decode(world.store.objects[INDEX_KEY].body).header.debts == {}
    assert len(world.titles("lists/tags/l/feed.xml")) == 20


class Contested(MemoryStore):
    """Another run's swap comes first, once."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.number = number
        self.read: list[str] = []

    def get(self, key: str) -> Object | None:
        self.read.append(key)
        return super().get(key)

    def put(self, key: str, body: bytes, **options: Any) -> str:
        if key == INDEX_KEY:
            self.number -= 1
            if self.number == 0:
                raise Conflict("another run's swap came first")
        return super().put(key, body, **options)


def test_where_another_swap_comes_first_only_a_part_is_read_again() -> None:
    world = World()
    world.store = Contested(3)
    world.wire(SITE)
    names = [f"p{number}" for number in range(10, 22)]
    for name in names:
        world.put(name, name.upper())
    run = Run(SITE, world.ports, token="run", deadline=2_000.0)
    run.part = 5
    messages = [Message(name, (key(name),)) for name in names]
    assert drive(run.handle(messages)) == frozenset()
    read = Counter(read for read in world.store.read if read.startswith("pages/"))
    assert read == {key(name): 2 if name in names[10:] else 1 for name in names}
    assert len(world.titles()) == 12
    assert decode(world.store.objects[INDEX_KEY].body).header.debts == {}


def test_the_time_that_messages_take_to_come_is_the_runs_own() -> None:
    world = World()

    class Slow:
        def take(self, most: int) -> list[Waiting]:  # noqa: ARG002 - none wait
            world.now += 50
            return []

        def drop(self, waiting: Sequence[Waiting]) -> None:
            assert not waiting

        def retry(self, waiting: Sequence[Waiting]) -> None:
            """Nothing says how it is known."""

    function = Function(SITE, world.ports, most_time=60, backlog=Slow())
    names = [f"p{number}" for number in range(FULL)]
    for name in names:
        world.put(name, name.upper(), tags=tuple("abcdefghijkl"))
    records = [world.event(key(name), name=name)["Records"][0] for name in names]
    answer = function({"Records": records}, "request", 60)
    assert len(answer["batchItemFailures"]) == 1


def test_more_pages_than_there_is_time_to_read_come_again() -> None:
    world = World()
    names = [f"p{number}" for number in range(120)]
    for name in names:
        world.put(name, name.upper())
    world.tick = 0.5  # each look at the clock costs half a second
    left, answers = names, []
    while left:
        event = {
            "Records": [r for name in left for r in world.event(key(name), name=name)["Records"]]
        }
        answer = world.function(event, "request", 60)
        answers.append(len(answer["batchItemFailures"]))
        assert len(answers) < 20
        left = [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]
    assert 0 < answers[0] < len(names)
    assert len(decode(world.store.objects[INDEX_KEY].body).entries) == len(names)


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


def test_status_tells_what_is_owed_without_touching_anything() -> None:
    world = World()
    world.put("hello", "Hello")
    ask = {"status": True, "keys": [key("hello"), key("gone")]}
    assert world.function(ask, "request", 60)["pending"] == [key("hello")]
    before = dict(world.store.objects)
    world.function(ask, "request", 60)
    assert world.store.objects == before
    world.send("hello")
    status = world.function(ask, "request", 60)
    assert (status["pending"], status["owed"], status["current"]) == ([], 0, True)


class Strict:
    """A renderer whose gate holds back what it is told to."""

    def __init__(self, inner: Theme) -> None:
        self.inner = inner
        self.refuse = ""
        self.asked: list[tuple[str, bool]] = []

    def fragments(self, listing: Any) -> tuple[str, ...]:
        return self.inner.fragments(listing)

    def documents(self, listing: Any, fragments: Mapping[str, Any]) -> tuple[Document, ...]:
        return self.inner.documents(listing, fragments)

    def check(self, document: Document, previous: bytes | None) -> str | None:
        self.asked.append((document.key, previous is not None))
        return "not today" if document.key == self.refuse else None


def test_the_gate_holds_a_feed_back_and_says_so() -> None:
    theme = Theme(read_templates(ROOT / "theme/templates"), SITE)
    strict = Strict(theme)
    world = World(SITE, strict)
    world.put("hello", "Hello")
    world.send("hello")
    assert ("lists/feed.xml", False) in strict.asked
    assert not [k for k, _ in strict.asked if k.endswith(".html")]
    strict.refuse = "lists/feed.xml"
    world.put("hello", "Changed")
    assert world.send("hello") == DONE
    assert ("lists/feed.xml", True) in strict.asked
    assert (world.titles(), world.titles("lists/atom.xml")) == (["Hello"], ["Changed"])
    assert world.function({"status": True}, "r", 60)["held"] == {"lists/feed.xml": "not today"}
    world.function({"refresh": True, "accept": True}, "r", 60)
    assert world.titles() == ["Changed"]
    assert world.function({"status": True}, "r", 60)["held"] == {}


def test_a_directory_is_built_as_the_cloud_would(tmp_path: Path) -> None:
    world = World()
    pages = {f"p{n}": page(f"p{n}", f"Post {n}", minute=n, tags=("a", "ü")) for n in range(25)}
    for name, body in pages.items():
        world.store.put(key(name), body)
        path = tmp_path / key(name)
        path.parent.mkdir(parents=True)
        path.write_bytes(body)
    (tmp_path / "pages/image.png").write_bytes(b"png")
    world.send(*pages)
    build_directory(tmp_path, SITE, ROOT / "theme/templates")

    def built() -> dict[str, bytes]:
        files = (path for path in (tmp_path / "lists").rglob("*") if path.is_file())
        return {path.relative_to(tmp_path).as_posix(): path.read_bytes() for path in files}

    assert built() == {k: o.body for k, o in world.lists().items()}
    assert len(built()) > 20
    stamps = {k: (tmp_path / k).stat().st_mtime_ns for k in built()}
    build_directory(tmp_path, SITE, ROOT / "theme/templates")
    assert {k: (tmp_path / k).stat().st_mtime_ns for k in built()} == stamps
    (tmp_path / key("p24")).unlink()
    build_directory(tmp_path, SITE, ROOT / "theme/templates")
    world.store.delete(key("p24"))
    world.send("p24")
    assert built() == {k: o.body for k, o in world.lists().items()}


def test_a_folder_without_templates_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="no templates"):
        read_templates(tmp_path)
