"""Every name that an author may write, said once: settings, ``[tool.sula]``, front matter.

Readers of these files, JSON Schemas and the reference in the documentation all come from here.
"""

from __future__ import annotations

from typing import Final, Literal, NamedTuple

Kind = Literal[
    "text", "texts", "flag", "whole", "date", "address", "identity", "language", "status", "tags",
    "enclosure", "codes", "line", "host", "name", "tongue", "size", "pairs", "pattern", "options",
    "switch", "formats", "region", "stack", "branch", "parameters",
]  # fmt: skip
"""What a value looks like; `sula.authoring.schema` says it as JSON Schema."""


class Name(NamedTuple):
    """A name: what its value looks like and means, what holds without it, its other names.

    ``default`` is that as a value, where it is one. ``area`` is the table it is told of in.
    ``example`` is a line, or lines, of front matter.
    """

    name: str
    kind: Kind
    about: str
    missing: str
    also: tuple[str, ...] = ()
    default: str | int = ""
    area: str = ""
    example: str = ""


FRONT: Final = (
    Name("title", "text", "The title, as plain text.", "an error, unless it is a note",
         example="title: On reading aloud"),
    Name("date", "date", "When it was published.", "the date in the file's name, else an error",
         example="date: 2026-11-24 09:30"),
    Name("updated", "date", "The last change worth telling readers about.", "the same as `date`",
         ("modified", "lastmod", "last_modified_at"),
         example="updated: 2026-12-01"),
    Name("id", "identity", "The permanent identity. Never change it.",
         "one is minted and remembered",
         example="id: urn:uuid:5b0f3c3e-3f0a-4c1c-9d43-0a5f6f2f9b10"),
    Name("tags", "tags", "A list, or words with commas or blanks between.", "no tags", ("tag",),
         example="tags: [writing, habits]"),
    Name("summary", "text", "What feeds and previews show, as plain text.",
         "the opening of the text", ("description", "excerpt"),
         example="summary: What the tongue finds that the eye forgives."),
    Name("slug", "text", "The last part of the address.", "made from the name of the file",
         example="slug: aloud"),
    Name("note", "flag", "`true`: a short post without a title, shown whole.", "an ordinary post",
         example="note: true"),
    Name("link", "address", "The whole address that a link post points to.", "not a link post",
         example="link: https://other.example/an-essay"),
    Name("series", "text", "The name of the series it belongs to.", "none",
         example="series: A long story"),
    Name("position", "whole", "Its place in the series, a whole number.",
         "after those that have one, by date", ("part", "series_part", "series_index"),
         example="series: A long story\nposition: 2"),
    Name("draft", "flag", "`true`: not published.", "published",
         example="draft: true"),
    Name("hidden", "flag", "`true`: a page that joins no list and no feed.", "joins them all",
         example="hidden: true"),
    Name("pinned", "flag", "`true`: first on the home page, and marked.", "in its place in time",
         ("pin",),
         example="pinned: true"),
    Name("lang", "language", "The language of the text, such as `de` or `pt-BR`.", "the site's",
         ("language",),
         example="lang: de"),
    Name("image", "text", "The picture that stands for the post: a file, or an address.", "none",
         example="image: https://media.example/bird.jpg"),
    Name("authors", "texts", "Who wrote it: one name, or several.", "the site's author",
         ("author",),
         example="authors: [Ada, Charles]"),
    Name("redirect_from", "texts",
         "Paths that once led here, each beginning with a slash.", "none", ("redirects",),
         example="redirect_from: [/2018/08/old-address.html]"),
    Name("template", "text", "Another template of the theme, by its name.", "`article` or `page`",
         example="template: wide"),
    Name("status", "status", "`published`, `hidden` or `draft`: the same as the flags.",
         "published",
         example="status: hidden"),
    Name("published", "flag", "`false`: a draft.", "published",
         example="published: false"),
    Name("enclosure", "enclosure", "An audio or video file of the site; or `url`, `length` in "
         "bytes and `type` of one elsewhere.", "none",
         example="enclosure: {url: https://media.example/talk.mp3, length: 1234567}"),
    Name("check_ignore", "codes", "Codes of warnings to be silent about.", "every one is told",
         example="check_ignore: [image-alt]"),
    Name("category", "texts", "No effect, with a warning: there are tags and series.", "none"),
    Name("categories", "texts", "No effect, with a warning: there are tags and series.", "none"),
)  # fmt: skip
"""Front matter."""

