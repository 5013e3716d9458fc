"""Markdown to HTML: CommonMark with GitHub's extensions, and a few of a writer's own.

CommonMark 0.31 and GitHub Flavored Markdown (tables, strikethrough, bare links, task
lists, alerts, footnotes), definition lists, attributes, dollar math, coloured code. What
an author sees on GitHub is what a reader gets here.

Pure: the same text and targets give the same HTML, whatever was converted before.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple
from urllib.parse import unquote

from markdown_it import MarkdownIt
from markdown_it.token import Token
from mdit_py_plugins.attrs import attrs_block_plugin, attrs_plugin
from mdit_py_plugins.deflist import deflist_plugin
from mdit_py_plugins.dollarmath import dollarmath_plugin
from mdit_py_plugins.footnote import footnote_plugin
from mdit_py_plugins.gfm_autolink import gfm_autolink_plugin

from edgefeed.contract import quote_path
from sula.errors import Finding
from sula.markdown.blocks import block_rule
from sula.markdown.inline import KEY, inline_rule, normalize_rule
from sula.markdown.links import Link, lines_of, may_link, resolve, rewrite_html
from sula.markdown.render import RULES, Document, Renderer
from sula.markdown.structure import Text, dress
from sula.model import Picture

_MORE: Final = re.compile(r"\s*<!--\s*more\s*-->\s*\Z", re.IGNORECASE)
_MORE_ANYWHERE: Final = re.compile(r"<!--\s*more\s*-->", re.IGNORECASE)


class Heading(NamedTuple):
    """A line of a table of contents."""

    level: int
    anchor: str
    text: str


class Converted(NamedTuple):
    """A text as HTML, and what can be said of it.

    ``words`` counts words of prose (a Chinese or Japanese character is one); ``opening``
    is the plain text of the first paragraph.
    """

    html: str
    findings: tuple[Finding, ...]
    words: int
    opening: str
    toc: tuple[Heading, ...]


@functools.lru_cache(maxsize=1)
def _parser() -> MarkdownIt:
    """The one parser of this process. It keeps nothing between two texts."""
    options = {"tasklists": True, "alerts": True, "strikethrough_single_tilde": True}
    options["xhtmlOut"] = False
    parser = MarkdownIt("commonmark", options, renderer_cls=Renderer).enable(
        ["table", "strikethrough"]
    )
    parser.use(gfm_autolink_plugin)
    parser.use(footnote_plugin, inline=False)
    parser.use(deflist_plugin)
    parser.use(dollarmath_plugin, allow_space=False, allow_digits=False, double_inline=True)
    parser.use(attrs_plugin)
    parser.use(attrs_block_plugin)
    for name, rule in RULES.items():
        parser.add_render_rule(name, rule)
    return parser


@functools.lru_cache(maxsize=1)
def _quick_parser() -> MarkdownIt:
    """The same for HTML and links: ordinary paragraphs are read in one go, as `Inline`."""
    parser = _parser.__wrapped__()
    parser.core.ruler.at("normalize", normalize_rule)
    parser.core.ruler.at("block", block_rule)
    parser.core.ruler.at("inline", inline_rule)
    return parser


def convert(
    text: str,
    *,
    path: str,
    targets: Mapping[str, str],
    first_line: int = 1,
    folder: str = "content",
    say: Callable[[str], str] = str,
    pictures: Mapping[str, Picture] | None = None,
    quick: bool = True,
) -> Converted:
    """Convert a source's text.

    `path` is the source's, relative to the content directory, which findings call
    `folder`; `first_line` is the line of the file on which `text` begins. `targets` maps
    the source paths it may link to, to URL paths (leading slash, not percent-encoded).
    `pictures` tells the size of those of them that are pictures. `say` puts our own few words
    into the site's language. Unless `quick`, the parser reads what could be read without it,
    which gives the same.
    """
    document = Document(f"{folder}/{path}", first_line, say)
    document.body = text
    document.pictures = {
        quote_path(targets[name]): (name, picture)
        for name, picture in (pictures or {}).items()
        if picture.width
    }
    env: dict[str, Any] = {"document": document}
    parser = _quick_parser() if quick else _parser()
    tokens = parser.parse(text, env)
    if may_link(text):
        _rewrite_links(tokens, document, path, targets)
    prose, cut = finish(tokens, text, document, env)
    render = functools.partial(parser.renderer.render, options=parser.options, env=env)
    if cut is None:
        html = render(tokens)
    else:
        summary, rest = render(tokens[:cut]), render(tokens[cut + 1 :])
        html = f'<div class="p-summary">\n{summary}</div>\n{rest}' if summary.strip() else rest
    return Converted(
        html=html,
        findings=tuple(document.findings),
        words=prose.words,
        opening=prose.opening,
        toc=tuple(Heading(*heading) for heading in prose.headings),
    )


def parse(text: str, document: Document) -> tuple[list[Token], dict[str, Any]]:
    """A text's tokens as they were written, for who wants to look and not to render."""
    document.body = text
    env: dict[str, Any] = {"document": document}
    return _parser().parse(text, env), env


