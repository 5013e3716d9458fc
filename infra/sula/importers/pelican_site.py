"""A Pelican site's settings, read without running them.

``pelicanconf.py`` is a program. An import looks at its assignments of plain values, and runs
nothing of the old site.
"""

from __future__ import annotations

import ast
import posixpath
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlsplit

from pelican.settings import DEFAULT_CONFIG
from pelican.utils import slugify

from sula.errors import ConfigError
from sula.importers import common, text
from sula.importers.model import Site
from sula.importers.tree import Tree

_FEEDS: Final = tuple(
    f"{folder}/{name}"
    for folder in ("output", "public", "docs")
    for name in ("feeds/all.atom.xml", "feeds/all.rss.xml", "feeds/atom.xml", "feeds/rss.xml",
                 "feed.xml", "atom.xml", "rss.xml")
)  # fmt: skip
_UNKNOWN: Final = object()


@dataclass(kw_only=True)
class Settings:
    """What decides the meaning of a Pelican site's files; ``values`` are its settings."""

    site: Site
    values: Mapping[str, Any]
    content: str
    pages: tuple[str, ...]
    articles: tuple[str, ...]
    statics: tuple[str, ...]
    liquid_tags: bool
    dollars: bool

    @property
    def defaults(self) -> dict[str, Any]:
        """Metadata of every article and page that does not say otherwise."""
        given = self.values.get("DEFAULT_METADATA")
        return {str(k).lower(): v for k, v in given.items()} if isinstance(given, dict) else {}

    def text(self, name: str) -> str:
        """A setting that is a text; Pelican's own default otherwise."""
        value = self.values.get(name, DEFAULT_CONFIG.get(name))
        return value if isinstance(value, str) else ""

    def based(self, url: str) -> str:
        """A path of the site, with the site's own path before it."""
        return self.site.prefix + "/" + url.lstrip("/")

    def slug(self, title: str) -> str:
        """A title's slug, as Pelican makes it."""
        rules = self.values.get("SLUG_REGEX_SUBSTITUTIONS")
        rules = rules if isinstance(rules, list) else DEFAULT_CONFIG["SLUG_REGEX_SUBSTITUTIONS"]
        made = slugify(
            title, regex_subs=rules,
            preserve_case=self.values.get("SLUGIFY_PRESERVE_CASE") is True,
            use_unicode=self.values.get("SLUGIFY_USE_UNICODE") is True,
        )  # fmt: skip
        return str(made)

    def url(self, kind: str, parts: Mapping[str, object]) -> str:
        """The URL path of an article or page; empty when the pattern asks for more."""
        return self.made(f"{kind}_URL", parts)

    def made(self, setting: str, parts: Mapping[str, object]) -> str:
        """The path that a setting's pattern makes; empty without one, or when it asks for more."""
        pattern = self.text(setting)
        try:
            made = pattern.replace("%s", "{slug}").format(**parts)
        except (KeyError, ValueError, IndexError, AttributeError, TypeError):
            return ""
        return self.based(made) if made else ""


def read_settings(tree: Tree, url: str) -> Settings:
    """Read ``pelicanconf.py`` and ``publishconf.py``. Raises `ConfigError`."""
    values: dict[str, Any] = {}
    found = [name for name in ("pelicanconf.py", "publishconf.py") if tree.has(name)]
    if not found:
        raise ConfigError(f"{tree.root} has no pelicanconf.py: is it a Pelican site?")
    unread: dict[str, int] = {}
    for name in found:
        try:
            values |= _assignments(tree.read(name)[0], values, unread)
        except (SyntaxError, ValueError, RecursionError) as error:
            raise ConfigError(f"{tree.root / name} cannot be read: {error}") from error
    parts = common.address(url or str(values.get("SITEURL") or ""))
    notes: list[str] = []
    site = Site(
        generator="Pelican",
        root=tree.root,
        url=f"{parts.scheme}://{parts.netloc.lower()}",
        prefix=("/" + parts.path.strip("/")).rstrip("/"),
        title=text.title(str(values.get("SITENAME") or "")),
        description=text.plain(
            str(values.get("SITESUBTITLE") or values.get("SITE_DESCRIPTION") or "")
        ),
        author=text.one_line(str(values.get("AUTHOR") or "")),
        email=text.one_line(str(values.get("AUTHOR_EMAIL") or "")),
        language=common.language_of(values.get("DEFAULT_LANG")),
        zone=common.zone_of(values.get("TIMEZONE"), notes),
        menu=_pairs(values.get("MENUITEMS")),
        social=_pairs(values.get("SOCIAL")),
        feed_files=_FEEDS,
    )
    for note in [*notes, *(f"{name} is computed, and was not read" for name in sorted(unread))]:
        site.note("pelicanconf.py", unread.get(note.split(" ")[0], 0), note)
    _feeds(site, values)
    return Settings(
        site=site,
        values=values,
        content=posixpath.normpath(str(values.get("PATH") or "content")).strip("/"),
        pages=_folders(values, "PAGE_PATHS", ("pages",)),
        articles=_folders(values, "ARTICLE_PATHS", ("",)),
        statics=_folders(values, "STATIC_PATHS", ("images",)),
        liquid_tags="liquid" in str(values.get("PLUGINS")),
        dollars="math" in str(values.get("PLUGINS")),
    )


