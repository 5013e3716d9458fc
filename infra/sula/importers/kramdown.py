"""kramdown's own constructs, said in Sula's dialect. Pure.

Attribute lists, options, tables of contents, mathematics, abbreviations. What means nothing
here is left out and told.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Final

from sula.importers.code import Mask, outside

Tell = Callable[[str, str], None]
"""Told what was left out: the text itself, and why."""

_BLOCK: Final = re.compile(r"[ \t>]*\{:(?![:/])[ \t]*([^{}\n]*)\}[ \t]*$")
_NAMED: Final = re.compile(r" {0,3}\{:([\w-]+):[ \t]*([^{}\n]*)\}[ \t]*$")
_SPAN: Final = re.compile(r"\{:(?![:/])[ \t]*([^{}\n]*)\}")
_PART: Final = re.compile(
    r"""\.(?P<cls>[\w:-]+)|\#(?P<id>[\w:.-]+)"""
    r"""|(?P<key>[\w:-]+)[ \t]*=[ \t]*(?:"(?P<a>[^"]*)"|'(?P<b>[^']*)'|(?P<c>[^\s"']+))"""
    r"""|(?P<ref>[\w-]+)"""
)
_HEADING: Final = re.compile(r" {0,3}#{1,6}[ \t]+\S")
_SETEXT: Final = re.compile(r" {0,3}(?:=+|-+)[ \t]*$")
_TOC_ITEM: Final = re.compile(r" {0,3}(?:[-*+]|\d+\.)[ \t]+\S.*$")
_COMMENT: Final = re.compile(r"\{::comment\}.*?\{:/(?:comment)?\}\n?", re.DOTALL)
_OPTION: Final = re.compile(r"\{::(?:options)\b[^{}\n]*/\}\n?")
_NOMARKDOWN: Final = re.compile(r"\{::nomarkdown[^{}\n]*\}(.*?)\{:/(?:nomarkdown)?\}", re.DOTALL)
_ABBREVIATION: Final = re.compile(r"^ {0,3}\*\[[^\]\n]+\]:.*\n?", re.MULTILINE)
_LANGUAGE: Final = re.compile(r"(?:language-)?([A-Za-z][\w+#-]*)")
_PROMPTS: Final = {
    "prompt-tip": "TIP", "prompt-info": "NOTE", "prompt-warning": "WARNING",
    "prompt-danger": "CAUTION",
}  # fmt: skip
_MEANINGLESS: Final = frozenset({"toc", "no_toc"})


def convert(text: str, tell: Tell, *, dollars: bool = False) -> str:
    """A kramdown text in Sula's dialect. `dollars`: single dollars were mathematics there too."""
    if "{:" in text:
        text = outside(text, _extensions)
        text = _attribute_lists(text, tell)
    if "$" in text or "\\\\" in text:
        text = outside(text, lambda part: mathematics(part, dollars=dollars))
    if "*[" in text:
        text = without_abbreviations(text, tell)
    return text


def _extensions(text: str) -> str:
    text = _COMMENT.sub("", text)
    return _NOMARKDOWN.sub(lambda m: m[1], _OPTION.sub("", text))


def without_abbreviations(text: str, tell: Tell) -> str:
    """``*[HTML]: Hyper Text`` has no counterpart; it would be shown as it is."""

    def drop(match: re.Match[str]) -> str:
        tell(match[0].strip(), "an abbreviation's explanation, which Sula has no way to show")
        return ""

    return outside(text, lambda part: _ABBREVIATION.sub(drop, part))


# --- attribute lists ---------------------------------------------------------------------------


def _attribute_lists(text: str, tell: Tell) -> str:
    mask = Mask(text)
    lines, coded, at = text.split("\n"), [], 0
    for line in lines:
        coded.append(at + len(line) - len(line.lstrip()) in mask)
        at += len(line) + 1
    named = {
        m[1]: m[2]
        for line, code in zip(lines, coded, strict=True)
        if not code and (m := _NAMED.match(line))
    }
    out: list[str] = []
    out_coded: list[bool] = []
    for line, code in zip(lines, coded, strict=True):
        match = None if code else _BLOCK.match(line)
        if match is None:
            out.append(line)
            out_coded.append(code)
        elif not _NAMED.match(line):
            _block(match, out, out_coded, named, tell)
    joined = "\n".join(out)
    return outside(joined, lambda part: _spans(part, named, tell)) if "{:" in joined else joined


def _block(
    match: re.Match[str], out: list[str], coded: list[bool], named: Mapping[str, str], tell: Tell
) -> None:
    """A list on a line of its own: moved before the block that it follows, as Sula has it."""
    if re.search(r"\btoc\b", match[1]):
        if out and _TOC_ITEM.match(out[-1]):
            out.pop()
            coded.pop()
        tell(match[0].strip(), "a table of contents, which the theme makes by itself")
        return
    attributes = _attributes(match[1], named)
    if not attributes:
        return
    lead = re.match(r"[ \t>]*", match[0])
    written = (lead[0] if lead else "") + "{" + " ".join(attributes) + "}"
    if not out or not out[-1].strip():
        out.append(written)
        coded.append(False)
        return
    if _dressed(out, coded, attributes):
        return
    start = _start(out, coded)
    out.insert(start, written)
    coded.insert(start, False)


