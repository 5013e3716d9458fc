"""The edge's store of redirects, through a client that others overtake."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import count
from typing import Any, cast

import pytest
from botocore.exceptions import ClientError

from sula.cloud.aws import Cloud
from sula.cloud.keyvalues import KeyValueStore
from sula.errors import CloudError, Conflict


@dataclass
class FakeStore:
    """CloudFront's store: one ETag for all of it, which a change must name.

    ``meanwhile`` runs before each change arrives: another writer, perhaps. It may raise.
    """

    items: dict[str, str] = field(default_factory=dict)
    meanwhile: Callable[[FakeStore], None] = lambda _: None
    requests: list[dict[str, Any]] = field(default_factory=list)
    version: int = 1

    def describe_key_value_store(self, **said: str) -> dict[str, Any]:
        assert said == {"KvsARN": "arn"}
        return {"ETag": str(self.version)}

    def get_paginator(self, _: str) -> FakeStore:
        return self

    def paginate(self, **said: str) -> Iterator[dict[str, Any]]:
        assert said == {"KvsARN": "arn"}
        for item in list(self.items.items()):
            yield {"Items": [dict(zip(("Key", "Value"), item, strict=True))]}
        yield {}

    def update_keys(self, **said: Any) -> dict[str, Any]:
        puts, deletes = said.get("Puts", []), said.get("Deletes", [])
        assert said["KvsARN"] == "arn"
        assert 0 < len(puts) + len(deletes) <= 50
        self.meanwhile(self)
        self.requests.append({"puts": len(puts), "deletes": len(deletes)})
        if said["IfMatch"] != str(self.version):
            raise refusal("ConflictException")
        for one in deletes:
            if one["Key"] not in self.items:
                raise refusal("ResourceNotFoundException")
        self.write({one["Key"]: one["Value"] for one in puts}, {one["Key"] for one in deletes})
        return {"ETag": str(self.version)}

    def write(self, puts: dict[str, str], deletes: set[str]) -> None:
        self.version += 1
        self.items = {k: v for k, v in (self.items | puts).items() if k not in deletes}


def refusal(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": code}}, "UpdateKeys")


def store(fake: FakeStore) -> tuple[KeyValueStore, list[float]]:
    """The store over a fake client, and how long it waited each time."""

    class Clients:
        def client(self, _: str) -> FakeStore:
            return fake

    waited: list[float] = []
    return KeyValueStore(cast("Cloud", Clients()), "arn", waited.append), waited


def once(act: Callable[[FakeStore], None], at: int = 0) -> Callable[[FakeStore], None]:
    """Something that happens before the Nth request only."""
    calls = count()

    def meanwhile(fake: FakeStore) -> None:
        if next(calls) == at:
            act(fake)

    return meanwhile


def test_changes_go_fifty_at_a_time_each_upon_the_last() -> None:
    fake = FakeStore({f"/old{n}": "410" for n in range(30)})
    store(fake)[0].change({f"/new{n}": "301 /" for n in range(90)}, frozenset(fake.items))
    assert fake.requests == [
        {"puts": 50, "deletes": 0}, {"puts": 40, "deletes": 10}, {"puts": 0, "deletes": 20},
    ]  # fmt: skip
    assert fake.items == {f"/new{n}": "301 /" for n in range(90)}


def test_nothing_to_change_asks_nothing() -> None:
    fake = FakeStore()
    store(fake)[0].change({}, frozenset())
    assert fake.requests == []


@pytest.mark.parametrize("at", [0, 1])
def test_what_another_wrote_meanwhile_stays_and_ours_is_written(at: int) -> None:
    fake = FakeStore({"/gone": "410"})
    fake.meanwhile = once(lambda fake: fake.write({"/theirs": "301 /t/"}, set()), at)
    changed, waited = store(fake)
    ours = {f"/{n:02}": "301 /" for n in range(60)}
    changed.change(ours, frozenset({"/gone"}))
    assert fake.items == ours | {"/theirs": "301 /t/"}
    assert len(waited) == 1


def test_what_another_has_done_already_is_not_done_twice() -> None:
    """Another deploy of the same site: it has deleted and written just what we were about to."""
    fake = FakeStore({"/gone": "410"})
    fake.meanwhile = once(lambda fake: fake.write({"/new": "301 /"}, {"/gone"}))
    store(fake)[0].change({"/new": "301 /"}, frozenset({"/gone"}))
    assert fake.items == {"/new": "301 /"}
    assert len(fake.requests) == 1


def test_whoever_is_always_overtaken_says_so_in_the_end() -> None:
    fake = FakeStore()
    fake.meanwhile = lambda fake: fake.write({"/theirs": "410"}, set())
    changed, waited = store(fake)
    with pytest.raises(Conflict, match="6 times in a row"):
        changed.change({"/a": "410"}, frozenset())
    assert waited == sorted(waited)
    assert len(fake.requests) == 6
    assert "/a" not in fake.items


def test_any_other_refusal_is_told_at_once() -> None:
    fake = FakeStore()

    def refuse(_: FakeStore) -> None:
        raise refusal("AccessDeniedException")

    fake.meanwhile = refuse
    changed, waited = store(fake)
    with pytest.raises(CloudError, match="changing 1 redirects: AccessDeniedException"):
        changed.change({"/a": "410"}, frozenset())
    assert not waited