def _feeds(site: Site, values: Mapping[str, Any]) -> None:
    """Where the old feeds of the whole site were."""
    kinds = (("FEED_ALL_ATOM", "/atom.xml"), ("FEED_ATOM", "/atom.xml"),
             ("FEED_ALL_RSS", "/feed.xml"), ("FEED_RSS", "/feed.xml"))  # fmt: skip
    for name, new in kinds:
        value = values.get(name, DEFAULT_CONFIG.get(name))
        if isinstance(value, str) and value and "{" not in value and "%" not in value:
            site.feeds[site.prefix + "/" + value.lstrip("/")] = new


def _folders(values: Mapping[str, Any], name: str, default: tuple[str, ...]) -> tuple[str, ...]:
    value = values.get(name)
    if not isinstance(value, list | tuple):
        return default
    return tuple(str(item).strip("/").removeprefix("./") for item in value)


def _pairs(value: object) -> tuple[tuple[str, str], ...]:
    found = []
    for row in value if isinstance(value, list | tuple) else ():
        if isinstance(row, list | tuple) and len(row) > 1:
            label, url = row[0], row[1]
            if (
                isinstance(label, str)
                and isinstance(url, str)
                and label.strip()
                and url.strip("# ")
            ):
                found.append((text.one_line(label), url.strip()))
    return tuple(found)


def _assignments(source: str, known: Mapping[str, Any], unread: dict[str, int]) -> dict[str, Any]:
    """Names in capitals that are given plain values, at the top of a module."""
    values: dict[str, Any] = dict(known)
    for node in ast.parse(source).body:
        targets: list[ast.expr] = []
        if isinstance(node, ast.Assign):
            targets = node.targets
        elif isinstance(node, ast.AnnAssign) and node.value is not None:
            targets = [node.target]
        for target in targets:
            if not isinstance(target, ast.Name) or not re.fullmatch(r"[A-Z][A-Z0-9_]*", target.id):
                continue
            value = _plain(node.value, values) if node.value is not None else _UNKNOWN  # type: ignore[attr-defined]
            if value is not _UNKNOWN:
                values[target.id] = value
                unread.pop(target.id, None)
            elif target.id in _WANTED:
                unread[target.id] = node.lineno
    return values


_WANTED: Final = frozenset(
    "SITEURL SITENAME SITESUBTITLE AUTHOR TIMEZONE DEFAULT_LANG PATH ARTICLE_URL PAGE_URL "
    "DEFAULT_METADATA".split()
)


def _plain(node: ast.expr, values: Mapping[str, Any]) -> Any:  # noqa: ANN401 - whatever Python says
    """The value of an expression of literals, known names and sums of texts."""
    if isinstance(node, ast.Name):
        return values.get(node.id, _UNKNOWN)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        left, right = _plain(node.left, values), _plain(node.right, values)
        return left + right if isinstance(left, str) and isinstance(right, str) else _UNKNOWN
    try:
        return ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return _UNKNOWN


def tag_uri(url: str, date: datetime) -> str:
    """The id that Pelican's feeds give an article (feedgenerator's ``get_tag_uri``)."""
    parts = urlsplit(url)
    return f"tag:{parts.hostname},{date:%Y-%m-%d}:{parts.path}"
