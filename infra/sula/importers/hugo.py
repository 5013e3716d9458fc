"""A Hugo site's folder ▶ `Site`: sections, page bundles, aliases, shortcodes."""

from __future__ import annotations

import posixpath
import re
from collections import Counter
from collections.abc import Mapping
from typing import Final
from urllib.parse import urljoin

from edgefeed.contract import quote_path, tag_path
from sula.importers import blocks, common, kramdown, shortcodes, text
from sula.importers.addresses import canonical
from sula.importers.code import outside
from sula.importers.front import Front
from sula.importers.hugo_site import Named, Settings, posts_of, read_settings, urlize
from sula.importers.marks import Marks
from sula.importers.model import Document, File, Site
from sula.importers.more import one_more
from sula.importers.reading import Found, Reading
from sula.importers.tree import Tree
from sula.local.served import is_list_path

_MARKDOWN: Final = (".md", ".markdown", ".mdown")
_OTHER: Final = (".org", ".adoc", ".asciidoc", ".ad", ".rst", ".pandoc", ".pdc")
_PATH_DATE: Final = re.compile(r"(?:^|/)(\d{4})[-/](\d{1,2})[-/](\d{1,2})(?:[-_/]|$)")


def read_hugo(tree: Tree, url: str = "") -> Site:
    """Read a Hugo site. `url` is its address, where its settings do not say.

    Raises `ConfigError`.
    """
    return _Reading(tree, read_settings(tree, url)).site()


