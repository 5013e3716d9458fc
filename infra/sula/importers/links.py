"""Links of the old site, as links to sources: what is renamed later is still found. Pure."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import quote, unquote, urljoin, urlsplit

from sula.importers.addresses import canonical
from sula.importers.code import outside
from sula.local.served import is_list_path
from sula.markdown.links import rewrite_html

_INLINE: Final = re.compile(
    r"(?P<open>\]\([ \t]*)(?P<to><[^<>\n]*>|[^\s()<>]+(?:\([^\s()]*\)[^\s()<>]*)*"
    r"|[^\s()<>\"'][^()<>\"'\n]*\.\w{2,5}(?=[ \t]*[)\"']))"
)
_REFERENCE: Final = re.compile(
    r"^(?P<open> {0,3}\[(?!\^)[^\]\n]+\]:[ \t]*)(?P<to><[^<>\n]*>|[^\s<>]+)", re.MULTILINE
)
_SCRIPT: Final = re.compile(
    r"\[([^\[\]\n]*)\]\([ \t]*<?(?:javascript|vbscript|data:text/html)[^\n]*?\)(?=[^)]|$)",
    re.IGNORECASE | re.MULTILINE,
)

Tell = Callable[[str, str], None]
"""Told about a link: the link as written, and what is the matter."""


@dataclass(frozen=True)
class Map:
    """Where everything is now: old URL paths ▶ paths in the content folder.

    ``sources`` maps the old folder's own files likewise, for links that name a file.
    """

    hosts: frozenset[str]
    at: Mapping[str, str]
    prefix: str = ""
    sources: Mapping[str, str] = field(default_factory=dict)

    def beside(self, path: str, source: str) -> str | None:
        """The source that a relative link to a Markdown file means, as on GitHub."""
        if not path.lower().endswith((".md", ".markdown")):
            return None
        near = posixpath.join(posixpath.dirname(source), path) if path[:1] != "/" else path[1:]
        return self.sources.get(posixpath.normpath(near))

    def find(self, path: str) -> str | None:
        """The source or file that was served at a URL path (not percent-encoded).

        A link that forgot the path below which the old site lay is understood.
        """
        for near in (path, self.prefix + path) if self.prefix else (path,):
            whole = canonical(near)
            for at in (near, whole, whole.rstrip("/") + ".html"):
                if at in self.at:
                    return self.at[at]
        return None


def host_names(url: str) -> frozenset[str]:
    """A site's host with and without ``www.``."""
    host = (urlsplit(url).netloc or "").lower().removeprefix("www.")
    return frozenset({host, f"www.{host}"}) if host else frozenset()


def relink(text: str, old: str, new: str, known: Map, tell: Tell, source: str = "") -> str:  # noqa: PLR0917 - one place after the other
    """A text with its links to the old site turned into links to sources.

    `old` is the URL path it was at, `new` the path of its source in the content folder, `source`
    that in the old one.
    """

    def resolve(href: str) -> str | None:
        return _resolve(href, old, new, known, tell, source)

    def link(match: re.Match[str]) -> str:
        bracketed = match["to"].startswith("<")
        written = match["to"][1:-1] if bracketed else match["to"].strip()
        target = resolve(written)
        if target is None:
            spaced = " " in written and not bracketed
            return match["open"] + written.replace(" ", "%20") if spaced else match[0]
        return match["open"] + target

    def change(part: str) -> str:
        if "](" in part:
            part = _SCRIPT.sub(lambda m: _unscripted(m, tell), part)
            part = _INLINE.sub(link, part)
        if "]:" in part:
            part = _REFERENCE.sub(link, part)
        return rewrite_html(part, resolve) if "<" in part else part

    return outside(text, change)


def _unscripted(match: re.Match[str], tell: Tell) -> str:
    tell(match[0][:80], "a link that runs a script: only its words were kept")
    return match[1]


def _resolve(href: str, old: str, new: str, known: Map, tell: Tell, source: str) -> str | None:  # noqa: PLR0917 - the same
    if href.startswith("//"):
        tell(href, "an address without a scheme: https was put before it")
        href = "https:" + href
        scheme = href
    else:
        scheme = ""
    try:
        parts = urlsplit(href)
    except ValueError:
        return None
    ours = parts.scheme in {"", "http", "https"} and parts.netloc.lower() in known.hosts
    if (parts.scheme or parts.netloc) and not ours:
        return scheme or None
    if not parts.path:
        return None if not ours else "/" + _rest(parts.query, parts.fragment)
    base = quote(old, safe="/%+,;=:@&~!$'()*")
    path = unquote(parts.path if ours else urlsplit(urljoin(base, parts.path)).path)
    target = known.find(path) or (None if ours else known.beside(unquote(parts.path), source))
    if target is not None:
        near = posixpath.relpath(target, posixpath.dirname(new))
        return quote(near, safe="/-._~+,;=:@&!$'*") + _rest(parts.query, parts.fragment)
    if not is_list_path(canonical(path)):
        tell(href, "leads to nothing that was imported")
    if ours or parts.path.startswith("/"):
        return scheme or None
    return quote(path, safe="/-._~+,;=:@&!$'*") + _rest(parts.query, parts.fragment)


def _rest(query: str, fragment: str) -> str:
    return (f"?{query}" if query else "") + (f"#{fragment}" if fragment else "")
