"""The theme: templates, and static files under names that change with their content.

A theme that extends a template of the shipped one (``{% extends "!theme/base.html" %}``, as
Pelican calls it) lies on top of it: what it lacks is taken from there.
"""

from __future__ import annotations

import hashlib
import posixpath
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit

from edgefeed.contract import quote_path
from sula.content.leftovers import is_hidden
from sula.errors import ConfigError
from sula.shipped import shipped

# What edgefeed renders (edgefeed/lists.py). A template of another name counts as a page's.
LIST_TEMPLATES = frozenset(
    "home.html tag.html series.html tags.html archive.html year.html search.html".split()
)
# A plain name and nothing to be worked out after it; otherwise `name` is None.
_REFERENCE = re.compile(
    r"""\{%[-+]?\s*(?:extends|include|import|from)\b"""
    r"""(?:\s*(?P<quote>["'])(?P<name>[^"']+)(?P=quote)"""
    r"""\s*(?=[-+]?%\}|(?:import|as|ignore|with|without)\b(?:(?!%\}).)*%\})|)""",
    re.DOTALL,
)
_URL = re.compile(r"""url\(\s*(?P<quote>["']?)(?P<url>[^"')]+)(?P=quote)\s*\)""")
_ON_TOP = re.compile(r"""["']!theme/""")
PARENT = "!theme/"
"""What templates of the shipped theme are called in a theme that lies on top of it."""
STYLE = "style.css"
_SMALL_ICON = 1_000
_IMPORT = re.compile(r"""(?P<at>@import\s+)(?P<quote>["'])(?P<url>[^"']+)(?P=quote)""")


@dataclass(frozen=True)
class Theme:
    """A theme as it was read.

    ``templates`` maps a template's name (``article.html``) to its source. ``assets`` maps
    a file of ``static/`` (``style.css``) to where it is published
    (``theme/style.0123456789.css``), ``files`` that path to its bytes.
    """

    templates: Mapping[str, str]
    assets: Mapping[str, str]
    files: Mapping[str, bytes]

    @property
    def lacking(self) -> list[str]:
        """Templates of lists that are not there. A site may do without a search."""
        return sorted(LIST_TEMPLATES - {"search.html"} - self.templates.keys())

    @property
    def theme_fingerprint(self) -> str:
        """A digest of everything in the theme that a page depends on.

        That is every template but those of lists, unless a page's template uses them; and
        where assets are published, which stands for their content.
        """
        digest = hashlib.sha256()
        used = sorted((name, self.templates[name]) for name in _of_pages(self.templates))
        for name, text in [*used, *sorted(self.assets.items())]:
            for part in (name, text):
                digest.update(b"%d:" % len(part) + part.encode("utf-8"))
        return digest.hexdigest()[:20]


def _of_pages(templates: Mapping[str, str]) -> frozenset[str]:
    """The templates that a page may be made of."""
    waiting = [n for n in templates if n.removeprefix(PARENT) not in LIST_TEMPLATES]
    used: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name in used or name not in templates:
            continue
        used.add(name)
        for match in _REFERENCE.finditer(templates[name]):
            if match["name"] is None:
                return frozenset(templates)  # a name made while rendering: it could be any
            waiting.append(match["name"])
    return frozenset(used)


def shipped_theme() -> Path:
    """The theme that comes with Sula: the repository's in a checkout, else the wheel's."""
    return shipped("theme")


def layers(folder: Path) -> tuple[Path, ...]:
    """The folders that a theme is made of, the uppermost first."""
    texts = (path.read_bytes() for _, path in _files(folder / "templates"))
    if folder != shipped_theme() and any(
        _ON_TOP.search(text.decode("utf-8", "replace")) for text in texts
    ):
        return folder, shipped_theme()
    return (folder,)


def read_theme(folder: Path, options: Mapping[str, str] | None = None) -> Theme:
    """Read a theme's ``templates/`` and ``static/``. Raises `ConfigError`.

    ``options`` are the site's `THEME_OPTIONS`: those called like a custom property of
    ``style.css`` set it.
    """
    own, *below = layers(folder)
    templates, statics = _templates(own), _statics(own)
    for parent in below:
        theirs = _templates(parent)
        named = {PARENT + name: text for name, text in theirs.items() if name in templates}
        templates = theirs | templates | named
        statics = _statics(parent) | statics
    if STYLE in statics:
        statics[STYLE] += _chosen(statics[STYLE], options or {})
    assets, files = _fingerprint(statics)
    return Theme(templates, assets, files)