def finish(
    tokens: list[Token], text: str, document: Document, env: Mapping[str, Any]
) -> tuple[Text, int | None]:
    """Dress tokens for rendering; their words and headings, and where ``<!--more-->`` stands."""
    prose = dress(tokens, document)
    _check_footnotes(text, env, document)
    return prose, _more(tokens, text, document)


def find_links(text: str, path: str, first_line: int = 1) -> list[Link]:
    """Every link of a text to a source, with its line, in the order of the text.

    The target is a path relative to the content directory, whether it exists or not.
    A text without links to sources is not even parsed.
    """
    if not may_link(text):
        return []
    found: list[Link] = []
    line = 0

    def note(href: str) -> None:
        target = resolve(href, path)
        if target is not None and target.path:
            found.append(Link(target.path, line + first_line, href))

    for line, visit in link_places(_quick_parser().parse(text, {})):  # noqa: B007 - note() reads it
        visit(note)
    return found


Visit = Callable[[Callable[[str], str | None]], None]


def link_places(tokens: Sequence[Token]) -> Iterator[tuple[int, Visit]]:
    """Every place that can hold a link: its line within the text, and a way to rewrite it."""
    for block in tokens:
        if block.type == "html_block":
            yield (block.map or [0])[0], functools.partial(_visit_html, block)
        elif block.type == "inline":
            if (quick := block.meta.get(KEY)) is not None:
                first = block.map[0] if block.map else 0
                for at, (_, _, line) in enumerate(quick.links):
                    yield first + line, functools.partial(quick.relink, at)
                continue
            for child, line in lines_of(block):
                if child.type == "link_open":
                    yield line, functools.partial(_visit_attribute, child, "href")
                elif child.type == "image":
                    yield line, functools.partial(_visit_attribute, child, "src")
                elif child.type == "html_inline":
                    yield line, functools.partial(_visit_html, child)


def _visit_html(token: Token, rewrite: Callable[[str], str | None]) -> None:
    token.content = rewrite_html(token.content, rewrite)


def _visit_attribute(token: Token, name: str, rewrite: Callable[[str], str | None]) -> None:
    new = rewrite(str(token.attrs.get(name, "")))
    if new is not None:
        token.attrs[name] = new


def _rewrite_links(
    tokens: Sequence[Token], document: Document, path: str, targets: Mapping[str, str]
) -> None:
    line = 0

    def rewrite(href: str) -> str | None:
        target = resolve(href, path)
        if target is None:
            return None
        if target.code:
            message = f"link: {target.problem}"
            document.find(line, target.code, message, target.severity, at=href)
            return None
        if target.url:
            return target.url + target.rest
        if target.path not in targets:
            document.find(
                line,
                "link-missing",
                f"links to {unquote(href)!r}, but there is no {target.path} in the content folder: "
                "correct the link, or remove it",
                "error",
                at=href,
            )
            return None
        return quote_path(targets[target.path]) + target.rest

    for line, visit in link_places(tokens):  # noqa: B007 - rewrite() reads it
        visit(rewrite)


def _more(tokens: Sequence[Token], text: str, document: Document) -> int | None:
    """Where ``<!--more-->`` stands among the outermost blocks."""
    if "<" not in text or not _MORE_ANYWHERE.search(text):
        return None
    cut = None
    for index, token in enumerate(tokens):
        line = (token.map or [0])[0]
        if token.type == "html_block" and _MORE.match(token.content):
            if token.level == 0 and cut is None:
                cut = index
            else:
                why = "inside a list or quotation" if token.level else "a second one"
                message = f"<!--more--> has no effect here: it is {why}"
                document.find(line, "more-misplaced", message, at="<!--")
        elif token.type in {"html_block", "inline"} and any(
            _MORE_ANYWHERE.search(t.content)
            for t in (token.children or [token])
            if t.type.startswith("html_")
        ):
            message = "<!--more--> has no effect here: give it a line of its own"
            document.find(line, "more-misplaced", message, at="<!--")
    return cut


def _check_footnotes(text: str, env: Mapping[str, Any], document: Document) -> None:
    for label, number in env.get("footnotes", {}).get("refs", {}).items():
        if number < 0:
            mark = f"[^{label[1:]}]"
            line = text.count("\n", 0, max(text.find(mark + ":"), 0))
            message = f"the footnote {mark} is not referred to, and is left out"
            document.find(line, "footnote", message, at=mark)


__all__ = ["Converted", "Heading", "Link", "convert", "find_links"]
