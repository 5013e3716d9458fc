"""The keys of front matter: their names, their other names, and what their values mean."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Final, Protocol
from urllib.parse import urlsplit

import msgspec

from edgefeed.contract import slugify
from sula.checks.codes import Code, Severity
from sula.content.frontmatter import Field, FrontMatter, Spot, Value
from sula.content.pictures import is_recording
from sula.local.served import content_type
from sula.model import Status
from sula.names import FRONT, every, others
from sula.planning.redirects import refused
from sula.site.theme import LIST_TEMPLATES

_ALIASES: Final[Mapping[str, str]] = others(FRONT)
KEYS: Final = every(FRONT)
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
LONGEST_NAME: Final = 100
MOST_TAGS: Final = 50
"""What edgefeed (its page.py) keeps of a tag's or series' name, and of the tags of a post."""
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ufffe\uffff]")


class Find(Protocol):
    """Who is told what is wrong: where, of which kind, in words, and how bad it is."""

    def __call__(self, at: Spot, code: Code, message: str, severity: Severity = "error", /) -> None:
        """Take one problem."""


def nobody(at: Spot, code: Code, message: str, severity: Severity = "error", /) -> None:
    """Who asks for values only, and was told before, or will be."""


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
    """Front matter's fields under their own names."""

    def __init__(self, front: FrontMatter, find: Find = nobody) -> None:
        """`find` is told what is wrong with the keys now, and with a value when it is asked for."""
        self._find = find
        self._fields: dict[str, Field] = {}
        # Jekyll's rule: blanks part the words of a text under "tags", and not under "tag".
        self._blanks = "tags" in front.fields and front.kind != "pelican"
        for written, field in front.fields.items():
            key = _ALIASES.get(written, written)
            if key in self._fields and field.value is not None:
                line = self._fields[key].line
                message = f'"{written}" says again what line {line} says: keep one'
                find(field.key, "key-twice", message)
            if key not in self._fields:
                self._fields[key] = field
            if any(_CONTROL.search(text) for text in _texts_of(field.value)):
                # YAML can write them ("\\x07"); XML, and so a feed, cannot hold them.
                message = f'"{written}" has a control character: remove it'
                find(field.at, "control-character", message)
        for key, why in _IDLE.items():
            if key in self._fields:
                message = f'"{key}" has no effect: {why}'
                find(self._fields[key].key, "key-unused", message, "warning")

    def _wrong(self, key: str, message: str, code: Code = "value-wrong") -> None:
        self._find(self.at(key), code, message)

    def has(self, key: str) -> bool:
        """Whether a key is there and says something."""
        return key in self._fields and self._fields[key].value not in (None, "")

    def is_text(self, key: str) -> bool:
        """Whether a value is one text, or nothing."""
        return key not in self._fields or isinstance(self._fields[key].value, str | None)

    def at(self, key: str) -> Spot:
        """Where a value begins; the first line when it is not there."""
        return self._fields[key].at if key in self._fields else Spot(1)

    def of(self, key: str) -> Spot:
        """Where a key stands; the first line when it does not."""
        return self._fields[key].key if key in self._fields else Spot(1)

    def text(self, key: str) -> str:
        """A value on one line; empty when there is none."""
        field = self._fields.get(key)
        if field is None or field.value is None:
            return ""
        if isinstance(field.value, str):
            return " ".join(field.value.split())
        if key != "enclosure":
            self._wrong(key, f"{key} should be one text, not a list or table")
        return ""

    def flag(self, key: str) -> bool:
        """``true`` or ``false``."""
        value = self.text(key).lower()
        if value not in _YES | _NO:
            self._wrong(key, f"{key} should be true or false, not {value!r}")
        return value in _YES

    def number(self, key: str) -> int | None:
        """A whole number, or None."""
        text = self.text(key)
        if not text:
            return None
        if not re.fullmatch(r"[+-]?\d{1,9}", text):
            self._wrong(key, f"{key} should be a whole number, not {text!r}")
            return None
        return int(text)

    def texts(self, key: str) -> tuple[str, ...]:
        """A list, or words with commas (or semicolons) between; empty ones are dropped."""
        field = self._fields.get(key)
        if field is None or field.value is None:
            return ()
        if isinstance(field.value, Mapping):
            self._wrong(key, f"{key} should be a list, or words with commas between")
            return ()
        if isinstance(field.value, str):
            # Pelican's rule: commas, unless there are semicolons.
            items = re.split(r"[;\n]" if ";" in field.value else r"[,\n]", field.value)
        else:
            items = list(field.value)
        return tuple(text for item in items if (text := " ".join(item.split())))

    def labels(self) -> tuple[str, ...]:
        """Tags as they are written: `texts`, and words with blanks between (``tags: a b``)."""
        labels = self.texts("tags")
        if not self._parted():
            return labels
        words = tuple(labels[0].split())
        message = (
            f"read as {len(words)} tags: write tags: [{', '.join(words)}] to say so everywhere, "
            f"or tags: [{labels[0]}] if it is one"
        )
        self._find(self.at("tags"), "tag-blanks", message, "warning")
        return words

    def _parted(self) -> bool:
        """Whether blanks alone part the tags."""
        field = self._fields.get("tags")
        text = field.value if field else None
        return (
            self._blanks
            and isinstance(text, str)
            and len(text.split()) > 1
            and not re.search(r"[,;\n]", text.strip())
        )

    def tags(self) -> tuple[str, ...]:
        """`labels`, each address once."""
        kept: dict[str, str] = {}
        for tag in self.labels():
            first = kept.setdefault(slugify(tag), tag)
            if first != tag:
                message = f"the tags {first!r} and {tag!r} are the same: remove one"
                self._find(self.at("tags"), "tag-twice", message, "warning")
        for tag in kept.values():
            self._short("tags", f"the tag {tag[:20]}...", tag)
        if len(kept) > MOST_TAGS:
            message = f"a post may have {MOST_TAGS} tags, not {len(kept)}: remove some"
            self._wrong("tags", message)
        return tuple(kept.values())

    def series(self) -> str:
        """``series``: a name that lists show whole."""
        name = self.text("series")
        self._short("series", "the name of a series", name)
        return name

    def _short(self, key: str, what: str, name: str) -> None:
        """A longer one lists would cut, and its address with it: the page's link would be dead."""
        if len(name) > LONGEST_NAME:
            message = f"{what} may have {LONGEST_NAME} characters, not {len(name)}: shorten it"
            self._wrong(key, message)

    def names(self, key: str) -> tuple[str, ...]:
        """People, each once; written as `texts` are."""
        return tuple(dict.fromkeys(self.texts(key)))

    def status(self) -> Status:
        """``draft: true``, ``status: draft``, ``published: false``, ``hidden: true``."""
        word = self.text("status").lower()
        if word not in {"", "published", "hidden", "draft"}:
            message = f"status should be published, hidden or draft, not {word!r}"
            self._wrong("status", message)
        withheld = self.has("published") and not self.flag("published")
        if word == "draft" or withheld or self.flag("draft"):
            return "draft"
        return "hidden" if word == "hidden" or self.flag("hidden") else "published"

    def identity(self) -> str:
        """``id``, an absolute IRI (RFC 3987)."""
        value = self.text("id")
        if value and not _IRI.fullmatch(value):
            message = f"id {value!r} is no identifier: write urn:uuid: and a UUID, or leave it out"
            self._wrong("id", message, "id-wrong")
        return value

    def language(self) -> str:
        """``lang``, a language tag (BCP 47)."""
        value = self.text("lang")
        if value and not _LANGUAGE.fullmatch(value):
            self._wrong("lang", f'lang should be like "de" or "pt-BR", not {value!r}')
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
            self._wrong(key, f"{key} should be a whole address, https://..., not {value!r}")
        return value if good else ""

    def paths(self, key: str) -> tuple[str, ...]:
        """URL paths from the root."""
        paths = self.texts(key)
        for path in paths:
            if problem := refused(path):
                self._wrong(key, f"{key}: {problem}", "redirect-wrong")
        return paths

    def template(self) -> str:
        """The name of a template of the theme, without its suffix."""
        name = self.text("template").removesuffix(".html")
        if name and not re.fullmatch(r"[\w-]+", name):
            self._wrong("template", f"{name!r} is no template's name", "template-unknown")
            return ""
        if f"{name}.html" in LIST_TEMPLATES:
            message = f"{name!r} is a template of lists, not of pages"
            self._wrong("template", message, "template-unknown")
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
            self._wrong("enclosure", message, "enclosure-wrong")
            return Enclosure("", "", 0)
        url, length = said["url"].strip(), said.get("length", "")
        if _ELSEWHERE.match(url) is None and is_recording(url):
            length = "0"  # measured when the page is made
        elif not length.isascii() or not length.isdigit():
            message = f"the enclosure's length, in bytes, is missing: {example}"
            self._wrong("enclosure", message, "enclosure-wrong")
            length = "0"
        return Enclosure(url, said.get("type") or content_type(url), int(length))
