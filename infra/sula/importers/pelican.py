"""A Pelican site's folder ▶ `Site`: metadata lines, intrasite links, Python-Markdown."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable
from typing import Final
from urllib.parse import unquote

from edgefeed.contract import quote_path, tag_path
from sula.importers import blocks, common, kramdown, liquid, pymarkdown, text
from sula.importers.addresses import canonical
from sula.importers.code import outside
from sula.importers.front import Front, split_front
from sula.importers.identity import rule
from sula.importers.marks import Marks
from sula.importers.model import Document, File, Site
from sula.importers.more import one_more
from sula.importers.pelican_site import Settings, read_settings, tag_uri
from sula.importers.reading import Found, Reading
from sula.importers.tree import Tree
from sula.local.served import is_list_path

_MARKDOWN: Final = (".md", ".markdown", ".mkd", ".mdown")
_OTHER: Final = (".rst", ".adoc", ".asciidoc", ".ipynb")
_HTML: Final = (".html", ".htm")
_META: Final = re.compile(r"([A-Za-z][\w-]*):(?:[ \t]+(.*)|[ \t]*)$")
_BRACES: Final = re.compile(
    r"(?:\{|%7B|\|)(filename|static|attach|tag|category|author|index)(?:\}|%7D|\|)([^\s)\"'<>]*)",
    re.IGNORECASE,
)
_LISTS: Final = (("URL", ""), ("FEED_ATOM", "atom.xml"), ("FEED_RSS", "feed.xml"))
"""Settings of a category's or tag's addresses, and what each is called at Sula's."""
_NAME_DATE: Final = re.compile(r"(\d{4}-\d{2}-\d{2})(?:[-_](.*))?", re.DOTALL)
_PATH_DATE: Final = re.compile(r"(?:^|/)(\d{4})/(\d{1,2})/(?:(\d{1,2})/)?")


def read_pelican(tree: Tree, url: str = "") -> Site:
    """Read a Pelican site. `url` is its address, where its settings do not say.

    Raises `ConfigError`.
    """
    return _Reading(tree, read_settings(tree, url)).site()


