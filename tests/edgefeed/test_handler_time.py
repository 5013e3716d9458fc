"""A run that has too little time, or that another run overtakes: what comes again, and what not."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Iterator, Sequence
from string import ascii_lowercase
from typing import Any

from tests.edgefeed.in_memory import DONE, SITE, World, key

from edgefeed.backlog import FULL, Waiting
from edgefeed.contract import FRAGMENTS, INDEX_KEY
from edgefeed.handler import Function
from edgefeed.index import decode
from edgefeed.laptop.stores import MemoryStore
from edgefeed.reconcile import Run
from edgefeed.steps import drive
from edgefeed.store import Conflict, Object
from edgefeed.versions import Message


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


def test_who_asks_for_all_lists_hears_that_there_was_no_time_for_what_another_run_left() -> None:
    world = World()
    world.put("hello", "Hello", tags=tuple(ascii_lowercase))
    assert world.send("hello") == DONE
    world.put("hello", "Changed", tags=tuple(ascii_lowercase))
    world.tick = 1.0
    assert world.send("hello", seconds=1) != DONE
    assert world.function({"refresh": True}, "deploy", 1) == {"done": False}
    assert world.function({"refresh": True}, "deploy", 600) == {"done": True}
    assert world.titles("lists/tags/l/feed.xml") == ["Changed"]


class Contested(MemoryStore):
    """Another run's swap comes first, once."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.number = number
        self.read: list[str] = []
        self.fragments: Counter[str] = Counter()

    def get(self, key: str) -> Object | None:
        self.read.append(key)
        return super().get(key)

    def put(self, key: str, body: bytes, **options: Any) -> str:
        self.fragments[key] += key.startswith(FRAGMENTS)
        if key == INDEX_KEY:
            self.number -= 1
            if self.number == 0:
                raise Conflict("another run's swap came first")
        return super().put(key, body, **options)


def contested(number: int, names: list[str]) -> tuple[World, Contested]:
    """Posts that nobody has read, and another run's swap before this one's ``number``-th."""
    world = World()
    world.store = store = Contested(number)
    world.wire(SITE)
    for name in names:
        world.put(name, name.upper())
    return world, store


def test_where_another_swap_comes_first_only_a_part_is_read_again() -> None:
    names = [f"p{number}" for number in range(10, 22)]
    world, store = contested(3, names)
    run = Run(SITE, world.ports, token="run", deadline=2_000.0)
    run.part = 5
    messages = [Message(name, (key(name),)) for name in names]
    assert drive(run.handle(messages)) == frozenset()
    read = Counter(read for read in store.read if read.startswith("pages/"))
    assert read == {key(name): 2 if name in names[10:] else 1 for name in names}
    assert sorted((+store.fragments).values()) == [1] * len(names)
    assert len(world.titles()) == 12
    assert decode(world.store.objects[INDEX_KEY].body).header.debts == {}


def test_what_was_read_in_vain_is_read_again_only_while_there_is_time() -> None:
    names = [f"p{number}" for number in range(10, 40)]
    world, store = contested(1, names)
    world.tick = 1.0  # each look at the clock costs a second
    run = Run(SITE, world.ports, token="run", deadline=world.now + 40)
    run.at_least = 3
    left = drive(run.handle([Message(name, (key(name),)) for name in names]))
    pages = [read for read in store.read if read.startswith("pages/")]
    first, again = pages[:-3], pages[-3:]
    assert 10 < len(first) < len(names)
    assert again == first[:3]
    assert left == {*names[3:]}
    assert len(decode(world.store.objects[INDEX_KEY].body).entries) == 3


def test_the_time_that_messages_take_to_come_is_the_runs_own() -> None:
    world = World()

    class Slow:
        def take(self) -> Iterator[list[Waiting]]:
            yield []
            world.now += 23
            yield []
            raise AssertionError("more is taken, though a tenth of the time is gone")

        def drop(self, waiting: Sequence[Waiting]) -> None:
            assert not waiting

        def retry(self, waiting: Sequence[Waiting]) -> None:
            """Nothing says how it is known."""

    function = Function(SITE, world.ports, most_time=60, backlog=Slow())
    names = [f"p{number}" for number in range(FULL)]
    for name in names:
        world.put(name, name.upper(), tags=tuple("abcdefghijkl"))
    records = [world.event(key(name), name=name)["Records"][0] for name in names]
    began = world.now
    answer = function({"Records": records}, "request", 60)
    assert len(answer["batchItemFailures"]) == 1
    assert world.now - began == 23, "no more was taken, though there was time"


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
