"""A Jekyll site's settings: ``_config.yml``, and what its templates tell about feeds and math."""

from __future__ import annotations

import fnmatch
import posixpath
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from sula.errors import ConfigError
from sula.importers import common, text
from sula.importers.front import load_data
from sula.importers.jekyll_data import read_data
from sula.importers.model import Site
from sula.importers.tree import WELL_KNOWN, Tree

_CONFIGS: Final = ("_config.yml", "_config.yaml", "_config.toml")
_EXCLUDED: Final = (
    "Gemfile", "Gemfile.lock", "Rakefile", "package.json", "package-lock.json", "yarn.lock",
    "node_modules/", "vendor/", "_site/", "*.gemspec", "Makefile", "Dockerfile",
)  # fmt: skip
_JEKYLL_FEED: Final = "{{ page.id | absolute_url }}"
_IDENTITY: Final = re.compile(r"<(?:id|guid)\b[^<>]*>([^<]*\{\{[^<]*\bpost\.[^<]*)</")
_DOLLARS: Final = re.compile(
    r"""inlineMath["']?\s*:\s*\[\s*\[\s*["']\$["']|left["']?\s*:\s*["']\$["']|singleDollar"""
)
_BUILT_FEEDS: Final = tuple(
    f"{folder}/{name}"
    for folder in ("_site", "public", "output", ".")
    for name in ("feed.xml", "atom.xml", "rss.xml", "index.xml", "feed.json", "feed/index.xml",
                 "feeds/all.atom.xml", "feeds/all.rss.xml")
)  # fmt: skip
_NETWORKS: Final = {
    "github_username": ("GitHub", "https://github.com/"),
    "twitter_username": ("Twitter", "https://twitter.com/"),
    "linkedin_username": ("LinkedIn", "https://www.linkedin.com/in/"),
}


@dataclass(kw_only=True)
class Settings:
    """What decides the meaning of a Jekyll site's files."""

    site: Site
    variables: Mapping[str, Any]
    base: str
    post_style: str
    page_style: str
    collections: Mapping[str, str]
    separator: str
    dollars: bool
    version_4: bool
    identity: str
    people: Mapping[str, str]
    rules: list[tuple[str, str, dict[str, Any]]]
    excluded: tuple[str, ...]
    included: tuple[str, ...]
    feed_outputs: frozenset[str] = field(default=frozenset())

    def based(self, url: str) -> str:
        """A path of the site, with the site's own path before it."""
        return self.base + "/" + url.lstrip("/")

    def skips(self, path: str) -> bool:
        """Whether Jekyll would not look at a file or (with a slash at its end) folder."""
        if path.strip("/") in self.included:
            return False
        return path == f"{WELL_KNOWN}/" or any(
            fnmatch.fnmatch(path, pattern)
            or path.startswith(pattern.rstrip("/") + "/")
            or path == pattern
            for pattern in self.excluded
        )

    def defaults(self, path: str, kind: str) -> dict[str, Any]:
        """Front matter that the settings give to a file; later rules win."""
        types = {"post": {"", "posts"}, "draft": {"", "drafts", "posts"}, "page": {"", "pages"}}
        values: dict[str, Any] = {}
        for scope, of_type, given in self.rules:
            if of_type not in types.get(kind, {"", kind}):
                continue
            if scope and not (
                path.startswith(scope.rstrip("/") + "/")
                or fnmatch.fnmatch(path, scope)
                or path == scope
            ):
                continue
            values |= given
        return values

    def learn_identity(self, template: str) -> None:
        """How a feed's template makes the ids of posts."""
        match = _IDENTITY.search(template)
        if match and not self.identity:
            self.identity = re.sub(r"\bpost\.", "page.", match[1].strip())


def read_settings(tree: Tree, url: str) -> Settings:
    """Read the settings. Raises `ConfigError` when the site's address is nowhere to be found."""
    name = next((n for n in _CONFIGS if tree.has(n)), "")
    notes: list[str] = []
    config: dict[str, Any] = {}
    if name:
        try:
            config = load_data(name, tree.read(name)[0])
        except ValueError as error:
            raise ConfigError(f"{tree.root / name}: {error}") from error
    elif not any(p.startswith(("_posts/", "_drafts/")) or "/_posts/" in p for p in tree.walk()):
        raise ConfigError(
            f"{tree.root} has neither a _config.yml nor a folder _posts: is it a Jekyll site?"
        )
    address, base = _address(tree, config, url)
    data = read_data(tree)
    variables = {**config, "url": address, "baseurl": base, "data": data}
    author = config.get("author")
    people = _people(data)
    named: dict[str, Any] = author if isinstance(author, dict) else {"name": author}
    site = Site(
        generator="Jekyll",
        root=tree.root,
        url=address,
        prefix=base,
        title=text.title(_text(config.get("title") or config.get("name"))),
        description=text.plain(_text(config.get("description") or config.get("tagline"))),
        author=people.get(_text(named.get("name")), text.one_line(_text(named.get("name")))),
        email=_text(named.get("email") or config.get("email")),
        language=common.language_of(config.get("lang") or config.get("locale")),
        zone=common.zone_of(config.get("timezone"), notes),
        menu=_menu(tree, config, data),
        social=tuple(
            (label, start + _text(config[key]))
            for key, (label, start) in _NETWORKS.items()
            if re.fullmatch(r"[\w.-]+", _text(config.get(key)))
        ),
        feed_files=_BUILT_FEEDS,
    )
    for note in notes:
        site.note(name, 0, note)
    return _settings(tree, config, site, variables, people)


