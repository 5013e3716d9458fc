"""Texts as old archives hold them, made fit to be read: bytes, titles, names, lists. Pure."""

from __future__ import annotations

import codecs
import html
import re
import unicodedata
from collections.abc import Iterable, Mapping
from typing import Final

from edgefeed.contract import slugify
from sula.importers.marks import without_placeholders

_CONTROLS: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_INVISIBLE: Final = re.compile(
    "[\u200b\u200e\u200f\u2060\ufeff\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]"
)
# Tags that only dress the words of a title; others are what the title is about.
_DRESS: Final = re.compile(
    r"</?(?:em|i|b|strong|u|s|small|sub|sup|code|tt|span|font|mark|abbr|cite|q|kbd|del|ins)"
    r"(?:\s[^<>]*)?>|<(?:br|wbr)\s*/?>",
    re.IGNORECASE,
)
_MARKUP: Final = re.compile(r"<!--.*?-->|</?[A-Za-z][^<>]*>", re.DOTALL)


def read(body: bytes) -> tuple[str, list[str]]:
    r"""A file's bytes as text with ``\n`` line ends, and what had to be done for it."""
    notes: list[str] = []
    text = _decode(body, notes)
    text = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    found = sorted({f"U+{ord(c):04X}" for c in _CONTROLS.findall(text)})
    if found:
        notes.append(f"control characters removed: {', '.join(found)}")
        # A vertical tab or form feed stood between words.
        text = _CONTROLS.sub(lambda m: " " if m[0] in "\x0b\x0c" else "", text)
    return without_placeholders(text), notes


def _decode(body: bytes, notes: list[str]) -> str:
    for mark, name in ((codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16")):
        if body.startswith(mark):
            notes.append("was UTF-16")
            return body.decode(name, "replace")
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError as error:
        line = body.count(b"\n", 0, error.start) + 1
        notes.append(f"was not UTF-8 (first on line {line}): read as Windows-1252")
        return body.decode("cp1252", "replace")


def one_line(text: str) -> str:
    """Words with single spaces between them, and nothing invisible."""
    return " ".join(_INVISIBLE.sub("", text).split())


def title(text: str) -> str:
    """A title as plain text: entities decoded once, tags that dress it removed, others kept."""
    return one_line(html.unescape(_DRESS.sub("", text)))


def plain(text: str) -> str:
    """A summary as plain text: no tags, no Markdown links or emphasis."""
    text = html.unescape(_MARKUP.sub(" ", text))
    text = re.sub(r"!?\[([^\[\]]*)\]\([^()\s]*(?:\s+\"[^\"]*\")?\)", r"\1", text)
    text = re.sub(r"(?<!\w)(\*\*|__|\*|_|`)(?=\S)(.+?)(?<=\S)\1(?!\w)", r"\2", text)
    return one_line(text)


def words(value: object, *, spaces: bool = False) -> tuple[str, ...]:
    """A list as authors write it: YAML list, words with commas, or (`spaces`) words alone."""
    if value is None or isinstance(value, bool):
        return ()
    if isinstance(value, Mapping):
        value = list(value)
    if isinstance(value, str):
        if "," in value or not spaces:
            items: Iterable[object] = re.split(r"[,\n]", value)
        else:
            items = value.split()
    elif isinstance(value, Iterable):
        items = [part for item in value for part in (words_of(item))]
    else:
        items = [value]
    cleaned = (_tag(str(item)) for item in items if item is not None)
    return tuple(dict.fromkeys(text for text in cleaned if text))


def words_of(item: object) -> tuple[object, ...]:
    """The items of a list inside a list; any other item by itself."""
    return tuple(item) if isinstance(item, list | tuple) else (item,)


def _tag(text: str) -> str:
    """A tag without what surrounds it by accident: ``#python``, ``python,``, ``"python"``."""
    text = one_line(html.unescape(text)).strip(" ,;\"'[]")
    return text.lstrip("#").strip() if len(text) > 1 else text


def same_spelling(lists: Iterable[tuple[str, ...]]) -> Mapping[str, str]:
    """Each tag ▶ the spelling used most among those with its address."""
    counts: dict[str, int] = {}
    for tags in lists:
        for tag in tags:
            counts[tag] = counts.get(tag, 0) + 1
    best: dict[str, str] = {}
    for tag in sorted(counts, key=lambda tag: (-counts[tag], tag)):
        best.setdefault(slugify(tag), tag)
    return {tag: best[slugify(tag)] for tag in counts}


def file_name(stem: str) -> str:
    """A file name, without suffix, that works everywhere; as near to the old one as can be."""
    text = unicodedata.normalize("NFC", _INVISIBLE.sub("", stem)).strip()
    text = re.sub(r'[\\:*?"<>|%#\[\]{}]+', "-", text).strip(" .-_~")
    return text[:120].rstrip() if text and len(text.encode()) <= 180 else slugify(stem)  # noqa: PLR2004 - bytes of a name


_BLANKS: Final = re.compile(
    r"(!?\[(?:[^\[\]\n]|\[[^\[\]\n]*\])*\]\()([^\s()<>\"']+(?: +[^\s()<>\"']+)+)"
    r"((?: +[\"'][^\n]*?[\"'])? *\))"
)


def unblank(markdown: str) -> str:
    """Blanks in links' targets as ``%20``: kramdown and Python-Markdown take them as they are."""
    return _BLANKS.sub(lambda m: m[1] + m[2].replace(" ", "%20") + m[3], markdown)
