"""An old site ▶ the files of a new one, and a report. Reads the old files it copies, no more."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Final
from urllib.parse import urlsplit

from edgefeed.contract import quote_path, slugify
from sula.content.leftovers import is_hidden
from sula.content.urls import output_of
from sula.importers import links
from sula.importers.addresses import Addresses, canonical, decide
from sula.importers.compose import Value, plain_date, settings_text, source_text
from sula.importers.identity import identify
from sula.importers.marks import find_marks
from sula.importers.model import Document, File, Remark, Site
from sula.importers.report import Item, Report
from sula.importers.text import file_name, same_spelling
from sula.importers.track import Track, untracked
from sula.importers.write import Body, digest
from sula.local.served import is_list_path
from sula.planning.redirects import REDIRECTS_FILE, refused
from sula.report import plural

_DATED: Final = re.compile(r"\d{4}-\d{2}-\d{2}[-_](.+)")
_MOST: Final = 30
_REDIRECTS: Final = "# Old addresses of what is no post or page, and where it is now.\n"


class Assembly:
    """One import: addresses decided, names given, texts written."""

    def __init__(self, site: Site, feeds: Iterable[Mapping[str, str]]) -> None:
        """Decide everything that concerns more than one document."""
        site.documents.sort(key=lambda d: (d.draft, d.source))
        self._unify_tags(site)
        self.site = site
        self.addresses: Addresses = decide(site.documents)
        for document in site.documents:
            for problem in filter(None, map(refused, document.redirects)):
                site.note(document.source, 0, f"an old address of it: {problem}", "left out")
        absolute = {d.source: site.url + quote_path(d.url) for d in site.documents}
        self.ids, self.told = identify(site, feeds, absolute)
        self.items: list[Item] = []
        self.paths = self._name()
        self.copies = self._copies()
        at = {canonical(d.url): self.paths[d.source] for d in reversed(site.documents) if d.url}
        at |= {url: path for path, (_, url) in self.copies.items()}
        for document in site.documents:
            for old in document.redirects:
                at.setdefault(canonical(old), self.paths[document.source])
        self.map = links.Map(links.host_names(site.url), at, site.prefix, self.paths)

    def _unify_tags(self, site: Site) -> None:
        shown = same_spelling(d.tags for d in site.documents)
        for index, document in enumerate(site.documents):
            tags = tuple(dict.fromkeys(shown[tag] for tag in document.tags))
            if tags != document.tags:
                site.documents[index] = replace(document, tags=tags)
        for tag, best in sorted(shown.items()):
            if tag != best:
                site.note("", 0, f"the tag {tag!r} is now {best!r}, the spelling used most")

    def _name(self) -> dict[str, str]:
        """A file for every document."""
        taken: set[str] = set()
        found: dict[str, str] = {}
        for document in self.site.documents:
            folder = "posts/" if document.kind == "post" else "pages/"
            parts = [file_name(part) for part in document.name.split("/")]
            name = folder + "/".join(parts)
            path, number = f"{name}.md", 1
            while path.lower() in taken:
                number += 1
                path = f"{name}-{number}.md"
            taken.add(path.lower())
            found[document.source] = path
        return found

    def _copies(self) -> dict[str, tuple[str, str]]:
        """Path in the content folder ▶ (old file, old URL) of every file to take over."""
        outputs = {output_of(a.url.lstrip("/")) for a in self.addresses.of.values()}
        found: dict[str, tuple[str, str]] = {}
        for file in sorted(self.site.files, key=lambda f: (f.url, f.source)):
            path = file.url.lstrip("/")
            why = self._refused(file, path, outputs, found)
            if why:
                self.site.note(file.source, 0, why, "left out")
            else:
                found[path] = (file.source, file.url)
        return found

    def _refused(
        self, file: File, path: str, outputs: set[str], found: Mapping[str, object]
    ) -> str:
        address = f"its address {file.url}"
        reasons = (
            (is_list_path(file.url), f"{address} belongs to the lists that Sula writes itself"),
            (not path or is_hidden(path), "a hidden file"),
            (
                "\\" in path or not path.isprintable(),
                "its name has a backslash or control character",
            ),
            (path in outputs, f"{address} is that of a post or page"),
            (path in found, f"{address} is also that of another file"),
            (
                path.startswith(("posts/", "pages/")) and path.endswith(".md"),
                "Markdown without front matter, which Sula would take for a post or page",
            ),
        )
        return next((why for holds, why in reasons if holds), "")

    # --- texts -------------------------------------------------------------------------------

    def files(self, track: Track = untracked) -> dict[str, Body]:
        """Every file of the new site, by its path there."""
        made: dict[str, Body] = {
            "pelicanconf.py": settings_text(self.site, self.addresses, self._menu()),
            ".gitignore": b"/.sula/\n",
        }
        if moved := self._moved():
            lines = [f"{quote_path(old)} {new}\n" for old, new in sorted(moved.items())]
            made[REDIRECTS_FILE] = "".join([_REDIRECTS, *lines]).encode()
        for document in track("Linking posts", self.site.documents):
            path = self.paths[document.source]
            made[f"content/{path}"] = self.text(document).encode("utf-8", "replace")
        for path, (source, _) in self.copies.items():
            made[f"content/{path}"] = self.site.root / source
        return made

    def _moved(self) -> dict[str, str]:
        """Addresses that were no document's: the old feeds, and the path that all lay below."""
        prefix = {f"{self.site.prefix}/": "/"} if self.site.prefix else {}
        taken = {a.url for a in self.addresses.of.values()} | {
            url for _, url in self.copies.values()
        }
        return {
            old: new
            for old, new in (self.site.lists | self.site.feeds | prefix).items()
            if old != new and old not in taken and not is_list_path(old)
        }

    def text(self, document: Document) -> str:
        """A document's new source."""
        path = self.paths[document.source]
        where = f"content/{path}"

        told: list[tuple[str, str]] = []
        body = links.relink(
            document.body,
            document.url or "/",
            path,
            self.map,
            lambda *what: told.append(what),
            document.source,
        )
        text = source_text(self._fields(document, path), body)
        for href, why in dict.fromkeys(told):
            at = text.find(href)
            line = text.count("\n", 0, at) + 1 if at >= 0 else 0
            self.items.append(Item(document.source, 0, f"{href}: {why}", "changed", where, line))
        for (line, _), message in find_marks(text):
            old = _source_line(message)
            self.items.append(Item(document.source, old, message, "decide", where, line))
        if document.kind == "post" and not document.draft and document.date is None:
            why = f"its date {document.undated!r} cannot be read" if document.undated else "no date"
            message = f"{why}: write the date it was published on"
            at = text.find("\ndate: ") + 1
            line = text.count("\n", 0, at) + 1
            self.items.append(Item(document.source, 1, message, "decide", where, line))
        return text

    def _fields(self, document: Document, path: str) -> dict[str, Value]:
        address = self.addresses.of[document.source]
        zone = self.site.zone
        date, updated = document.date, document.updated
        fields: dict[str, Value] = {
            "title": document.title,
            "note": document.kind == "post" and not document.title,
            "date": plain_date(date, zone) if date else document.undated,
            "updated": plain_date(updated, zone) if updated and updated != date else "",
            "id": self.ids.get(document.source, ""),
            "tags": document.tags,
            "slug": address.slug if _default_slug(path) != address.slug else "",
            "image": self._image(document, path) if document.image else "",
            **document.more,
            "draft": document.draft,
            "redirect_from": address.redirects,
        }
        return {key: value for key, value in fields.items() if value not in ("", (), False)}

    def _image(self, document: Document, path: str) -> str:
        """The picture of a post: its file, or an address elsewhere."""
        missing: list[str] = []
        line = links.relink(
            f"![]({document.image.replace(' ', '%20')})", document.url or "/", path, self.map,
            lambda href, why: missing.append(href) if "https" not in why else None,
        )  # fmt: skip
        if missing:
            self.site.note(
                document.source, 0, f"its image {document.image} is not there", "left out"
            )
            return ""
        return line[4:-1]

    def _menu(self) -> tuple[tuple[str, str], ...]:
        pages = {p: s for s, p in self.paths.items()}
        entries = [("Home", "/")]
        for label, url in self.site.menu:
            url = self.site.lists.get(url, url)  # noqa: PLW2901 - the same list
            parts = urlsplit(url)
            source = pages.get(self.map.find(parts.path) or "") if not parts.netloc else None
            entry = self.addresses.of[source].url if source else url
            if (
                entry
                and canonical(entry) != "/"
                and (source or parts.netloc or is_list_path(entry))
            ):
                entries.append((label, entry))
        entries.append(("Archive", "/archive/"))
        seen: dict[str, str] = {}
        for label, url in entries:
            seen.setdefault(url, label)
        return tuple((label, url) for url, label in seen.items())

    # --- report ------------------------------------------------------------------------------

    def report(self, files: Mapping[str, str]) -> Report:
        """What there is to tell, once every text was made."""
        site = self.site
        notes = []
        if site.categories:
            notes.append(f"Categories became tags, in {plural(site.categories, 'post')}.")
        if site.prefix:
            notes.append(
                f"The old site was below {site.prefix}/: addresses are kept, but its home page is "
                f"now /, to which {site.prefix}/ is redirected."
            )
        if site.lists:
            notes.append(
                f"{plural(len(site.lists), 'old address', 'old addresses')} of lists and their "
                "feeds lead to Sula's own: see redirects.txt."
            )
        live = [d for d in site.documents if not d.draft]
        counts = {
            "posts": sum(d.kind == "post" for d in live),
            "pages": sum(d.kind == "page" for d in live),
            "drafts": len(site.documents) - len(live),
            "files": len(self.copies),
            "addresses kept": self.addresses.kept,
            "addresses redirected": self.addresses.moved,
            "ids from the old feed": self.told,
            "ids by the old rule or address": len(self.ids) - self.told,
        }
        items = [*self.items, *map(self._item, _gathered(site.remarks))]
        counts["to decide"] = sum(item.kind == "decide" for item in items)
        return Report(
            generator=site.generator,
            counts=counts,
            items=items,
            dropped=site.dropped,
            feeds={old: new for old, new in site.feeds.items() if old != new},
            notes=notes,
            files=files,
        )

    def _item(self, remark: Remark) -> Item:
        path = self.paths.get(remark.source, "")
        return Item(remark.source or "everywhere", remark.line, remark.message, remark.kind,
                    f"content/{path}" if path else "")  # fmt: skip


