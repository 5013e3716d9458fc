"""What Python-Markdown and Pelican have of their own, said in Sula's dialect. Pure."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from itertools import pairwise
from typing import Final

from sula.importers.code import code_ranges, outside
from sula.importers.front import Front
from sula.importers.kramdown import Tell, mathematics

_LANGUAGE: Final = re.compile(
    r"(?:(?P<colons>:::)|\#!(?P<path>/\S*/)?)[ \t]*(?P<name>[\w+#-]+)(?P<rest>[^\n]*)"
)
_END: Final = re.compile(r"[ \t]*<!--[ \t]*PELICAN_END_SUMMARY[ \t]*-->[ \t]*")
_BEGIN: Final = re.compile(r"[ \t]*<!--[ \t]*PELICAN_BEGIN_SUMMARY[ \t]*-->[ \t]*\n?")
_HEADING: Final = re.compile(r"^(#{1,6})(?=[^#\s!])", re.MULTILINE)
_TOC: Final = re.compile(r"^[ \t]*\[TOC\][ \t]*$\n?", re.MULTILINE)
_ATTRIBUTES: Final = re.compile(r"\{:[ \t]*([^{}\n]*)\}")
_META: Final = re.compile(r"<meta\s[^<>]*>", re.IGNORECASE)
_VALUE: Final = re.compile(
    r"""\b(name|content|contents)\s*=\s*(?:"([^"]*)"|'([^']*)')""", re.IGNORECASE
)
_TITLE: Final = re.compile(r"<title[^<>]*>(.*?)</title>", re.IGNORECASE | re.DOTALL)
_BODY: Final = re.compile(r"<body[^<>]*>(.*?)</body>", re.IGNORECASE | re.DOTALL)
_FIELD: Final = re.compile(r":([A-Za-z][\w -]*):[ \t]+(.*)$")


def summary(text: str) -> str:
    """Pelican's ``PELICAN_END_SUMMARY`` as ``<!--more-->``."""
    if "PELICAN_" not in text:
        return text
    return _END.sub("<!--more-->", _BEGIN.sub("", text), count=1).replace(
        "<!-- PELICAN_END_SUMMARY -->", ""
    )


def links_outside_code(
    text: str, pattern: re.Pattern[str], link: Callable[[re.Match[str]], str]
) -> str:
    """Intrasite links changed; code that shows one is left alone."""
    return outside(text, lambda part: pattern.sub(link, part)) if pattern.search(text) else text


def convert(text: str, tell: Tell, *, dollars: bool = False) -> str:
    """A Python-Markdown text in Sula's dialect. `dollars`: single dollars were mathematics."""
    text = _fences(text)

    def change(part: str) -> str:
        if "[TOC]" in part:
            tell("[TOC]", "a table of contents, which the theme makes by itself")
            part = _TOC.sub("", part)
        part = _HEADING.sub(r"\1 ", part)
        part = _ATTRIBUTES.sub(_attributes, part)
        return mathematics(part, dollars=dollars) if "$" in part or "\\" in part else part

    return outside(text, change)


def _attributes(match: re.Match[str]) -> str:
    inner = " ".join(match[1].split())
    return "{" + inner + "}" if re.match(r"[.#]|[\w-]+=", inner) else ""


def _fences(text: str) -> str:
    """Indented code that names its language (``:::python``) as a fence."""
    if ":::" not in text and "#!" not in text:
        return text
    parts: list[str] = []
    at = 0
    for start, end in code_ranges(text):
        block = text[start:end]
        if block.startswith(("    ", "\t")):
            parts += [text[at:start], _fence(block)]
            at = end
    text = "".join([*parts, text[at:]])
    return _LISTED.sub(_fence_at, text)


_LISTED: Final = re.compile(
    r"(?:(?<=\n)|\A)(?P<lead>[ \t]*\n)(?P<indent> {4,}|\t+)(?P<first>:::[ \t]*[\w+#-]+[^\n]*)\n"
    r"(?P<code>(?:(?P=indent)[^\n]*\n|[ \t]*\n(?=(?:[ \t]*\n)*(?P=indent)))*)"
)


def _fence_at(match: re.Match[str]) -> str:
    """The same inside a list: it is indented twice, once for the list."""
    indent = match["indent"]
    outer = indent[:-4] if indent.startswith(" ") else indent[:-1]
    name = _LANGUAGE.match(match["first"])
    lines = [line.removeprefix(indent) for line in match["code"].rstrip("\n").split("\n")]
    marks = _marks("\n".join(lines))
    body = [f"{marks}{name['name'] if name else ''}", *lines, marks]
    return match["lead"] + "".join(f"{outer}{line}".rstrip() + "\n" for line in body)


def _fence(block: str) -> str:
    lines = [
        line.removeprefix("\t") if line.startswith("\t") else line[4:] for line in block.split("\n")
    ]
    named = _LANGUAGE.match(lines[0])
    if named is None or (not named["colons"] and (named["path"] is None and len(lines) < 2)):  # noqa: PLR2004 - a line alone
        return block
    # Codehilite keeps a shebang with a path, as it is part of the program.
    code = lines if named["path"] else lines[1:]
    tail = "\n" if block.endswith("\n") else ""
    text = "\n".join(code).rstrip("\n")
    marks = _marks(text)
    return f"{marks}{named['name']}\n{text}\n{marks}\n{tail}"


def _marks(code: str) -> str:
    return "`" * (max((len(run) for run in re.findall(r"`{3,}", code)), default=2) + 1)


def split_html(text: str) -> Front:
    """An HTML file's ``meta`` elements and body."""
    values: dict[str, object] = {}
    for meta in _META.findall(text):
        found = {m[0].lower(): html.unescape(m[1] or m[2]) for m in _VALUE.findall(meta)}
        if found.get("name"):
            values[found["name"].lower()] = found.get("content") or found.get("contents")
    if title := _TITLE.search(text):
        values.setdefault("title", html.unescape(title[1].strip()))
    body = _BODY.search(text)
    line = text.count("\n", 0, body.start(1)) + 1 if body else 1
    return Front(values, body[1] if body else text, line, found=bool(values))


def split_rst(text: str) -> Front:
    """A reStructuredText file's title and field list. Its body stays what it is."""
    values: dict[str, object] = {}
    lines = text.split("\n")
    for line, below in pairwise(lines):
        if match := _FIELD.match(line):
            values.setdefault(match[1].strip().lower(), match[2].strip())
        elif (
            "title" not in values and line.strip() and re.fullmatch(r"([#=*^~\"-])\1{2,}\s*", below)
        ):
            values["title"] = line.strip()
    return Front(values, text, 1, found=bool(values))
