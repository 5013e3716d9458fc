"""Rendering with templates: the theme's, one's own, and those that fail."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import msgspec
import pytest
from tests.small_site import copy_site, jobs_of, tree
from tests.sula.rendered import edit, errors

from sula.errors import ConfigError
from sula.rendering.render import render
from sula.site.settings import SiteSettings, load_settings


@pytest.fixture
def settings(tmp_path: Path) -> SiteSettings:
    return load_settings(copy_site(tmp_path / "site"))


@pytest.mark.parametrize(
    ("template", "line", "message"),
    [
        ("<p>\n{{ post.titel }}", 2, "UndefinedError"),
        ("<p>\n\n{% if %}", 3, "TemplateSyntaxError"),
        ("{{ 1 / 0 }}", 1, "ZeroDivisionError"),
    ],
)
def test_a_template_that_fails_is_named(
    settings: SiteSettings, tmp_path: Path, template: str, line: int, message: str
) -> None:
    edit(settings, "theme/templates/article.html", template)
    found = render(jobs_of(settings), settings, tmp_path / "out", processes=1)
    assert {(f.path, f.line) for f in found} == {("theme/templates/article.html", line)}
    assert message in found[0].message
    # Pages that do not use it are rendered all the same.
    assert set(tree(tmp_path / "out")) == {"404.html", "about/index.html"}


def test_an_included_template_that_fails_is_named(settings: SiteSettings, tmp_path: Path) -> None:
    edit(settings, "theme/templates/base.html", "a\nb\n{{ nothing }}")
    found = render(jobs_of(settings), settings, tmp_path / "out", processes=1)
    assert {(f.path, f.line) for f in found} == {("theme/templates/base.html", 3)}


def test_templates_of_ones_own(settings: SiteSettings, tmp_path: Path) -> None:
    text = "Title: x\nDate: 2026-01-01\nTemplate: wide\n\nx\n"
    edit(settings, "content/posts/w.md", text)
    (finding,) = errors(settings, tmp_path, "posts/w.md")
    assert "no template wide.html" in finding.message
    edit(settings, "theme/templates/wide.html", "wide {{ post.title }}")
    assert errors(settings, tmp_path, "posts/w.md") == []
    assert (tmp_path / "posts/w/index.html").read_text("utf-8") == "wide x"


def test_an_edited_template_is_compiled_anew(settings: SiteSettings, tmp_path: Path) -> None:
    jobs = jobs_of(settings)
    for text in ("one", "two"):
        edit(settings, "theme/templates/page.html", text)
        render(jobs, settings, tmp_path, processes=1)
        assert (tmp_path / "404.html").read_text("utf-8") == text


def test_templates_are_compiled_for_a_site(settings: SiteSettings, tmp_path: Path) -> None:
    edit(settings, "theme/templates/page.html", '{{ "2026-03-01" | date }}')
    shown = []
    for month in ("March", "März"):
        site = msgspec.structs.replace(settings.site, words={"March": (month,)})
        other = dataclasses.replace(settings, site=site)
        render(jobs_of(settings), other, tmp_path, processes=1)
        shown.append((tmp_path / "about/index.html").read_text("utf-8"))
    assert shown == ["1 March 2026", "1 März 2026"]


def test_a_theme_without_its_templates(settings: SiteSettings, tmp_path: Path) -> None:
    (settings.theme / "templates" / "page.html").unlink()
    with pytest.raises(ConfigError, match=r"has no template .*page\.html"):
        render(jobs_of(settings), settings, tmp_path, processes=1)
