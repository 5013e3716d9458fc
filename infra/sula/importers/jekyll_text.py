"""A Jekyll site's posts and pages, their Liquid and kramdown carried out."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from edgefeed.contract import quote_path
from sula.importers import blocks, common, kramdown, liquid, text
from sula.importers.addresses import canonical
from sula.importers.code import outside
from sula.importers.front import split_front
from sula.importers.identity import rule
from sula.importers.jekyll_site import Settings
from sula.importers.marks import Marks
from sula.importers.model import Document
from sula.importers.more import one_more
from sula.importers.reading import Found
from sula.importers.tree import Tree


class Texts:
    """Makes documents of what was found; a post's Liquid may ask for any other's address."""

    def __init__(self, tree: Tree, settings: Settings, found: Sequence[Found]) -> None:
        """Know every address."""
        self.tree = tree
        self.settings = settings
        self.result = settings.site
        self._snippets: dict[str, str | None] = {}
        self.around = self._surroundings(found)

    def _surroundings(self, found: Sequence[Found]) -> liquid.Surroundings:
        urls = {one.path: one.url for one in found}
        urls |= {file.source: file.url for file in self.result.files}
        named: dict[str, str] = {}
        for path, url in urls.items():
            if "_posts/" in path:
                stem = posixpath.splitext(path.partition("_posts/")[2])[0]
                named.setdefault(stem, url)
                named.setdefault(posixpath.basename(stem), url)
        base = self.settings.base

        def known(url: str | None) -> str | None:
            # Jekyll's tags do not print the base address before version 4; authors add it.
            return url if url is None or self.settings.version_4 else url.removeprefix(base)

        return liquid.Surroundings(
            site=self.settings.variables,
            snippet=lambda name: self._snippet("_includes", name),
            post_url=lambda name: known(named.get(name) or named.get(name.lstrip("/"))),
            link=lambda path: known(urls.get(path.lstrip("/"))),
        )

    def _beside(self, folder: str) -> Callable[[str], str | None]:
        return lambda name: self._snippet(folder, name)

    def _snippet(self, folder: str, name: str) -> str | None:
        """An included file's text; never one outside of its folder."""
        path = posixpath.normpath(posixpath.join(folder, name.lstrip("/")))
        if path not in self._snippets:
            inside = not folder or path.startswith(f"{folder}/")
            found = inside and not path.startswith("..") and self.tree.has(path)
            self._snippets[path] = split_front(self.tree.read(path)[0]).body if found else None
        return self._snippets[path]

    def document(self, found: Found) -> Document:
        """A post or page in Sula's dialect, its links still the old ones."""
        front, path = found.front, found.path
        post = found.kind in {"post", "draft"}
        draft = (
            found.kind == "draft" or front.values.get("published") is False or front.flag("draft")
        )
        # Jekyll parts the words of a text under "tags", and takes one under "tag" as it is.
        tags = text.words(front.values.get("tags"), spaces=True) or text.words(
            front.values.get("tag")
        )
        if post and found.categories:
            self.result.categories += 1
            tags = tuple(dict.fromkeys([*tags, *found.categories]))
        slug = canonical(found.url).removesuffix("/").rpartition("/")[2].removesuffix(".html")
        title = text.title(front.text("title")) or common.titled(found.slug)
        updated = front.text("last_modified_at", "updated", "modified")
        document = Document(
            source=path,
            kind="post" if post else "page",
            name=self._name(found),
            url=found.url,
            slug=slug,
            title=title,
            date=found.date,
            undated=found.undated,
            updated=common.moment(updated, self.result.zone),
            tags=tags if post else (),
            draft=draft,
            image=common.image(front),
            redirects=(
                *found.others,
                *map(self.settings.based, common.paths(front.values.get("redirect_from"))),
            ),
            id=rule_of(self.settings, found),
            more=common.more_fields(front, self.result, self.settings.people),
            body=self._body(found),
        )
        if text.one_line(front.text("title")) not in {"", title}:
            self.result.note(path, 0, f"its title {front.text('title')!r} is now {title!r}")
        return document

    def _name(self, found: Found) -> str:
        stem = posixpath.splitext(posixpath.basename(found.path))[0]
        folder = posixpath.basename(posixpath.dirname(found.path))
        return folder if stem == "index" and found.kind == "page" and folder else stem

    def _body(self, found: Found) -> str:
        front, path = found.front, found.path
        marks = Marks()
        body = front.body
        if front.values.get("render_with_liquid") is not False:
            page: Mapping[str, Any] = {
                "title": common.titled(found.slug),
                **front.values,
                "url": found.url.removeprefix(self.settings.base),
                "path": path,
            }
            here = replace(self.around, beside=self._beside(posixpath.dirname(path)))
            body = liquid.render(body, here, marks, page=page, first_line=front.body_line)

        def tell(what: str, why: str) -> None:
            line = front.body[: max(front.body.find(what), 0)].count("\n") + front.body_line
            self.result.note(path, line, f"{what}: {why}", "left out")

        separator = front.text("excerpt_separator") or self.settings.separator
        body = one_more(body, separator)
        if path.lower().endswith((".html", ".htm")):
            body = blocks.whole(body)
        else:
            body = outside(body, text.unblank)
            body = kramdown.convert(body, tell, dollars=self.settings.dollars)
            body = blocks.settle(body)
        return marks.release(body)


def rule_of(settings: Settings, found: Found) -> str:
    """What the old feed would have called a post, if not its address."""
    template = settings.identity
    if not template or not found.url:
        return ""
    plain = found.url.removeprefix(settings.base) if settings.base else found.url
    page = {
        "url": quote_path(plain),
        "id": quote_path(posixpath.join(posixpath.dirname(plain.rstrip("/")), found.slug)),
    }
    marks = Marks()
    made = liquid.render(template, liquid.Surroundings(site=settings.variables), marks, page=page)
    probe = Document(source="", kind="post", name="", url=found.url, slug="", title="", body="")
    return "" if len(marks) else rule(probe, made.strip())
