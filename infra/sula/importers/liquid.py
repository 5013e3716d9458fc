"""Liquid in a post, carried out: the tags that Jekyll's authors use, as Markdown.

What Jekyll would have printed is printed, as far as a post and the settings tell. All
else is held as a mark (`sula.importers.marks`), for the author to decide.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from sula.importers.liquid_parse import Piece, has_liquid, parse
from sula.importers.liquid_values import UNKNOWN, evaluate, text_of, truth
from sula.importers.marks import Marks

_DEEPEST: Final = 8
_LONGEST_LOOP: Final = 500
_PARAMETER: Final = re.compile(r"""([\w-]+)\s*=\s*("[^"]*"|'[^']*'|[\w.-]+(?:\["[^"]*"\])*)""")
_INCLUDE: Final = re.compile(r"""("[^"]+"|'[^']+'|[^\s{}"']+)\s*(.*)\Z""", re.DOTALL)
_LOOP: Final = re.compile(r"(\w+)\s+in\s+(\S+)\s*\Z")


@dataclass(frozen=True, kw_only=True)
class Surroundings:
    """What Liquid in a post can ask about.

    ``site`` are the settings. ``snippet`` gives an included file's text by its name, or None;
    ``post_url`` and ``link`` the old URL path of a post's name and a source's path.
    """

    site: Mapping[str, Any]
    snippet: Callable[[str], str | None] = lambda _: None
    beside: Callable[[str], str | None] = lambda _: None
    post_url: Callable[[str], str | None] = lambda _: None
    link: Callable[[str], str | None] = lambda _: None


@dataclass
class _Run:
    """One template being carried out."""

    around: Surroundings
    marks: Marks
    scope: dict[str, Any]
    line_of: Callable[[int], int]
    depth: int = 0
    out: list[str] = field(default_factory=list)


def render(
    text: str,
    around: Surroundings,
    marks: Marks,
    *,
    page: Mapping[str, Any],
    first_line: int = 1,
) -> str:
    """A post's text with its Liquid carried out; what could not be is held in `marks`."""
    if not has_liquid(text):
        return text
    ends = [match.start() for match in re.finditer("\n", text)]
    run = _Run(
        around=around,
        marks=marks,
        scope={"site": around.site, "page": page, "jekyll": {"environment": "production"}},
        line_of=lambda at: first_line + bisect_right(ends, at - 1),
    )
    _pieces(parse(text), run)
    return "".join(run.out)


def _pieces(pieces: list[Piece], run: _Run) -> None:
    for piece in pieces:
        if not piece.name:
            run.out.append(piece.text)
        elif piece.name == "=":
            value = evaluate(piece.text, run.scope)
            if value is UNKNOWN or isinstance(value, Mapping):
                _hold(piece, run)
            else:
                run.out.append(text_of(value))
        elif piece.branches:
            _BLOCKS.get(piece.name, _unknown_block)(piece, run)
        else:
            made = _TAGS[piece.name](piece, run) if piece.name in _TAGS else None
            if made is None:
                _hold(piece, run)
            else:
                run.out.append(made)


def _hold(piece: Piece, run: _Run, raw: str = "") -> None:
    run.out.append(run.marks.hold("Liquid", run.line_of(piece.at), raw or piece.raw))


# --- tags that stand alone: what they become, or None ---------------------------------------


def _post_url(piece: Piece, run: _Run) -> str | None:
    return run.around.post_url(piece.text.strip("\"' "))


def _link(piece: Piece, run: _Run) -> str | None:
    return run.around.link(piece.text.strip("\"' "))


def _include(piece: Piece, run: _Run) -> str | None:
    """A plain snippet: one of whose Liquid everything is known, with these parameters."""
    match = _INCLUDE.match(piece.text)
    if match is None or run.depth >= _DEEPEST:
        return None
    find = run.around.beside if piece.name == "include_relative" else run.around.snippet
    text = find(match[1].strip("\"'"))
    if text is None:
        return None
    given = {m[1]: evaluate(m[2], run.scope) for m in _PARAMETER.finditer(match[2])}
    if UNKNOWN in given.values():
        return None
    line = run.line_of(piece.at)
    scope = {**run.scope, "include": given}
    inner = _Run(run.around, run.marks, scope, lambda _: line, run.depth + 1)
    before = len(run.marks)
    _pieces(parse(text.strip("\n")), inner)
    if len(run.marks) > before:
        run.marks.drop_after(before)
        return None
    return "".join(inner.out)


def _assign(piece: Piece, run: _Run) -> str | None:
    name, sign, expression = piece.text.partition("=")
    if sign:
        run.scope[name.strip()] = evaluate(expression.strip(), run.scope)
    return "" if sign else None


