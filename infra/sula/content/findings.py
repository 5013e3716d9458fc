"""Remarks ▶ findings: the line that each one is about, found in its source."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from sula.errors import Finding
from sula.planning.remarks import Remark


def locate(remarks: Iterable[Remark], root: Path, folder: str) -> list[Finding]:
    """Give each remark its line, by reading the source it is about once more."""
    by_path: dict[str, list[Remark]] = {}
    for remark in remarks:
        by_path.setdefault(remark.path, []).append(remark)
    return [
        Finding(
            f"{folder}/{path}", line, remark.code, remark.message, remark.severity, column=column
        )
        for path, about in sorted(by_path.items())
        for remark, (line, column) in _places(path, about, root, folder)
    ]


def _places(
    path: str, remarks: list[Remark], root: Path, folder: str
) -> Iterator[tuple[Remark, tuple[int, int]]]:
    # Only where there is something to say: the readers of front matter and Markdown take time.
    from sula.content.fields import Fields  # noqa: PLC0415
    from sula.content.frontmatter import split  # noqa: PLC0415
    from sula.content.meta import kind_of, source_links  # noqa: PLC0415
    from sula.content.sources import read_text  # noqa: PLC0415
    from sula.markdown.links import column_of  # noqa: PLC0415

    if kind_of(path) is None:
        yield from ((remark, (0, 0)) for remark in remarks)
        return
    text, _ = read_text(root, folder, path)
    fields = Fields(split(text))
    links = source_links(path, text)
    lines = text.split("\n")
    for remark in remarks:
        kind, _, target = remark.about.partition(":")
        if kind == "link":
            link = next((link for link in links if link.target == target), None)
            column = column_of(lines[link.line - 1], link.written) if link else 0
            yield remark, (link.line if link else 1, column)
        else:
            yield remark, fields.at(kind)
