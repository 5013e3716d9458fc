"""A Jekyll site's folder ▶ `Site`. Jekyll 3 and 4, with kramdown."""

from __future__ import annotations

import posixpath
import re
from datetime import UTC, datetime
from typing import Final
from zoneinfo import ZoneInfo

from sula.importers import common, text
from sula.importers.addresses import canonical
from sula.importers.front import Front, split_front
from sula.importers.jekyll_address import page_url, post_url
from sula.importers.jekyll_site import Settings, read_settings
from sula.importers.jekyll_text import Texts
from sula.importers.model import File, Site
from sula.importers.reading import Found, Reading
from sula.importers.tree import Tree
from sula.local.served import is_list_path

_MARKDOWN: Final = frozenset({".md", ".markdown", ".mkdown", ".mkdn", ".mkd"})
_HTML: Final = frozenset({".html", ".htm"})
_NAME: Final = re.compile(r"(?:(\d{2,4}-\d{1,2}-\d{1,2})-)?(.*)", re.DOTALL)
_SOURCES: Final = frozenset({".scss", ".sass", ".coffee"})
_LISTING: Final = re.compile(
    r"\{[{%][^%}]*\b(?:site\.(?:posts|tags|categories|pages|documents)|paginator)\b"
)
_MARKUP: Final = re.compile(
    r"<(style|script)\b.*?</\1>|<[^>]*>|\{\{.*?\}\}|\{%.*?%\}", re.DOTALL | re.IGNORECASE
)
_BY_TAG: Final = re.compile(r"tag|categor|topic", re.IGNORECASE)
_LIST_NAME: Final = re.compile(
    r"tag|categor|topic|archiv|posts|articles|blog/?\Z|news|index|all|list", re.IGNORECASE
)
_PROSE: Final = 15
_FEW: Final = 4
"""Words around a list that make a page of it: where its name says it is a list, and elsewhere."""
_SECONDS: Final = re.compile(r"\d{4}-\d{1,2}-\d{1,2}(?:[Tt]|\s+)\d{1,2}:\d\d:\d\d(?:\.\d*)?")
_README: Final = re.compile(
    r"(?:readme|license|contributing|changelog|code_of_conduct)\b", re.IGNORECASE
)


def read_jekyll(tree: Tree, url: str = "") -> Site:
    """Read a Jekyll site. `url` is its address, where its settings do not say.

    Raises `ConfigError`.
    """
    settings = read_settings(tree, url)
    return _Reading(tree, settings).site()


