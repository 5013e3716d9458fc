"""How single tokens of Markdown are written as HTML, where it differs from CommonMark's way."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, MutableMapping, Sequence
from html import escape
from typing import Any, Final

from markdown_it.common.utils import escapeHtml
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token

from edgefeed.contract import quote_path
from sula.checks.codes import Code, Severity
from sula.content.pictures import variants
from sula.errors import Finding
from sula.markdown.code import MathError, highlight, is_language, language_of, math
from sula.markdown.inline import KEY, Inline
from sula.markdown.links import column_of
from sula.model import Picture

# The theme's measure; a theme with another shows a picture a little too fine or too coarse.
_SIZES: Final = "(min-width: 46rem) 43rem, calc(100vw - 2.5rem)"
Env = MutableMapping[str, Any]
Rule = Callable[[RendererHTML, Sequence[Token], int, Any, Env], str]


class Document:
    """One conversion: whose it is, and what was found on the way."""

    def __init__(self, path: str, first_line: int = 1, say: Callable[[str], str] = str) -> None:
        """`path` is relative to the site's root; `say` puts our words into its language."""
        self.path = path
        self.say = say
        self.first_line = first_line
        self.pictures: dict[str, tuple[str, Picture]] = {}
        self.shown = 0
        self.findings: list[Finding] = []
        self.body = ""
        self._lines: list[str] = []

    def find(
        self, line: int, code: Code, message: str, severity: Severity = "warning", *, at: str = ""
    ) -> None:
        """Report something on a line of the text, counted from 0; `at` is what stands there."""
        column = column_of(self.line(line), at)
        where = line + self.first_line
        finding = Finding(self.path, where, code, message, severity, column=column)
        self.findings.append(finding)

    def line(self, number: int) -> str:
        """A line of the text, counted from 0, without its end."""
        if not self._lines:
            self._lines = self.body.split("\n")
        return self._lines[number] if number < len(self._lines) else ""


class Renderer(RendererHTML):
    """markdown-it-py's renderer, for `Inline` too."""

    def render(self, tokens: Sequence[Token], options: Any, env: Env) -> str:  # noqa: ANN401 - the library's own
        """See `markdown_it.renderer.RendererHTML`."""
        parts: list[str] = []
        rules = self.rules
        for index, token in enumerate(tokens):
            kind = token.type
            if kind == "inline":
                quick: Inline | None = token.meta.get(KEY)
                if quick is not None:
                    parts += quick.parts
                elif token.children:
                    parts.append(self.renderInline(token.children, options, env))
            elif kind in rules:
                parts.append(rules[kind](tokens, index, options, env))
            else:
                parts.append(_tag(tokens, index))
        return "".join(parts)


def _tag(tokens: Sequence[Token], index: int) -> str:
    """What `markdown_it.renderer.RendererHTML.renderToken` writes."""
    token = tokens[index]
    if token.hidden:  # a paragraph of a tight list
        return ""
    tag, block, attributes = token.tag, token.block, ""
    if token.attrs:
        attributes = "".join(
            [f' {escapeHtml(name)}="{escapeHtml(str(v))}"' for name, v in token.attrs.items()]
        )
    if token.nesting == -1:
        return f"</{tag}{attributes}>\n" if block else f"</{tag}{attributes}>"
    start = "\n<" if block and index and tokens[index - 1].hidden else "<"
    end = ">\n" if block else ">"
    if block and token.nesting == 1 and index + 1 < len(tokens):
        inside = tokens[index + 1]
        closes = inside.nesting == -1 and inside.tag == tag
        if closes or inside.hidden or inside.type == "inline":
            end = ">"
    return f"{start}{tag}{attributes}{end}"


def _line(token: Token) -> int:
    return token.map[0] if token.map else 0


def _attributes(token: Token) -> str:
    """The author's own attributes on a block, apart from what the info string added."""
    kept = {k: v for k, v in token.attrs.items() if k != "class"}
    return "".join(f' {k}="{escape(str(v))}"' for k, v in kept.items())


def _fence(_: RendererHTML, tokens: Sequence[Token], i: int, __: object, env: Env) -> str:
    token = tokens[i]
    language = language_of(token.info)
    if not is_language(language):
        strange_language(token, language, env["document"])
        label = f' data-language="{escape(language)}"'
        code = highlight(token.content, "")
        code = code.replace('<div class="highlight"', f'<div class="highlight"{label}', 1)
    else:
        code = highlight(token.content, language)
    if token.attrs:
        extra = escape(str(token.attrs.get("class", "")))
        opening = f'<div class="highlight{" " * bool(extra)}{extra}"{_attributes(token)}'
        code = code.replace('<div class="highlight"', opening, 1)
    return code


def strange_language(fence: Token, language: str, document: Document) -> None:
    """Report a fence whose language nobody knows."""
    document.find(
        _line(fence),
        "language-unknown",
        f'no colours are known for the language "{language}": it is shown plain '
        '(write "text" if that is meant)',
        at=language,
    )


def _code_block(_: RendererHTML, tokens: Sequence[Token], i: int, __: object, ___: object) -> str:
    return highlight(tokens[i].content, "")


def _set_math(token: Token, env: Env, *, block: bool) -> str:
    try:
        return math(token.content.strip(), block=block)
    except MathError as error:
        formula = token.content.strip()
        message = f"the formula ${formula}$ cannot be set: {error}"
        env["document"].find(_line(token), "math-unset", message, at=formula.split("\n")[0])
        return f'<code class="math-error">{escape(formula)}</code>'


