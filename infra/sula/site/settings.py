"""The site's settings: ``pelicanconf.py``, executed, checked and typed.

Names are Pelican's own where Pelican has one. A wrong value is refused with the file and
line it stands on; a misspelt name is met with the right one.
"""

from __future__ import annotations

import difflib
import hashlib
import re
import sys
import traceback
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from edgefeed.contract import FEED_FORMATS, Link, Person, Site
from sula.content.pictures import motto_of, preview_path
from sula.content.urls import Rules, URLPattern
from sula.errors import ConfigError, Finding
from sula.names import SAY, SETTINGS, default_of, every, others
from sula.site.theme import Theme, favicon, layers, read_theme, shipped_theme
from sula.site.words import read_words

SETTINGS_FILE: Final = "pelicanconf.py"

_NO_VALUE: Final = re.compile(r"[;{}<>@\\\n]|url\(|/\*")
_KNOWN: Final = every(SETTINGS)


_REQUIRED: Final = frozenset(one.name for one in SETTINGS if one.missing == SAY)


@dataclass(frozen=True, kw_only=True)
class SiteSettings:
    """A site's settings, checked.

    ``root`` is the folder of ``pelicanconf.py``; ``content`` and ``theme`` are absolute.
    ``zone`` is where a date without an offset belongs. ``site`` carries the theme's
    fingerprinted assets already. ``ignored`` are codes that `sula check` is
    silent about, named on ``ignored_line``. ``findings`` are warnings about the settings
    themselves.
    """

    root: Path
    content: Path
    theme: Path
    zone: ZoneInfo
    article_url: URLPattern
    page_url: URLPattern
    site: Site
    ignored: frozenset[str] = frozenset()
    ignored_line: int = field(default=1, compare=False)
    findings: tuple[Finding, ...] = field(default=(), compare=False)

    def with_url(self, url: str) -> SiteSettings:
        """The same site at another address (a local run). Identities do not change."""
        return replace(self, site=msgspec.structs.replace(self.site, url=url.rstrip("/")))

    @property
    def settings_fingerprint(self) -> str:
        """A digest of everything that shapes pages, apart from the theme and its assets.

        Where the site lies on disk is no part of it, nor is what only the function's
        deploys count (``revision``, ``renderer``).
        """
        site = msgspec.structs.replace(self.site, revision=0, renderer="", assets={})
        parts = [site, str(self.zone), self.article_url.text, self.page_url.text]
        return hashlib.sha256(msgspec.json.encode(parts)).hexdigest()[:20]

    @property
    def rules(self) -> Rules:
        """What decides the meaning of a source (`sula.content.meta`)."""
        folder = self.content.relative_to(self.root).as_posix()
        return Rules(self.zone, self.article_url, self.page_url, folder)

    def load_theme(self) -> Theme:
        """The theme's files, read now. Raises `ConfigError`."""
        return read_theme(self.theme, self.site.options)


def load_settings(root: Path) -> SiteSettings:
    """Read ``pelicanconf.py`` in `root`.

    Raises `ConfigError`, naming the file and line, when it is missing, does not run or
    says something that cannot be meant.
    """
    root = root.resolve()
    path = root / SETTINGS_FILE
    try:
        source = path.read_text("utf-8")
    except FileNotFoundError:
        raise ConfigError(
            f"there is no {SETTINGS_FILE} in {root}: run this in a site's folder, "
            "or make one with a SITEURL, a SITENAME and a SITE_ID"
        ) from None
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise ConfigError(f"{SETTINGS_FILE}:{line}: not UTF-8: save it as UTF-8") from None
    return _Checked(root, source).settings()


def _execute(path: Path, source: str) -> dict[str, Any]:
    """The module's names. The folder is importable meanwhile, as it is for Pelican."""
    names: dict[str, Any] = {"__file__": str(path), "__name__": "pelicanconf"}
    sys.path.insert(0, str(path.parent))
    try:
        exec(compile(source, str(path), "exec"), names)  # noqa: S102 - it is the owner's program
    except SyntaxError as error:
        raise ConfigError(f"{SETTINGS_FILE}:{error.lineno or 1}: {error.msg}") from error
    except Exception as error:
        frames = traceback.extract_tb(error.__traceback__)
        line = next((f.lineno for f in reversed(frames) if f.filename == str(path)), 1)
        name = type(error).__name__
        raise ConfigError(f"{SETTINGS_FILE}:{line or 1}: {name}: {error}") from error
    finally:
        sys.path.remove(str(path.parent))
    return names


