"""A Hugo site's settings: ``hugo.toml`` and its relatives, and the addresses they make."""

from __future__ import annotations

import posixpath
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sula.errors import ConfigError
from sula.importers import common, text
from sula.importers.front import load_data
from sula.importers.jekyll_address import fill
from sula.importers.model import Site
from sula.importers.tree import Tree

_NAMES: Final = tuple(
    f"{name}.{kind}" for name in ("hugo", "config") for kind in ("toml", "yaml", "yml", "json")
)
_POSTS: Final = frozenset(
    {"post", "posts", "blog", "blogs", "article", "articles", "news", "notes", "journal"}
)
_FEEDS: Final = ("public/index.xml", "public/feed.xml", "public/atom.xml", "public/feed.json",
                 "static/index.xml", "docs/index.xml")  # fmt: skip
_DOLLARS: Final = re.compile(
    r"""inlineMath["']?\s*:\s*\[\s*\[\s*["']\$["']|left["']?\s*:\s*["']\$["']"""
)
_MONTHS: Final = (
    "january february march april may june july august september october november december"
).split()


@dataclass(frozen=True)
class Named:
    """What front matter says of a page's address, and the language its file's name tells."""

    title: str = ""
    slug: str = ""
    url: str = ""
    language: str = ""


@dataclass(kw_only=True)
class Settings:
    """What decides the meaning of a Hugo site's files. ``languages`` are codes besides the main."""

    site: Site
    params: Mapping[str, Any]
    content: str
    main: frozenset[str]
    permalinks: Mapping[str, str]
    ugly: bool
    languages: frozenset[str]
    dollars: bool

    def based(self, url: str) -> str:
        """A path of the site, with the site's own path before it."""
        return self.site.prefix + "/" + url.lstrip("/")

    def url(self, path: str, name: Named, date: datetime | None) -> str:
        """The URL path of a content file (``posts/x.md``, ``posts/x/index.md``)."""
        folder, base = posixpath.split(path)
        stem = base.rpartition(".")[0].removesuffix(f".{name.language}" if name.language else "")
        if stem == "index" and folder:
            folder, stem = posixpath.split(folder)
        lead = f"/{name.language}/" if name.language else "/"
        if name.url:
            return self.based(name.url if name.url.startswith("/") else lead + name.url)
        pattern = self.permalinks.get(folder.split("/", maxsplit=1)[0] or "/", "")
        made = fill(pattern, _parts(folder, stem, name, date)) if pattern else ""
        if made:
            end = "" if made.endswith("/") or "." in posixpath.basename(made) else "/"
            return self.based(lead.rstrip("/") + made + end)
        end = ".html" if self.ugly else "/"
        return self.based(lead + urlize(posixpath.join(folder, name.slug or stem)) + end)


def _parts(folder: str, stem: str, name: Named, date: datetime | None) -> dict[str, str]:
    section = folder.split("/", maxsplit=1)[0]
    last = urlize(name.slug or stem)
    parts = {
        "section": urlize(section), "sections": urlize(folder),
        "slug": urlize(name.slug or name.title), "title": urlize(name.title),
        "filename": urlize(stem), "contentbasename": urlize(stem),
        "slugorfilename": last, "slugorcontentbasename": last,
    }  # fmt: skip
    if date is not None:
        parts |= {
            "year": f"{date:%Y}", "month": f"{date:%m}", "day": f"{date:%d}",
            "yearday": str(date.timetuple().tm_yday), "monthname": _MONTHS[date.month - 1],
            "weekday": str(date.isoweekday() % 7),
        }  # fmt: skip
    return parts


def urlize(name: str) -> str:
    """Hugo's way from a name to an address: lower case, hyphens for blanks, signs dropped."""
    out: list[str] = []
    blank = False
    for char in unicodedata.normalize("NFC", name).strip().lower():
        if char.isalnum() or unicodedata.category(char)[0] == "M" or char in "./_#+~-@":
            if blank and char != "-":
                out.append("-")
            blank = False
            out.append(char)
        elif char.isspace() and out and out[-1] != "-":
            blank = True
    return "".join(out)


