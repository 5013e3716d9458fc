"""``content/pages/reference/front-matter.md``: every key with an example."""

from __future__ import annotations

from sula.names import FRONT


def page() -> str:
    """The whole page."""
    lines = [
        "---", "title: Every key of front matter", "slug: reference/front-matter",
        "summary: What each key means, what holds without it, and an example.", "---", "",
        "This page is written by `make reference` from what reads front matter.",
        "[Front matter, key by key](../../posts/front-matter.md) tells the rest, dates too.",
    ]  # fmt: skip
    for one in FRONT:
        lines += ["", f"## {one.name}", "", one.about]
        if one.also:
            others = ", ".join(f"`{word}`" for word in one.also)
            lines += ["", f"Also written {others}."]
        lines += ["", f"If it is missing: {one.missing}."]
        if one.example:
            lines += ["", "```yaml", *one.example.split("\n"), "```"]
    return "\n".join([*lines, ""])