def _settings(
    tree: Tree, config: dict[str, Any], site: Site, variables: Mapping[str, Any],
    people: Mapping[str, str],
) -> Settings:  # fmt: skip
    style = _text(config.get("permalink")) or "date"
    collections = _collections(config)
    plugins = [*_list(config.get("plugins")), *_list(config.get("gems"))]
    gems = (tree.find("Gemfile") or "") + (tree.find("Gemfile.lock") or "")
    feed = "jekyll-feed" in plugins
    if feed:
        path = config.get("feed", {}).get("path") if isinstance(config.get("feed"), dict) else None
        at = site.prefix + "/" + _text(path or "feed.xml").lstrip("/")
        site.feeds[at] = at if at in {"/feed.xml", "/atom.xml"} else "/atom.xml"
    excluded = (
        *_EXCLUDED,
        *_list(config.get("exclude")),
        _text(config.get("destination")) or "_site",
    )
    return Settings(
        site=site,
        variables=variables,
        base=site.prefix,
        post_style=collections.pop("posts", "") or style,
        page_style=style,
        collections=collections,
        separator=_text(config.get("excerpt_separator")),
        dollars=_dollars(tree),
        version_4=bool(re.search(r"jekyll \(4|[\"']jekyll[\"'],\s*[\"'][~>= ]*4", gems)),
        identity=_JEKYLL_FEED if feed else "",
        people=people,
        rules=_rules(config),
        excluded=tuple(p.removeprefix("./").lstrip("/") for p in excluded if p),
        included=tuple(_list(config.get("include"))),
        feed_outputs=frozenset(p for p in _BUILT_FEEDS if p.startswith("./")),
    )


def _address(tree: Tree, config: dict[str, Any], url: str) -> tuple[str, str]:
    """The site's address without its path, and that path."""
    written = url or _text(config.get("url"))
    if not written and (name := (tree.find("CNAME") or "").strip()):
        written = f"https://{name.split()[0]}"
    parts = common.address(written)
    base = _text(config.get("baseurl")).strip("/")
    path = (
        posixpath.join(parts.path.strip("/"), base) if not url else (parts.path.strip("/") or base)
    )
    return f"{parts.scheme}://{parts.netloc.lower()}", f"/{path.strip('/')}" if path.strip(
        "/"
    ) else ""


def _people(data: Mapping[str, Any]) -> dict[str, str]:
    authors = data.get("authors")
    if not isinstance(authors, dict):
        return {}
    return {
        str(key): text.one_line(_text(value.get("name")))
        for key, value in authors.items()
        if isinstance(value, dict) and value.get("name")
    }


def _menu(
    tree: Tree, config: dict[str, Any], data: Mapping[str, Any]
) -> tuple[tuple[str, str], ...]:
    for source in (config, data):
        for key in ("navigation", "nav", "menu", "header"):
            value = source.get(key)
            value = value.get("main") or value.get("items") if isinstance(value, dict) else value
            if entries := common.pairs(value):
                return entries
    pages = [p for p in _list(config.get("header_pages")) if tree.has(p)]
    return tuple(
        (
            common.titled(posixpath.splitext(posixpath.basename(p))[0]),
            "/" + posixpath.splitext(p)[0] + "/",
        )
        for p in pages
    )


def _collections(config: dict[str, Any]) -> dict[str, str]:
    """Collections with pages of their own, and their permalinks."""
    found = {}
    given = config.get("collections")
    for name, settings in given.items() if isinstance(given, dict) else ():
        if isinstance(settings, dict) and (settings.get("output") or name == "posts"):
            default = "" if name == "posts" else "/:collection/:path.html"
            found[str(name)] = (
                _text(settings.get("permalink")).replace(":output_ext", ".html") or default
            )
    return found


def _rules(config: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    rules = []
    given = config.get("defaults")
    for rule in given if isinstance(given, list) else ():
        scope = rule.get("scope") if isinstance(rule, dict) else None
        values = rule.get("values") if isinstance(rule, dict) else None
        if isinstance(scope, dict) and isinstance(values, dict):
            plain = {str(k): _as_front(v) for k, v in values.items()}
            rules.append((_text(scope.get("path")), _text(scope.get("type")), plain))
    return rules


def _as_front(value: Any) -> Any:  # noqa: ANN401 - whatever YAML holds
    """A setting as front matter holds it: texts, not numbers and dates."""
    return value if isinstance(value, bool | list | dict | str) or value is None else str(value)


def _dollars(tree: Tree) -> bool:
    """Whether the templates set single dollars as mathematics."""
    paths = [p for folder in ("_includes", "_layouts") if (tree.root / folder).is_dir()
             for p in tree.walk(folder)]  # fmt: skip
    return any(p.endswith((".html", ".js")) and _DOLLARS.search(tree.read(p)[0]) for p in paths)


def _text(value: object) -> str:
    return "" if value is None or isinstance(value, list | dict) else str(value).strip()


def _list(value: object) -> list[str]:
    if isinstance(value, str):
        return value.split()
    return [str(item) for item in value if item is not None] if isinstance(value, list) else []
