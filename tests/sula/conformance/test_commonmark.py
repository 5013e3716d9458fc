"""CommonMark's own test suite through the reader, and GitHub's extensions in cases of our own.

The only differences are wanted ones, each named here: GitHub's bare links, and how code is dressed.
"""

from __future__ import annotations

import re

import pytest
from tests.sula.conformance.suite import PACKAGE, examples

from sula.markdown import _parser
from sula.markdown_render import Document

BARE_LINKS = {
    "< https://foo.bar >": '&lt; <a href="https://foo.bar">https://foo.bar</a> &gt;',
    "https://example.com": '<a href="https://example.com">https://example.com</a>',
    "foo@bar.example.com": '<a href="mailto:foo@bar.example.com">foo@bar.example.com</a>',
}
"""GFM 6.9: what CommonMark leaves as text and GitHub makes a link."""
DRESS = re.compile(
    r'<div class="highlight"[^>]*><pre tabindex="0"><code>(.*?)</code></pre></div>', re.DOTALL
)
SCROLLS = re.compile(r'<div class="table"[^>]*>(<table>.*?</table>)</div>', re.DOTALL)


def html_of(markdown: str) -> str:
    """What the reader makes of a text before it is dressed for a page: its dialect alone."""
    parser = _parser()
    html = parser.render(markdown, {"document": Document("content/posts/x.md", 1)})
    html = DRESS.sub(lambda m: f"<pre><code>{re.sub('</?span[^>]*>', '', m[1])}</code></pre>", html)
    return normal(SCROLLS.sub(r"\1", html))


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
    different = {}
    for example in found:
        made = html_of(example.markdown)
        if made != normal(example.html):
            different[example.markdown.strip()] = made
    assert different == {text: f"<p>{html}</p>\n" for text, html in BARE_LINKS.items()}


TABLE = "<table>\n<thead>\n<tr>\n{head}</tr>\n</thead>\n{body}</table>\n"


def table(head: str, *rows: str, css: tuple[str, ...] = ()) -> str:
    def cells(row: str, name: str) -> str:
        parts = row.split(" ; ")
        classes = (*css, *[""] * (len(parts) - len(css)))
        return "".join(
            f'<{name} style="text-align:{c}">{p}</{name}>\n' if c else f"<{name}>{p}</{name}>\n"
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
