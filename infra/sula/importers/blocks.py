"""HTML inside Markdown: what kramdown and Python-Markdown make of it, said in CommonMark. Pure.

They read an HTML element to its end. CommonMark (section 4.6) reads it up to the next blank
line, after which indented HTML would be code. So blank lines inside an element are taken
out, and put in where its content is Markdown (``markdown="1"``).
"""

from __future__ import annotations

import re
import textwrap
from typing import Final

from sula.importers.code import Mask

_NAMES: Final = (
    "address|article|aside|audio|blockquote|canvas|center|dd|details|dialog|div|dl|dt|embed|"
    "fieldset|figcaption|figure|footer|form|h[1-6]|header|hr|iframe|li|main|map|math|nav|object|ol|"
    "p|picture|section|summary|svg|table|tbody|td|tfoot|th|thead|tr|ul|video"
)
_OPEN: Final = re.compile(rf"^ {{0,3}}<({_NAMES})\b[^<>]*>", re.IGNORECASE | re.MULTILINE)
_MARKED: Final = re.compile(
    r"""<([a-z][\w-]*)\b([^<>]*?)\s+markdown\s*=\s*["']?(\w+)["']?([^<>]*)>""", re.IGNORECASE
)
_PRE: Final = re.compile(r"<(pre|textarea)\b.*?</\1\s*>", re.IGNORECASE | re.DOTALL)
_BLANK: Final = re.compile(r"\n(?:[ \t]*\n)+")
_MORE: Final = re.compile(r"\s*<!--\s*more\s*-->\s*", re.IGNORECASE)
_ANY_TAG: Final = re.compile(
    r"<!--.*?-->|<(/?)([a-z][\w-]*)\b[^<>]*?(/?)>", re.IGNORECASE | re.DOTALL
)
_VOID: Final = frozenset("area base br col embed hr img input link meta source track wbr".split())
_DEEPEST: Final = 12


def settle(text: str, depth: int = 0) -> str:
    """A Markdown text whose HTML elements mean to CommonMark what they meant to kramdown."""
    if "<" not in text or depth > _DEEPEST:
        return text
    mask = Mask(text)
    parts: list[str] = []
    at = 0
    for match in _OPEN.finditer(text):
        if match.start() < at or match.start(1) in mask:
            continue
        end = _close(text, match)
        if end is None:
            continue
        parts += [text[at : match.start()], _element(text[match.start() : end], depth)]
        at = end
        if text[end : end + 1] == "\n" and text[end + 1 : end + 2].strip(" <"):
            parts.append("\n")  # what follows is a paragraph of its own
    rest = "".join([*parts, text[at:]])
    return _without_attribute(rest) if "markdown" in rest else rest


def _close(text: str, opening: re.Match[str]) -> int | None:
    """Where the element ends that begins here; None if it does not."""
    name = opening[1].lower()
    if name in _VOID or opening[0].endswith("/>"):
        return None
    depth = 1
    for tag in re.compile(rf"<(/?){name}\b[^<>]*>", re.IGNORECASE).finditer(text, opening.end()):
        if not tag[0].endswith("/>"):
            depth += -1 if tag[1] else 1
        if depth == 0:
            return tag.end()
    return None


def _element(text: str, depth: int) -> str:
    """One element, from its opening tag to its closing one."""
    if "markdown" not in text or not _MARKED.search(text):
        return squeeze(text)
    match = _MARKED.search(text)
    while match is not None:
        opening = f"<{match[1]}{match[2]}{match[4]}>"
        end = _close_of(text, match)
        if match[3].lower() in {"1", "block"} and end is not None:
            inner = textwrap.dedent(text[match.end() : end].strip("\n"))
            inner = settle(inner.strip(), depth + 1)
            closing = text[end:]
            lead = "\n\n" if inner else ""
            head = squeeze(text[: match.start()])
            tail = _element("<!---->" + closing, depth + 1).removeprefix("<!---->")
            return f"{head}{opening}{lead}{inner}{lead}{tail.lstrip()}"
        text = text[: match.start()] + opening + text[match.end() :]
        match = _MARKED.search(text)
    return squeeze(text)


def _close_of(text: str, opening: re.Match[str]) -> int | None:
    depth = 1
    pattern = re.compile(rf"<(/?){re.escape(opening[1])}\b[^<>]*>", re.IGNORECASE)
    for tag in pattern.finditer(text, opening.end()):
        depth += -1 if tag[1] else 0 if tag[0].endswith("/>") else 1
        if depth == 0:
            return tag.start()
    return None


def _without_attribute(text: str) -> str:
    """Inline elements: CommonMark reads Markdown in them anyway."""
    mask = Mask(text)
    return _MARKED.sub(lambda m: m[0] if m.start() in mask else f"<{m[1]}{m[2]}{m[4]}>", text)


def squeeze(html: str) -> str:
    """HTML without blank lines; those in ``pre`` stay, as character references."""
    if not _BLANK.search(html):
        return html
    parts: list[str] = []
    at = 0
    for match in _PRE.finditer(html):
        parts.append(_BLANK.sub("\n", html[at : match.start()]))
        parts.append(_BLANK.sub(_kept, match[0]))
        at = match.end()
    return "".join([*parts, _BLANK.sub("\n", html[at:])])


def _kept(match: re.Match[str]) -> str:
    return "\n" + "&#10;\n" * (match[0].count("\n") - 1)


def whole(html: str) -> str:
    """A text that is all HTML, such as an old ``.html`` post, as Markdown that says the same."""
    halves = _MORE.split(html.strip(), maxsplit=1)
    if len(halves) == 2 and not _balanced(halves[0]):  # noqa: PLR2004 - before and after
        halves = [_MORE.sub("\n", html.strip())]
    return "\n\n<!--more-->\n\n".join(
        f"<div>\n{squeeze(half.strip())}\n</div>" if half.strip() else "" for half in halves
    )


def _balanced(html: str) -> bool:
    """Whether every element that begins in this stretch ends in it."""
    open_tags: list[str] = []
    for tag in _ANY_TAG.finditer(html):
        name = (tag[2] or "").lower()
        if not name or tag[3] or name in _VOID or name in {"p", "li"}:
            continue
        if not tag[1]:
            open_tags.append(name)
        elif open_tags and open_tags[-1] == name:
            open_tags.pop()
        else:
            return False
    return not open_tags
