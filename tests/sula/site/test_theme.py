"""The theme's files under names that change with their content."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from sula.errors import ConfigError
from sula.site.theme import Theme, layers, read_theme, shipped_theme


def theme(folder: Path, **statics: bytes) -> Theme:
    (folder / "templates").mkdir(exist_ok=True)
    (folder / "templates" / "article.html").write_text("x\r\ny", "utf-8", newline="")
    for name, body in statics.items():
        path = folder / "static" / name.replace("__", "/").replace("_", ".", 1)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(body)
    return read_theme(folder)


def test_assets_are_named_by_their_content(tmp_path: Path) -> None:
    body = b"body {}"
    read = theme(tmp_path, style_css=body)
    path = f"theme/style.{hashlib.sha256(body).hexdigest()[:10]}.css"
    assert read.assets == {"style.css": path}
    assert read.files == {path: body}
    assert read.templates == {"article.html": "x\ny"}


def test_a_style_sheet_names_what_is_published(tmp_path: Path) -> None:
    read = theme(
        tmp_path,
        style_css=b"""@import "more.css"; a { background: url('img/a.svg#x') } """
        b"b { background: url(data:image/png;base64,AA) } c { background: url(/x.png) }",
        more_css=b"@import url(img/b.css);",
        img__b_css=b"d { background: url( a.svg ) }",
        img__a_svg=b"<svg/>",
    )
    style = read.files[read.assets["style.css"]].decode()
    assert f'@import "/{read.assets["more.css"]}"' in style
    assert f'url("/{read.assets["img/a.svg"]}#x")' in style
    assert "url(data:image/png;base64,AA)" in style
    assert "url(/x.png)" in style
    inner = read.files[read.assets["img/b.css"]].decode()
    assert inner == f'd {{ background: url("/{read.assets["img/a.svg"]}") }}'


def test_a_picture_that_changes_renames_the_style_sheets_that_show_it(tmp_path: Path) -> None:
    before = theme(
        tmp_path, style_css=b"@import 'more.css';", more_css=b"a{b:url(a.svg)}", a_svg=b"1"
    )
    after = theme(tmp_path, a_svg=b"2")
    assert all(before.assets[name] != after.assets[name] for name in before.assets)
    assert before.theme_fingerprint != after.theme_fingerprint


@pytest.mark.parametrize(
    ("statics", "message"),
    [
        ({"a_css": b"x{y:url(no.png)}"}, "theme/static/a.css: there is no file 'no.png'"),
        ({"a_css": b"@import 'b.css';", "b_css": b"@import 'a.css';"}, "a.css ▶ b.css ▶ a.css"),
        ({"a_css": b"\xff"}, "theme/static/a.css: not UTF-8"),
    ],
)
def test_mistakes(tmp_path: Path, statics: dict[str, bytes], message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        theme(tmp_path, **statics)
    assert message in str(caught.value)


def test_a_template_that_is_not_text(tmp_path: Path) -> None:
    theme(tmp_path)
    (tmp_path / "templates" / "base.html").write_bytes(b"a\n\xff")
    with pytest.raises(ConfigError, match=r"base\.html:2: not UTF-8"):
        read_theme(tmp_path)


def test_templates_are_in_the_fingerprint_and_hidden_files_nowhere(tmp_path: Path) -> None:
    before = theme(tmp_path, a_svg=b"1")
    (tmp_path / "static" / ".DS_Store").write_bytes(b"x")
    (tmp_path / "static" / "a.svg~").write_bytes(b"what an editor leaves, for all to read")
    assert read_theme(tmp_path) == before
    (tmp_path / "templates" / "article.html").write_text("z", "utf-8")
    assert read_theme(tmp_path).theme_fingerprint != before.theme_fingerprint


def edited(templates: dict[str, str], name: str) -> bool:
    """Whether an edit of a template changes the fingerprint of pages."""
    base = {"article.html": "", "page.html": "", "home.html": "", "base.html": ""} | templates
    changed = base | {name: base[name] + "!"}
    return Theme(base, {}, {}).theme_fingerprint != Theme(changed, {}, {}).theme_fingerprint


def test_a_template_of_lists_is_no_part_of_pages() -> None:
    assert edited({}, "article.html")
    assert edited({}, "base.html")
    assert not edited({}, "home.html")


@pytest.mark.parametrize(
    "text",
    [
        '{% include "home.html" %}',
        "{%- from 'home.html' import x with context -%}",
        '{% import "home.html" as h %}',
        '{% include "home.html" ignore missing %}',
        '{% include "article.html" if x else "home.html" %}',
        '{% include ["article.html", "home.html"] %}',
        '{% include "ho" ~ "me.html" %}',
        "{% include post.kind %}",
        '{% extends("home.html") %}',
    ],
)
def test_unless_a_page_uses_it_or_may_use_it(text: str) -> None:
    assert edited({"base.html": text}, "home.html")
    assert edited({"page.html": '{% extends "base.html" %}', "base.html": text}, "home.html")


def test_what_only_lists_refer_to_does_not_count() -> None:
    assert not edited({"tag.html": "{% include name %}"}, "home.html")


# --- options, and themes on top of the shipped one -------------------------------------------

GAZETTE = Path(__file__).parents[3] / "themes/gazette"


def test_options_set_the_custom_properties_of_the_style_sheet(tmp_path: Path) -> None:
    theme(tmp_path, style_css=b":root { --accent: red; --measure: 36rem }")
    plain = read_theme(tmp_path)
    chosen = read_theme(tmp_path, {"accent": "#123456", "measure": "40rem", "logo": "/logo.svg"})
    style = chosen.files[chosen.assets["style.css"]]
    assert style.endswith(b":root { --accent: #123456; --measure: 40rem; }\n")
    assert chosen.assets != plain.assets
    assert read_theme(tmp_path, {"logo": "/logo.svg"}) == plain


def test_a_theme_that_extends_the_shipped_one_takes_what_it_lacks_from_there() -> None:
    shipped, gazette = read_theme(shipped_theme()), read_theme(GAZETTE)
    assert layers(GAZETTE) == (GAZETTE, shipped_theme())
    assert layers(shipped_theme()) == (shipped_theme(),)
    assert gazette.templates["article.html"] == shipped.templates["article.html"]
    assert gazette.templates["!theme/base.html"] == shipped.templates["base.html"]
    assert gazette.assets.items() > shipped.assets.items()
    assert gazette.theme_fingerprint != shipped.theme_fingerprint


def test_the_second_theme_is_small() -> None:
    files = [path for path in GAZETTE.rglob("*") if path.is_file()]
    assert len(files) > 1
    assert sum(len(path.read_text("utf-8").splitlines()) for path in files) < 100
