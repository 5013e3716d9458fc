"""The function over a store in memory: pages of HTML in, lists out, and what it says of a run."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest
from jsonschema import Draft202012Validator
from tests.edgefeed.in_memory import DONE, ROOT, SITE, World, key

from edgefeed.contract import INDEX_KEY
from edgefeed.index import Header, decode, encode
from edgefeed.laptop.directory import read_templates
from edgefeed.laptop.stores import MemoryStore
from edgefeed.lists import Theme
from edgefeed.model import Document
from edgefeed.store import Object, Unavailable

METRICS = Path(__file__).parent / "schemas/embedded-metric-format.json"


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


class Garbled(MemoryStore):
    """May give noise for the index's bytes, under their ETag."""

    noise = False

    def get(self, key: str) -> Object | None:
        found = super().get(key)
        if found is None or key != INDEX_KEY or not self.noise:
            return found
        return msgspec.structs.replace(found, body=b"noise")


def test_a_warm_function_reads_the_index_only_where_another_has_written_it() -> None:
    world = World()
    world.store = store = Garbled()
    warm, other = world.wire(SITE), world.wire(SITE)
    world.put("hello", "Hello")
    warm(world.event(key("hello")), "first", 60)
    store.noise = True
    assert warm({"status": True}, "warm", 60)["posts"] == 1
    with pytest.raises(Unavailable):
        other({"status": True}, "cold", 60)
    store.noise = False
    world.put("again", "Again")
    other(world.event(key("again")), "second", 60)
    assert warm({"status": True}, "warm", 60)["posts"] == 2


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
    written = [*world.lists().values(), world.store.objects["state/problems.json"]]
    assert line["written"] == len(written)
    assert line["bytes"] == sum(len(document.body) for document in written)
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


def test_the_edge_is_not_asked_to_forget_nothing() -> None:
    world = World()
    world.put("hello")
    world.send("hello")
    told = len(world.hearer.references)
    # A new page that is left out: only the report changes, which is not public. CloudFront
    # refuses an invalidation without paths, and the page's message would come for ever.
    world.store.put(key("bad"), b'<script type="application/ld+json">{"@type":"BlogPosting"}')
    assert world.send("bad") == DONE
    assert "pages/posts/bad" in world.text("state/problems.json")
    assert len(world.hearer.references) == told


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


def test_a_feed_that_the_hub_refuses_keeps_no_other_from_it() -> None:
    world = World()
    world.hearer.refused = "https://example.org/atom.xml"  # the first in the line
    world.put("hello", "Hello", tags=("a",))
    assert world.send("hello") == DONE
    assert "https://example.org/tags/a/feed.xml" in world.hearer.urls
    assert world.function({"status": True}, "request", 60)["unheard"] == ("/atom.xml",)
    world.hearer.refused = ""
    assert world.send("hello") == DONE
    assert world.hearer.urls[-1] == "https://example.org/atom.xml"


class Watched(MemoryStore):
    """Keeps the header of every index that is written."""

    def __init__(self) -> None:
        super().__init__()
        self.headers: list[Header] = []

    def put(self, key: str, body: bytes, **options: Any) -> str:
        if key == INDEX_KEY:
            self.headers.append(decode(body).header)
        return super().put(key, body, **options)


def test_every_index_counts_one_more_than_the_one_it_replaces() -> None:
    world = World()
    world.store = store = Watched()
    world.function = world.wire(SITE)
    world.put("hello")
    assert world.send("hello") == DONE  # what is owed, that it is done, and that the hub heard
    first, *others = [header.generation for header in store.headers]
    assert others == [first + 1, first + 2]
    # And nobody takes over what a run owes while it can still live.
    (debt,) = store.headers[0].debts.values()
    assert debt.until > world.now + 60


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


class Meddled(MemoryStore):
    """A bucket to which others do something just before an index is written for the nth time."""

    meddle: Callable[[], None] | None = None
    left = 0

    def put(self, key: str, body: bytes, **options: Any) -> str:
        if key == INDEX_KEY and self.meddle:
            self.left -= 1
            if not self.left:
                self.meddle()
        return super().put(key, body, **options)


def test_what_others_have_held_back_since_is_looked_at_again() -> None:
    world, feed = World(), "lists/feed.xml"
    world.store = store = Meddled(lambda: "2026-11-24T12:00:00Z")
    world.function = world.wire(SITE)
    world.put("hello", "Hello")
    world.send("hello")
    old = world.store.objects[feed]

    def meddle() -> None:
        """An older run writes once more what it had to, and finds the right one held back."""
        world.store.objects[feed] = old
        index = decode(world.store.objects[INDEX_KEY].body)
        header = msgspec.structs.replace(index.header, held={feed: "not today"}, generation=10**9)
        store.meddle = None
        world.store.put(INDEX_KEY, encode(replace(index, header=header)))

    store.meddle, store.left = meddle, 2
    world.put("hello", "Changed")
    assert world.send("hello") == DONE
    assert world.titles() == ["Changed"]
    assert world.function({"status": True}, "r", 60)["held"] == {}
