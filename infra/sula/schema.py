"""JSON Schema (draft 2020-12) of front matter and settings, for editors and programs.

The names come from the code that reads them, so that neither can have one that the other lacks.
A schema is as lenient as the reader: it refuses what is refused, and says what each name is for.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from edgefeed.contract import FEED_FORMATS
from sula.checks.codes import CODES
from sula.fields import _ALIASES, KEYS
from sula.settings import _KNOWN

_DRAFT: Final = "https://json-schema.org/draft/2020-12/schema"
Schema = dict[str, Any]


def _words(*words: str) -> str:
    """A pattern of words in any case. JSON Schema's patterns know no flags."""
    each = ("".join(f"[{c.upper()}{c}]" for c in word) for word in words)
    return f"^({'|'.join(each)})?$"


# To YAML 1.1 "no" is false, and to an author it is Norwegian: a text may be anything plain.
_TEXT: Final[Schema] = {"type": ["string", "number", "boolean", "null"]}
_FLAG: Final[Schema] = {
    "anyOf": [
        {"type": ["boolean", "null"]},
        {"type": "string", "pattern": _words("true", "yes", "on", "false", "no", "off")},
    ]
}
_TEXTS: Final[Schema] = {
    "anyOf": [_TEXT, {"type": "array", "items": {"type": ["string", "number", "boolean", "null"]}}]
}
_DATE: Final[Schema] = {
    **_TEXT,
    "examples": ["2026-11-24 09:30", "2026-11-24T09:30:00+01:00", "2026-11-24"],
}
_ADDRESS: Final[Schema] = {**_TEXT, "pattern": "^(https?://[^/\\s]+.*)?$"}
_WHOLE: Final[Schema] = {
    "anyOf": [
        {"type": ["integer", "boolean", "null"]},
        {"type": "string", "pattern": "^([+-]?\\d{1,9})?$"},
    ]
}
_FRONT: Final[Mapping[str, tuple[Schema, str]]] = {
    "title": (_TEXT, "The title, as plain text."),
    "date": (_DATE, "When it was published."),
    "updated": (_DATE, "The last change worth telling readers about."),
    "id": (
        {**_TEXT, "pattern": "^([A-Za-z][A-Za-z0-9+.-]*:\\S+)?$"},
        "The permanent identity. Never change it.",
    ),
    "tags": (_TEXTS, "A list, or words with commas between."),
    "category": (_TEXTS, "Has no effect: Sula has tags and series."),
    "categories": (_TEXTS, "Has no effect: Sula has tags and series."),
    "pinned": (_FLAG, "It stands first on the home page."),
    "summary": (_TEXT, "What feeds and previews show, as plain text."),
    "slug": (_TEXT, "The last part of the address."),
    "note": (_FLAG, "A short post without a title, shown whole."),
    "link": (_ADDRESS, "The whole address that a link post points to."),
    "series": (_TEXT, "The name of the series it belongs to."),
    "position": (_WHOLE, "Its place in the series."),
    "draft": (_FLAG, "Not published."),
    "hidden": (_FLAG, "A page that joins no list and no feed."),
    "published": (_FLAG, "False: not published."),
    "status": (
        {**_TEXT, "pattern": _words("published", "hidden", "draft")},
        "Published, hidden or draft.",
    ),
    "lang": (
        {**_TEXT, "pattern": "^([A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*)?$"},
        "The language of the text, such as de or pt-BR.",
    ),
    "image": (_TEXT, "The picture that stands for the post: a file, or an address."),
    "authors": (_TEXTS, "Who wrote it: one name, or several."),
    "enclosure": (
        {
            "type": ["object", "string", "null"],
            "properties": {"url": {"type": "string"}, "type": {"type": "string"},
                           "length": {"type": ["integer", "string"]}},
            "required": ["url"],
        },
        "An audio or video file of the site; or url, length in bytes and type of one elsewhere.",
    ),
    "redirect_from": (_TEXTS, "Paths that once led here, each beginning with a slash."),
    "template": (_TEXT, "A template of the theme for this page, by its name."),
    "check_ignore": (
        {"anyOf": [_TEXT,
                   {"type": "array", "items": {"enum": list(CODES)}}]},
        "Codes of warnings to be silent about.",
    ),
}  # fmt: skip

