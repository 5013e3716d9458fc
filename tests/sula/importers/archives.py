"""Old sites in one file each, and what an import makes of them in another.

``cases/GENERATOR-TRAP.txt`` holds the files of an old site, each after a line ``-- path --``
(Go's txtar). After a first line ``# escapes`` it may write ``\\u0008`` for a character that no
editor shows. ``cases/GENERATOR-TRAP.golden`` holds the new site in the same way, and the report.

``python -m tests.sula.importers.archives`` writes the goldens anew, to be read before they are
committed.
"""

from __future__ import annotations

import re
import sys
import tempfile
from pathlib import Path

from sula.importers.command import Imported, run_import

CASES = Path(__file__).parent / "cases"
_FILE = re.compile(r"^-- (.+) --\n", re.MULTILINE)
_USUAL = {
    "jekyll": {"_config.yml": "url: https://old.example\ntimezone: UTC\n"},
    "hugo": {},
    "pelican": {},
}  # fmt: skip


def cases() -> list[Path]:
    """Every old site."""
    return sorted(CASES.glob("*.txt"))


def generator(case: Path) -> str:
    """Which program made it."""
    return case.name.partition("-")[0]


def unpack(case: Path, folder: Path) -> None:
    """The old site, as files."""
    text = case.read_text("utf-8")
    files = dict(_USUAL[generator(case)])
    names = _FILE.split(text)
    for name, body in zip(names[1::2], names[2::2], strict=True):
        if text.startswith("# escapes\n"):
            body = re.sub(r"\\u([0-9a-f]{4})", lambda m: chr(int(m[1], 16)), body)  # noqa: PLW2901
            body = body.replace("\\r", "\r")  # noqa: PLW2901
        files[name] = body
    for name, body in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(body.encode("utf-8"))


def bring(case: Path, old: Path, new: Path) -> Imported:
    """Import an old site."""
    return run_import(generator(case), old, new)


def golden(case: Path, imported: Imported, new: Path) -> str:
    """The new site, and what the report says, as one text."""
    parts = []
    for path in sorted(p for p in new.rglob("*") if p.is_file()):
        name = path.relative_to(new).as_posix()
        if name in {"import-report.md", "import-report.json", ".gitignore"}:
            continue
        if name == "pelicanconf.py" and not case.stem.endswith(("settings", "site", "liquid")):
            continue  # the same in all the others
        parts.append(f"-- {name} --\n{path.read_text('utf-8')}")
    lines = [f"{what}: {count}\n" for what, count in imported.report.counts.items() if count]
    lines += [f"note: {note}\n" for note in imported.report.notes]
    lines += [f"feed: {old} to {to}\n" for old, to in sorted(imported.report.feeds.items())]
    lines += [f"dropped: {key} {n}\n" for key, n in sorted(imported.report.dropped.items())]
    for kind in ("decide", "left out", "changed"):
        for item in imported.report.of(kind):
            at = f"{item.source}:{item.source_line}" + (
                f" ({item.path}:{item.line})" if item.line else ""
            )
            lines.append(f"{kind}: {at}: {item.message}\n")
    return "".join([*parts, "-- report --\n", *lines])


def main() -> None:
    """Write every golden anew."""
    only = set(sys.argv[1:])
    for case in cases():
        if only and case.stem not in only:
            continue
        with tempfile.TemporaryDirectory() as folder:
            old, new = Path(folder) / "old", Path(folder) / "new"
            unpack(case, old)
            text = golden(case, bring(case, old, new), new)
        case.with_suffix(".golden").write_text(text, "utf-8")


if __name__ == "__main__":
    main()