class _Reading(Reading):
    def __init__(self, tree: Tree, settings: Settings) -> None:
        super().__init__(tree, settings.site)
        self.settings = settings
        self.zone: ZoneInfo = settings.site.zone

    def site(self) -> Site:
        for path in self.tree.walk(skip=self.settings.skips):
            self._look(path)
        self.note_strange()
        texts = Texts(self.tree, self.settings, self.found)
        self.result.documents += map(texts.document, self.tree.track("Reading posts", self.found))
        return self.result

    # --- first look --------------------------------------------------------------------------

    def _look(self, path: str) -> None:
        folders, suffix = path.split("/")[:-1], posixpath.splitext(path)[1].lower()
        text_file = suffix in _MARKDOWN | _HTML
        kind = self._kind(folders)
        if kind is None:
            return
        if posixpath.basename(path).startswith(("_", "#")):
            return
        if kind == "page":
            if suffix in _SOURCES:
                self.result.note(
                    path, 0, "a style or script to be compiled: the theme's affair", "left out"
                )
            elif not self.tree.head(path, 6).removeprefix(b"\xef\xbb\xbf").startswith(b"---"):
                self._static(path)
            elif not text_file:
                self._template(path)
            else:
                self._source(path, kind)
        elif text_file:
            self._source(path, kind)
        elif kind in {"post", "draft"}:
            self.result.note(
                path, 0, f"{suffix or 'its format'} is not Markdown or HTML", "left out"
            )
        else:
            self._static(path, "/" + path.removeprefix("_"))

    def _kind(self, folders: list[str]) -> str | None:
        if "_posts" in folders:
            return "post"
        if "_drafts" in folders:
            return "draft"
        hidden = [f for f in folders if f.startswith("_")]
        if not hidden:
            return "page"
        name = folders[0].removeprefix("_")
        return name if hidden == folders[:1] and name in self.settings.collections else None

    def _static(self, path: str, url: str = "") -> None:
        name = posixpath.basename(path)
        if "/" not in path and (_README.match(name) or name == "CNAME"):
            self.result.note(path, 0, "about the old site's own repository", "left out")
        elif path not in self.settings.feed_outputs:
            self.result.files.append(File(path, self.settings.based(url or "/" + path)))

    def _template(self, path: str) -> None:
        """A file with front matter that is no page: a feed, a style sheet, a script."""
        body = self.tree.read(path)[0]
        url = self.settings.based(split_front(body).text("permalink") or "/" + path)
        if path.endswith((".xml", ".json")) and re.search(r"<rss|<feed|jsonfeed", body):
            kind = (
                "/atom.xml" if "<feed" in body else "/feed.xml" if "<rss" in body else "/feed.json"
            )
            same = url in {"/feed.xml", "/atom.xml", "/feed.json"}
            self.result.feeds[url] = url if same else kind
            self.settings.learn_identity(body)
        if not is_list_path(url):
            self.result.note(path, 0, "a template for something else than a page", "left out")

    def _source(self, path: str, kind: str) -> None:
        front = self.front(path)
        if front is None:
            return
        if not front.found:
            self.result.note(path, 0, "had no front matter: its title comes from its name")
        front.values = self.settings.defaults(path, kind) | front.values
        found = self._addressed(path, kind, front)
        if kind == "page" and not self._wanted(found):
            return
        self.found.append(found)

    def _wanted(self, found: Found) -> bool:
        front, url = found.front, canonical(found.url)
        home = canonical(self.settings.based("/"))
        if front.text("redirect_to"):
            why = f"only a redirect from {url} to {front.text('redirect_to')}"
        elif _is_list(front.body, url) and not front.flag("render_with_liquid"):
            why = f"a list of posts at {url}, for which Sula has its own at /, /archive/ and /tags/"
            if url != home and _LIST_NAME.search(url):
                self.result.lists[url] = "/tags/" if _BY_TAG.search(url) else "/archive/"
        elif is_list_path(url) or url == home:
            why = f"its address {url} belongs to the lists that Sula writes itself"
        else:
            return True
        self.result.note(found.path, 0, why, "left out")
        return False

    def _addressed(self, path: str, kind: str, front: Front) -> Found:
        stem = posixpath.splitext(posixpath.basename(path))[0]
        match = _NAME.fullmatch(stem)
        named, name = (match[1], match[2]) if match and kind == "post" else (None, stem)
        slug = front.text("slug") or name
        found = Found(path, front, kind, slug)
        if kind in {"post", "draft"}:
            self._date(found, named)
            found.categories = self._categories(path, front)
            style = front.text("permalink") or self.settings.post_style

            def at(date: datetime | None) -> str:
                made = post_url(style, slug=slug, date=date, categories=found.categories, name=name)
                return self.settings.based(made) if made else ""

            found.url = at(found.date or common.moment(named or "", self.zone))
            own = common.moment(front.text("date"), self.zone)
            others = {at(own)} if own is not None and kind == "post" else set()
            found.others = tuple(sorted(others - {found.url, ""}))
        else:
            permalink = front.text("permalink")
            style = self.settings.collections.get(kind, "") if kind != "page" else ""
            written = permalink or style
            inner = path.removeprefix("_")
            parts = {":collection": kind, ":path": inner.partition("/")[2].rpartition(".")[0],
                     ":name": name, ":title": slug}  # fmt: skip
            for key, value in parts.items():
                written = written.replace(key, value) if kind != "page" else written
            found.url = self.settings.based(page_url(inner, self.settings.page_style, written))
            self._date(found, None)
        return found

    def _date(self, found: Found, named: str | None) -> None:
        """The front matter's date, else the name's. Psych reads a time with seconds as UTC."""
        written = found.front.text("date")
        zone = ZoneInfo("UTC") if _SECONDS.fullmatch(written) else self.zone
        date = common.moment(written, zone)
        if date is None and written:
            found.undated = written
        elif date is None and named:
            date = common.moment(_long(named), self.zone)
            found.undated = "" if date else named
        try:
            found.date = date.astimezone(self.zone) if date else None
        except OverflowError:
            found.date = date.astimezone(UTC) if date else None

    def _categories(self, path: str, front: Front) -> tuple[str, ...]:
        folders = path.split("/_posts/", maxsplit=1)[0].split("/") if "/_posts/" in path else []
        listed = text.words(front.values.get("categories"), spaces=True)
        single = front.text("category")
        return tuple(
            dict.fromkeys([*folders, *listed, *([text.one_line(single)] if single else [])])
        )


def _is_list(body: str, url: str) -> bool:
    """Whether a page lists posts, and says hardly anything else.

    One that is called like a list may say a sentence beside it.
    """
    if not _LISTING.search(body):
        return False
    rest = re.sub(r"\{%-?\s*for\b.*\{%-?\s*endfor\s*-?%\}", " ", body, flags=re.DOTALL)
    words = len(re.findall(r"\w+", _MARKUP.sub(" ", rest)))
    return words < (_PROSE if _LIST_NAME.search(url) else _FEW)


def _long(named: str) -> str:
    """``18-8-2`` in a name means 2018."""
    year, month, day = named.split("-")
    return f"{'20' + year if len(year) == 2 else year}-{int(month):02}-{int(day):02}"  # noqa: PLR2004 - digits
