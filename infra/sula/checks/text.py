"""One source, looked at: what is wrong in it, and what it says of other places. Pure.

What other sources decide (whether an anchor or address exists) is noted in `Seen` for
`sula.checks.across`. A `Seen` depends on its source and the settings alone, so it is kept until one
of them changes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final
from urllib.parse import unquote, urlsplit

import msgspec
from markdown_it.token import Token

from sula.checks.lines import suspicious
from sula.content.fields import Fields
from sula.content.frontmatter import FrontMatter, split
from sula.content.meta import read_front
from sula.content.urls import Rules
from sula.errors import Finding
from sula.markdown.code import is_language, language_of
from sula.markdown.html import has_pictures, pictures
from sula.markdown.links import column_of, lines_of, may_link, resolve
from sula.markdown.parser import finish, link_places, parse
from sula.markdown.render import RULES, Document, strange_language
from sula.model import Meta

_TEMPLATE: Final = re.compile(r"\{\{[<%]?[^{}]*[>%]?\}\}|\{%.*?%\}|\{\{[<%-]?|\{%", re.DOTALL)
_ID: Final = re.compile(r"""\s(?:id|name)\s*=\s*["']?([^"'\s>]+)""", re.IGNORECASE)
_COMMENT: Final = re.compile(r"<!--.*?-->", re.DOTALL)
_SCRIPT: Final = re.compile(r"\s*(?:javascript|vbscript|data:text/html)\b", re.IGNORECASE)
_CLOSING: Final = re.compile(r"[ \t>]*(`{3,}|~{3,})[ \t]*$")
_TITLE: Final = 1


class Place(msgspec.Struct, frozen=True, array_like=True):
    """A link that others decide about: ``target`` is a source's path, or an address (``/x/``)."""

    target: str
    fragment: str
    line: int
    column: int = 0


class Seen(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What there is to know of a source.

    ``meta`` is None where an error keeps it from being published. ``anchors`` is None where the
    text was not parsed. ``ignored`` are the codes that it asks to be silent about.
    """

    meta: Meta | None
    findings: tuple[Finding, ...] = ()
    places: tuple[Place, ...] = ()
    anchors: tuple[str, ...] | None = None
    ignored: tuple[str, ...] = ()


def look_at(path: str, text: str, rules: Rules, url: str) -> Seen:
    """Look at a source. `url` is the site's address, without a slash at its end."""
    front = split(text)
    source, findings = read_front(path, front, rules)
    host = urlsplit(url).netloc
    if not suspicious(front.body, host):
        looked = None
    else:
        looked = _Look(path, front, rules.folder, url)
        findings = [*findings, *looked()]
    return Seen(
        meta=source.meta if source else None,
        findings=tuple(findings),
        places=tuple(looked.places) if looked else (),
        anchors=tuple(sorted(looked.anchors)) if looked else None,
        ignored=_ignored(front),
    )


def _ignored(front: FrontMatter) -> tuple[str, ...]:
    return Fields(front).texts("check_ignore") if "check_ignore" in front.fields else ()


def anchors_of(path: str, text: str) -> tuple[str, ...]:
    """Every anchor of a source's text."""
    look = _Look(path, split(text), "", "")
    look()
    return tuple(sorted(look.anchors))


class _Look:
    """One text, parsed and walked through."""

    def __init__(self, path: str, front: FrontMatter, folder: str, url: str) -> None:
        self.path = path
        self.body = front.body
        self.lines = front.body.split("\n")
        self.url = url
        self.document = Document(f"{folder}/{path}", front.body_line)
        self.places: list[Place] = []
        self.anchors: set[str] = set()

    def __call__(self) -> list[Finding]:
        tokens, env = parse(self.body, self.document)
        self._links(tokens)
        self._headings(tokens)
        for token in tokens:
            self._block(token, env)
        self._ids(tokens)
        prose, _ = finish(tokens, self.body, self.document, env)
        self.anchors.update(anchor for _, anchor, _ in prose.headings)
        for token in _flat(tokens):
            if token.type in RULES and "math" in token.type:
                # Only setting a formula tells whether it can be set.
                RULES[token.type](None, [token], 0, None, env)  # type: ignore[arg-type]
        return self.document.findings

    # --- links -------------------------------------------------------------------------------

    def _links(self, tokens: Sequence[Token]) -> None:
        line = 0

        def note(href: str) -> None:
            self._link(href, line)

        for line, visit in link_places(tokens):  # noqa: B007 - note() reads it
            visit(note)

    def _link(self, href: str, line: int) -> None:
        if _SCRIPT.match(href):
            message = (
                "a link that runs a script: feeds leave it out, and readers without scripts "
                "get nowhere"
            )
            self.document.find(line, "link-script", message, at=href)
        elif href.startswith("//"):
            message = f"a link without a scheme: write https:{href}"
            self.document.find(line, "link-scheme", message, at=href)
        elif href.startswith("/") or (self.url and f"{href}/".startswith(f"{self.url}/")):
            parts = urlsplit(href.removeprefix(self.url) if self.url else href)
            self._place(unquote(parts.path) or "/", parts.fragment, line, href)
        elif (target := resolve(href, self.path)) is not None:
            if target.code:
                if may_link(self.body):
                    message = f"link: {target.problem}"
                    self.document.find(line, target.code, message, target.severity, at=href)
            elif target.path and "#" in target.rest:
                self._place(target.path, target.rest.partition("#")[2], line, href)

    def _place(self, target: str, fragment: str, line: int, href: str) -> None:
        column = column_of(self.document.line(line), href)
        at = line + self.document.first_line
        self.places.append(Place(target, unquote(fragment), at, column))

    # --- structure ---------------------------------------------------------------------------

    def _headings(self, tokens: Sequence[Token]) -> None:
        level = _TITLE
        for token in tokens:
            if token.type != "heading_open" or token.level:
                continue
            new = int(token.tag[1:])
            line = token.map[0] if token.map else 0
            written = self.document.line(line).strip()
            if new == _TITLE:
                message = "a heading of level 1 in the text: the title is that; begin with ##"
                self.document.find(line, "heading-top", message, at=written)
            elif new > level + 1:
                self.document.find(
                    line,
                    "heading-order",
                    f"a heading of level {new} follows one of level {level}: "
                    f"write {'#' * (level + 1)}, or readers who go by headings miss a step",
                    at=written,
                )
            level = max(new, _TITLE)

    def _block(self, token: Token, env: dict[str, object]) -> None:
        del env
        line = token.map[0] if token.map else 0
        if token.type == "fence":
            language = language_of(token.info)
            if not is_language(language):
                strange_language(token, language, self.document)
            self._fence(token, line)
        elif token.type == "html_block":
            self._template(token.content, line)
            self._sizes(token.content, line)
        elif token.type == "inline":
            for child, at in lines_of(token):
                if child.type in {"text", "html_inline"}:
                    self._template(child.content, at)
                if child.type == "image":
                    self._size({k: str(v) for k, v in child.attrs.items()}, at)
                elif child.type == "html_inline":
                    self._sizes(child.content, at)

    def _fence(self, token: Token, line: int) -> None:
        end = token.map[1] if token.map else 0
        last = self.lines[end - 1] if 0 < end <= len(self.lines) else ""
        closing = _CLOSING.match(last)
        if end - 1 == line or closing is None or not closing[1].startswith(token.markup):
            message = f"the code that begins here has no end: add a line {token.markup} after it"
            self.document.find(line, "fence-unclosed", message, at=token.markup)

    def _sizes(self, markup: str, line: int) -> None:
        if has_pictures(markup):
            for at, image in pictures(markup):
                self._size(image, line + at)

    def _size(self, image: Mapping[str, str], line: int) -> None:
        """A file of the content folder tells its size; any other picture needs to be told."""
        source = image.get("src", "")
        if {"width", "height"} <= image.keys() or resolve(source, self.path) is not None:
            return
        self.document.find(
            line,
            "image-size",
            f"the size of the image {source} is not known, so the page jumps when it comes: link "
            "to a file of the content folder, or say {width=600 height=400} (in HTML: attributes)",
            at=source,
        )

    def _template(self, text: str, line: int) -> None:
        if "{{" not in text and "{%" not in text:
            return
        text = _COMMENT.sub(lambda m: "\n" * m[0].count("\n"), text)
        match = _TEMPLATE.search(text)
        if match is None:
            return
        at = line + text.count("\n", 0, match.start())
        shown = " ".join(match[0].split())[:40]
        message = (
            f"{shown!r} looks like a template's syntax, and is published as it stands: "
            "remove it, or put it in backticks"
        )
        self.document.find(at, "template-syntax", message, at=match[0][:20].split("\n")[0])

    def _ids(self, tokens: Sequence[Token]) -> None:
        for token in _flat(tokens):
            if token.type in {"html_block", "html_inline"}:
                self.anchors.update(_ID.findall(token.content))
            if token.attrs and "id" in token.attrs:
                self.anchors.add(str(token.attrs["id"]))


def _flat(tokens: Sequence[Token]) -> Iterator[Token]:
    for token in tokens:
        yield token
        yield from token.children or ()
