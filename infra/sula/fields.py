"""The keys of front matter: their names, their other names, and what their values mean."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Final
from urllib.parse import urlsplit

import msgspec

from edgefeed.contract import content_type, slugify
from sula.frontmatter import Field, Value
from sula.model import Status
from sula.pictures import is_recording
from sula.theme import LIST_TEMPLATES

_ALIASES: Final[Mapping[str, str]] = {
    "modified": "updated",
    "lastmod": "updated",
    "last_modified_at": "updated",
    "tag": "tags",
    "series_index": "position",
    "series_part": "position",
    "part": "position",
    "description": "summary",
    "excerpt": "summary",
    "language": "lang",
    "author": "authors",
    "redirects": "redirect_from",
    "pin": "pinned",
}
_OWN: Final = (
    "title date updated tags category categories slug id series position draft status hidden "
    "published summary image lang authors link enclosure redirect_from template note check_ignore "
    "pinned"
).split()
KEYS: Final = frozenset([*_OWN, *_ALIASES])
"""Every key that front matter may have."""

_IDLE: Final[Mapping[str, str]] = {
    "category": "Sula has tags and series, not categories",
    "categories": "Sula has tags and series, not categories",
}
"""Keys that other systems have, and why they mean nothing here."""
_YES: Final = frozenset({"true", "yes", "on"})
_NO: Final = frozenset({"false", "no", "off", ""})
_IRI: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\s<>\"{}|\\^`]+")
_LANGUAGE: Final = re.compile(r"[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8})*")
_ELSEWHERE: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:|/")

_CONTROL: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ufffe\uffff]")

Find = Callable[[int, str, str], None]


def _texts_of(value: Value) -> Iterable[str]:
    if value is None or isinstance(value, str):
        return (value or "",)
    return [*value, *value.values()] if isinstance(value, Mapping) else value


class Enclosure(msgspec.Struct, frozen=True):
    """A media file that travels with a post. ``length`` in bytes."""

    url: str
    type: str
    length: int


class Fields:
    """Front matter's fields under their own names; what is wrong is reported to `find`."""

    def __init__(self, fields: Mapping[str, Field], find: Find | Callable[..., None]) -> None:
        """`find` takes a line, a message and a severity."""
        self._find = find
        self._fields: dict[str, Field] = {}
        for written, field in fields.items():
            key = _ALIASES.get(written, written)
            if key in self._fields and field.value is not None:
                line = self._fields[key].line
                self._wrong(field.line, f'"{written}" says again what line {line} says: keep one')
            if key not in self._fields:
                self._fields[key] = field
            if any(_CONTROL.search(text) for text in _texts_of(field.value)):
                # YAML can write them ("\\x07"); XML, and so a feed, cannot hold them.
                self._wrong(field.line, f'"{written}" has a control character: remove it')
        for key, why in _IDLE.items():
            if key in self._fields:
                find(self._fields[key].line, f'"{key}" has no effect: {why}', "warning")

    def _wrong(self, line: int, message: str) -> None:
        self._find(line, message, "error")

    def has(self, key: str) -> bool:
        """Whether a key is there and says something."""
        return key in self._fields and self._fields[key].value not in (None, "")

    def line(self, key: str) -> int:
        """The line of a key; 1 when it is not there."""
        return self._fields[key].line if key in self._fields else 1

    def text(self, key: str) -> str:
        """A value on one line; empty when there is none."""
        field = self._fields.get(key)
        if field is None or field.value is None:
            return ""
        if isinstance(field.value, str):
            return " ".join(field.value.split())
        if key != "enclosure":
            self._wrong(field.line, f"{key} should be one text, not a list or table")
        return ""

    def flag(self, key: str) -> bool:
        """``true`` or ``false``."""
        value = self.text(key).lower()
        if value not in _YES | _NO:
            self._wrong(self.line(key), f"{key} should be true or false, not {value!r}")
        return value in _YES

    def number(self, key: str) -> int | None:
        """A whole number, or None."""
        text = self.text(key)
        if not text:
            return None
        if not re.fullmatch(r"[+-]?\d{1,9}", text):
            self._wrong(self.line(key), f"{key} should be a whole number, not {text!r}")
            return None
        return int(text)

    def texts(self, key: str) -> tuple[str, ...]:
        """A list, or words with commas (or semicolons) between; empty ones are dropped."""
        field = self._fields.get(key)
        if field is None or field.value is None:
            return ()
        if isinstance(field.value, Mapping):
            self._wrong(field.line, f"{key} should be a list, or words with commas between")
            return ()
        if isinstance(field.value, str):
            # Pelican's rule: commas, unless there are semicolons.
            items = re.split(r"[;\n]" if ";" in field.value else r"[,\n]", field.value)
        else:
            items = list(field.value)
        return tuple(text for item in items if (text := " ".join(item.split())))

    def tags(self) -> tuple[str, ...]:
        """Tags as they are written, each address once."""
        kept: dict[str, str] = {}
        for tag in self.texts("tags"):
            first = kept.setdefault(slugify(tag), tag)
            if first != tag:
                message = f"the tags {first!r} and {tag!r} are the same: remove one"
                self._find(self.line("tags"), message, "warning")
        return tuple(kept.values())

    def names(self, key: str) -> tuple[str, ...]:
        """People, each once; written as `texts` are."""
        return tuple(dict.fromkeys(self.texts(key)))

    def status(self) -> Status:
        """``draft: true``, ``status: draft``, ``published: false``, ``hidden: true``."""
        word = self.text("status").lower()
        if word not in {"", "published", "hidden", "draft"}:
            message = f"status should be published, hidden or draft, not {word!r}"
            self._wrong(self.line("status"), message)
        withheld = self.has("published") and not self.flag("published")
        if word == "draft" or withheld or self.flag("draft"):
            return "draft"
        return "hidden" if word == "hidden" or self.flag("hidden") else "published"

    def identity(self) -> str:
        """``id``, an absolute IRI (RFC 3987)."""
        value = self.text("id")
        if value and not _IRI.fullmatch(value):
            self._wrong(
                self.line("id"),
                f"id {value!r} is no identifier: write urn:uuid: and a UUID, or leave it out",
            )
        return value

    def language(self) -> str:
        """``lang``, a language tag (BCP 47)."""
        value = self.text("lang")
        if value and not _LANGUAGE.fullmatch(value):
            self._wrong(self.line("lang"), f'lang should be like "de" or "pt-BR", not {value!r}')
        return value

    def web_address(self, key: str) -> str:
        """An absolute http or https URL."""
        value = self.text(key)
        try:
            good = not value or (
                urlsplit(value).scheme in {"http", "https"} and bool(urlsplit(value).hostname)
            )
        except ValueError:
            good = False
        if not good:
            self._wrong(
                self.line(key), f"{key} should be a whole address, https://..., not {value!r}"
            )
        return value if good else ""

    def paths(self, key: str) -> tuple[str, ...]:
        """URL paths from the root."""
        paths = self.texts(key)
        for path in paths:
            if not path.startswith("/"):
                self._wrong(self.line(key), f"{key}: {path!r} should begin with a slash")
        return paths

    def template(self) -> str:
        """The name of a template of the theme, without its suffix."""
        name = self.text("template").removesuffix(".html")
        if name and not re.fullmatch(r"[\w-]+", name):
            self._wrong(self.line("template"), f"{name!r} is no template's name")
            return ""
        if f"{name}.html" in LIST_TEMPLATES:
            self._wrong(self.line("template"), f"{name!r} is a template of lists, not of pages")
        return name

    def enclosure(self) -> Enclosure:
        """A file's url, media type and length in bytes; the url is empty when there is none.

        The length of the site's own recording is 0 here: whoever makes the page measures it.
        """
        field = self._fields.get("enclosure")
        if field is None or field.value is None:
            return Enclosure("", "", 0)
        example = "enclosure: {url: https://cdn.example/talk.mp3, length: 1234567}"
        said = {"url": field.value} if isinstance(field.value, str) else field.value
        if not isinstance(said, Mapping) or not said.get("url"):
            message = f"an enclosure has a url, and elsewhere a length in bytes: {example}"
            self._wrong(field.line, message)
            return Enclosure("", "", 0)
        url, length = said["url"].strip(), said.get("length", "")
        if _ELSEWHERE.match(url) is None and is_recording(url):
            length = "0"  # measured when the page is made
        elif not length.isascii() or not length.isdigit():
            self._wrong(field.line, f"the enclosure's length, in bytes, is missing: {example}")
            length = "0"
        return Enclosure(url, said.get("type") or content_type(url), int(length))
