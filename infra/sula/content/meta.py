"""What a source says of itself: front matter, understood and checked.

Pure. The one place where addresses, dates and kinds are decided: the plan and the
rendering ask here, so that they cannot disagree.
"""

from __future__ import annotations

import difflib
import posixpath
import re
import unicodedata
from datetime import datetime
from typing import Final, Literal

import msgspec

from edgefeed.contract import slugify
from sula.checks.codes import CODES, Code, Severity
from sula.content.dates import DateError, parse_date, rfc3339
from sula.content.fields import KEYS, Enclosure, Fields, Find
from sula.content.frontmatter import FrontMatter, Spot, split
from sula.content.urls import Rules, check_slug, output_of
from sula.errors import Finding
from sula.importers.marks import find_marks
from sula.markdown.links import Link, resolve
from sula.markdown.parser import find_links
from sula.model import Meta

POSTS: Final = "posts/"
STATIC_PAGES: Final = "pages/"

_DATED_NAME: Final = re.compile(r"(\d{4}-\d{2}-\d{2})[-_](.+)")


class Source(msgspec.Struct, frozen=True, kw_only=True):
    """A source, understood: its `Meta`, and what only its own page shows.

    ``summary`` is plain text; ``image`` and the enclosure's ``url`` are as written,
    a source's path resolved relative to the content directory when ``image_source``
    (or ``enclosure_source``) says so. ``authors`` are names. ``template`` is the name of
    the page's template, ``pinned`` whether it stands first on the home page.
    """

    meta: Meta
    body: str
    body_line: int
    summary: str = ""
    image: str = ""
    image_source: str = ""
    language: str = ""
    authors: tuple[str, ...] = ()
    link: str = ""
    enclosure: Enclosure | None = None
    enclosure_source: str = ""
    template: str = ""
    pinned: bool = False


def kind_of(path: str) -> Literal["post", "page"] | None:
    """What a file of the content directory is, by where it lies; None: published as it is."""
    if not path.endswith(".md"):
        return None
    if path.startswith(POSTS):
        return "post"
    return "page" if path.startswith(STATIC_PAGES) else None


def read_meta(path: str, text: str, rules: Rules) -> tuple[Meta | None, list[Finding]]:
    """What the plan needs to know of a source, and everything that is wrong with it.

    None when an error keeps the source from being published.
    """
    source, findings = read_source(path, text, rules)
    return (source.meta if source else None), findings


def read_source(path: str, text: str, rules: Rules) -> tuple[Source | None, list[Finding]]:
    """A source, understood. `path` is relative to the content directory.

    None when there is an error among the findings, other than marks that an import left:
    they too keep the site from being published, but the source has an address to link to.
    """
    return read_front(path, split(text), rules)


def read_front(path: str, front: FrontMatter, rules: Rules) -> tuple[Source | None, list[Finding]]:
    """The same of a source that was taken apart before."""
    reading = _Reading(path, front, rules)
    source = reading.source()
    failed = any(finding.severity == "error" for finding in reading.findings)
    reading.find_marks()
    return (None if failed else source), reading.findings


def source_links(path: str, text: str) -> list[Link]:
    """Every link of a source to another, with its line in the file."""
    front = split(text)
    fields = Fields(front)
    found = []
    for key, value in (("image", fields.text("image")), ("enclosure", fields.enclosure().url)):
        target = resolve(value, path) if value else None
        if target is not None and target.path:
            found.append(Link(target.path, fields.at(key).line, value))
    return found + find_links(front.body, path, front.body_line)


def _finding(where: str, findings: list[Finding]) -> Find:
    """Who adds to findings. It knows no `_Reading`, which would know itself by it, and stay."""

    def find(at: Spot, code: Code, message: str, severity: Severity = "error", /) -> None:
        findings.append(Finding(where, at.line, code, message, severity, column=at.column))

    return find


