"""``sula check --fix``: what can be mended without asking. Whole lines of front matter, no more.

An identity is written only where it is certain to be the one that the post has: a post that
git knows to have been renamed is left to its author, as the published site may remember it by its
older path; and where git does not answer, so is every post. So is a source that was saved while
others were looked at.
"""

from __future__ import annotations

import re
import shutil
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from edgefeed.contract import slugify
from sula.content.dates import DateError, parse_date
from sula.content.fields import Fields
from sula.content.frontmatter import Field, FrontMatter, split
from sula.content.gather import Checkout
from sula.content.git import Git, GitError
from sula.content.meta import POSTS, kind_of
from sula.content.sources import decode
from sula.planning.identity import mint

_BOM: Final = "\ufeff"
_DATES: Final = ("date", "updated", "modified", "lastmod", "last_modified_at")
_PLAIN: Final = re.compile(r"\d{4}-\d\d-\d\d(?:[ T]\d\d:\d\d(?::\d\d)?(?:Z| ?[+-]\d\d:\d\d)?)?")
_YAML_PLAIN: Final = re.compile(r"[^\W_][\w /.+-]*")
_RESERVED: Final = frozenset({"true", "false", "yes", "no", "on", "off", "null"})


@dataclass(frozen=True, order=True)
class Mended:
    """One line that was written: where, and what it says of it."""

    path: str
    line: int
    message: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.message}"


def fix(checkout: Checkout) -> list[Mended]:
    """Mend the sources of a checkout in place, and tell what was written."""
    content, rules = checkout.settings.content, checkout.settings.rules
    is_settled = _settled(content)
    texts = _texts(content, (p for p in checkout.scan.blobs if kind_of(p)))
    shown = _spellings(front for _, front in texts.values())
    site_id = checkout.settings.site.id
    done: list[Mended] = []
    for path, (body, front) in sorted(texts.items()):
        if front.broken or front.kind not in {"yaml", "pelican"}:
            continue
        lines = body.splitlines(keepends=True)
        changes = _Changes(lines, front)
        for key in _DATES:
            changes.change(key, lambda f: _date(f, rules.zone))
        for key in ("tags", "tag"):
            changes.change(key, lambda _, front=front: _tags(front, shown))  # type: ignore[misc]
        if path.startswith(POSTS) and "id" not in front.fields and is_settled(path):
            changes.add("id", mint(site_id, path))
        if changes.told and _replace(content / path, body, "".join(changes.lines)):
            where = f"{checkout.folder}/{path}"
            done += [Mended(where, line, message) for line, message in changes.told]
    return sorted(done)


def _texts(content: Path, paths: Iterable[str]) -> dict[str, tuple[str, FrontMatter]]:
    """Each source as it is, line ends and all, and its front matter."""
    found = {}
    for path in paths:
        body = (content / path).read_bytes()
        text, problems = decode(body, path)
        # A lone carriage return ends a line to a reader and not to us: such a file is left alone.
        if not problems and text.count("\n") == body.count(b"\n"):
            found[path] = (body.decode("utf-8"), split(text))
    return found


def _spellings(fronts: Iterable[FrontMatter]) -> Mapping[str, str]:
    """A tag's address ▶ the spelling used most."""
    counts: Counter[str] = Counter()
    for front in fronts:
        counts.update(Fields(front).tags())
    best: dict[str, str] = {}
    for tag in sorted(counts, key=lambda tag: (-counts[tag], tag)):
        best.setdefault(slugify(tag), tag)
    return best


class _Changes:
    """The lines of one source, and what was changed in them."""

    def __init__(self, lines: list[str], front: FrontMatter) -> None:
        self.lines = lines
        self.front = front
        self.told: list[tuple[int, str]] = []

    def change(self, key: str, new: Callable[[Field], str | None]) -> None:
        """Write a value anew where it stands on one line."""
        field = self.front.fields.get(key)
        if field is None or field.value is None:
            return
        value = new(field)
        line = self.lines[field.line - 1]
        written, sign, old = line.rstrip("\r\n").removeprefix(_BOM).partition(":")
        if value is None or not sign or not old.strip() or old.strip() == value:
            return
        following = self.lines[field.line] if field.line < len(self.lines) else ""
        if following[:1] in {" ", "\t"} or "#" in old:
            return  # the value goes on, or a remark stands behind it
        end = line[len(line.rstrip("\r\n")) :]
        self.lines[field.line - 1] = f"{written}: {value}{end}"
        self.told.append((field.line, f"{key}: {old.strip()} is now {value}"))

    def add(self, key: str, value: str) -> None:
        """A line at the end of the front matter."""
        at = max((field.line for field in self.front.fields.values()), default=1)
        if self.front.kind == "yaml":
            at = next(
                (n for n in range(at, len(self.lines))
                 if self.lines[n].rstrip() in {"---", "..."}), len(self.lines)
            )  # fmt: skip
        else:
            while at < len(self.lines) and self.lines[at].strip():
                at += 1
        end = "\r\n" if self.lines[0].endswith("\r\n") else "\n"
        name = key if self.front.kind == "yaml" else key.capitalize()
        self.lines.insert(at, f"{name}: {value}{end}")
        self.told.append((at + 1, f"{key}: {value} is written down"))


def _date(field: Field, zone: ZoneInfo) -> str | None:
    """A date in the usual form; as it is where it has that, or cannot be read."""
    if not isinstance(field.value, str):
        return None
    written = " ".join(field.value.split())
    if _PLAIN.fullmatch(written):
        return None
    try:
        moment: datetime = parse_date(written, zone)
        plain = f"{moment:%Y-%m-%d %H:%M:%S}"
        same = parse_date(plain, zone) == moment
    except DateError:
        return None
    return plain if same else moment.replace(microsecond=0).isoformat(" ")


def _tags(front: FrontMatter, shown: Mapping[str, str]) -> str | None:
    """Each tag once, in the spelling used most; as a list, where blanks parted them."""
    fields = Fields(front)
    tags = fields.labels()
    new = tuple(dict.fromkeys(shown.get(slugify(tag), tag) for tag in tags))
    if new == fields.texts("tags"):
        return None
    if front.kind == "pelican":
        return ("; " if any("," in tag for tag in new) else ", ").join(new)
    return f"[{', '.join(map(_yaml, new))}]"


def _yaml(tag: str) -> str:
    if _YAML_PLAIN.fullmatch(tag) and tag == tag.strip() and tag.lower() not in _RESERVED:
        return tag
    return "'" + tag.replace("'", "''") + "'"


def _settled(content: Path) -> Callable[[str], bool]:
    """Tells of a source whether it is certain to have had this name always."""
    try:
        git = Git.find(content)
    except GitError:
        return lambda _: False
    if git is None:
        return lambda _: True

    def settled(path: str) -> bool:
        try:
            return not git.was_renamed(path)
        except GitError:
            return False

    return settled


def _replace(path: Path, was: str, text: str) -> bool:
    """Put a text in the place of another, whole or not at all; not where it is another by now."""
    path = path.resolve()  # a symbolic link stays one
    if path.read_bytes() != was.encode("utf-8"):
        return False
    draft = path.with_name(f".{path.name}.sula-new")
    draft.write_bytes(text.encode("utf-8"))
    shutil.copymode(path, draft)
    draft.replace(path)
    return True
