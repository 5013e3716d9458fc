"""The post on settings is true: every setting, its default, and that it makes a difference."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from tests.documentation import POSTS, ROOT, spans_of, text_of

from sula.errors import ConfigError
from sula.site import settings as site_settings
from sula.site.settings import SiteSettings, load_settings

REQUIRED = {
    "SITEURL": "https://blog.example",
    "SITENAME": "A Blog",
    "SITE_ID": "tag:blog.example,2026:site",
}
WORDS: dict[str, dict[str, object]] = {
    "none": {
        "MENU": (), "SOCIAL": (), "THEME_OPTIONS": {}, "FOOTER": "", "ICON": "", "HUB": "",
        "AUTHOR_EMAIL": "", "AUTHOR_URL": "", "SITE_DESCRIPTION": "", "CHECK_IGNORE": (),
    },
    "no": {"PREVIEWS": False},
    "the site's name": {"AUTHOR": REQUIRED["SITENAME"]},
    "the one that comes with Sula": {"THEME": str(ROOT / "theme")},
}  # fmt: skip
"""Usual values that are told in words, and what they mean."""
OTHERS: dict[str, object] = {
    "MENU": (("Home", "/"),), "SOCIAL": (("Home", "/"),), "THEME_OPTIONS": {"a": "b"},
    "FOOTER": "x", "ICON": "icon.svg", "HUB": "https://hub.example/", "AUTHOR_EMAIL": "a@b.example",
    "AUTHOR_URL": "https://a.example/", "SITE_DESCRIPTION": "x", "AUTHOR": "Ada",
    "DEFAULT_LANG": "de", "TIMEZONE": "Europe/Vienna", "PATH": "other", "THEME": "mine",
    "ARTICLE_URL": "{slug}/", "PAGE_URL": "p/{slug}/", "FEED_SIZE": 5, "PAGE_SIZE": 5,
    "HOME_SIZE": 5, "PREVIEWS": True, "FEED_FORMATS": ("atom",), "TAG_FEEDS": False,
    "SERIES_FEEDS": False, "CHECK_IGNORE": ("image-alt",),
}  # fmt: skip
"""Another value for each, which must make a difference."""


def settings_with(root: Path, values: dict[str, object]) -> SiteSettings:
    lines = [f"{name} = {value!r}\n" for name, value in {**REQUIRED, **values}.items()]
    (root / "pelicanconf.py").write_text("".join(lines), "utf-8")
    return load_settings(root)


@pytest.fixture
def blog(tmp_path: Path) -> Path:
    for folder in ("content", "other", "mine/templates", "mine/static"):
        (tmp_path / folder).mkdir(parents=True)
    for name in ("templates", "static"):
        for file in (ROOT / "theme" / name).iterdir():
            (tmp_path / "mine" / name / file.name).write_bytes(file.read_bytes())
    return tmp_path


def told_settings() -> dict[str, str]:
    tables = text_of(POSTS / "settings.md").partition("## Where it is deployed to")[0]
    found = re.findall(r"^\| `([A-Z_]+)` +\|.*\| *([^|]+?) *\|$", tables, re.MULTILINE)
    return dict(found)


def test_the_settings_post_lists_every_setting_with_its_default(blog: Path) -> None:
    told = told_settings()
    # SITESUBTITLE is Pelican's word for SITE_DESCRIPTION; the text says so.
    assert told.keys() == site_settings._KNOWN - {"SITESUBTITLE"}
    assert "SITESUBTITLE" in spans_of(text_of(POSTS / "settings.md"))
    plain = settings_with(blog, {})
    for name, usual in told.items():
        if name in REQUIRED:
            assert usual == "you say", name
            continue
        value: object = usual.strip("`")
        if usual in WORDS:
            value = WORDS[usual][name]
        elif usual.isdigit() or usual.startswith(("`(", "`True`")):
            value = ast.literal_eval(usual.strip("`"))
        assert settings_with(blog, {name: value}) == plain, f"{name} is not usually {value!r}"
        assert settings_with(blog, {name: OTHERS[name]}) != plain, f"{name} makes no difference"


@pytest.mark.parametrize("name", sorted(REQUIRED))
def test_a_setting_that_you_say_must_be_said(blog: Path, name: str) -> None:
    values = {key: value for key, value in REQUIRED.items() if key != name}
    text = "".join(f"{key} = {value!r}\n" for key, value in values.items())
    (blog / "pelicanconf.py").write_text(text, "utf-8")
    with pytest.raises(ConfigError, match=name):
        load_settings(blog)
