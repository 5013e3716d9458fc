"""Pictures: sizes, the files made of them, and what pages, plans and feeds do with them."""

from __future__ import annotations

import io
import json
import re
from pathlib import Path

import pytest
from lxml import html as lxml_html
from PIL import Image
from tests.authored import Authored, Post, clean_build, record_in
from tests.browser.samples import site as a_site
from tests.bucket import MemoryBucket

from sula.content.pictures import (
    Recipe,
    picture_of,
    preview_path,
    preview_recipe,
    size_of,
    variants,
)
from sula.errors import ConfigError
from sula.local.served import cache_control
from sula.markdown.parser import convert
from sula.model import Picture
from sula.rendering.derive import make
from sula.site.theme import shipped_theme

PICTURE = Picture(2000, 1000, "0123456789")


@pytest.fixture
def site(tmp_path: Path) -> Authored:
    site = Authored(tmp_path / "site")
    site.draw("images/wide.png", 1000, 500)
    site.save(Post("posts/one.md", "One", "2026-01-01 09:00", "![A field](../images/wide.png)"))
    site.save(Post("posts/two.md", "Two", "2026-01-02 09:00", "No picture."))
    return site


def page(bucket: MemoryBucket, slug: str) -> lxml_html.HtmlElement:
    return lxml_html.fromstring(bucket.objects[f"pages/posts/{slug}/index.html"].body)


# --- names and sizes -------------------------------------------------------------------------


def test_a_wide_picture_is_offered_in_smaller_widths_whose_names_never_change() -> None:
    assert list(variants("a/b.c.jpg", PICTURE)) == [
        (width, f"a/b.c-{width}.0123456789.webp") for width in (480, 960, 1440)
    ]
    assert all("immutable" in cache_control(name) for _, name in variants("a.jpg", PICTURE))


def test_a_small_picture_a_drawing_and_one_of_unknown_size_are_left_as_they_are() -> None:
    assert list(variants("a.png", Picture(480, 900, "x"))) == []
    assert picture_of("a.svg", "blob", (900, 900)) == Picture(900, 900)
    assert list(variants("a.svg", Picture(900, 900))) == []
    assert picture_of("a.png", "blob", (0, 0)) is None


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ('<svg width="30" height="20px" viewBox="0 0 3 2">', (30, 20)),
        ("<?xml version='1.0'?><svg viewBox='0 0 300.4 200'>", (300, 200)),
        ('<svg width="100%" viewBox="-1, -1, 30, 20">', (30, 20)),
        ("<svg>", (0, 0)),
        ("no drawing", (0, 0)),
    ],
)
def test_the_size_of_a_drawing(tmp_path: Path, text: str, size: tuple[int, int]) -> None:
    (tmp_path / "a.svg").write_text(text, "utf-8")
    assert size_of(tmp_path / "a.svg") == size


