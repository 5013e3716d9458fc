"""What `sula status` tells a person: everything that is held, owed, left out, lost or ringing."""

from __future__ import annotations

from typing import Any

from sula.cloud.ports import Letter
from sula.cloud.status import letter_lines, stack_lines, status_lines

QUIET: dict[str, Any] = {
    "url": "https://blog.example", "revision": 7, "commit": "0123456789abcdef", "posts": 3,
    "pages": 1, "files": 2, "deploys": [], "waiting": [], "dead_letters": 0,
    "lists": {"current": True, "owed": 0, "posts": 3, "held": {}, "problems": []},
}  # fmt: skip
STACK: dict[str, Any] = {
    "name": "sula", "status": "UPDATE_COMPLETE", "current": True, "deploys": [],
    "alarms": [{"name": "age", "state": "OK", "reason": ""}],
}  # fmt: skip


def test_a_quiet_day_takes_two_lines() -> None:
    assert list(status_lines(QUIET)) == [
        "Live at https://blog.example/: 3 posts, 1 page, 2 files (deploy 7, commit 0123456789)",
        "Lists: up to date; they show 3 posts",
    ]


def test_what_is_held_back_owed_and_left_out_is_told_with_its_reason() -> None:
    lists = {
        "current": False, "owed": 2, "posts": 3,
        "held": {"lists/feed.xml": "half of its entries would be new"},
        "problems": [{"key": "pages/x.html", "reason": "no date", "since": "2026-11-01"}],
    }  # fmt: skip
    said = "\n".join(status_lines({**QUIET, "lists": lists}))
    assert "Lists: being written, 2 lists owed" in said
    assert "Held back: lists/feed.xml: half of its entries would be new" in said
    assert "Left out: pages/x.html: no date (since 2026-11-01)" in said


def test_a_function_that_does_not_answer_is_no_silence() -> None:
    said = list(status_lines({**QUIET, "lists": None, "lists_error": "timed out"}))
    assert said[-1] == "Lists: unknown (timed out)"


def test_other_deploys_posts_that_wait_and_dead_letters() -> None:
    said = "\n".join(
        status_lines(
            {
                **QUIET,
                "deploys": [{"deploy": "d", "objects": 4, "ended": True}],
                "waiting": [{"page": "/posts/soon/", "at": "2027-01-05T08:00:00Z"}],
                "dead_letters": 1,
            }
        )
    )
    assert "Another deploy was interrupted, with 4 objects" in said
    assert "Waits: /posts/soon/ until 2027-01-05T08:00:00Z" in said
    assert "Failed: 1 message in the dead-letter queue" in said
    assert "sula status --redrive" in said


def test_an_alarm_that_rings_says_why() -> None:
    assert list(stack_lines(STACK))[-1] == "Alarms: 1 alarm, none of them rings"
    ringing = {"name": "errors", "state": "ALARM", "reason": "3 errors"}
    said = list(stack_lines({**STACK, "alarms": [*STACK["alarms"], ringing], "current": False}))
    assert said[0] == "Stack sula: update complete; its template is another than this Sula's"
    assert said[-1] == "Alarm errors: 3 errors"


def test_a_dead_letter_names_its_page() -> None:
    body = '{"Records": [{"s3": {"object": {"key": "pages/posts/a+b/index.html"}}}]}'
    assert list(letter_lines([Letter("id1", body, 1)])) == [
        "id1  pages/posts/a b/index.html  (tried 1 time)", f"  {body}",
    ]  # fmt: skip
    assert list(letter_lines([])) == ["The dead-letter queue is empty"]
