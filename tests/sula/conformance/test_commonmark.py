"""CommonMark's own test suite through the reader, and GitHub's extensions in cases of our own.

Through the whole of it: what `convert` gives is what a page has. Headings have anchors, code its
colours and tables a box to scroll in, everywhere alike: that much is taken off before the
comparison. What else differs is wanted, and named here, example by example.
"""

from __future__ import annotations

import re

import pytest
from tests.sula.conformance.suite import PACKAGE, examples

from sula.markdown.parser import convert

BARE_LINKS = {
    608: '&lt; <a href="https://foo.bar">https://foo.bar</a> &gt;',
    611: '<a href="https://example.com">https://example.com</a>',
    612: '<a href="mailto:foo@bar.example.com">foo@bar.example.com</a>',
}
"""GFM 6.9: what CommonMark leaves as text and GitHub makes a link."""
FIGURES = {
    572: ("/url", "foo", "title"),
    573: ("train.jpg", "foo bar", "train &amp; tracks"),
    576: ("train.jpg", "foo bar", "train &amp; tracks"),
    577: ("train.jpg", "foo bar", "train &amp; tracks"),
    584: ("/url", "foo", "title"),
    585: ("/url", "foo bar", "title"),
    586: ("/url", "Foo", "title"),
    588: ("/url", "foo", "title"),
    589: ("/url", "foo bar", "title"),
    591: ("/url", "Foo", "title"),
}
"""A picture alone in its paragraph, with a title, is a figure: the title is its caption."""
FIGURE = '<figure><img src="{}" alt="{}">\n<figcaption>{}</figcaption></figure>\n'
WANTED = {number: f"<p>{html}</p>\n" for number, html in BARE_LINKS.items()} | {
    number: FIGURE.format(*shown) for number, shown in FIGURES.items()
}
DRESS = re.compile(
    r'<div class="highlight"[^>]*><pre tabindex="0"><code>(.*?)</code></pre></div>', re.DOTALL
)
SCROLLS = re.compile(r'<div class="table"[^>]*>(<table>.*?</table>)</div>', re.DOTALL)


ANCHOR = re.compile(
    r'(<h[1-6]) id="[^"]+">(?:<a class="anchor" href="#[^"]+"[^>]*>(.*?)</a>|(.*?))(</h[1-6]>)',
    re.DOTALL,
)


def html_of(markdown: str) -> str:
    """What a page has of a text, its dress taken off."""
    html = convert(markdown, path="posts/x.md", targets={}).html
    html = DRESS.sub(lambda m: f"<pre><code>{re.sub('</?span[^>]*>', '', m[1])}</code></pre>", html)
    return normal(SCROLLS.sub(r"\1", ANCHOR.sub(r"\1>\2\3\4", html)))


def normal(html: str) -> str:
    """The same HTML however its void elements, quotes and empty blocks are spelt."""
    html = re.sub(r"<(br|hr|img)\b([^<>]*?) ?/>", r"<\1\2>", html)
    html = re.sub(r'<pre><code class="language-[^"]*">', "<pre><code>", html)
    return html.replace("<blockquote>\n</blockquote>", "<blockquote></blockquote>").replace(
        "&quot;", '"'
    )


@pytest.mark.skipif(not PACKAGE.exists(), reason="make dev could not fetch commonmark-spec")
def test_the_specifications_own_examples() -> None:
    found = examples()
    assert len(found) == 652
    made = {example.number: html_of(example.markdown) for example in found}
    different = {
        example.number: made[example.number]
        for example in found
        if made[example.number] != normal(example.html)
    }
    assert different == WANTED


TABLE = "<table>\n<thead>\n<tr>\n{head}</tr>\n</thead>\n{body}</table>\n"


def table(head: str, *rows: str, css: tuple[str, ...] = ()) -> str:
    def cells(row: str, name: str) -> str:
        parts = row.split(" ; ")
        classes = (*css, *[""] * (len(parts) - len(css)))
        return "".join(
            f'<{name} class="align-{c}">{p}</{name}>\n' if c else f"<{name}>{p}</{name}>\n"
            for p, c in zip(parts, classes, strict=False)
        )

    body = "".join(f"<tr>\n{cells(row, 'td')}</tr>\n" for row in rows)
    body = f"<tbody>\n{body}</tbody>\n" if rows else ""
    return TABLE.format(head=cells(head, "th"), body=body)


GFM = {
    # tables, section 4.10
    "| a | b |\n| - | - |\n| 1 | 2 |": table("a ; b", "1 ; 2"),
    "a | b\n:-: | -:\n1 | 2": table("a ; b", "1 ; 2", css=("center", "right")),
    "| a |\n| - |\n| x \\| y `\\|` |": table("a", "x | y <code>|</code>"),
    "| a | b |\n| - | - |\n| 1 |\n| 1 | 2 | 3 |": table("a ; b", "1 ; ", "1 ; 2"),
    "| a |\n| - |": table("a"),
    "| a | b |\n| - |\n| 1 |": "<p>| a | b |\n| - |\n| 1 |</p>\n",
    "| a |\n| - |\n| 1 |\n> q": table("a", "1") + "<blockquote>\n<p>q</p>\n</blockquote>\n",
    # struck out, section 6.5
    "~~two~~ ~one~ ~~~three~~~": "<p><s>two</s> <s>one</s> ~~~three~~~</p>\n",
    "~~no\n\nend~~": "<p>~~no</p>\n<p>end~~</p>\n",
    # bare links, section 6.9
    "www.a.example/b.": '<p><a href="http://www.a.example/b">www.a.example/b</a>.</p>\n',
    "(https://a.example/x_(y))":
        '<p>(<a href="https://a.example/x_(y)">https://a.example/x_(y)</a>)</p>\n',
    "x@a.example, xhttps://a.example":
        '<p><a href="mailto:x@a.example">x@a.example</a>, xhttps://a.example</p>\n',
    "`https://a.example`": "<p><code>https://a.example</code></p>\n",
}  # fmt: skip


@pytest.mark.parametrize("markdown", GFM)
def test_githubs_extensions(markdown: str) -> None:
    assert html_of(markdown) == GFM[markdown]


def test_task_lists() -> None:
    html = html_of("- [x] done\n- [ ] open\n- [y] neither\n- \\[x] escaped")
    assert html.count('type="checkbox"') == 2
    assert html.count("checked") == 1
    assert "<li>[y] neither</li>" in html
    assert "<li>[x] escaped</li>" in html
