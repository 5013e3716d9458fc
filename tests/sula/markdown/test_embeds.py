"""Bare links that become cards, and those that stay links."""

from __future__ import annotations

import pytest
from lxml import html as lxml_html

from sula.markdown.embeds import embed_of
from sula.markdown.parser import convert

KNOWN = [
    ("https://www.youtube.com/watch?v=abcdefghijk&t=10s", "YouTube", "www.youtube-nocookie.com"),
    ("https://youtu.be/abcdefg_-jk", "YouTube", "www.youtube-nocookie.com"),
    ("https://vimeo.com/123456789", "Vimeo", "player.vimeo.com"),
    ("https://gist.github.com/ada/0123456789abcdef0123456789abcdef", "GitHub", "gist.github.com"),
    ("https://codepen.io/ada/pen/aBcDeF", "CodePen", "codepen.io"),
    ("https://social.example/@ada/112233445566778899", "social.example", "social.example"),
]
OTHERS = [
    "https://www.youtube.com/@ada",
    "https://youtube.com.evil.example/watch?v=abcdefghijk",
    "https://vimeo.com/about",
    "https://social.example/@ada",
    'https://social.example/@ada/112233445566778899"onload=',
    "http://vimeo.com/123456789",
]


def page(text: str) -> lxml_html.HtmlElement:
    html = convert(text, path="posts/a.md", targets={}).html
    return lxml_html.fromstring(f"<div>{html}</div>")


@pytest.mark.parametrize(("url", "service", "host"), KNOWN)
@pytest.mark.parametrize("form", ["{}", "<{}>"])
def test_a_bare_link_becomes_a_card_that_loads_nothing(
    url: str, service: str, host: str, form: str
) -> None:
    (figure,) = page(f"Before.\n\n{form.format(url)}\n\nAfter.").xpath("figure")
    assert figure.get("class") == "embed"
    assert figure.get("data-src").startswith(f"https://{host}/")
    assert figure.xpath("a/@href") == [url]
    assert service in figure.findtext("a")
    assert host in figure.find("figcaption").text_content()
    assert not figure.xpath(".//*[@src or @srcset]")


@pytest.mark.parametrize("url", OTHERS)
def test_other_links_stay_links(url: str) -> None:
    assert embed_of(url) is None
    assert not page(url).xpath("figure")


@pytest.mark.parametrize(
    "text",
    [
        "See https://vimeo.com/123456789",
        "[a film](https://vimeo.com/123456789)",
        "- https://vimeo.com/123456789",
        "> https://vimeo.com/123456789",
        "https://vimeo.com/123456789\nhttps://vimeo.com/987654321",
    ],
)
def test_a_link_that_is_not_alone_stays_a_link(text: str) -> None:
    tree = page(text)
    assert not tree.xpath("//figure")
    assert tree.xpath("//a")


def test_the_card_speaks_the_sites_language() -> None:
    words = {"Play on {service}": "Auf {service} abspielen"}
    html = convert(
        "https://vimeo.com/123456789", path="posts/a.md", targets={}, say=lambda w: words.get(w, w)
    ).html
    assert ">Auf Vimeo abspielen</a>" in html