def test_the_size_of_a_photograph_is_that_after_turning(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was held upright
    Image.new("RGB", (800, 600)).save(tmp_path / "a.jpg", exif=exif)
    assert size_of(tmp_path / "a.jpg") == (600, 800)
    body = make(Recipe("picture", "m", "a.jpg", 480), tmp_path, tmp_path, a_site())
    assert Image.open(io.BytesIO(body)).size == (480, 640)


def test_what_is_no_picture_has_no_size_and_cannot_be_made_smaller(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"text")
    assert size_of(tmp_path / "a.png") == (0, 0)
    with pytest.raises(ConfigError, match=r"a\.png: not a picture"):
        make(Recipe("picture", "m", "a.png", 480), tmp_path, tmp_path, a_site())


# --- in a page, in a plan, in a feed ---------------------------------------------------------


def test_a_page_states_the_size_and_offers_the_widths_that_are_there(site: Authored) -> None:
    bucket = MemoryBucket()
    site.deploy(bucket)
    (picture,) = page(bucket, "one").iter("picture")
    # libxml2 puts the image into the source, which a browser does not.
    (image,), (source,) = picture.xpath(".//img"), picture.xpath(".//source")
    assert (image.get("src"), image.get("width"), image.get("height")) == (
        "/images/wide.png", "1000", "500",
    )  # fmt: skip
    offered = re.findall(r"/(\S+) (\d+)w", source.get("srcset"))
    assert [int(width) for _, width in offered] == [480, 960, 1000]
    for name, width in offered:
        stored = bucket.objects[f"pages/{name}"]
        assert Image.open(io.BytesIO(stored.body)).size == (int(width), int(width) // 2)
        assert stored.content_type == "image/webp"
        assert len(stored.body) < 5_000


def test_a_picture_that_changes_renews_its_files_and_the_page_that_shows_it(
    site: Authored,
) -> None:
    bucket = MemoryBucket()
    site.deploy(bucket)
    before = set(bucket.objects)
    bucket.writes.clear()
    site.draw("images/wide.png", 1001, 500)
    site.deploy(bucket)
    written = {key for _, key in bucket.writes}
    assert "pages/posts/one/index.html" in written
    assert "pages/posts/two/index.html" not in written
    gone = before - set(bucket.objects)
    assert len([key for key in gone if key.endswith(".webp")]) == 3
    clean = clean_build(site, record_in(bucket))
    pages = {key: stored.body for key, stored in bucket.objects.items() if key[:6] == "pages/"}
    assert pages == {k: s.body for k, s in clean.objects.items() if k[:6] == "pages/"}


@pytest.mark.parametrize(
    ("written", "size"),
    [
        ('<p><IMG alt="x" src="../images/wide.png"></p>', ("1000", "500")),
        ("Words <img src=../images/wide.png alt=x> and words.", ("1000", "500")),
        ('<img src="../images/wide.png" alt="x" width="80">', ("80", None)),
        ('<img src="https://a.example/b.png" alt="x">', (None, None)),
        ("![x](https://a.example/b.png){width=30 height=20}", ("30", "20")),
        ("![x](../images/wide.png){width=80}", ("80", "40")),
        ("![x](../images/wide.png){height=50px}", ("100", "50px")),
        ('![x](../images/wide.png){width="50%"}', ("50%", None)),
        ("![x](../images/wide.png){width=8 height=9}", ("8", "9")),
    ],
)
def test_a_picture_has_a_size_in_its_own_proportions_unless_its_author_says_otherwise(
    site: Authored, written: str, size: tuple[str | None, str | None]
) -> None:
    site.save(Post("posts/two.md", "Two", "2026-01-02 09:00", written))
    bucket = MemoryBucket()
    site.deploy(bucket)
    (image,) = page(bucket, "two").xpath("//*[@class='e-content']//img")
    assert (image.get("width"), image.get("height")) == size


def test_a_picture_in_html_without_alternative_text_is_found_and_a_comment_is_none() -> None:
    text = '<!-- <img src="a.png"> -->\n<div>\n<img src="https://a.example/a.png">\n</div>\n'
    found = convert(text, path="posts/a.md", targets={}).findings
    assert [(f.line, f.message.partition(":")[0]) for f in found] == [(3, "the image https")]


def test_a_recording_tells_its_length_and_one_that_changes_renews_its_page(site: Authored) -> None:
    site.settings["THEME"] = str(shipped_theme())
    site.save_settings()
    site.put("content/posts/talk.m4a", "x" * 1234)
    post = Post("posts/two.md", "Two", "2026-01-02 09:00", more={"enclosure": "talk.m4a"})
    site.save(post)
    bucket = MemoryBucket()
    site.deploy(bucket)

    def media() -> dict[str, str]:
        (block,) = page(bucket, "two").xpath("//head/script[@type='application/ld+json']/text()")
        found: dict[str, str] = json.loads(block)["associatedMedia"]
        return found

    assert media()["contentSize"] == "1234"
    assert media()["encodingFormat"] == "audio/mp4"
    assert bucket.objects["pages/posts/talk.m4a"].content_type == "audio/mp4"
    bucket.writes.clear()
    site.put("content/posts/talk.m4a", "y" * 99)
    site.deploy(bucket)
    assert media()["contentSize"] == "99"
    assert "pages/posts/one/index.html" not in {key for _, key in bucket.writes}
    clean = clean_build(site, record_in(bucket))
    key = "pages/posts/two/index.html"
    assert bucket.objects[key].body == clean.objects[key].body


def test_only_the_first_picture_of_a_text_loads_at_once(site: Authored) -> None:
    body = "![One](../images/wide.png)\n\n![Two](../images/wide.png)"
    site.save(Post("posts/two.md", "Two", "2026-01-02 09:00", body))
    bucket = MemoryBucket()
    site.deploy(bucket)
    assert [image.get("loading") for image in page(bucket, "two").xpath("//picture//img")] == [
        None, "lazy",
    ]  # fmt: skip


# --- previews --------------------------------------------------------------------------------


def test_a_preview_is_named_by_all_that_it_shows() -> None:
    one = preview_path("A title", a_site())
    assert re.fullmatch(r"previews/[0-9a-f]{10}\.png", one)
    assert preview_path("Another", a_site()) != one
    assert preview_path("A title", a_site(title="Other")) != one
    assert preview_path("A title", a_site(options={"accent": "#ff0000"})) != one
    assert preview_path("A title", a_site(options={"measure": "40rem"})) == one


def test_the_address_names_a_preview_only_where_it_is_shown() -> None:
    one, two = ("https://one.example", "https://two.example")
    for title, same in (("Über uns", True), ("日本", False), ("", True)):
        paths = {preview_path("A title", a_site(title=title, url=url)) for url in (one, two)}
        assert (len(paths) == 1) is same, title


@pytest.mark.parametrize("title", ["A title", "Donaudampfschiff" * 9, "word " * 60, "日本語"])
def test_a_preview_is_a_small_png_and_the_same_every_time(tmp_path: Path, title: str) -> None:
    recipe = preview_recipe(preview_path(title, a_site()), title)
    bodies = [make(recipe, tmp_path, tmp_path / name, a_site()) for name in "ab"]
    assert bodies[0] == bodies[1]
    image = Image.open(io.BytesIO(bodies[0]))
    assert (image.format, image.size) == ("PNG", (1200, 630))
    assert len(bodies[0]) < 40_000


def test_a_title_that_the_font_cannot_write_gives_way_to_the_sites_name(tmp_path: Path) -> None:
    names = [preview_recipe(preview_path(title, a_site()), title) for title in ("日本語", "Sula")]
    first, second = (make(recipe, tmp_path, tmp_path, a_site()) for recipe in names)
    assert first == second


@pytest.mark.parametrize(
    "title",
    [
        "Über Möwen \u2013 „groß“",
        "L\u2019été, œuvre",
        "Łódź, Čeština, Őr",
        "Ελληνικά",
        "Ещё одна",
        "e\u0301",
    ],
)
def test_previews_are_written_in_the_alphabets_of_europe(tmp_path: Path, title: str) -> None:
    made = [
        make(preview_recipe(preview_path(each, a_site()), each), tmp_path, tmp_path, a_site())
        for each in (title, "日本語")
    ]
    assert made[0] != made[1]


def test_an_address_stands_for_a_sites_name_that_the_font_cannot_write(tmp_path: Path) -> None:
    made = [
        make(preview_recipe(preview_path("日本語", site), "日本語"), tmp_path, tmp_path, site)
        for site in (a_site(title="日本"), a_site(title="sula.example"))
    ]
    assert made[0] == made[1]


def test_posts_have_previews_where_the_site_wants_them(site: Authored) -> None:
    bucket = MemoryBucket()
    site.deploy(bucket)
    assert not [key for key in bucket.objects if "previews" in key]
    site.settings["PREVIEWS"] = True
    site.save_settings()
    site.deploy(bucket)
    previews = {key for key in bucket.objects if "previews" in key}
    assert len(previews) == 3  # two posts and the site
    site.save(Post("posts/one.md", "Uno", "2026-01-01 09:00"))
    site.deploy(bucket)
    assert len(previews - set(bucket.objects)) == 1
