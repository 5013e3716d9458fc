"""``make reference``: what the documentation says of the code, written from the code."""

from __future__ import annotations

from tests.reference import commands, findings, keys, tables
from tests.reference.tables import ROOT

from sula.names import SETTINGS

_POSTS = ("commands", "front-matter", "settings")


def texts() -> dict[str, str]:
    """Every generated file by its path, but for the pages of findings."""
    parts = {
        "commands": commands.overview(),
        "make": tables.targets(),
        "keys": tables.front_matter(),
        "also written": tables.also_written(),
        "machine": tables.machine(),
        **{f"settings, {area}": tables.settings(area) for area in {s.area for s in SETTINGS}},
    }
    posts = {
        f"content/posts/{name}.md": tables.rewritten(
            (ROOT / f"content/posts/{name}.md").read_text("utf-8"), parts
        )
        for name in _POSTS
    }
    folder = "content/pages/reference"
    return {
        f"{folder}/commands.md": commands.page(),
        f"{folder}/front-matter.md": keys.page(),
        **posts,
    }


def main() -> None:
    """Write what has changed, and remove what is not made any more."""
    made = texts() | findings.pages()
    for name, text in made.items():
        path = ROOT / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.is_file() or path.read_text("utf-8") != text:
            path.write_text(text, "utf-8")
            print(name)  # noqa: T201 - a command
    for path in (ROOT / "content/pages/findings").glob("*.md"):
        if path.relative_to(ROOT).as_posix() not in made:
            path.unlink()


if __name__ == "__main__":
    main()