class _Reading(Reading):
    def __init__(self, tree: Tree, settings: Settings) -> None:
        super().__init__(tree, settings.site)
        self.settings = settings
        self.urls: dict[str, str] = {}

    def site(self) -> Site:
        content = self.settings.content
        paths = self.tree.walk(content) if (self.tree.root / content).is_dir() else []
        for path in paths:
            self._look(path.removeprefix(content + "/"))
        self.note_strange()
        self.urls |= {found.path: found.url for found in self.found}
        self.result.documents += map(self._document, self.tree.track("Reading posts", self.found))
        self._lists()
        return self.result

    def _lists(self) -> None:
        """Pelican's lists, and the feeds of its categories and tags."""
        lists = self.result.lists
        for name, new in (("ARCHIVES", "/archive/"), ("TAGS", "/tags/"), ("CATEGORIES", "/tags/")):
            path = self.settings.values.get(f"{name}_SAVE_AS", f"{name.lower()}.html")
            if path and isinstance(path, str):
                lists[self.settings.based(path)] = new
        for kind, labels in (
            ("CATEGORY", {label for found in self.found for label in found.categories}),
            ("TAG", {tag for found in self.found for tag in _tags(found.front)}),
        ):
            for label in sorted(labels):
                new = quote_path(tag_path(label))
                parts = {"slug": self.settings.slug(label)}
                for setting, feed in _LISTS:
                    if old := self.settings.made(f"{kind}_{setting}", parts):
                        lists[old] = new + feed

    # --- first look --------------------------------------------------------------------------

    def _look(self, inner: str) -> None:
        low = inner.lower()
        static = any(_below(inner, folder) for folder in self.settings.statics)
        if low.endswith((*_MARKDOWN, *_OTHER, *_HTML)) and not (static and low.endswith(_HTML)):
            self._source(inner)
            return
        extra = self.settings.values.get("EXTRA_PATH_METADATA")
        moved = extra.get(inner) if isinstance(extra, dict) else None
        path = moved.get("path") if isinstance(moved, dict) else None
        url = self.settings.based(path if isinstance(path, str) else inner)
        self.urls[inner] = url
        self.result.files.append(File(self._where(inner), url))

    def _where(self, inner: str) -> str:
        return f"{self.settings.content}/{inner}"

    def _source(self, inner: str) -> None:
        where = self._where(inner)
        front = self.front(where, lambda body: _split(body, inner))
        if front is None:
            return
        front.values = {**self.settings.defaults, **front.values}
        page = any(_below(inner, folder) for folder in self.settings.pages)
        found = Found(inner, front, "page" if page else "article")
        self._addressed(found)
        if found.url and is_list_path(canonical(found.url)):
            why = f"its address {found.url} belongs to the lists that Sula writes itself"
            self.result.note(where, 0, why, "left out")
            return
        self.found.append(found)

    def _addressed(self, found: Found) -> None:
        front = found.front
        stem = posixpath.basename(found.path).rpartition(".")[0]
        match = _NAME_DATE.fullmatch(stem)
        written = front.text("date")
        found.date = common.moment(written, self.result.zone)
        if found.date is None and written:
            found.undated = written
        elif found.date is None and match:
            found.date = common.moment(match[1], self.result.zone)
        elif found.date is None and (path := _PATH_DATE.search(found.path)):
            day = f"{path[1]}-{path[2]}-{path[3] or 1}"
            found.date = common.moment(day, self.result.zone) if path[3] else None
        by_title = self.settings.text("SLUGIFY_SOURCE") != "basename"
        source = front.text("title") if by_title and front.text("title") else stem
        found.slug = front.text("slug") or self.settings.slug(source)
        folder = posixpath.dirname(found.path).split("/")[-1]
        by_folder = self.settings.values.get("USE_FOLDER_AS_CATEGORY", True) and folder
        category = front.text("category") or (folder if by_folder else "")
        if found.kind == "article":
            # A folder of dates says when, not what about.
            dated = category == folder and folder.isdigit()
            found.categories = () if dated else tuple(filter(None, (text.one_line(category),)))
        author = (common.more_authors(front) or (self.result.author,))[0]
        parts = {
            "slug": found.slug, "date": found.date, "author": self.settings.slug(author),
            "lang": front.text("lang") or self.result.language,
            "category": self.settings.slug(category or self.settings.text("DEFAULT_CATEGORY")),
        }  # fmt: skip
        stated = front.text("url", "save_as")
        kind = found.kind.upper()
        if str(parts["lang"]).lower() != self.result.language.lower():
            kind += "_LANG"
            found.slug += f"-{parts['lang']}"
        found.url = self.settings.based(stated) if stated else self.settings.url(kind, parts)

    # --- texts -------------------------------------------------------------------------------

    def _document(self, found: Found) -> Document:
        front, where = found.front, self._where(found.path)
        post = found.kind == "article"
        tags = _tags(front)
        if post and found.categories:
            self.result.categories += 1
            tags = tuple(dict.fromkeys([*tags, *found.categories]))
        stem = posixpath.basename(found.path).rpartition(".")[0]
        probe = Document(source="", kind="post", name="", url=found.url, slug="", title="", body="")
        identity = ""
        if post and found.date is not None:
            identity = tag_uri(self.result.url + quote_path(found.url), found.date)
        return Document(
            source=where,
            kind="post" if post else "page",
            name=stem,
            url=found.url,
            slug=found.slug,
            title=text.title(front.text("title")) or common.titled(stem),
            date=found.date if post or front.text("date") else None,
            undated=found.undated,
            updated=common.moment(front.text("modified", "updated"), self.result.zone),
            tags=tags if post else (),
            draft=front.text("status").lower() in {"draft", "skip"},
            image=self._relative(common.image(front), found),
            redirects=common.paths(front.values.get("alias") or front.values.get("aliases")),
            id=rule(probe, identity),
            more=common.more_fields(front, self.result, {}),
            body=self._body(found),
        )

    def _relative(self, link: str, found: Found) -> str:
        return _BRACES.sub(self._linked(found, lambda *_: None), link)

    def _linked(
        self, found: Found, tell: Callable[[str, str], None]
    ) -> Callable[[re.Match[str]], str]:
        """``{filename}x.md`` as the address it had."""
        folder = posixpath.dirname(found.path)

        def link(match: re.Match[str]) -> str:
            word = match[1].lower()
            path, sign, anchor = match[2].partition("#")
            if word == "index":
                return "/" + sign + anchor
            if word in {"tag", "category"}:
                return quote_path(tag_path(unquote(path)))
            if word == "author":
                tell(match[0], "Sula has no pages of authors: it leads to the archive")
                return "/archive/"
            bare = unquote(path)
            inner = bare.lstrip("/") if bare.startswith("/") else posixpath.join(folder, bare)
            url = self.urls.get(posixpath.normpath(inner))
            if url is None:
                tell(match[0], "leads to nothing that was imported")
                return "/" + quote_path(posixpath.normpath(inner)).lstrip("./") + sign + anchor
            return quote_path(url) + sign + anchor

        return link

    def _body(self, found: Found) -> str:
        front, where = found.front, self._where(found.path)
        marks = Marks()
        low = found.path.lower()
        if low.endswith(_OTHER):
            what = f"{where}, as it is not Markdown"
            return marks.release(marks.hold("the text of", 1, what))

        def tell(what: str, why: str) -> None:
            line = front.body[: max(front.body.find(what), 0)].count("\n") + front.body_line
            self.result.note(where, line, f"{what}: {why}", "left out")

        def note(what: str, why: str) -> None:
            self.result.note(where, 0, f"{what}: {why}")

        body = front.body
        if self.settings.liquid_tags:
            around = liquid.Surroundings(site={})
            body = liquid.render(body, around, marks, page={}, first_line=front.body_line)
        body = one_more(pymarkdown.summary(body))
        if not low.endswith(_HTML):
            body = outside(body, text.unblank)
        body = pymarkdown.links_outside_code(body, _BRACES, self._linked(found, note))
        if low.endswith(_HTML):
            return marks.release(blocks.whole(body))
        body = pymarkdown.convert(body, tell, dollars=self.settings.dollars)
        return marks.release(blocks.settle(kramdown.without_abbreviations(body, tell)))


