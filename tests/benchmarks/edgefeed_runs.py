"""edgefeed on an in-memory store, measured in a process of its own.

`python -m tests.benchmarks.edgefeed_runs change POSTS` edits one post of a blog;
`python -m tests.benchmarks.edgefeed_runs new PAGES BATCH` publishes pages from nothing.
Each prints one line of JSON.
"""

from __future__ import annotations

import contextlib
import io
import json
import resource
import sys
import tempfile
import time
from collections import Counter
from functools import partial
from pathlib import Path
from typing import Any

from tests.benchmarks.blog import ROOT, SITE, BlogStore, key_of, page_of, title_of

from edgefeed.handler import Function
from edgefeed.laptop.directory import compile_templates, read_templates
from edgefeed.laptop.stores import Silent
from edgefeed.lists import Theme
from edgefeed.page import read_page
from edgefeed.ports import Ports

_MB = 1024


def compile_into(folder: Path) -> None:
    """The theme's templates, as the bundle holds them."""
    sources = read_templates(ROOT / "theme/templates")
    for name, text in compile_templates(sources, SITE).items():
        (folder / name).write_text(text, "utf-8")


def wire(store: BlogStore, templates: Path) -> Function:
    theme = Theme(str(templates), SITE)
    ports = Ports(store, partial(read_page, site=SITE), theme, Silent(), time.time, time.sleep)
    return Function(SITE, ports, most_time=600)


def call(function: Function, event: dict[str, Any]) -> dict[str, Any]:
    """One invocation, and its own log line."""
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        answer = function(event, "bench", 900)
    assert answer in ({"done": True}, {"batchItemFailures": []}), answer
    line: dict[str, Any] = json.loads(said.getvalue())
    return line


def change(posts: int, templates: Path) -> dict[str, Any]:
    """One post with three tags gets a new title. The function is cold: nothing cached."""
    store = BlogStore(posts)
    number = posts - 5
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // _MB
    figures = []
    for title in ("Edited once", "Edited twice", "Edited again"):
        store.put(key_of(number), page_of(number, posts, title))
        function = wire(store, templates)
        began = time.process_time()
        line = call(function, {"keys": [key_of(number)]})
        figures.append((time.process_time() - began, line))
    # The time is the median's; requests and bytes are the last edit's, whatever the time.
    cpu, line = sorted(figure[0] for figure in figures)[1], figures[-1][1]
    return {
        "posts": posts,
        "cpu": cpu,
        "requests": line["requests"],
        "written": line["written"],
        "bytes": line["bytes"],
        "memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // _MB,
        "memory before": before,
    }


def new(pages: int, batch: int, templates: Path) -> dict[str, Any]:
    """Pages that were not there before, in messages of one key, so many to a batch."""
    store = BlogStore(0)
    for number in range(pages):
        store.put(key_of(number), page_of(number, pages, title_of(number, pages)))
    function = wire(store, templates)
    totals: Counter[str] = Counter()
    began = time.process_time()
    for start in range(0, pages, batch):
        records = [
            {
                "messageId": str(number),
                "body": json.dumps({"Records": [{"s3": {"object": {"key": key_of(number)}}}]}),
            }
            for number in range(start, min(start + batch, pages))
        ]
        totals.update(call(function, {"Records": records})["phases"])
    cpu = time.process_time() - began
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // _MB
    return {"pages": pages, "batch": batch, "cpu": cpu, "phases": totals, "memory": memory}


def main() -> None:
    kind, *words = sys.argv[1:]
    numbers = [int(word) for word in words]
    with tempfile.TemporaryDirectory() as folder:
        templates = Path(folder)
        compile_into(templates)
        if kind == "change":
            figures = change(numbers[0], templates)
        else:
            figures = new(numbers[0], numbers[1], templates)
    sys.stdout.write(json.dumps(figures) + "\n")


if __name__ == "__main__":
    main()
