"""Bodies in plain markup: read without a parser, and never otherwise than with one."""

from __future__ import annotations

import html
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.edgefeed.sample_pages import ROOT
from tests.edgefeed.strategies import SITE, bodies, describe, page, text

from edgefeed.content import read_body
from edgefeed.laptop.plain_body import read_plain, recognised
from edgefeed.metadata import RefusedError
from edgefeed.page import read_page
from sula.markdown.parser import convert

URL = "https://blog.example/posts/a/"
WORDS = "word " * 70
BEFORE = (
    '</head><body class="x"><header><svg viewBox="0 0 9 9"><path d="M1 2z"/></svg><nav>'
    '<a href="/?a&amp;b" title="&gt;">x > y</a><br></nav></header><article class="h-entry post">'
)
AFTER = '</article><form><input value="<">e-content</form></body></html>'


def around(body: str, before: str = BEFORE, after: str = AFTER) -> str:
    return f'{before}<div class="e-content prose">{body}</div>\n{after}'


EMPTY = re.compile(r"<(p|li|h[1-6])\b[^>]*></\1>")


def same_or_unknown(source: str, url: str = URL) -> bool:
    """Whether what is recognised is what the parser says; the answer tells whether something is."""
    for titled in (True, False):
        found = recognised(source, url, titled=titled)
        if found is None:
            continue
        assert found == read_body(source, url, titled=titled)
    return found is not None


# --- what it knows ----------------------------------------------------------------------

spaces = st.sampled_from(["", "\n", " ", "\n\n\t"])
words = st.one_of(
    st.sampled_from([
        WORDS, "", " ", "\n", "a\tb", '"so" & <b>',
        "»so«", "日本語 한글", "👩‍👩‍👧‍👦", "e\u0301", "\u202eabc", "\u2028",
    ]),
    st.text(
        st.characters(exclude_categories=["Cc", "Cs"], exclude_characters="\xa0\ufffe\uffff"),
        max_size=20,
    ),
).map(lambda written: html.escape(written, quote=False).replace('"', "&quot;"))  # fmt: skip
hrefs = st.sampled_from(
    ["#a", "/", "/a/b.png", "/a?b=c#d", "https://x.example", "http://X-y.z.example:80/%zz/a+b,c?q#f",
     "http://127.0.0.1:8000/", "https://a.example/~me/@you/?x=/?#/"]
)  # fmt: skip


@st.composite
def inline(draw: st.DrawFn, depth: int = 3, *, links: bool = True) -> str:
    """Words, and what may stand among them."""
    kinds = ["words", "code", "br"]
    if depth:
        kinds += ["em", "strong", *(["del", "s"] if depth == 3 else []), *(["a"] if links else [])]
    made = []
    for _ in range(draw(st.integers(0, 3))):
        kind = draw(st.sampled_from(kinds))
        if kind == "words":
            made.append(draw(words))
        elif kind == "br":
            made.append("<br>")
        elif kind == "code":
            made.append(f"<code>{draw(words)}</code>")
        elif kind == "a":
            named = draw(st.sampled_from(["", ' class="anchor"']))
            inner = draw(inline(0, links=False))
            made.append(f'<a{named} href="{draw(hrefs)}">{inner}</a>')
        else:
            # Within a link nothing but code; emphasis in emphasis holds no more of it.
            inner = draw(inline(1 if depth == 3 else 0, links=depth == 3 and links))
            made.append(f"<{kind}>{inner}</{kind}>")
    return "".join(made)


@st.composite
def fences(draw: st.DrawFn) -> str:
    """Coloured code."""
    label = draw(st.sampled_from(["", ' data-language="c++"']))
    coloured = words.map(lambda written: f'<span class="k1">{written}</span>')
    code = "".join(draw(st.lists(st.one_of(words, coloured), max_size=4)))
    frame = draw(st.sampled_from(["", ' tabindex="0"']))
    return f'<div class="highlight"{label}><pre{frame}><code>{code}</code></pre></div>'


