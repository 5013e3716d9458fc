"""Links from one source to another: found, resolved, rewritten.

A relative link in Markdown (``other-post.md``, ``../images/a.png``) names a source by
where it lies, as it does on GitHub; so do Pelican's ``{filename}``, ``{static}`` and
``{attach}``. Published, it becomes the address of what that source turned into.
"""

from __future__ import annotations

import html
import posixpath
import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Final, NamedTuple
from urllib.parse import unquote

from markdown_it.token import Token

from edgefeed.contract import quote_path, tag_path
from sula.checks.codes import Code, Severity

_ELSEWHERE: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:|/|\\|#|\?|$")
_BRACES: Final = re.compile(r"(?:\{|%7B|\||%7C)([a-z]+)(?:\}|%7D|\||%7C)", re.IGNORECASE)
_SOURCE_WORDS: Final = frozenset({"filename", "static", "attach"})

_COMMENT: Final = re.compile(r"(<!--.*?-->)", re.DOTALL)
_ATTRIBUTE: Final = re.compile(
    r"(?P<before>\s(?P<name>href|src|srcset|poster|data|cite)\s*=\s*)"
    r"(?:\"(?P<double>[^\"]*)\"|'(?P<single>[^']*)'|(?P<bare>[^\s\"'=<>`]+))",
    re.IGNORECASE,
)
_TAG: Final = re.compile(r"<[A-Za-z](?:[^<>\"']|\"[^\"]*\"|'[^']*')*>")

# Whatever could be a link to a source; a text without any need not be parsed to know it.
_CANDIDATE: Final = re.compile(
    # The first character comes first: that is what makes the search quick.
    r"[\[\]<](?:(?<=\[)\^[^\]\s]+\]:"  # a footnote, taken out of the way
    r"|(?P<hit>(?<=\])\(\s*(?!https?:|/|\#|mailto:|\))"
    r"|(?<=\]):\s*(?!https?:|/|\#|mailto:)"
    r"|(?<=<)[a-z][^>]*\s(?:href|src|srcset|poster|data|cite)\s*=))",
    re.IGNORECASE,
)
# The same of a text that has links in parentheses alone. One character is found sooner than two,
# which is why the next one is only looked at.
_IN_PARENTHESES: Final = re.compile(r"\](?=\(\s*(?!(?i:https?:|/|\#|mailto:|\))))")
_DEFINITION: Final = re.compile(r"\](?=:)")


class Link(NamedTuple):
    """A link to a source: the source's path (relative to content), its line, as written."""

    target: str
    line: int
    written: str


class Target(NamedTuple):
    """What a link means.

    ``path`` is a source's path, or empty; then ``url`` is where it leads, if that is
    known without looking at any source. ``rest`` is the query and fragment. ``problem``
    says why it leads nowhere, and ``code`` of which kind that is.
    """

    path: str = ""
    rest: str = ""
    url: str = ""
    problem: str = ""
    code: Code | None = None
    severity: Severity = "error"


def resolve(href: str, source: str) -> Target | None:
    """What a link in `source` means; None when it has nothing to do with sources.

    `href` may be percent-encoded. `source` is relative to the content directory.
    """
    braces = _BRACES.match(href)
    if braces is None and _ELSEWHERE.match(href):
        return None
    word = braces[1].lower() if braces else ""
    bare = href[braces.end() :] if braces else href
    cut = re.search(r"[?#]", bare)
    path, rest = (bare[: cut.start()], bare[cut.start() :]) if cut else (bare, "")
    path = unquote(path)
    if word and word not in _SOURCE_WORDS:
        return _list_link(word, path, rest)
    if not word and "." not in path.rpartition("/")[2]:
        return Target(
            problem=f"{path!r} names no file: link to a source (other-post.md), "
            "or to an address from the root (/tags/)",
            code="link-unclear",
            severity="warning",
        )
    at = path.lstrip("/") if word and path.startswith("/") else None
    joined = at if at is not None else posixpath.join(posixpath.dirname(source), path)
    resolved = posixpath.normpath(joined)
    if resolved == ".." or resolved.startswith(("../", "/")):
        return Target(problem=f"{path!r} leads out of the content folder", code="link-outside")
    return Target(resolved, rest)


def _list_link(word: str, path: str, rest: str) -> Target:
    if word == "tag" and path:
        return Target(url=quote_path(tag_path(path)), rest=rest)
    if word == "index":
        return Target(url="/", rest=rest)
    known = "{filename}, {static}, {attach}, {tag} and {index}"
    message = f"{{{word}}} leads to no page here; there are {known}"
    return Target(problem=message, code="link-unclear")


@lru_cache(maxsize=4)  # a text is asked about when it is read, and again when it is rendered
def may_link(body: str) -> bool:
    """Whether a text could contain a link to a source. Quick; never wrongly false."""
    if "<" in body or _DEFINITION.search(body):
        return any(match["hit"] for match in _CANDIDATE.finditer(body))
    return _IN_PARENTHESES.search(body) is not None


Rewrite = Callable[[str], str | None]
"""The new value of a link, or None to leave it as it is."""


def rewrite_html(text: str, rewrite: Rewrite) -> str:
    """Raw HTML with its links rewritten; comments and unparsable tags stay as they are."""

    def attribute(match: re.Match[str]) -> str:
        value = next(v for v in (match["double"], match["single"], match["bare"]) if v is not None)
        plain = html.unescape(value).strip()
        if match["name"].lower() == "srcset":
            new = _rewrite_srcset(plain, rewrite)
        else:
            new = rewrite(plain)
        return match[0] if new is None else f'{match["before"]}"{html.escape(new)}"'

    def tag(match: re.Match[str]) -> str:
        return _ATTRIBUTE.sub(attribute, match[0])

    if "=" not in text:
        return text
    parts = _COMMENT.split(text)
    return "".join(p if p.startswith("<!--") else _TAG.sub(tag, p) for p in parts)


def _rewrite_srcset(value: str, rewrite: Rewrite) -> str | None:
    """``a.png 1x, b.png 2x`` (HTML, image candidate strings)."""
    changed = False
    candidates = []
    for candidate in re.split(r",\s+|,$", value):
        url, _, size = candidate.strip().partition(" ")
        new = rewrite(url) if url else None
        changed |= new is not None
        candidates.append(" ".join(filter(None, (new or url, size))))
    return ", ".join(filter(None, candidates)) if changed else None


def column_of(line: str, href: str) -> int:
    """The column at which a link stands on its line, counted from 1; 0 where it is not seen."""
    written = (href, unquote(href), html.escape(href, quote=False))
    return next((at + 1 for text in written if text and (at := line.find(text)) >= 0), 0)


def lines_of(inline: Token) -> Iterator[tuple[Token, int]]:
    """The children of an inline token, each with its line (0-based, within the text)."""
    line = inline.map[0] if inline.map else 0
    for child in inline.children or ():
        yield child, line
        if child.type in {"softbreak", "hardbreak"}:
            line += 1
        elif "\n" in child.content:
            line += child.content.count("\n")