def read_settings(tree: Tree, url: str) -> Settings:
    """Read the settings. Raises `ConfigError` when the site's address is nowhere to be found."""
    config = _config(tree)
    params = _table(config.get("params"))
    parts = common.address(url or str(config.get("baseurl") or ""))
    notes: list[str] = []
    author = params.get("author") or config.get("author")
    named = author if isinstance(author, dict) else {"name": author}
    menus = _table(config.get("menu")) or _table(config.get("menus"))
    languages = {str(k).lower(): v for k, v in _table(config.get("languages")).items()}
    default = str(config.get("defaultcontentlanguage") or "en").lower()
    own = _table(languages.get(default))
    site = Site(
        generator="Hugo",
        root=tree.root,
        url=f"{parts.scheme}://{parts.netloc.lower()}",
        prefix=("/" + parts.path.strip("/")).rstrip("/"),
        title=text.title(str(own.get("title") or config.get("title") or "")),
        description=text.plain(str(params.get("description") or config.get("description") or "")),
        author=text.one_line(str(named.get("name") or "")),
        email=text.one_line(str(named.get("email") or "")),
        language=common.language_of(
            own.get("languagecode") or config.get("languagecode") or config.get("locale") or default
        ),
        zone=common.zone_of(config.get("timezone"), notes),
        menu=common.pairs(_by_weight(menus.get("main"))),
        feed_files=_FEEDS,
    )
    for note in notes:
        site.note("", 0, note)
    site.feeds[site.prefix + "/index.xml"] = "/feed.xml"
    main = params.get("mainsections") or config.get("mainsections")
    return Settings(
        site=site,
        params=params,
        content=str(own.get("contentdir") or config.get("contentdir") or "content").strip("/"),
        main=frozenset(map(str, main)) if isinstance(main, list) else frozenset(),
        permalinks=_permalinks(config),
        ugly=config.get("uglyurls") is True,
        languages=frozenset(languages) - {default},
        dollars="'$', '$'" in str(config) or _set_dollars(tree),
    )


def posts_of(settings: Settings, counts: Mapping[str, int]) -> frozenset[str]:
    """The sections that hold posts; ``counts`` has the pages of each."""
    if settings.main:
        return settings.main
    usual = frozenset(section for section in counts if section.lower() in _POSTS)
    if usual or not counts:
        return usual
    return frozenset({min(counts, key=lambda section: (-counts[section], section))})


def _config(tree: Tree) -> dict[str, Any]:
    found: dict[str, Any] = {}
    names = [n for n in _NAMES if tree.has(n)][:1]
    folder = "config/_default"
    if (tree.root / folder).is_dir():
        names += [p for p in tree.walk(folder) if p.endswith((".toml", ".yaml", ".yml", ".json"))]
    if not names:
        raise ConfigError(f"{tree.root} has no hugo.toml or config.toml: is it a Hugo site?")
    for name in names:
        try:
            data = load_data(name, tree.read(name)[0])
        except ValueError as error:
            raise ConfigError(f"{tree.root / name}: {error}") from error
        low = _lower(data)
        stem = posixpath.basename(name).rpartition(".")[0].split(".")[0]
        if name.startswith(folder) and stem not in {"hugo", "config"}:
            low = {stem.lower(): low}
        for key, value in low.items():
            both = isinstance(value, dict) and isinstance(found.get(key), dict)
            found[key] = {**found[key], **value} if both else value
    return found


def _lower(value: Any) -> Any:  # noqa: ANN401 - whatever a settings file holds
    """Hugo's keys know no case."""
    if isinstance(value, dict):
        return {str(k).lower(): _lower(v) for k, v in value.items()}
    return [_lower(item) for item in value] if isinstance(value, list) else value


def _table(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _permalinks(config: Mapping[str, Any]) -> dict[str, str]:
    given = _table(config.get("permalinks"))
    pages = _table(given.get("page"))
    return {k: v for k, v in {**given, **pages}.items() if isinstance(v, str)}


def _by_weight(value: object) -> object:
    if not isinstance(value, list):
        return value
    rows = [row for row in value if isinstance(row, dict)]
    return sorted(rows, key=lambda row: row["weight"] if isinstance(row.get("weight"), int) else 0)


def _set_dollars(tree: Tree) -> bool:
    """Whether the layouts set single dollars as mathematics."""
    if not (tree.root / "layouts").is_dir():
        return False
    return any(
        _DOLLARS.search(tree.read(p)[0])
        for p in tree.walk("layouts")
        if p.endswith((".html", ".js"))
    )