class _Reading(Reading):
    def __init__(self, tree: Tree, settings: Settings) -> None:
        super().__init__(tree, settings.site)
        self.settings = settings
        self.bundles: dict[str, Found] = {}
        self.withheld: set[str] = set()

    def site(self) -> Site:
        content = self.settings.content
        paths = self.tree.walk(content) if (self.tree.root / content).is_dir() else []
        others = []
        for path in paths:
            inner = path.removeprefix(content + "/")
            if inner.lower().endswith((*_MARKDOWN, *_OTHER, ".html", ".htm")):
                self._source(inner)
            else:
                others.append(inner)
        for inner in others:
            if any(inner.startswith(f"{folder}/") for folder in self.withheld):
                continue
            self.result.files.append(File(f"{content}/{inner}", self._resource_url(inner)))
        if (self.tree.root / "static").is_dir():
            for path in self.tree.walk("static"):
                url = self.settings.based(path.removeprefix("static/"))
                self.result.files.append(File(path, url))
        self.note_strange()
        counts = Counter(f.path.split("/")[0] for f in self.found if "/" in f.path)
        sections = posts_of(self.settings, counts)
        by_path = self._by_path()
        for found in self.tree.track("Reading posts", self.found):
            self.result.documents.append(self._document(found, sections, by_path))
        self._lists(sections)
        return self.result

    def _lists(self, sections: frozenset[str]) -> None:
        """Sections and categories had lists and feeds of their own."""
        based, lists = self.settings.based, self.result.lists
        moved = {f"/{section}/": "/archive/" for section in sections}
        for name in sorted({name for found in self.found for name in _categories(found.front)}):
            moved["/categories/"] = "/tags/"
            moved[f"/categories/{urlize(name)}/"] = tag_path(name)
        for old, new in moved.items():
            lists[based(old)] = quote_path(new)
            feed = "/feed.xml" if new in {"/archive/", "/tags/"} else quote_path(new) + "feed.xml"
            lists[based(old) + "index.xml"] = feed

    # --- first look --------------------------------------------------------------------------

    def _where(self, inner: str) -> str:
        return f"{self.settings.content}/{inner}"

    def _source(self, inner: str) -> None:
        where = self._where(inner)
        front = self.front(where)
        if front is None:
            return
        name = posixpath.basename(inner).rpartition(".")[0]
        if name == "_index" or name.startswith("_index."):
            why = "the page of a list, which Sula writes itself"
            if front.body.strip():
                why += "; it had a text of its own"
            self.result.note(where, 0, why, "left out")
            return
        if why := _withheld(front):
            if name == "index":
                self.withheld.add(posixpath.dirname(inner))
                why += ", nor of what lies beside it"
            self.result.note(where, 0, why, "left out")
            return
        code = name.rpartition(".")[2].lower() if "." in name else ""
        found = Found(inner, front, language=code if code in self.settings.languages else "")
        self._date(found)
        named = Named(front.text("title"), front.text("slug"), front.text("url"), found.language)
        found.url = self.settings.url(inner, named, found.date)
        home = canonical(self.settings.based("/"))
        if is_list_path(canonical(found.url)) or canonical(found.url) == home:
            why = f"its address {found.url} belongs to the lists that Sula writes itself"
            self.result.note(where, 0, why, "left out")
            return
        if posixpath.basename(inner).startswith("index."):
            self.bundles[posixpath.dirname(inner)] = found
        # The address goes by the date, readers by the day it was published.
        published = common.moment(front.text("publishdate", "pubdate"), self.result.zone)
        if found.date is not None and published is not None and published > found.date:
            found.date = published
            self.result.note(where, 0, "its publishDate is later than its date, and taken for it")
        self.found.append(found)

    def _date(self, found: Found) -> None:
        written = found.front.text("date", "publishdate", "pubdate", "published")
        found.date = common.moment(written, self.result.zone)
        if written and found.date is None:
            found.undated = written
        elif not written and (match := _PATH_DATE.search(found.path.rpartition(".")[0])):
            year, month, day = match.groups()
            found.date = common.moment(f"{year}-{month}-{day}", self.result.zone)

    def _resource_url(self, inner: str) -> str:
        """A file beside a bundle's text has an address below the bundle's."""
        folder = posixpath.dirname(inner)
        while folder:
            if folder in self.bundles:
                return urljoin(self.bundles[folder].url, inner.removeprefix(folder + "/"))
            folder = posixpath.dirname(folder)
        return self.settings.based(inner)

    def _by_path(self) -> dict[str, str]:
        """Everything that ``ref`` may name ▶ its old URL path; the first of a name wins."""
        urls: dict[str, str] = {}
        for found in self.found:
            full = found.path.rpartition(".")[0].removesuffix(f".{found.language}")
            full = full.removesuffix("/index")
            for name in (
                found.path,
                full,
                posixpath.basename(full),
                posixpath.basename(found.path),
            ):
                urls.setdefault(name.lower(), found.url)
        return urls

    # --- texts -------------------------------------------------------------------------------

    def _document(
        self, found: Found, sections: frozenset[str], by_path: Mapping[str, str]
    ) -> Document:
        front, where = found.front, self._where(found.path)
        section = found.path.split("/")[0] if "/" in found.path else ""
        post = section in sections or (not sections and found.date is not None)
        tags = text.words(front.values.get("tags") or front.values.get("tag"))
        categories = _categories(front)
        if post and categories:
            self.result.categories += 1
            tags = tuple(dict.fromkeys([*tags, *categories]))
        name = self._name(found)
        more = common.more_fields(front, self.result, {})
        if found.language:
            more["lang"] = found.language
        if _built(front, "list") in _NEVER:
            more["hidden"] = True
        title = text.title(front.text("title"))
        return Document(
            source=where,
            kind="post" if post else "page",
            name=name + (f".{found.language}" if found.language else ""),
            url=found.url,
            slug=canonical(found.url).removesuffix("/").rpartition("/")[2].removesuffix(".html"),
            title=title or ("" if post else common.titled(name)),
            date=found.date if post or front.text("date") else None,
            undated=found.undated,
            updated=common.moment(front.text("lastmod", "updated", "modified"), self.result.zone),
            tags=tags if post else (),
            draft=front.flag("draft") or self._expires(front, where),
            image=common.image(front),
            redirects=self._aliases(found),
            more=more,
            body=self._body(found, by_path),
        )

    def _expires(self, front: Front, where: str) -> bool:
        """Whether Hugo would take it away one day, or has."""
        day = front.text("expirydate", "unpublishdate")
        if day:
            why = f"it expires on {day}, which nothing does here: it is a draft until you decide"
            self.result.note(where, 0, why)
        return bool(day)

    def _name(self, found: Found) -> str:
        """A bundle with files at its own address keeps its folder."""
        folder, base = posixpath.split(found.path)
        stem = base.rpartition(".")[0].removesuffix(f".{found.language}" if found.language else "")
        if stem != "index" or not folder:
            return stem
        name = posixpath.basename(folder)
        beside = any(f.url.startswith(found.url) for f in self.result.files)
        return f"{name}/index" if beside and found.url == f"/posts/{name}/" else name

    def _aliases(self, found: Found) -> tuple[str, ...]:
        values = found.front.values.get("aliases") or found.front.values.get("alias")
        items = values if isinstance(values, list) else [values]
        parent = posixpath.dirname(found.url.rstrip("/")) + "/"
        absolute = [
            self.settings.based(item) if item.startswith("/") else urljoin(parent, item)
            for item in items
            if isinstance(item, str) and item.strip() and not common.is_address(item)
        ]
        return common.paths(absolute)

    def _body(self, found: Found, by_path: Mapping[str, str]) -> str:
        front, where = found.front, self._where(found.path)
        marks = Marks()
        if found.path.lower().endswith(_OTHER):
            what = f"{where}, as it is not Markdown"
            return marks.release(marks.hold("the text of", 1, what))
        folder = posixpath.dirname(found.path)

        def ref(name: str) -> str | None:
            plain = name.strip("/").lower().removesuffix("/index.md").removesuffix("/_index.md")
            near = posixpath.normpath(posixpath.join(folder, name)).lower()
            keys = [plain] if name.startswith("/") else [near, plain]
            return next((by_path[key] for key in keys if key in by_path), None)

        def param(name: str) -> str | None:
            value = front.values.get(name.lower(), self.settings.params.get(name.lower()))
            return value if isinstance(value, str) else None

        around = shortcodes.Surroundings(ref=ref, param=param)
        body = shortcodes.render(front.body, around, marks, front.body_line)

        def tell(what: str, why: str) -> None:
            self.result.note(where, 0, f"{what}: {why}", "left out")

        body = one_more(body)
        if found.path.lower().endswith((".html", ".htm")):
            return marks.release(blocks.whole(body))
        dollars = self.settings.dollars
        body = outside(body, lambda part: kramdown.mathematics(part, dollars=dollars))
        return marks.release(kramdown.without_abbreviations(body, tell))


def _categories(front: Front) -> tuple[str, ...]:
    return text.words(front.values.get("categories") or front.values.get("category"))


_NEVER: Final = frozenset({"never", "false"})


def _built(front: Front, what: str) -> str:
    """What a page's ``build`` says of rendering or listing it."""
    build = front.values.get("build") or front.values.get("_build")
    return str(build.get(what, "")).lower() if isinstance(build, Mapping) else ""


def _withheld(front: Front) -> str:
    """Why Hugo made no page of a source; empty when it did."""
    render = _built(front, "render")
    if front.flag("headless"):
        return "headless: Hugo made no page of it"
    if render in {*_NEVER, "link"}:
        return f"build.render is {render}: Hugo made no page of it"
    return ""
