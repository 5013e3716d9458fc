"""pelicanconf.py: read, checked, and every mistake met with its line."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.small_site import SITE, copy_site

from sula.errors import ConfigError
from sula.site.settings import load_settings
from sula.site.theme import shipped_theme

GOOD = {
    "SITEURL": "https://a.example",
    "SITENAME": "A",
    "SITE_ID": "tag:a.example,2026:site",
}


def site(root: Path, **values: object) -> Path:
    (root / "content").mkdir(exist_ok=True)
    names = GOOD | values
    lines = [f"{name} = {value!r}" for name, value in names.items() if value is not None]
    (root / "pelicanconf.py").write_text("\n".join(lines), "utf-8")
    return root


def test_the_small_site() -> None:
    settings = load_settings(SITE)
    assert settings.site.title == "Birds & Words"
    assert settings.site.author.email == "ada@birds.example"
    assert settings.zone.key == "Europe/Vienna"
    assert settings.content == SITE / "content"
    assert settings.site.assets["style.css"].startswith("theme/style.")
    assert settings.rules.folder == "content"
    assert settings.findings == ()


def test_defaults(tmp_path: Path) -> None:
    settings = load_settings(site(tmp_path))
    assert settings.theme == shipped_theme()
    assert "article.html" in settings.load_theme().templates
    assert (settings.article_url.text, settings.page_url.text) == ("posts/{slug}/", "{slug}/")
    assert (settings.site.language, settings.site.author.name) == ("en", "A")
    assert (settings.site.feed_size, settings.site.home_size) == (20, 10)


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("SITEURL", None, 'pelicanconf.py:1: SITEURL: missing: add a line such as SITEURL = "..."'),
        ("SITEURL", "a.example", "SITEURL: should be like"),
        ("SITEURL", "http://[", "SITEURL: should be like"),
        ("SITEURL", "https://a.example/blog", "remove '/blog'"),
        ("SITENAME", 7, "pelicanconf.py:2: SITENAME: should be text in quotes, not 7"),
        ("SITE_ID", None, "SITE_ID: missing: identities"),
        ("SITE_ID", "mine", "SITE_ID: should be like"),
        ("TIMEZONE", "Vienna", "pelicanconf.py:4: TIMEZONE: no such time zone: 'Vienna'"),
        ("DEFAULT_LANG", "en_US", "DEFAULT_LANG: should be like"),
        ("FEED_SIZE", 0, "FEED_SIZE: should be a whole number from 1 to 1000, not 0"),
        ("PAGE_SIZE", "20", "PAGE_SIZE: should be a whole number"),
        ("HOME_SIZE", True, "HOME_SIZE: should be a whole number"),
        (
            "FEED_FORMATS",
            ("rss", "html"),
            "FEED_FORMATS: should be some of ('rss', 'atom', 'json')",
        ),
        ("FEED_FORMATS", (), "FEED_FORMATS: should be some of"),
        ("FEED_FORMATS", ([],), "FEED_FORMATS: should be some of"),
        ("TAG_FEEDS", "no", "TAG_FEEDS: should be True or False, not 'no'"),
        ("MENU", "Home", "MENU: should be pairs"),
        ("MENU", [("Home", 1)], "MENU: should be pairs"),
        ("MENU", 5, "MENU: should be pairs"),
        ("ARTICLE_URL", "posts/", "ARTICLE_URL: 'posts/' has no {slug}"),
        ("PATH", "nowhere", "PATH: there is no folder"),
        ("PATH", ".", "PATH: should be a folder inside"),
        ("THEME", "nowhere", "THEME: there is no folder templates/"),
        ("THEME_OPTIONS", {"a": 1}, "THEME_OPTIONS: should be names and texts"),
    ],
)
def test_mistakes(tmp_path: Path, name: str, value: object, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load_settings(site(tmp_path, **{name: value}))
    assert message in str(caught.value)


def test_a_misspelt_name_is_met_with_the_right_one(tmp_path: Path) -> None:
    settings = load_settings(site(tmp_path, SITEDESCRIPTION="x", DELETE_OUTPUT_DIRECTORY=True))
    assert [str(finding) for finding in settings.findings] == [
        (
            "pelicanconf.py:4: warning: SITEDESCRIPTION is not a setting; is SITE_DESCRIPTION "
            "meant? [setting-unknown]"
        )
    ]
    with pytest.raises(ConfigError, match="is SITENAM on line 4 meant"):
        load_settings(site(tmp_path, SITENAME=None, X=1, SITENAM="A"))


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("SITEURL = 1\nSITENAME = (\n", "pelicanconf.py:2: '(' was never closed"),
        ("import os\n\nos.environ['NO_SUCH_NAME_HERE']\n", "pelicanconf.py:3: KeyError"),
        ("def f():\n    return 1 / 0\n\nf()\n", "pelicanconf.py:2: ZeroDivisionError"),
    ],
)
def test_a_program_that_does_not_run(tmp_path: Path, source: str, message: str) -> None:
    (tmp_path / "pelicanconf.py").write_text(source, "utf-8")
    with pytest.raises(ConfigError) as caught:
        load_settings(tmp_path)
    assert message in str(caught.value)


def test_a_file_that_is_missing_or_not_utf_8(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"there is no pelicanconf\.py"):
        load_settings(tmp_path)
    (tmp_path / "pelicanconf.py").write_bytes(b"A = 1\nB = '\xff'\n")
    with pytest.raises(ConfigError, match=r"pelicanconf\.py:2: not UTF-8"):
        load_settings(tmp_path)


def test_settings_may_import_what_lies_beside_them(tmp_path: Path) -> None:
    site(tmp_path)
    (tmp_path / "sula_test_shared_words.py").write_text("NAME = 'Shared'\n", "utf-8")
    with (tmp_path / "pelicanconf.py").open("a", encoding="utf-8") as file:
        file.write("\nfrom sula_test_shared_words import NAME\nSITENAME = NAME\n")
    assert load_settings(tmp_path).site.title == "Shared"


def test_a_local_address_changes_pages_but_no_identity(tmp_path: Path) -> None:
    settings = load_settings(site(tmp_path))
    local = settings.with_url("http://127.0.0.1:8000/")
    assert local.site.url == "http://127.0.0.1:8000"
    assert local.site.id == settings.site.id
    assert local.settings_fingerprint != settings.settings_fingerprint


def test_the_fingerprint_is_of_what_pages_show(tmp_path: Path) -> None:
    first = load_settings(site(tmp_path)).settings_fingerprint
    assert load_settings(site(tmp_path)).settings_fingerprint == first
    for name, value in (
        ("SITENAME", "B"),
        ("TIMEZONE", "Europe/Vienna"),
        ("ARTICLE_URL", "{slug}/"),
        ("MENU", [("Home", "/")]),
        ("THEME_OPTIONS", {"colour": "green"}),
    ):
        changed = load_settings(site(tmp_path, **{name: value})).settings_fingerprint
        assert changed != first, name


def test_the_fingerprint_does_not_know_where_the_site_lies(tmp_path: Path) -> None:
    copy = copy_site(tmp_path / "elsewhere")
    assert load_settings(copy).settings_fingerprint == load_settings(SITE).settings_fingerprint
    assert (
        load_settings(copy).load_theme().theme_fingerprint
        == load_settings(SITE).load_theme().theme_fingerprint
    )
