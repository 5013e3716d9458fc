"""Every trap of old archives that has a name is in a case; and what readers get of scripts."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.authored import NOW
from tests.small_site import built
from tests.sula.importers.archives import CASES, bring, unpack

from sula.content.gather import look
from sula.publishing.build import build

TRAPS = {
    "Liquid inside fenced code": ("jekyll-code", "```liquid\n{{ page.title }}"),
    "raw inside code spans": ("jekyll-code", "`{% raw %}{{ site.title }}{% endraw %}`"),
    "nested raw": ("jekyll-code", "`{% raw %}{% raw %}{% endraw %}`"),
    "tags with #": ("jekyll-titles", '"#b"'),
    "tags with trailing commas": ("jekyll-titles", "three,\n"),
    "titles with entities": ("jekyll-titles", "&amp; Jerry: a &lt;b&gt; &eacute;tude"),
    "titles with &": ("jekyll-titles", "Using <video> & `code`"),
    "titles with <video>": ("jekyll-titles", "title: Using <video>"),
    "titles with backticks": ("jekyll-titles", "`code` in 2021"),
    "titles with colons": ("jekyll-titles", "title: Colons: everywhere: even here"),
    "titles with emoji": ("jekyll-titles", "🦆"),
    "names with +, blanks and commas": ("jekyll-names", "2017-01-01-c++ and, more.md --"),
    "names with %5B": ("jekyll-names", "old%5Bpage%5D.md --"),
    "names with dots in the stem": ("jekyll-names", "index.aspx.md --"),
    "Cyrillic names": ("jekyll-names", "Привет-мир.md --"),
    "CJK names": ("jekyll-names", "鳥の歌.md --"),
    "the same slug in two years": ("jekyll-names", "2018-02-02-yearly.md --"),
    "the same slug without a year": ("jekyll-slug-meets", "2018-02-02-yearly.md --"),
    "a date that differs from the name's": ("jekyll-dates", "2018-08-23-b.md --\n---\ntitle: An"),
    "a date in the path only": ("hugo-site", "content/posts/2019/04/05/undated/index.md --"),
    "U+0008": ("jekyll-strange", "A\\u0008B"),
    "U+000B": ("jekyll-strange", "\\u000bC"),
    "U+000C": ("jekyll-strange", "\\u000cD"),
    "U+200B": ("jekyll-strange", "\\u200bE"),
    "NBSP": ("jekyll-strange", "\\u00a0F"),
    "BOM": ("jekyll-strange", "\\ufeff---"),
    "CRLF": ("jekyll-strange", "One\\r\n"),
    "]]> in bodies": ("jekyll-html", "A line with ]]> in it."),
    "lists nested by two blanks": ("jekyll-lists", "- fruit\n  - apples"),
    "a fence right after a paragraph": ("jekyll-lists", "A paragraph\n```"),
    "a fence inside a list": ("jekyll-lists", "1. One\n   ```js"),
    "an empty file": ("jekyll-strange", "2020-05-03-empty.md --\n--"),
    "a post without front matter": ("jekyll-strange", "Only words."),
    "javascript: links": ("jekyll-html", "(javascript:alert(1))"),
    "protocol-relative links": ("jekyll-html", "(//cdn.example/x.js)"),
    "inline scripts": ("jekyll-html", "<script>"),
    "event handlers": ("jekyll-html", 'onclick="go()"'),
    "duplicate keys": ("jekyll-titles", "title: First\ntitle: Second"),
    "null tags": ("jekyll-titles", "tags:\n"),
    "nulls among tags": ("jekyll-titles", '[~, "", null, C++, c++]'),
}  # fmt: skip
"""Each with the case that has it, and how it looks there. A post of 1.7 MB: see test_command."""


@pytest.mark.parametrize("trap", TRAPS)
def test_a_trap_is_in_a_case(trap: str) -> None:
    case, text = TRAPS[trap]
    assert text in (CASES / f"{case}.txt").read_text("utf-8")


def test_scripts_stay_on_the_page_and_out_of_feeds(tmp_path: Path) -> None:
    old, new, out = tmp_path / "old", tmp_path / "new", tmp_path / "public"
    case = CASES / "jekyll-html.txt"
    unpack(case, old)
    bring(case, old, new)
    build(look(new, since=NOW), out, now=NOW)
    made = built(out)
    page = made["2020/03/01/h.html"].decode()
    feeds = [made[name].decode() for name in ("feed.xml", "atom.xml", "feed.json")]
    assert 'var s = "]]>";' in page
    assert 'onclick="go()"' in page
    assert not [feed for feed in feeds if "go()" in feed or "var s" in feed]
    assert all("Click" in feed for feed in feeds)
    assert not [text for text in (page, *feeds) if "javascript:" in text]
    items = json.loads(feeds[2])["items"]
    assert any("A line with ]]&gt; in it." in item["content_html"] for item in items)
