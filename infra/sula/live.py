"""``sula status``: what is live, what is owed, what failed, as far as can be told now."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sula.claims import Clock, read_claims
from sula.errors import SulaError
from sula.inventory import read_record
from sula.report import plural
from sula.target import Target


def live(target: Target, clock: Clock) -> dict[str, Any]:
    """Ask the bucket, the function and the queue. Reads only."""
    record, _ = read_record(target.objects)
    claims, _ = read_claims(target.objects)
    pages = [row for row in record.sources if row.etag]
    answer: dict[str, Any] = {
        "url": target.url,
        "revision": record.revision,
        "commit": record.commit,
        "posts": sum(row.kind == "post" for row in pages),
        "pages": sum(row.kind == "page" for row in pages),
        "files": len(record.files),
        "deploys": [
            {"deploy": deploy, "objects": len(each.keys), "ended": each.until < clock.now()}
            for deploy, each in sorted(claims.items())
        ],
        "lists": None,
        "dead_letters": None,
    }
    if target.function is not None and record.function:
        try:
            answer["lists"] = target.function.invoke({"status": True})
        except SulaError as error:
            answer["lists_error"] = str(error)
    if target.dead_letters is not None:
        answer["dead_letters"] = target.dead_letters.depth().waiting
    return answer


def status_lines(answer: dict[str, Any]) -> Iterator[str]:
    """The same for a person."""
    if not answer["revision"]:
        yield "Nothing is published yet: run `sula deploy`"
        return
    commit = f", commit {answer['commit'][:10]}" if answer["commit"] else ""
    where = f" at {answer['url']}/" if answer["url"] else ""
    yield (
        f"Live{where}: {plural(answer['posts'], 'post')}, {plural(answer['pages'], 'page')}, "
        f"{plural(answer['files'], 'file')} (deploy {answer['revision']}{commit})"
    )
    for claim in answer["deploys"]:
        state = "was interrupted" if claim["ended"] else "is under way, or was interrupted"
        yield f"Another deploy {state}, with {plural(claim['objects'], 'object')}"
    yield from _list_lines(answer)
    if answer["dead_letters"]:
        count = plural(answer["dead_letters"], "message")
        yield f"Failed: {count} in the dead-letter queue, not handled after ten attempts"


def _list_lines(answer: dict[str, Any]) -> Iterator[str]:
    lists = answer["lists"]
    if lists is None:
        reason = answer.get("lists_error", "the function is not deployed yet")
        yield f"Lists: unknown ({reason})"
        return
    state = "up to date" if lists.get("current") and not lists.get("owed") else "being written"
    owed = f", {plural(lists['owed'], 'list')} owed" if lists.get("owed") else ""
    yield f"Lists: {state}{owed}; they show {plural(lists.get('posts', 0), 'post')}"
    held = lists.get("held") or {}
    for key in sorted(held):
        yield f"Held back: {key}: {held[key]}"
    for problem in lists.get("problems", []):
        yield f"Left out: {problem['key']}: {problem['reason']} (since {problem['since']})"