SAY: Final = "you say"
SETTINGS: Final = (
    Name("SITEURL", "host", "The public address, without a slash at the end.", SAY, area="site"),
    Name("SITENAME", "line", "The name of the site.", SAY, area="site"),
    Name("SITE_DESCRIPTION", "line", "One sentence: on the home page, and in feeds.", "none",
         ("SITESUBTITLE",), area="site"),
    Name("SITE_ID", "name", "The name of the site for ever, see below.", SAY, area="site"),
    Name("AUTHOR", "line", "Who writes, unless a post says otherwise.", "the site's name",
         area="site"),
    Name("AUTHOR_EMAIL", "line", "An address for feeds, if you want one there.", "none",
         area="site"),
    Name("AUTHOR_URL", "line", "A page about the author.", "none", area="site"),
    Name("DEFAULT_LANG", "tongue", "The language, such as `en` or `de`.", "`en`", default="en",
         area="site"),
    Name("TIMEZONE", "line", "What a date without an offset means, such as `Europe/Vienna`.",
         "`UTC`", default="UTC", area="site"),
    Name("MENU", "pairs", "Pairs of a word and an address, for the top of each page.", "none",
         area="around"),
    Name("SOCIAL", "pairs", "Pairs of a word and an address, of you elsewhere.", "none",
         area="around"),
    Name("FOOTER", "line", "A line for the bottom, as HTML.", "none", area="around"),
    Name("ICON", "line", "A file from the theme's `static/`, shown in tabs and readers.", "none",
         area="around"),
    Name("THEME_OPTIONS", "options",
         "Names and texts for a theme of your own, which sees them as `site.options`.", "none",
         area="around"),
    Name("PREVIEWS", "switch", "`True`: each post has a picture of its title, which networks show "
         "beside a link to it.", "no", area="around"),
    Name("PATH", "line", "The folder of the sources.", "`content`", default="content",
         area="places"),
    Name("THEME", "line", "The folder of the theme.", "the one that comes with Sula",
         area="places"),
    Name("ARTICLE_URL", "pattern", "The address of a post.", "`posts/{slug}/`",
         default="posts/{slug}/", area="places"),
    Name("PAGE_URL", "pattern", "The address of a static page.", "`{slug}/`", default="{slug}/",
         area="places"),
    Name("CHECK_IGNORE", "codes", "Codes of warnings that you know better about.", "none",
         area="check"),
    Name("FEED_FORMATS", "formats", "The formats of feeds, the one that readers should prefer "
         "first.", '`("rss", "atom", "json")`', area="lists"),
    Name("TAG_FEEDS", "switch", "Whether each tag has feeds of its own.", "`True`", default=1,
         area="lists"),
    Name("SERIES_FEEDS", "switch", "Whether each series has feeds of its own.", "`True`",
         default=1, area="lists"),
    Name("FEED_SIZE", "size", "Posts in a feed's main document.", "20", default=20, area="lists"),
    Name("PAGE_SIZE", "size", "Posts to a numbered page.", "20", default=20, area="lists"),
    Name("HOME_SIZE", "size", "Posts on the home page.", "10", default=10, area="lists"),
    Name("HUB", "line", "The address of a WebSub hub, which is told of changes.", "none",
         area="lists"),
)  # fmt: skip
"""``pelicanconf.py``."""

MACHINE: Final = (
    Name("stack", "stack", "The name of the CloudFormation stack.", "`sula`", default="sula"),
    Name("cloud", "region", "`local`, or an AWS region such as `eu-central-1`.", "`local`",
         default="local"),
    Name("branch", "branch", "The branch that `sula remote` deploys.", "`main`", default="main"),
)  # fmt: skip
"""``[tool.sula]`` in ``pyproject.toml``; ``SULA_STACK`` and so on in the environment."""


def every(names: tuple[Name, ...]) -> frozenset[str]:
    """Names and their other names."""
    return frozenset(word for one in names for word in (one.name, *one.also))


def others(names: tuple[Name, ...]) -> dict[str, str]:
    """Other names, and what each stands for."""
    return {word: one.name for one in names for word in one.also}


def default_of(names: tuple[Name, ...], name: str) -> str | int:
    """What holds where nothing is said; empty where that is nothing."""
    return next(one.default for one in names if one.name == name)