def _math_inline(_: RendererHTML, tokens: Sequence[Token], i: int, __: object, env: Env) -> str:
    return _set_math(tokens[i], env, block=False)


def _math_double(_: RendererHTML, tokens: Sequence[Token], i: int, __: object, env: Env) -> str:
    return _set_math(tokens[i], env, block=True)


def _math_block(_: RendererHTML, tokens: Sequence[Token], i: int, __: object, env: Env) -> str:
    label = re.sub(r"[^\w-]+", "-", tokens[i].info or "")
    name = f' id="{label}"' if label else ""
    # It scrolls where it is too wide, as a table does.
    box = f'role="group" aria-label="{escape(env["document"].say("Formula"))}" tabindex="0"'
    return f'<div class="math"{name} {box}>{_set_math(tokens[i], env, block=True)}</div>\n'


def _list_item(self: RendererHTML, tokens: Sequence[Token], i: int, options: Any, env: Env) -> str:  # noqa: ANN401 - the library's own
    """A task's box says what it means to those who cannot see it."""
    item = RendererHTML.list_item_open(self, tokens, i, options, env)
    if "checked" in tokens[i].meta:
        state = env["document"].say("Done" if tokens[i].meta["checked"] else "To do")
        item = item.replace('type="checkbox"', f'type="checkbox" aria-label="{escape(state)}"')
    return item


def _note_place(token: Token) -> str:
    again = token.meta.get("subId", 0)
    return f"fnref{token.meta['id'] + 1}" + (f"-{again + 1}" if again > 0 else "")


def _footnote_ref(_: RendererHTML, tokens: Sequence[Token], i: int, __: object, ___: Env) -> str:
    number, here = tokens[i].meta["id"] + 1, _note_place(tokens[i])
    return (
        f'<sup class="footnote-ref"><a href="#fn{number}" id="{here}" '
        f'role="doc-noteref">{number}</a></sup>'
    )


def _footnotes_open(_: RendererHTML, __: object, ___: int, ____: object, env: Env) -> str:
    label = escape(env["document"].say("Footnotes"))
    return (
        '<hr class="footnotes-sep">\n<section class="footnotes" role="doc-endnotes" '
        f'aria-label="{label}">\n<ol class="footnotes-list">\n'
    )


def _footnote_open(_: RendererHTML, tokens: Sequence[Token], i: int, *__: object) -> str:
    return f'<li id="fn{tokens[i].meta["id"] + 1}" class="footnote-item">'


def _footnote_anchor(_: RendererHTML, tokens: Sequence[Token], i: int, __: object, env: Env) -> str:
    # U+FE0E keeps the arrow from being drawn as a picture.
    return (
        f' <a href="#{_note_place(tokens[i])}" class="footnote-backref" role="doc-backlink" '
        f'aria-label="{escape(env["document"].say("Back to the text"))}">\u21a9\ufe0e</a>'
    )


def _image(self: RendererHTML, tokens: Sequence[Token], i: int, options: Any, env: Env) -> str:  # noqa: ANN401 - the library's own
    """A picture with its size, which keeps the page from jumping, and in several widths."""
    token, document = tokens[i], env["document"]
    document.shown += 1
    if document.shown > 1:  # the first is likely to be seen at once
        token.attrs["loading"] = "lazy"
    known = document.pictures.get(str(token.attrs.get("src", "")))
    if known is None:
        return RendererHTML.image(self, tokens, i, options, env)
    path, picture = known
    for name, size in _lacking(token.attrs, picture).items():
        token.attrs[name] = size
    image = RendererHTML.image(self, tokens, i, options, env)
    widths = [f"{quote_path('/' + file)} {width}w" for width, file in variants(path, picture)]
    if not widths:
        return image
    source = f'<source type="image/webp" srcset="{", ".join(widths)}" sizes="{_SIZES}">'
    return f"<picture>{source}{image}</picture>"


def _lacking(attrs: Mapping[str, Any], picture: Picture) -> dict[str, int]:
    """The sizes that a picture's author did not state, in its own proportions."""
    stated = {name: str(attrs[name]) for name in ("width", "height") if name in attrs}
    own = {"width": picture.width, "height": picture.height}
    if len(stated) != 1:
        return {} if stated else own
    ((name, text),) = stated.items()
    pixels = text.removesuffix("px")
    if not pixels.isascii() or not pixels.isdigit():
        return {}  # a share of the room there is: nobody knows the other side
    other = "height" if name == "width" else "width"
    return {other: max(1, round(own[other] * int(pixels) / own[name]))}


def _table_open(_: RendererHTML, __: object, ___: int, ____: object, env: Env) -> str:
    """A table in a box of its own, which scrolls: by keyboard too, and so it has a name."""
    label = escape(env["document"].say("Table"))
    return f'<div class="table" role="group" aria-label="{label}" tabindex="0"><table>\n'


def _table_close(*_: object) -> str:
    return "</table></div>\n"


RULES: Final[Mapping[str, Rule]] = {
    "fence": _fence,
    "code_block": _code_block,
    "math_inline": _math_inline,
    "math_inline_double": _math_double,
    "math_block": _math_block,
    "math_block_label": _math_block,
    "list_item_open": _list_item,
    "footnote_ref": _footnote_ref,
    "footnote_block_open": _footnotes_open,
    "footnote_open": _footnote_open,
    "footnote_anchor": _footnote_anchor,
    "image": _image,
    "table_open": _table_open,
    "table_close": _table_close,
}
