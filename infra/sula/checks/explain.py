"""What a code means: why it is found, a document that has it, how to mend that.

The explanations are Markdown beside this module. ``sula explain`` prints them, the site's pages
``/findings/CODE/`` are made of them, and tests run their examples.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final, NamedTuple, cast

from sula.checks.codes import CODES, Code, Severity

_FOLDER: Final = Path(__file__).parent / "explanations"
_AREAS: Final = ("front-matter", "links", "text", "files", "site")
_SECTION: Final = re.compile(r"^## ([a-z-]+): (.+)$", re.MULTILINE)
_BLOCK: Final = re.compile(r"^(`{3,})(example|mended)\n(.*?)^\1$\n*", re.MULTILINE | re.DOTALL)
_FILE: Final = re.compile(r"-- (.+) --")
_USUAL: Final = "content/posts/hello.md"


class Example(NamedTuple):
    """A small site: its files by path, and what is done in a shell after they were written.

    Lines of ``pelicanconf.py`` come after the usual ones.
    """

    files: Mapping[str, str]
    commands: tuple[str, ...]


class Explanation(NamedTuple):
    """A code, explained. ``severity`` is the usual one; texts are Markdown."""

    code: Code
    area: str
    title: str
    severity: Severity
    why: str
    example: Example
    remedy: str
    mended: Example | None


@functools.cache
def explanations() -> Mapping[str, Explanation]:
    """Every code's, in the order of `CODES`."""
    found = {one.code: one for area in _AREAS for one in _read(area)}
    return {code: found[cast("Code", code)] for code in CODES}


def _read(area: str) -> Iterator[Explanation]:
    text = (_FOLDER / f"{area}.md").read_text("utf-8")
    name = text.split("\n", 1)[0].removeprefix("# ")
    _, *parts = _SECTION.split(text)
    for code, title, body in zip(parts[::3], parts[1::3], parts[2::3], strict=True):
        before, _, kind, example, remedy, *rest = _BLOCK.split(body)
        severity, _, why = before.strip().partition(". ")
        if kind != "example":
            raise ValueError(f"{code}: its example comes first")
        mended = _example(rest[2]) if rest else None
        yield Explanation(
            cast("Code", code), name, title, cast("Severity", severity.lower()), why.strip(),
            _example(example), "\n\n".join(filter(None, (remedy.strip(), *rest[3:]))).strip(),
            mended,
        )  # fmt: skip


def _example(text: str) -> Example:
    files: dict[str, str] = {}
    commands: list[str] = []
    path = _USUAL
    for line in text.splitlines():
        match = _FILE.fullmatch(line)
        if match:
            path = match[1]
        elif line.startswith("$ "):
            commands.append(line.removeprefix("$ "))
        else:
            files[path] = files.get(path, "") + line + "\n"
    return Example(files, tuple(commands))


def lines(one: Explanation) -> Iterator[str]:
    """An explanation for a terminal."""
    yield f"{one.code}: {one.title}"
    yield ""
    yield f"{one.severity.capitalize()}. {_plain(one.why)}"
    yield ""
    yield from _shown(one.example)
    if one.remedy:
        yield _plain(one.remedy)
        yield ""
    if one.mended:
        yield from _shown(one.mended)
    yield silence(one).replace("`", "")


def silence(one: Explanation) -> str:
    """How not to hear of it, in Markdown."""
    if one.severity == "error":
        return "An error keeps the site from being published, and cannot be silenced."
    if one.area in {"Files", "The site"} or one.code in {"image-large", "links-unasked"}:
        return f'To be silent about it: `CHECK_IGNORE = ("{one.code}",)` in `pelicanconf.py`.'
    return (
        f"To be silent about it: `check_ignore: [{one.code}]` in the front matter of the post, or "
        f'`CHECK_IGNORE = ("{one.code}",)` in `pelicanconf.py` for the whole site.'
    )


def _shown(example: Example) -> Iterator[str]:
    for path, text in example.files.items():
        yield f"    {path}"
        yield from (f"    | {line}".rstrip() for line in text.splitlines())
        yield ""
    if example.commands:
        yield from (f"    $ {line}" for line in example.commands)
        yield ""


def _plain(text: str) -> str:
    """Markdown for a terminal: the words of a link, without its address within the site."""
    return re.sub(r"\[([^\]]+)\]\((?!https?:)[^)]*\)", r"\1", text)