def _below(path: str, folder: str) -> bool:
    return not folder or path == folder or path.startswith(folder + "/")


def _tags(front: Front) -> tuple[str, ...]:
    return text.words(_semicolons(front.values.get("tags")))


def _semicolons(value: object) -> object:
    return re.split(r"\s*;\s*", value) if isinstance(value, str) and ";" in value else value


def _split(body: str, path: str) -> Front:
    """YAML, or Pelican's lines, or the ``meta`` elements of an HTML file."""
    if path.lower().endswith(_HTML):
        return pymarkdown.split_html(body)
    if path.lower().endswith(".rst"):
        return pymarkdown.split_rst(body)
    front = split_front(body)
    if front.found:
        return front
    lines = body.split("\n")
    values: dict[str, object] = {}
    last, number = "", 0
    for number, line in enumerate(lines, start=1):
        match = _META.match(line)
        if match:
            last = match[1].lower()
            if last in values:
                front.notes.append((number, f"{last!r} is there twice: the last one counts"))
            values[last] = (match[2] or "").strip() or None
        elif last and line[:1] in " \t" and line.strip():
            values[last] = f"{values[last] or ''}, {line.strip()}".strip(", ")
        else:
            break
    else:
        number += 1
    if not values:
        return front
    rest = "\n".join(lines[number - 1 :])
    return Front(values, rest, number, found=True, notes=front.notes)
