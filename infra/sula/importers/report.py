"""The import report: what came over, what is to be decided, changed and left out. Pure.

It depends on the old site alone, so that importing twice writes the same report.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from sula.importers.model import Kind

MARKDOWN: Final = "import-report.md"
JSON: Final = "import-report.json"
_VERSION: Final = 1
_HEADINGS: Final[Mapping[Kind, tuple[str, str]]] = {
    "decide": (
        "To decide",
        "While one of these is open the site is not built. `sula check` says which lines to edit.",
    ),
    "left out": ("Left out", "Nothing of these is published."),
    "changed": ("Changed on the way", "These are published, in another form."),
}


@dataclass(frozen=True, order=True)
class Item:
    """One remark: in the old file, and in the new one (line 0: the whole file; "" if none)."""

    source: str
    source_line: int
    message: str
    kind: Kind
    path: str = ""
    line: int = 0


@dataclass(frozen=True, kw_only=True)
class Report:
    """What an import did. ``files`` maps each file it wrote to the SHA-256 of its bytes."""

    generator: str
    counts: Mapping[str, int]
    items: Sequence[Item] = ()
    dropped: Mapping[str, int] = field(default_factory=dict)
    feeds: Mapping[str, str] = field(default_factory=dict)
    notes: Sequence[str] = ()
    files: Mapping[str, str] = field(default_factory=dict)

    def of(self, kind: Kind) -> list[Item]:
        """The items of a kind, by place."""
        return sorted(item for item in self.items if item.kind == kind)


def to_json(report: Report) -> bytes:
    """The report for a program, and for the next import."""
    data: dict[str, Any] = {
        "version": _VERSION,
        "generator": report.generator,
        "counts": dict(report.counts),
        "items": [
            {"kind": i.kind, "source": i.source, "source_line": i.source_line, "path": i.path,
             "line": i.line, "message": i.message}
            for kind in _HEADINGS
            for i in report.of(kind)
        ],
        "dropped_keys": dict(sorted(report.dropped.items())),
        "feeds": dict(sorted(report.feeds.items())),
        "notes": list(report.notes),
        "files": dict(sorted(report.files.items())),
    }  # fmt: skip
    return (json.dumps(data, ensure_ascii=False, indent=1) + "\n").encode()


def to_markdown(report: Report) -> bytes:
    """The report for its author."""
    return ("\n".join(_lines(report)) + "\n").encode()


def _lines(report: Report) -> Iterator[str]:
    yield from (f"# Imported from {report.generator}", "", "| what | how many |", "|---|---:|")
    yield from (f"| {name} | {count} |" for name, count in report.counts.items())
    if report.notes:
        yield ""
        yield from (f"- {_inline(note)}" for note in report.notes)
    for kind, (heading, explanation) in _HEADINGS.items():
        items = report.of(kind)
        if items:
            yield from ("", f"## {heading} ({len(items)})", "", explanation, "")
            yield from _listed(items)
    if report.feeds:
        yield from (
            "",
            "## Feeds",
            "",
            "Readers who subscribed here are redirected, by `redirects.txt`:",
            "",
        )
        yield from (f"- `{old}` to `{new}`" for old, new in sorted(report.feeds.items()))
    if report.dropped:
        yield from (
            "",
            "## Front matter that means nothing here",
            "",
            "| key | posts |",
            "|---|---:|",
        )
        yield from (f"| `{key}` | {count} |" for key, count in sorted(report.dropped.items()))


def _listed(items: Iterable[Item]) -> Iterator[str]:
    for item in items:
        where = f"`{_place(item.source, item.source_line)}`"
        if item.path:
            where = f"`{_place(item.path, item.line)}` (was {where})"
        yield f"- {where}: {_inline(item.message)}"


def _place(path: str, line: int) -> str:
    return f"{path}:{line}" if line else path


def _inline(text: str) -> str:
    """Text that is not Markdown, in Markdown."""
    text = " ".join(text.split())
    for char in "\\<>&*_[]`":
        text = text.replace(char, "\\" + char)
    return text