def _embed(address: str) -> Callable[[Piece, _Run], str | None]:
    """A player or card, as a bare link on its own line."""

    def make(piece: Piece, run: _Run) -> str | None:
        first = (piece.text.split() or [""])[0].strip("\"'")
        value = run.scope["page"].get(first.removeprefix("page.")) if "." in first else first
        if not isinstance(value, str) or not re.fullmatch(r"[\w/-]+", value):
            return None
        return f"\n\n<{address}{value}>\n\n"

    return make


def _img(piece: Piece, run: _Run) -> str | None:
    """Octopress: ``{% img [class] /path [width [height]] [title ["alt"]] %}``."""
    match = re.fullmatch(
        r"(?:[\w -]*?\s)??(/\S+|https?://\S+|[\w./-]+\.\w{3,4})(?:\s+\d+)*\s*(.*)", piece.text
    )
    del run
    if match is None:
        return None
    texts = re.findall(r"\"([^\"]*)\"|'([^']*)'", match[2])
    words = [a or b for a, b in texts] or [match[2].strip()]
    return f"![{words[-1].replace(']', '')}]({match[1]})"


_Tag = Callable[[Piece, _Run], str | None]
_TAGS: Final[Mapping[str, _Tag]] = {
    "post_url": _post_url,
    "link": _link,
    "include": _include,
    "include_cached": _include,
    "include_relative": _include,
    "assign": _assign,
    "gist": _embed("https://gist.github.com/"),
    "youtube": _embed("https://www.youtube.com/watch?v="),
    "vimeo": _embed("https://vimeo.com/"),
    "img": _img,
    "#": lambda _, __: "",
}


# --- blocks ---------------------------------------------------------------------------------


def _comment(piece: Piece, run: _Run) -> None:
    """Says nothing to anybody."""


def _highlight(piece: Piece, run: _Run) -> None:
    """``{% highlight ruby linenos %}``: a fence that nothing inside can end."""
    inner = _inside(piece.branches[0][3], run)
    words = piece.text.replace("lang:", "").split()
    language = re.sub(r"[^\w+#.-]", "", words[0]) if words else ""
    before = "".join(run.out[-3:])
    lead = before[before.rfind("\n") + 1 :]
    indent = lead if not lead.strip() else ""
    run.out.append(fence(inner, language, indent, new_line=bool(lead.strip())))


def fence(code: str, language: str, indent: str = "", *, new_line: bool = False) -> str:
    """A fenced block; the first line goes on where `indent` already stands."""
    lines = code.strip("\n").split("\n")
    for end in (0, -1):
        if len(lines) > 1 and not lines[end].strip():
            del lines[end]
    if any(line.strip() and not line.startswith(indent) for line in lines):
        lines = [indent + line if line.strip() else line for line in lines]
    longest = max((len(run) for run in re.findall(r"`{3,}", code)), default=2)
    marks = "`" * (longest + 1)
    start = "\n\n" if new_line else ""
    return f"{start}{marks}{language}\n" + "\n".join([*lines, f"{indent}{marks}"]) + "\n"


def _inside(pieces: list[Piece], run: _Run) -> str:
    inner = _Run(run.around, run.marks, run.scope, run.line_of, run.depth)
    _pieces(pieces, inner)
    return "".join(inner.out)


def _capture(piece: Piece, run: _Run) -> None:
    run.scope[piece.text.strip()] = _inside(piece.branches[0][3], run)


def _if(piece: Piece, run: _Run) -> None:
    """The first branch whose condition holds; every branch, marked, when that is not known."""
    for name, condition, _, pieces in piece.branches:
        holds = True if name == "else" else truth(condition, run.scope)
        if holds is None:
            _unknown_block(piece, run)
            return
        if holds != (piece.name == "unless" and name == "unless"):
            _pieces(pieces, run)
            return


def _for(piece: Piece, run: _Run) -> None:
    match = _LOOP.match(piece.text)
    values = evaluate(match[2], run.scope) if match else UNKNOWN
    if match is None or not isinstance(values, list) or len(values) > _LONGEST_LOOP:
        _unknown_block(piece, run)
        return
    before = run.scope.get(match[1], UNKNOWN)
    for value in values:
        run.scope[match[1]] = value
        _pieces(piece.branches[0][3], run)
    run.scope[match[1]] = before


def _unknown_block(piece: Piece, run: _Run) -> None:
    """Each tag of the block marked, and what is between them kept for the author to see."""
    for _, _, raw, pieces in piece.branches:
        _hold(piece, run, raw)
        _pieces(pieces, run)
    _hold(piece, run, piece.end)


_BLOCKS: Final[Mapping[str, Callable[[Piece, _Run], None]]] = {
    "comment": _comment,
    "highlight": _highlight,
    "codeblock": _highlight,
    "capture": _capture,
    "if": _if,
    "unless": _if,
    "for": _for,
}