@st.composite
def blocks(draw: st.DrawFn, depth: int = 2) -> str:
    """Blocks and the space around them."""
    made = [draw(spaces)]
    for _ in range(draw(st.integers(0, 4))):
        kinds = ["p", "h", "hr", "fence", *(["ul", "ol", "quote"] if depth else [])]
        kind = draw(st.sampled_from(kinds))
        named = draw(st.sampled_from(["", ' id="a-1"', ' id="ä.b"']))
        if kind == "p":
            made.append(f"<p{named}>{draw(inline())}</p>")
        elif kind == "h":
            level = draw(st.integers(1, 6))
            made.append(f"<h{level}{named}>{draw(inline())}</h{level}>")
        elif kind == "hr":
            made.append("<hr>")
        elif kind == "fence":
            made.append(draw(fences()))
        elif kind == "quote":
            made.append(f"<blockquote>{draw(blocks(depth - 1))}</blockquote>")
        else:
            start = draw(st.sampled_from(["", ' start="7"'])) if kind == "ol" else ""
            more = st.one_of(st.just(""), blocks(depth - 1))
            items = [draw(inline()) + draw(more) for _ in range(2)]
            inner = draw(spaces).join(f"<li>{item}</li>" for item in items)
            made.append(f"<{kind}{start}>{draw(spaces)}{inner}{draw(spaces)}</{kind}>")
        made.append(draw(spaces))
    return "".join(made)


@st.composite
def plain_bodies(draw: st.DrawFn) -> str:
    """Bodies in plain markup, some with a summary that the author marked."""
    if draw(st.booleans()):
        return draw(blocks())
    return f'{draw(spaces)}<div class="p-summary">{draw(blocks())}</div>{draw(blocks())}'


@given(plain_bodies())
@settings(max_examples=400)
def test_plain_bodies_are_recognised_and_read_as_by_the_parser(body: str) -> None:
    assert same_or_unknown(around(body)) or EMPTY.search(body)


# --- what it must not take for it ---------------------------------------------------------

STRANGE = (
    "<", ">", "&", '"', "'", "</", "<p>", "</p>", "<p>b</p>", "<li>b</li>",
    "<div>", "</div>", "<li>", "</li>", "<ul>",
    "</ul>", "<a>", "</a>", '<a href="#a">', "<em>", "</em>", "</code>", "<table>", "<tr><td>",
    "<!--", "-->", "<script>", "<style>", "<title>", "<textarea>", "<select>", "<svg>",
    "<math>", "<plaintext>", "<template>", "<form>", "<b>", "<br/>", "<hr />", "&nbsp;",
    "&amp", "&copy", "\xa0", "\x85", "\x01", "\r", "\ufffe", "\ufeff", "\U0001ffff",
    ' class="', ' class="e-content"', ' class="h-entry h-cite"', ' id="a b"', ' id=""',
    ' id="x', ' start="1"', ' href="//x.example/"', ' href="javascript:x"',
    'href="https://a.example:99999/"', 'href="https://xn--a.example/"',
    'href="https://1.2.3.999/"', 'href="https://a..b/"', 'href="/a/../b"', 'href="/./"',
    'href="?a"', 'href=""', 'href="#"', 'href="/ä"', 'href="/a b"', "https://", "/..",
    ":99999", '<div class="e-content">', "<DIV>", "</P>", "<p >", "<P>", '<p CLASS="u-x">',
    "<h7>", "<pre>\n", "<pre>", '<img src="/a.png">', '<input type="checkbox">',
    '<li value="3">', '<p class="p-summary">', "\n\n",
)  # fmt: skip


@given(plain_bodies(), st.data())
@settings(max_examples=800)
def test_what_is_slightly_wrong_is_left_to_the_parser_or_read_like_it(
    body: str, data: st.DataObject
) -> None:
    source = around(body)
    for _ in range(data.draw(st.integers(1, 2))):
        begin = data.draw(st.integers(0, len(source)))
        end = begin + data.draw(st.integers(0, 12))
        source = source[:begin] + data.draw(st.sampled_from(STRANGE)) + source[end:]
    try:
        same_or_unknown(source)
    except RefusedError:
        pytest.fail("recognised what the parser gives up on")