_LINE: Final[Schema] = {"type": "string"}
_SIZE: Final[Schema] = {"type": "integer", "minimum": 1, "maximum": 1000}
_PAIRS: Final[Schema] = {
    "type": "array",
    "items": {"type": "array", "items": {"type": "string", "minLength": 1},
              "minItems": 2, "maxItems": 2},
}  # fmt: skip
_PATTERN: Final[Schema] = {"type": "string", "pattern": "\\{slug\\}.*(/|\\.html)$"}
_SETTINGS: Final[Mapping[str, tuple[Schema, str]]] = {
    "SITEURL": ({"type": "string", "pattern": "^https?://[^/\\s?#]+/?$"}, "The public address."),
    "SITENAME": (_LINE, "The name of the site."),
    "SITE_ID": ({"type": "string", "pattern": "^\\s*\\S*:\\S*\\s*$"},
                "The name of the site for ever."),
    "SITE_DESCRIPTION": (_LINE, "One sentence: on the home page, and in feeds."),
    "SITESUBTITLE": (_LINE, "Pelican's word for SITE_DESCRIPTION."),
    "AUTHOR": (_LINE, "Who writes, unless a post says otherwise."),
    "AUTHOR_EMAIL": (_LINE, "An address for feeds."),
    "AUTHOR_URL": (_LINE, "A page about the author."),
    "DEFAULT_LANG": ({"type": "string", "pattern": "^[A-Za-z0-9-]+$"}, "The language."),
    "TIMEZONE": (_LINE, "What a date without an offset means."),
    "PATH": (_LINE, "The folder of the sources."),
    "THEME": (_LINE, "The folder of the theme."),
    "ARTICLE_URL": (_PATTERN, "The address of a post."),
    "PAGE_URL": (_PATTERN, "The address of a static page."),
    "MENU": (_PAIRS, "Pairs of a word and an address, for the top of each page."),
    "SOCIAL": (_PAIRS, "Pairs of a word and an address, of the author elsewhere."),
    "FOOTER": (_LINE, "A line for the bottom, as HTML."),
    "ICON": (_LINE, "A file of the theme, shown in tabs and readers."),
    "HUB": (_LINE, "The address of a WebSub hub."),
    "FEED_FORMATS": ({"type": "array", "items": {"enum": list(FEED_FORMATS)}, "minItems": 1,
                      "uniqueItems": True},
                     "The formats of feeds that are made, the one to prefer first."),
    "TAG_FEEDS": ({"type": "boolean"}, "Whether each tag has feeds of its own."),
    "SERIES_FEEDS": ({"type": "boolean"}, "Whether each series has feeds of its own."),
    "FEED_SIZE": (_SIZE, "Posts in a feed's main document."),
    "PAGE_SIZE": (_SIZE, "Posts to a numbered page."),
    "HOME_SIZE": (_SIZE, "Posts on the home page."),
    "THEME_OPTIONS": ({"type": "object", "additionalProperties": {"type": "string"}},
                      "Names and texts for the theme."),
    "CHECK_IGNORE": ({"type": "array", "items": {"type": "string"}},
                     "Codes of warnings that a check is silent about."),
    "PREVIEWS": ({"type": "boolean"}, "Whether a picture of the title is made for each post."),
}  # fmt: skip


def front_matter() -> Schema:
    """What may stand at the beginning of a post or page."""
    properties: Schema = {}
    for key in sorted(KEYS):
        own = _ALIASES.get(key, key)
        shape, about = _FRONT[own]
        said = about if own == key else f"Another word for {own}. {about}"
        properties[key] = {"description": said, **shape}
    return _document("Front matter of a post or page", properties)


def settings() -> Schema:
    """What ``pelicanconf.py`` may say; the values as JSON has them."""
    properties = {}
    for name in sorted(_KNOWN):
        shape, about = _SETTINGS[name]
        properties[name] = {"description": about, **shape}
    return {
        **_document("Settings of a site, the names of pelicanconf.py", properties),
        "required": ["SITEURL", "SITENAME", "SITE_ID"],
    }


def _document(title: str, properties: Schema) -> Schema:
    return {"$schema": _DRAFT, "title": f"Sula: {title}", "type": "object",
            "properties": properties}  # fmt: skip