def _templates(folder: Path) -> dict[str, str]:
    templates = {}
    for name, path in _files(folder / "templates"):
        try:
            templates[name] = path.read_text("utf-8").replace("\r\n", "\n")
        except UnicodeDecodeError as error:
            line = error.object[: error.start].count(b"\n") + 1
            raise ConfigError(f"{path}:{line}: not UTF-8: save the template as UTF-8") from None
    return templates


def _statics(folder: Path) -> dict[str, bytes]:
    return {name: path.read_bytes() for name, path in _files(folder / "static")}


def favicon(theme: Theme, icon: str) -> str:
    """A small drawing of the theme as a ``data:`` URL: a request less for each reader."""
    body = theme.files.get(theme.assets.get(icon, ""), b"")
    if not icon.endswith(".svg") or not 0 < len(body) <= _SMALL_ICON:
        return ""
    return "data:image/svg+xml," + quote(body.strip(), safe="='/:;()@-._~")


def properties(style: bytes) -> frozenset[str]:
    """The custom properties that a style sheet declares, without their hyphens."""
    return frozenset(name.decode() for name in re.findall(rb"--([\w-]+)\s*:", style))


def _chosen(style: bytes, options: Mapping[str, str]) -> bytes:
    known = properties(style)
    lines = [f"--{name}: {value};" for name, value in sorted(options.items()) if name in known]
    return f":root {{ {' '.join(lines)} }}\n".encode() if lines else b""


def _files(folder: Path) -> Iterator[tuple[str, Path]]:
    """Every file below a folder with its name relative to it, sorted; no hidden ones."""
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_file() and not is_hidden(name):
            yield name, path


def _fingerprint(statics: Mapping[str, bytes]) -> tuple[dict[str, str], dict[str, bytes]]:
    """Name each file by its content; a style sheet only after all that it refers to."""
    publication = _Publication(statics)
    for name in sorted(statics):
        publication.publish(name)
    return publication.assets, publication.files


class _Publication:
    """Files on their way to their published names."""

    def __init__(self, statics: Mapping[str, bytes]) -> None:
        self.statics = statics
        self.assets: dict[str, str] = {}
        self.files: dict[str, bytes] = {}
        self._pending: list[str] = []

    def publish(self, name: str) -> str:
        """The published path of a file."""
        if name in self.assets:
            return self.assets[name]
        if name in self._pending:
            circle = " ▶ ".join([*self._pending[self._pending.index(name) :], name])
            raise ConfigError(f"theme/static: style sheets refer to each other: {circle}")
        self._pending.append(name)
        body = self.statics[name]
        if name.endswith(".css"):
            body = self._rewrite(name, body)
        stem, dot, suffix = name.rpartition(".")
        mark = hashlib.sha256(body).hexdigest()[:10]
        path = f"theme/{stem}.{mark}.{suffix}" if dot else f"theme/{name}.{mark}"
        self.assets[name] = path
        self.files[path] = body
        self._pending.pop()
        return path

    def _rewrite(self, name: str, body: bytes) -> bytes:
        """A style sheet whose references to other files of the theme name what is published."""

        def reference(match: re.Match[str]) -> str:
            parts = urlsplit(match["url"].strip())
            if parts.scheme or parts.netloc or not parts.path or parts.path.startswith("/"):
                return match[0]
            target = posixpath.normpath(posixpath.join(posixpath.dirname(name), parts.path))
            target = target if target in self.statics else unquote(target)
            if target not in self.statics:
                raise ConfigError(f"theme/static/{name}: there is no file {match['url']!r}")
            rest = f"#{parts.fragment}" if parts.fragment else ""
            url = f'"/{quote_path(self.publish(target))}{rest}"'
            return f"@import {url}" if match[0].startswith("@") else f"url({url})"

        try:
            text = body.decode("utf-8")
        except UnicodeDecodeError:
            raise ConfigError(f"theme/static/{name}: not UTF-8: save it as UTF-8") from None
        return _IMPORT.sub(reference, _URL.sub(reference, text)).encode("utf-8")