class _Reading:
    """One source being understood."""

    def __init__(self, path: str, front: FrontMatter, rules: Rules) -> None:
        self.path = path
        self.front = front
        self.rules = rules
        self.findings: list[Finding] = []
        self._find = _finding(f"{rules.folder}/{path}", self.findings)
        self.fields = Fields(front, self._find)
        self.kind = kind_of(path) or "page"
        self.name_date, self.name = _name(path)

    def find_marks(self) -> None:
        for spot, message in find_marks(self.front.body, self.front.body_line):
            self._find(spot, "import-mark", message, "error" if self._due() else "warning")

    def source(self) -> Source | None:
        for problem in self.front.problems:
            self._find(problem.at, problem.code, problem.message, problem.severity)
        if self.front.broken:
            return None
        self._unknown_keys()
        if not self.front.kind:
            form = '"---", "title: ...", "date: ...", "---"'
            message = f"no front matter: begin the file with the lines {form}"
            self._find(Spot(1, 1), "front-matter-missing", message)
            return None
        fields = self.fields
        for code in fields.texts("check_ignore"):
            if code not in CODES:
                message = f"check_ignore: {code!r} is no code of a finding"
                self._find(fields.at("check_ignore"), "code-unknown", message, "warning")
        image, enclosure = fields.text("image"), fields.enclosure()
        image_source, enclosure_source = self._local("image", image), ""
        if enclosure.url:
            enclosure_source = self._local("enclosure", enclosure.url)
        links = {link.target for link in self._body_links()}
        links |= {image_source, enclosure_source} - {""}
        return Source(
            meta=self._meta(tuple(sorted(links))),
            body=self.front.body,
            body_line=self.front.body_line,
            summary=fields.text("summary"),
            image=image,
            image_source=image_source,
            language=fields.language(),
            authors=fields.names("authors"),
            link=fields.web_address("link"),
            enclosure=enclosure if enclosure.url else None,
            enclosure_source=enclosure_source,
            template=fields.template(),
            pinned=self._pinned(),
        )

    def _body_links(self) -> list[Link]:
        return find_links(self.front.body, self.path, self.front.body_line)

    def _local(self, key: str, value: str) -> str:
        """The source that `image` or `enclosure` names; empty when it is an address."""
        target = resolve(value, self.path) if value else None
        if target is None:
            return ""
        if target.code:
            self._find(self.fields.at(key), target.code, f"{key}: {target.problem}")
        return target.path

    def _meta(self, links: tuple[str, ...]) -> Meta:
        fields = self.fields
        title = self._title()
        published, date = self._published()
        updated = self._updated(published, date)
        slug = self._slug()
        url = self._url(slug, date)
        series, position = fields.series(), fields.number("position")
        if position is not None and not series:
            message = "a position without a series has no effect"
            self._find(fields.of("position"), "key-unused", message, "warning")
        return Meta(
            path=self.path,
            kind=self.kind,
            title=title,
            slug=slug,
            url=url,
            output=output_of(url),
            published=published,
            updated=updated,
            id=fields.identity(),
            tags=fields.tags(),
            series=series,
            position=position if series else None,
            status=fields.status(),
            links=links,
            redirect_from=fields.paths("redirect_from"),
        )

    def _title(self) -> str:
        title = self.fields.text("title")
        note = self.kind == "post" and self.fields.flag("note")
        if title or note or not self._due() or not self.fields.is_text("title"):
            return title
        remedy = 'add "title: A title"'
        if self.kind == "post":
            remedy += ', or "note: true" if this is a short post without one'
        self._find(self.fields.of("title"), "title-missing", f"no title: {remedy}")
        return ""

    def _pinned(self) -> bool:
        pinned = self.fields.flag("pinned")
        if pinned and self.kind == "page":
            message = '"pinned" has no effect: a static page is on no list'
            self._find(self.fields.of("pinned"), "key-unused", message, "warning")
        return pinned

    def _published(self) -> tuple[str, datetime | None]:
        date = self._date("date")
        if date is None and self.name_date and not self.fields.has("date"):
            date = self._parse(self.name_date, Spot(1))
        elif self.kind == "post" and not self.fields.has("date") and self._due():
            message = 'no date: add a line such as "date: 2026-11-24 09:30"'
            self._find(self.fields.of("date"), "date-missing", message)
        return (rfc3339(date) if date else ""), date

    def _due(self) -> bool:
        """Whether it is meant to be published; a draft need not be complete."""
        return self.fields.status() != "draft"

    def _updated(self, published: str, date: datetime | None) -> str:
        updated = self._date("updated")
        if updated is None:
            return published
        if date is not None and updated < date:
            # A day alone, the day of publication, is not earlier than its hour.
            if updated.date() != date.date():
                message = f"updated is before date ({published}): it is taken as the same"
                self._find(self.fields.at("updated"), "updated-before-date", message, "warning")
            return published
        return rfc3339(updated)

    def _date(self, key: str) -> datetime | None:
        text = self.fields.text(key)
        return self._parse(text, self.fields.at(key)) if text else None

    def _parse(self, text: str, at: Spot) -> datetime | None:
        try:
            return parse_date(text, self.rules.zone)
        except DateError as error:
            self._find(at, "date-unreadable", f"unreadable date: {error}")
            return None

    def _slug(self) -> str:
        slug = self.fields.text("slug")
        if not slug:
            return slugify(self.name)
        # One address, however the author's keyboard spells its accents.
        slug = unicodedata.normalize("NFC", slug)
        # A static page may lie below another address: "help/writing".
        parts = slug.split("/") if self.kind == "page" else [slug]
        if problem := next(filter(None, map(check_slug, parts)), None):
            self._find(self.fields.at("slug"), "slug-wrong", problem)
        return slug

    def _url(self, slug: str, date: datetime | None) -> str:
        if self.kind == "page":
            return "404.html" if slug == "404" else self.rules.page_url.url(slug, date or _NO_DATE)
        return self.rules.article_url.url(slug, date or _NO_DATE)

    def _unknown_keys(self) -> None:
        for key, field in self.front.fields.items():
            if key in KEYS:
                continue
            close = difflib.get_close_matches(key, KEYS, 1, 0.7)
            hint = f'; is "{close[0]}" meant?' if close else " and has no effect"
            hint = _ELSEWHERE.get(key, hint)
            message = f'the key "{key}" is not known{hint}'
            self._find(field.key, "key-unknown", message, "warning")


_ADDRESS: Final = (
    " and has no effect: the address comes from ARTICLE_URL, PAGE_URL and "
    '"slug", and "redirect_from" leads there from an old one'
)
_ELSEWHERE: Final = {
    "permalink": _ADDRESS,
    "url": _ADDRESS,
    "save_as": _ADDRESS,
    "aliases": '; "redirect_from" has whole paths that once led here',
    "redirect_to": " and has no effect: a line of redirects.txt leads an address elsewhere",
}
"""Keys of other systems that do much there, and what does that here."""

# Only where an error about the missing date is reported anyway, or a draft has none.
_NO_DATE: Final = datetime(1970, 1, 1)  # noqa: DTZ001 - only its digits are used


def _name(path: str) -> tuple[str, str]:
    """The date and the slug that a file's name tells; ``hello/index.md`` is called hello."""
    name = posixpath.basename(path).removesuffix(".md")
    if name == "index" and path.count("/") > 1:
        name = posixpath.basename(posixpath.dirname(path))
    match = _DATED_NAME.fullmatch(name)
    return (match[1], match[2]) if match else ("", name)
