"""The documentation as the site that readers see: links, anchors, images."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import unquote, urlsplit

import lxml.html
import pytest
from tests.documentation import ROOT

from sula.cli import cli
from sula.site.settings import load_settings


def test_a_picture_says_what_it_shows() -> None:
    drawings = sorted((ROOT / "content").rglob("*.svg"))
    assert len(drawings) > 4
    for path in drawings:
        drawing = lxml.html.fromstring(path.read_bytes())
        assert drawing.findtext(".//title"), path.name
        assert len(drawing.findtext(".//desc") or "") > 20, path.name


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site") / "public"
    with pytest.raises(SystemExit) as end:
        cli.main(["--site", str(ROOT), "build", str(folder)])
    assert end.value.code == 0
    return folder


@pytest.fixture(scope="module")
def pages(site: Path) -> dict[str, lxml.html.HtmlElement]:
    """Every page of the built site by its URL path."""
    found = {}
    for path in sorted(site.rglob("*.html")):
        url = "/" + path.relative_to(site).as_posix().removesuffix("index.html")
        found[url] = lxml.html.fromstring(path.read_text("utf-8"))
    assert len(found) > 60
    return found


def test_every_internal_link_resolves(site: Path, pages: dict[str, lxml.html.HtmlElement]) -> None:
    base = load_settings(ROOT).site.url
    anchors = {url: {*page.xpath("//@id")} for url, page in pages.items()}
    seen, broken = 0, []
    for url, page in pages.items():
        for link in page.xpath("//@href | //@src | //@poster"):
            path = link.removeprefix(base) if f"{link}/".startswith(f"{base}/") else link
            if urlsplit(path).scheme or path.startswith("//"):
                continue
            parts = urlsplit(path or "/")
            target = unquote(parts.path) or url
            assert target.startswith("/"), f"{url} links relatively, to {link}"
            seen += 1
            file = site / (target[1:] + "index.html" if target.endswith("/") else target[1:])
            anchor = unquote(parts.fragment)
            if not file.is_file() or (anchor and anchor not in anchors[target]):
                broken.append(f"{url} ▶ {link}")
    assert (broken, seen > 2_000) == ([], True)


def test_every_image_has_alternative_text(pages: dict[str, lxml.html.HtmlElement]) -> None:
    # The icon beside the site's name is decoration: its name stands next to it.
    images = [(url, image) for url, page in pages.items() for image in page.xpath("//main//img")]
    assert len(images) > 5
    for url, image in images:
        assert len((image.get("alt") or "").split()) > 3, f"{url}: {image.get('src')}"


def test_no_anchor_stands_twice(pages: dict[str, lxml.html.HtmlElement]) -> None:
    for url, page in pages.items():
        names = page.xpath("//@id")
        assert len(names) == len(set(names)), url