def assemble(
    site: Site, feeds: Iterable[Mapping[str, str]], track: Track = untracked
) -> tuple[dict[str, Body], dict[str, str], Report]:
    """The new site's files, their digests, and the report."""
    assembly = Assembly(site, feeds)
    files = assembly.files(track)
    digests = {path: digest(body) for path, body in files.items()}
    return files, digests, assembly.report(digests)


def _gathered(remarks: Iterable[Remark]) -> list[Remark]:
    """Remarks without repetitions; of very many alike, in one file, the first."""
    kept: list[Remark] = []
    counts: dict[tuple[str, str], int] = {}
    for remark in dict.fromkeys(remarks):
        kind = (remark.source, remark.kind)
        counts[kind] = counts.get(kind, 0) + 1
        if counts[kind] <= _MOST or remark.kind == "decide" or not remark.source:
            kept.append(remark)
    for (source, kind_name), count in counts.items():
        if count > _MOST and kind_name != "decide" and source:
            kept.append(Remark(source, 0, f"and {count - _MOST} more of the same kind"))
    return kept


def _default_slug(path: str) -> str:
    """The slug Sula would make from a source's path (`sula.content.meta`)."""
    name = posixpath.basename(path).removesuffix(".md")
    if name == "index" and path.count("/") > 1:
        name = posixpath.basename(posixpath.dirname(path))
    match = _DATED.fullmatch(name)
    return slugify(match[1] if match else name)


def _source_line(message: str) -> int:
    match = re.search(r"\(line (\d+) of the old file\)", message)
    return int(match[1]) if match else 0