def _lines(source: str) -> Mapping[str, int]:
    """The line on which each name is (last) assigned."""
    import ast  # noqa: PLC0415 - only where there is something to say of a line

    lines: dict[str, int] = {}
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            lines[node.id] = max(node.lineno, lines.get(node.id, 0))
    return lines


def _default(name: str) -> str | int:
    return default_of(SETTINGS, others(SETTINGS).get(name, name))


class _Checked:
    """One reading of the settings: values, where they stand, and what is wrong."""

    def __init__(self, root: Path, source: str) -> None:
        self.root = root
        self.source = source
        self.values = _execute(root / SETTINGS_FILE, source)

    @cached_property
    def lines(self) -> Mapping[str, int]:
        return _lines(self.source)

    def settings(self) -> SiteSettings:
        content = (self.root / self.text("PATH")).resolve()
        if not content.is_dir():
            raise self.wrong("PATH", f"there is no folder {content}")
        if not content.is_relative_to(self.root) or content == self.root:
            raise self.wrong("PATH", f"should be a folder inside {self.root}")
        theme = self.theme()
        icon = self.text("ICON")
        options, language = self.options(), self.language()
        words, plural = read_words(layers(theme), language)
        read = read_theme(theme, options)
        site = Site(
            id=self.identity(),
            url=self.address(),
            title=self.text("SITENAME"),
            description=self.text("SITE_DESCRIPTION") or self.text("SITESUBTITLE"),
            language=language,
            author=Person(
                name=self.text("AUTHOR") or self.text("SITENAME"),
                email=self.text("AUTHOR_EMAIL"),
                url=self.text("AUTHOR_URL"),
            ),
            timezone=self.text("TIMEZONE"),
            icon=icon,
            favicon=favicon(read, icon),
            search="search.html" in read.templates,
            menu=self.links("MENU"),
            social=self.links("SOCIAL"),
            footer=self.text("FOOTER"),
            hub=self.text("HUB"),
            feed_formats=self.formats(),
            tag_feeds=self.flag("TAG_FEEDS"),
            series_feeds=self.flag("SERIES_FEEDS"),
            feed_size=self.size("FEED_SIZE"),
            page_size=self.size("PAGE_SIZE"),
            home_size=self.size("HOME_SIZE"),
            assets=dict(read.assets),
            options=options,
            words=words,
            plural=plural,
        )
        if self.flag("PREVIEWS"):
            preview = preview_path(motto_of(site), site)
            site = msgspec.structs.replace(site, previews=True, preview=preview)
        return SiteSettings(
            root=self.root,
            content=content,
            theme=theme,
            zone=self.zone(),
            article_url=self.pattern("ARTICLE_URL"),
            page_url=self.pattern("PAGE_URL"),
            site=site,
            ignored=self.codes(),
            ignored_line=self.lines.get("CHECK_IGNORE", 1) if "CHECK_IGNORE" in self.values else 1,
            findings=tuple(self.unknown()),
        )

    def wrong(self, name: str, message: str) -> ConfigError:
        return ConfigError(f"{SETTINGS_FILE}:{self.lines.get(name, 1)}: {name}: {message}")

    def text(self, name: str) -> str:
        value = self.values.get(name)
        if value is None and name in _REQUIRED:
            close = difflib.get_close_matches(name, self.values, 1)
            hint = f"; is {close[0]} on line {self.lines.get(close[0], 1)} meant?" if close else ""
            raise self.wrong(name, f'missing: add a line such as {name} = "..."{hint}')
        if value is None:
            return str(_default(name))
        if not isinstance(value, str):
            raise self.wrong(name, f"should be text in quotes, not {value!r}")
        return value.strip()

    def flag(self, name: str) -> bool:
        value = self.values.get(name, bool(_default(name)))
        if not isinstance(value, bool):
            raise self.wrong(name, f"should be True or False, not {value!r}")
        return value

    def size(self, name: str) -> int:
        value = self.values.get(name, _default(name))
        if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= 1000:  # noqa: PLR2004
            raise self.wrong(name, f"should be a whole number from 1 to 1000, not {value!r}")
        return value

    def address(self) -> str:
        url = self.text("SITEURL").rstrip("/")
        try:
            parts = urlsplit(url)
            good = parts.scheme in {"http", "https"} and parts.hostname
        except ValueError:
            good = None
        if not good or parts.query or parts.fragment:
            raise self.wrong("SITEURL", f'should be like "https://blog.example", not {url!r}')
        if parts.path:
            raise self.wrong("SITEURL", f"a site has a host of its own: remove {parts.path!r}")
        return url

    def identity(self) -> str:
        if not self.values.get("SITE_ID"):
            raise self.wrong(
                "SITE_ID",
                "missing: identities of posts and feeds derive from it, for ever. Choose one "
                'once, such as SITE_ID = "tag:YOUR.DOMAIN,THIS_YEAR:site"',
            )
        value = self.text("SITE_ID")
        if ":" not in value or any(c.isspace() for c in value):
            raise self.wrong("SITE_ID", f'should be like "tag:blog.example,2026:site": {value!r}')
        return value

    def language(self) -> str:
        value = self.text("DEFAULT_LANG")
        if not value.replace("-", "").isalnum() or not value.isascii():
            raise self.wrong("DEFAULT_LANG", f'should be like "en" or "pt-BR", not {value!r}')
        return value

    def zone(self) -> ZoneInfo:
        name = self.text("TIMEZONE")
        try:
            return ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError):
            raise self.wrong(
                "TIMEZONE", f'no such time zone: {name!r}; one is "Europe/Vienna"'
            ) from None

    def theme(self) -> Path:
        if "THEME" not in self.values:
            return shipped_theme()
        theme = (self.root / self.text("THEME")).resolve()
        if (theme / "templates").is_dir():
            return theme
        raise self.wrong("THEME", f"there is no folder templates/ in {theme}")

    def pattern(self, name: str) -> URLPattern:
        try:
            return URLPattern(self.text(name))
        except ValueError as error:
            raise self.wrong(name, str(error)) from None

    def links(self, name: str) -> tuple[Link, ...]:
        value = self.values.get(name, ())
        try:
            pairs = [(label, url) for label, url in value]
        except (TypeError, ValueError):
            pairs = [(None, None)]
        if not all(isinstance(text, str) and text for pair in pairs for text in pair):
            raise self.wrong(name, 'should be pairs of text: (("Home", "/"), ("About", "/about/"))')
        return tuple(Link(label, url) for label, url in pairs)

    def formats(self) -> tuple[str, ...]:
        known = tuple(FEED_FORMATS)
        value = self.values.get("FEED_FORMATS", known)
        named = isinstance(value, list | tuple) and all(isinstance(name, str) for name in value)
        if not named or not value or len(set(value)) < len(value) or not set(value) <= {*known}:
            raise self.wrong("FEED_FORMATS", f"should be some of {known}, not {value!r}")
        return tuple(value)

    def codes(self) -> frozenset[str]:
        value = self.values.get("CHECK_IGNORE", ())
        if not isinstance(value, list | tuple | set) or not all(isinstance(c, str) for c in value):
            raise self.wrong("CHECK_IGNORE", 'should be codes of findings: ("image-alt",)')
        return frozenset(value)

    def options(self) -> dict[str, str]:
        value = self.values.get("THEME_OPTIONS", {})
        if not isinstance(value, dict) or not all(
            isinstance(text, str) for pair in value.items() for text in pair
        ):
            raise self.wrong("THEME_OPTIONS", 'should be names and texts: {"colour": "green"}')
        for name, text in value.items():
            # They go into a style sheet: nothing in them may end its line or name a file.
            if _NO_VALUE.search(text):
                raise self.wrong("THEME_OPTIONS", f"{name}: {text!r} cannot stand in a style sheet")
        return dict(sorted(value.items()))

    def unknown(self) -> list[Finding]:
        """Names that look like a slip. Pelican's other settings pass without a word."""
        findings = []
        for name in sorted(self.values):
            if not name.isupper() or name.startswith("_") or name in _KNOWN:
                continue
            close = difflib.get_close_matches(name, _KNOWN, 1, 0.86)
            if close:
                message = f"{name} is not a setting; is {close[0]} meant?"
                line = self.lines.get(name, 1)
                finding = Finding(SETTINGS_FILE, line, "setting-unknown", message, "warning")
                findings.append(finding)
        return findings