@given(bodies())
def test_improper_bodies_are_read_as_by_the_parser(body: str) -> None:
    same_or_unknown(around(body))


@given(text())
def test_any_text_around_a_body_is_no_danger(written: str) -> None:
    same_or_unknown(around("<p>Text.</p>", before=BEFORE + written))
    same_or_unknown(around("<p>Text.</p>", after=written + AFTER))


@pytest.mark.parametrize(
    "body",
    ["<p>a{}b</p>", "<p{}>a</p>", "<p>a <a {}>b</a></p>", "{}<p>a</p>", "<ul><li>a{}</li></ul>",
     "<ul>{}<li>a</li></ul>", '<div class="highlight"><pre><code>{}</code></pre></div>',
     "<h2{}>a</h2><p>b</p>", "<blockquote>{}</blockquote>", '<p><a href="/a{}">b</a></p>',
     "<p><em>a{}</em></p>", '<div class="p-summary">{}</div><p>b</p>', "<ol{}><li>a</li></ol>"],
)  # fmt: skip
def test_each_strangeness_in_each_place(body: str) -> None:
    for strange in STRANGE:
        same_or_unknown(around(body.replace("{}", strange)))


def test_each_strangeness_before_a_body() -> None:
    for strange in STRANGE:
        same_or_unknown(around("<p>Text.</p>", before=BEFORE + strange))


@pytest.mark.parametrize(
    "url",
    [
     "https://blog.example/ä/", "https://blog.example:99999/a/", "https://blog.example/a&b/",
     "https://[::1]/a/", "nowhere", "http://127.0.0.1:8000/posts/a/",
     "https://xn--mwe.example/", "https://blog.example/a'b/",
    ],
)  # fmt: skip
def test_the_pages_own_address_may_be_anything(url: str) -> None:
    for href in ("#a", "/b/"):
        source = around(f'<p><a href="{href}">a</a></p>')
        found = recognised(source, url, titled=True)
        assert found is None or found == read_body(source, url, titled=True)


def test_too_much_around_a_body_is_left_to_the_parser() -> None:
    for depth in (150, 240, 300):
        source = around("<p>Text.</p>", before=BEFORE + "<div>" * depth)
        found = recognised(source, URL, titled=True)
        assert (found is not None) == (depth == 150)
    deep = "<blockquote>" * 60 + "</blockquote>" * 60
    assert recognised(around(deep), URL, titled=True) is None
    long = "<p>" + "a" * 1_000_000 + "</p>"
    assert recognised(around(long), URL, titled=True) is None


# --- in real life -------------------------------------------------------------------------


def posts() -> list[Path]:
    return sorted((ROOT / "content/posts").rglob("*.md"))


@pytest.mark.parametrize("path", posts(), ids=lambda path: path.stem)
def test_our_own_posts(path: Path) -> None:
    """What Markdown becomes, whether its links lead anywhere or not."""
    made = convert(path.read_text("utf-8").split("\n---\n", 1)[1], path=path.name, targets={}).html
    same_or_unknown(around(made))


def test_an_ordinary_post_is_recognised() -> None:
    made = convert(
        'A *first* [link](https://a.example/b?c) and `code` "so".\n\n<!--more-->\n\n'
        "## Two & three\n\n"
        "- one\n- **two**\n\n  more\n\n1. a\n   > b\n\n```python\nprint(1 < 2)\n```\n\n***\n\nEnd.",
        path="a.md",
        targets={},
    ).html
    assert same_or_unknown(around(made))


def test_a_whole_page_is_read_alike() -> None:
    body = page(describe("/posts/a/"), f"<h2>A</h2>\n<p>{WORDS}</p><p>Text.</p>")
    key = "pages/posts/a/index.html"
    plainly = read_page(key, body, "", site=SITE, bodies=read_plain)
    assert plainly == read_page(key, body, "", site=SITE)
    assert recognised(body.decode().split("</head>")[1], URL, titled=True) is not None
