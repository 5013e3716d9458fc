"""``sula status``: what is live, what is owed, what failed, as far as can be told now."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote_plus

from edgefeed.contract import PAGES, key_to_path
from sula.cloud.ports import Letter
from sula.cloud.target import Target
from sula.errors import CloudError, SulaError
from sula.planning.scheduled import moment
from sula.publishing.claims import Clock, read_claims
from sula.publishing.inventory import read_record
from sula.report import plural

if TYPE_CHECKING:
    from sula.config import Config

_KEY: Final = re.compile(r'"key": ?"([^"]+)"')


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
        "waiting": [
            {"page": key_to_path(PAGES + row.output), "at": moment(row.instant) + "Z"}
            for row in record.waiting
            if not row.gone
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
        # Nobody works on this queue: what is in flight was only looked at a moment ago.
        answer["dead_letters"] = sum(target.dead_letters.depth())
    return answer


def stack_status(config: Config, *, deploys: int = 5) -> dict[str, Any]:
    """The stack itself: its state, its newest deploys, its alarms. Reads only."""
    from sula.cloud import stack  # noqa: PLC0415 - only where the stack is meant
    from sula.cloud.connect import cloud_of  # noqa: PLC0415 - the same
    from sula.cloud.monitoring import alarms_of  # noqa: PLC0415 - the same
    from sula.cloud.services import CloudFormation  # noqa: PLC0415 - the same
    from sula.publishing.rollback import history  # noqa: PLC0415 - the same

    cloud = cloud_of(config)
    stacks = CloudFormation(cloud)
    state = stacks.describe(config.stack)
    if state is None:
        raise CloudError(f"there is no stack {config.stack} yet: run `sula deploy --create`")
    found = stack.Outputs.of(config.stack, state)
    past = history(cloud.objects(found.bucket), deploys)
    return {
        "name": config.stack,
        "status": state.status,
        "address": found.site_url,
        "current": stacks.template(config.stack) == stack.load_template(),
        "deploys": [
            {
                "revision": one.record.revision,
                "written": one.written,
                "commit": one.record.commit,
                "posts": sum(row.kind == "post" for row in one.record.sources if row.etag),
            }
            for one in past
        ],
        "alarms": [alarm._asdict() for alarm in alarms_of(cloud, config.stack)],
    }


def stack_lines(answer: dict[str, Any]) -> Iterator[str]:
    """The same for a person."""
    words = answer["status"].replace("_", " ").lower()
    current = "" if answer["current"] else "; its template is another than this Sula's"
    yield f"Stack {answer['name']}: {words}{current}"
    for back, one in enumerate(answer["deploys"]):
        commit = f"  {one['commit'][:10]}" if one["commit"] else ""
        how = "now" if back == 0 else f"sula rollback {back}"
        posts = plural(one["posts"], "post")
        yield f"  deploy {one['revision']:<5} {one['written']}  {posts}{commit}  ({how})"
    ringing = [alarm for alarm in answer["alarms"] if alarm["state"] == "ALARM"]
    for alarm in ringing:
        yield f"Alarm {alarm['name']}: {alarm['reason']}"
    if not ringing:
        yield f"Alarms: {plural(len(answer['alarms']), 'alarm')}, none of them rings"


def letter_lines(letters: list[Letter]) -> Iterator[str]:
    """Dead letters for a person: whose event it was, and what it says."""
    for letter in letters:
        keys = [unquote_plus(key) for key in _KEY.findall(letter.body)]
        tried = plural(letter.attempts, "time")
        yield f"{letter.id}  {', '.join(keys) or 'no key'}  (tried {tried})"
        yield f"  {letter.body}"
    if not letters:
        yield "The dead-letter queue is empty"


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
    for one in answer["waiting"]:
        yield f"Waits: {one['page']} until {one['at']}"
    yield from _list_lines(answer)
    if answer["dead_letters"]:
        count = plural(answer["dead_letters"], "message")
        yield (
            f"Failed: {count} in the dead-letter queue, not handled after ten attempts "
            "(`sula status --letters` shows them, `sula status --redrive` tries again)"
        )


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