def _start(out: list[str], coded: list[bool]) -> int:
    """The first line of the block that ends with the last line."""
    at = len(out) - 1
    if coded[at] and out[at].lstrip().startswith(("```", "~~~")):
        mark = out[at].strip()[:3]
        while at > 0:
            at -= 1
            if out[at].lstrip(" >").startswith(mark):
                return at
    while at > 0 and out[at - 1].strip() and not _HEADING.match(out[at - 1]):
        at -= 1
    return at


def _dressed(out: list[str], coded: list[bool], attributes: list[str]) -> bool:
    """Headings, callouts and indented code say it in ways of their own."""
    last = out[-1]
    heading = len(out) - 1 - (len(out) > 1 and bool(_SETEXT.match(last)) and bool(out[-2].strip()))
    if _HEADING.match(last) or heading < len(out) - 1:
        kept = [a for a in attributes if a[0] in "#."]
        out[heading] += " {" + " ".join(kept) + "}" if kept else ""
        return True
    start = _start(out, coded)
    kind = next((_PROMPTS[a[1:]] for a in attributes if a[1:] in _PROMPTS), None)
    if kind and out[start].lstrip().startswith(">"):
        out.insert(start, f"> [!{kind}]")
        coded.insert(start, False)
        return True
    first = _LANGUAGE.fullmatch(attributes[0][1:]) if attributes[0][0] == "." else None
    if first and coded[-1] and last.startswith(("    ", "\t")):
        while start > 0 and (coded[start - 1] or not out[start - 1].strip()):
            start -= 1
        while not out[start].strip():
            start += 1
        block = [line.removeprefix("\t").removeprefix("    ") for line in out[start:]]
        out[start:] = [f"```{first[1]}", *block, "```"]
        coded[start:] = [True] * (len(block) + 2)
        return True
    return False


def _spans(text: str, named: Mapping[str, str], tell: Tell) -> str:
    """A list after a link, an image or code keeps its meaning; others have none here."""

    def change(match: re.Match[str]) -> str:
        before = text[match.start() - 1 : match.start()]
        attributes = _attributes(match[1], named)
        if not attributes:
            return ""
        if before in {"", ")", "]", "`"}:
            return "{" + " ".join(attributes) + "}"
        tell(match[0], "attributes of a stretch of text, for which there is no notation")
        return ""

    return _SPAN.sub(change, text)


def _attributes(written: str, named: Mapping[str, str], depth: int = 0) -> list[str]:
    """``.a #b key="c"`` in the order: id, classes, keys."""
    ids: list[str] = []
    classes: list[str] = []
    keys: list[str] = []
    for part in _PART.finditer(written):
        if part["cls"]:
            classes.append("." + part["cls"])
        elif part["id"]:
            ids.append("#" + part["id"])
        elif part["key"]:
            value = next(v for v in (part["a"], part["b"], part["c"]) if v is not None)
            if not part["key"].lower().startswith("on"):
                keys.append(f'{part["key"]}="{value}"')
        elif part["ref"] in named and depth < 3:  # noqa: PLR2004 - names of names of names
            inner = _attributes(named[part["ref"]], named, depth + 1)
            classes += [a for a in inner if a[0] == "."]
            keys += [a for a in inner if a[0] not in ".#"]
    return [*ids[-1:], *[c for c in classes if c[1:] not in _MEANINGLESS], *keys]


# --- mathematics -------------------------------------------------------------------------------

_INLINE: Final = re.compile(r"\\\\\((.+?)\\\\\)", re.DOTALL)
_DISPLAY: Final = re.compile(r"\\\\\[(.+?)\\\\\]", re.DOTALL)
_DOUBLE: Final = re.compile(r"(?<![\\$])\$\$(?!\$)([^$\n]+?)\$\$(?![$\d])")
_SINGLE: Final = re.compile(r"(?<![\\$])\$(?![$\s])([^$\n]*?[^\s$\\])\$(?![\d$])")


def mathematics(text: str, *, dollars: bool) -> str:
    r"""``$$x$$`` in a line and ``\\(x\\)`` become ``$x$``; prices stay prices."""
    if not dollars:
        text = _SINGLE.sub(lambda m: f"\\${m[1]}\\$", text)
    text = _DOUBLE.sub(lambda m: m[0] if _alone(text, m) else f"${m[1].strip()}$", text)
    text = _INLINE.sub(lambda m: f"${' '.join(m[1].split())}$", text)
    text = _DISPLAY.sub(lambda m: f"\n\n$$\n{m[1].strip()}\n$$\n\n", text)
    return re.sub(r"(?<=\S)\\\\(?=\n)", r"\\", text)


def _alone(text: str, match: re.Match[str]) -> bool:
    """Whether a formula has its lines to itself."""
    before = text[text.rfind("\n", 0, match.start()) + 1 : match.start()]
    after = text[
        match.end() : text.find("\n", match.end()) if "\n" in text[match.end() :] else None
    ]
    return not before.strip() and not after.strip()
