from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edgefeed.events import is_page, understand

EVENTS = sorted((Path(__file__).parents[1] / "events").glob("*.json"))


def test_there_are_recorded_events() -> None:
    assert len(EVENTS) >= 15


@pytest.mark.parametrize("path", EVENTS, ids=lambda path: path.stem)
def test_a_recorded_event_is_understood(path: Path) -> None:
    recorded = json.loads(path.read_text("utf-8"))
    work, expect = understand(recorded["event"], "request"), recorded["expect"]
    assert {message.id: list(message.keys) for message in work.messages} == expect["messages"]
    assert [name for name, _ in work.poison] == expect.get("poison", [])
    assert all(reason for _, reason in work.poison)
    assert work.kind == expect.get("kind", "keys")
    assert work.direct is expect.get("direct", False)
    assert work.accept is expect.get("accept", False)


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "Records",
                    "s3",
                    "object",
                    "key",
                    "keys",
                    "body",
                    "messageId",
                    "Event",
                    "rebuild",
                    "refresh",
                    "status",
                    "accept",
                ]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)
messages = st.builds(
    lambda body: {"messageId": "m", "body": body},
    st.one_of(
        anything,
        anything.map(json.dumps),
        st.text(max_size=40),
        st.text(st.characters(), max_size=30).map(
            lambda key: json.dumps({"Records": [{"s3": {"object": {"key": key}}}]})
        ),
    ),
)


@pytest.mark.long
@settings(max_examples=1500)
@given(st.one_of(anything, st.lists(messages, max_size=3).map(lambda all_: {"Records": all_})))
def test_whatever_comes_is_understood_or_named_as_poison(event: Any) -> None:
    work = understand(event, "request")
    for message in work.messages:
        assert all(is_page(key) for key in message.keys)
        assert all(key.encode() for key in message.keys)
    if isinstance(event, dict) and isinstance(event.get("Records"), list):
        # Each message is answered for, once.
        assert len(work.messages) + len(work.poison) == len(event["Records"])


def test_deep_nesting_is_poison_and_no_crash() -> None:
    body = "[" * 100_000
    work = understand({"Records": [{"messageId": "m", "body": body}]}, "request")
    assert [name for name, _ in work.poison] == ["m"]


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("pages/posts/a/index.html", True),
        ("pages/404.html", True),
        ("pages/../state/x.html", True),  # a name like any other to S3
        ("lists/index.html", False),
        ("pages/a.png", False),
        ("pages/" + "a" * 1100 + ".html", False),
        ("pages/\ud800.html", False),
    ],
)
def test_only_html_under_pages_is_looked_at(key: str, *, expected: bool) -> None:
    assert is_page(key) is expected
