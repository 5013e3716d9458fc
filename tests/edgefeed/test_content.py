"""Bodies for feeds and lists: harmless, absolute, excerpted, summed up."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

import pytest
from hypothesis import given, settings
from lxml import html as lxml_html
from tests.edgefeed.strategies import bodies, describe, observe, page, read, text, urls

from edgefeed.content import read_body, to_text
from edgefeed.model import Fragment, Post
from edgefeed.text import count_words, plain, shorten
from sula.markdown.parser import convert

BASE = "https://blog.example/posts/a/"
WORDS = "word " * 50


def fragment(body: str, **changes: Any) -> Fragment:
    return read(body=body, **changes).fragment


def content(body: str) -> str:
    return fragment(body).content


# --- what is kept, what goes -----------------------------------------------------------------


@pytest.mark.parametrize(
    "kept",
    [
        '<h2 id="x">Title</h2>',
        '<table><caption>c</caption><tbody><tr><td colspan="2">x</td></tr></tbody></table>',
        '<details open=""><summary>More</summary>text</details>',
        '<figure><img src="https://x.example/a.png" alt="A"><figcaption>A</figcaption></figure>',
        '<pre><code class="language-python"><span class="k">def</span></code></pre>',
        '<div class="highlight"><pre><span class="p">(</span></pre></div>',
        '<math display="block"><mfrac><mi>a</mi><mn>2</mn></mfrac></math>',
        '<math><mi mathvariant="bold">x</mi></math>',
        '<video controls="" poster="https://x.example/p.png" src="https://x.example/v.mp4"></video>',
        '<audio controls="" src="https://x.example/a.mp3"></audio>',
        '<picture><source srcset="https://x.example/a.avif 2x"><img src="https://x.example/a.png"></picture>',
        '<li id="fn1" class="footnote-item"><p>Note</p></li>',
        "<p>a &lt; b &amp; c ]]&gt; d</p>",
        "<ruby>漢<rp>(</rp><rt>kan</rt><rp>)</rp></ruby>",
        '<blockquote cite="https://x.example/"><p>q</p></blockquote>',
        '<ol start="3"><li value="7">x</li></ol>',
        '<p lang="he" dir="rtl">שלום</p>',
        '<del>a</del><ins>b</ins><kbd>c</kbd><mark>d</mark><abbr title="e">f</abbr>',
    ],
)  # fmt: skip
def test_kept_as_it_is(kept: str) -> None:
    assert content(kept) == kept


@pytest.mark.parametrize(
    ("given_", "left"),
    [
        ("a<script>alert(1)</script>b", "ab"),
        ("a<style>p{}</style>b", "ab"),
        ("a<svg><script>x</script></svg>b", "ab"),
        # What one parser takes for text, and another for elements that nobody has looked at.
        ('a<svg><style><blockquote cite="javascript:x">y</blockquote></style></svg>b', "ab"),
        ('a<svg><script><p><a href="data:text/html,x">y</a></script></svg>b', "ab"),
        ('<math><style><p><img src="data:image/svg+xml,x"></style></math>b', "<math></math>b"),
        ("a<template><p>x</p></template>b", "ab"),
        ("a<noscript><p>x</p></noscript>b", "ab"),
        ("a<!-- <b> -->b", "ab"),
        ("a<?php echo 1 ?>b", "ab"),
        ('<form action="/x"><p>a</p><input name="q"><button>go</button></form>', "<p>a</p>"),
        ("<select><option>a</option></select>b", "b"),
        ('<p onclick="x()" style="color:red">a</p>', "<p>a</p>"),
        ('<a href="javascript:alert(1)">a</a>', "<a>a</a>"),
        ('<a href=" java\nscript:alert(1)">a</a>', "<a>a</a>"),
        ('<a href="&#1;javascript:alert(1)">a</a>', "<a>a</a>"),
        ('<a href="vbscript:x">a</a><a href="data:text/html,x">b</a>', "<a>a</a><a>b</a>"),
        ('<a href="http://[broken">a</a>', "<a>a</a>"),
        ('<img src="data:image/svg+xml,x" alt="a">', '<img alt="a">'),
        ('<img src="data:image/png;base64,AA==">', '<img src="data:image/png;base64,AA==">'),
        ('<audio src="data:image/png,x"></audio>', "<audio></audio>"),
        ('<q cite="data:image/png,x">a</q>', "<q>a</q>"),
        ('<p class="p-name u-url e-content h-card dt-x note p">a</p>', '<p class="note p">a</p>'),
        ('<p class="u-x">a</p>', "<p>a</p>"),
        ('<meta http-equiv="refresh" content="0"><base href="//evil.example/">a', "a"),
        ('<link rel="stylesheet" href="/x.css">a', "a"),
        ('<td style="text-align: right">1</td>', "1"),
        (
            '<table><tr><td style="text-align:right">1</td></tr></table>',
            '<table><tbody><tr><td align="right">1</td></tr></tbody></table>',
        ),
        (
            '<table><tr><td class="align-right a">1</td></tr></table>',
            '<table><tbody><tr><td class="align-right a" align="right">1</td></tr></tbody></table>',
        ),
        ('<table class="align-right"></table>', '<table class="align-right"></table>'),
        ('<li><input type="checkbox" checked disabled> done</li>', "<li><span>☑</span> done</li>"),
        ('<li><input type="checkbox" disabled>to do</li>', "<li><span>☐ </span>to do</li>"),
        ('<b>x</b><input type="checkbox"> y', "<b>x</b><span>☐</span> y"),
        (
            '<iframe src="//video.example/1" title="A film"></iframe>!',
            '<a href="https://video.example/1">A film</a>!',
        ),
        ('<iframe src="/map"></iframe>', '<a href="https://blog.example/map">/map</a>'),
        ('<iframe srcdoc="<p>x"></iframe>a', "a"),
        ('<iframe src="javascript:x"></iframe>a', "a"),
        ('<object data="a.pdf"><p>x</p></object>', f'<a href="{BASE}a.pdf">a.pdf</a>'),
        ('<embed src="a.swf">', f'<a href="{BASE}a.swf">a.swf</a>'),
        ("&#8;&#0;&#x1F;a&#xFFFE;", "\ufffda"),
        ("<p>unclosed <b>tags", "<p>unclosed <b>tags\n</b></p>"),
    ],
)
def test_made_harmless(given_: str, left: str) -> None:
    assert content(given_) == left


@pytest.mark.parametrize(
    ("url", "resolved"),
    [
        ("#fn1", f"{BASE}#fn1"),
        ("b.html", f"{BASE}b.html"),
        ("../b/", "https://blog.example/posts/b/"),
        ("/b/?q=1&amp;r=2#s", "https://blog.example/b/?q=1&amp;r=2#s"),
        ("/../../b", "https://blog.example/b"),
        ("//cdn.example/x", "https://cdn.example/x"),
        ("HTTPS://X.example/Y", "https://X.example/Y"),
        ("https://x.example", "https://x.example"),
        ("", BASE),
        ("a b/ü", f"{BASE}a%20b/%C3%BC"),
        ("a%20b", f"{BASE}a%20b"),
        ("mailto:a@b.example", "mailto:a@b.example"),
        ("./x:y", f"{BASE}x:y"),
    ],
)
def test_every_link_is_absolute(url: str, resolved: str) -> None:
    assert content(f'<a href="{url}">x</a>') == f'<a href="{resolved}">x</a>'


def test_every_other_attribute_with_a_url_is_absolute() -> None:
    made = content(
        '<img src="a.png" srcset="a.png, /b.png 2x,c,d.png 640w, javascript:x 3x">'
        '<video src="v.mp4" poster="p.png"></video><q cite="#q">q</q>'
    )
    assert f'src="{BASE}a.png"' in made
    assert f'srcset="{BASE}a.png, https://blog.example/b.png 2x, {BASE}c,d.png 640w"' in made, made
    assert f'src="{BASE}v.mp4"' in made
    assert f'poster="{BASE}p.png"' in made
    assert f'cite="{BASE}#q"' in made


def assert_harmless(markup: str) -> None:
    if not markup.strip():
        return
    for node in lxml_html.fragment_fromstring(markup, create_parent="main").iter():
        assert node.tag not in {"script", "style", "form", "iframe", "object", "embed", "input"}
        for name, value in node.attrib.items():
            assert not name.startswith("on"), (name, value)
            assert name != "style"
            if name == "srcset":
                assert all(part.strip().startswith("http") for part in value.split(", "))
            elif name in {"href", "src", "poster", "cite", "data"}:
                scheme = urlsplit(value).scheme
                assert scheme, (name, value)
                assert scheme not in {"javascript", "vbscript", "file", "blob"}
                assert scheme != "data" or value.startswith("data:image/")
            elif name == "class":
                assert not re.search(r"(^|\s)(h|p|u|dt|e)-", value)


@settings(max_examples=300, deadline=None)
@given(bodies())
def test_any_body_is_made_harmless(body: str) -> None:
    found = observe(page(describe(), body))
    if isinstance(found, Post):
        assert_harmless(found.fragment.content)
        assert_harmless(found.fragment.excerpt)
        assert "id=" not in re.sub(r'"[^"]*"|>[^<]*<', "", found.fragment.excerpt)


@settings(max_examples=300, deadline=None)
@given(urls())
def test_any_url_is_absolute_or_gone(url: str) -> None:
    escaped = url.replace("&", "&amp;").replace('"', "&quot;").replace("\0", "")
    assert_harmless(
        content(f'<a href="{escaped}">x</a><img src="{escaped}" srcset="{escaped} 2x">')
    )


# --- excerpts --------------------------------------------------------------------------------


def test_a_short_post_is_shown_whole() -> None:
    found = fragment(f"<p>{WORDS}</p><p>{WORDS}</p>")
    assert (found.excerpt, found.more, found.words) == ("", False, 100)


def test_posts_that_share_a_page_of_a_list_have_no_ids_there() -> None:
    for titled in (True, False):
        source = '<div class="e-content"><p id="fn1">One. id="fn2"</p></div>'
        found = read_body(source, BASE, titled=titled)
        assert found.content == '<p id="fn1">One. id="fn2"</p>'
        assert (found.excerpt, found.more) == ('<p>One. id="fn2"</p>', False)


def test_footnotes_are_a_landmark_on_a_posts_own_page_only() -> None:
    said = ' role="doc-endnotes" aria-label="x"&gt;'
    notes = convert("Text.[^1]\n\n[^1]: Note.", path="posts/a.md", targets={}).html
    whole = f"<div class=\"e-content\">{notes}<p title='{said}'>{said}</p></div>"
    found = read_body(whole, BASE, titled=True)
    assert found.content.count("doc-endnotes") == 3
    assert '<section class="footnotes">' in found.excerpt
    assert found.excerpt.count("doc-endnotes") == 2
    assert 'role="doc-backlink" aria-label=' in found.excerpt


def test_a_note_is_shown_whole_however_long() -> None:
    found = fragment(f"<p>{WORDS}</p>" * 9, headline=None)
    assert (found.excerpt, found.more, found.words) == ("", False, 450)


def test_a_long_post_is_shown_up_to_sixty_words() -> None:
    found = fragment(f'<p id="a">{WORDS}</p>\n<p><a href="#a">{WORDS}</a></p>\n<p>{WORDS}</p>')
    assert found.more
    assert found.excerpt.startswith("<p>word")
    assert found.excerpt.count("word") == 100
    assert f'href="{BASE}#a"' in found.excerpt
    assert '<p id="a">' in found.content


def test_an_excerpt_does_not_end_in_a_heading() -> None:
    found = fragment(f"<p>{WORDS * 2}</p><h2>Next</h2><p>{WORDS}</p>")
    assert found.more
    assert "Next" not in found.excerpt
    found = fragment(f"<p>{'word ' * 59}</p><h2>Next one</h2><p>{WORDS * 2}</p>")
    assert found.more
    assert "Next" not in found.excerpt


def test_of_one_long_block_the_beginning_is_shown() -> None:
    found = fragment(f"<div><p>{WORDS}</p>{f'<p>{WORDS}</p>' * 9}</div>")
    assert found.more
    assert found.excerpt.startswith("<p>word")
    assert found.excerpt.endswith("…</p>")
    assert len(found.excerpt) <= 310


def test_the_author_says_where_an_excerpt_ends() -> None:
    body = '<div class="p-summary">\n<p id="x">Lead.</p>\n</div>\n<p>Rest.</p>'
    for title in ("A title", None):
        found = fragment(body, description=None, headline=title)
        assert found.excerpt == "<p>Lead.</p>"
        assert found.more
        assert found.summary == "Lead."
        assert found.content == '<p id="x">Lead.</p>\n\n<p>Rest.</p>'


@pytest.mark.parametrize("rest", ["", "\n  \n", "<p> </p>", "<!-- x -->"])
def test_nothing_follows_when_nothing_can_be_seen(rest: str) -> None:
    found = fragment(f'<div class="p-summary"><p>Lead.</p></div>{rest}')
    assert (found.excerpt, found.more) == ("", False)


@pytest.mark.parametrize("rest", ["text", "<p>x</p>", '<p><img src="a.png"></p>', '<img src="a">'])
def test_something_follows(rest: str) -> None:
    assert fragment(f'<div class="p-summary"><p>Lead.</p></div>{rest}').more


def test_a_summary_of_something_else_is_no_excerpt() -> None:
    found = fragment('<p>Mine.</p><div class="h-cite"><p class="p-summary">Theirs.</p></div>')
    assert (found.excerpt, found.more) == ("", False)
    assert 'class="' not in found.content


# --- summaries -------------------------------------------------------------------------------


def test_a_summary_is_the_description_or_the_beginning() -> None:
    assert fragment("<p>Text.</p>", description="Said.").summary == "Said."
    assert (
        fragment("<p>One &amp;</p><p>two<br>three</p>", description=None).summary
        == "One & two three"
    )


def test_a_summary_is_cut_at_a_word() -> None:
    for source in ("head", "body"):
        long = "wonderful " * 50
        found = fragment(f"<p>{long}</p>", description=long if source == "head" else None).summary
        assert len(found) <= 300
        assert found.endswith("wonderful…")


def test_a_summary_leaves_out_what_is_not_read_aloud() -> None:
    body = (
        '<p>A<sup class="footnote-ref"><a href="#fn1">[1]</a></sup> <ruby>漢<rt>k</rt></ruby></p>'
    )
    assert fragment(body, description=None).summary == "A 漢"


def test_a_picture_says_what_it_shows() -> None:
    body = '<p><img src="a.png" alt="A gull &amp; a tern"></p>'
    assert fragment(body, description=None).summary == "A gull & a tern"


def test_tags_that_hold_signs_of_tags() -> None:
    assert to_text('<a title="a > b < c" href="x">d</a>') == "d"
    assert to_text('<a title="<rt>" href="x">d</a> <ruby>e<rt>f</rt></ruby>') == "d e"
    assert to_text('g<sup class="footnote-ref"><a href="#x">1</a></sup><sup>2</sup>') == "g2"
    assert to_text("<annotation encoding='x'>h\n<br>i</annotation><annotation>j") == "j"


@settings(max_examples=300)
@given(text(400))
def test_shortened_text(value: str) -> None:
    for limit in (10, 300):
        cut = shorten(plain(value, 10_000), limit)
        assert len(cut) <= limit
        assert plain(cut, limit) == cut


def test_words_of_scripts_without_spaces_count() -> None:
    assert count_words("one two  three") == 3
    assert count_words("日本語の題名 and three more") == 6
