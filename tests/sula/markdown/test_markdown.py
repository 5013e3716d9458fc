"""The dialect, feature by feature, and that CommonMark stays CommonMark underneath."""

from __future__ import annotations

import contextlib
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree, html
from markdown_it import MarkdownIt

from sula.markdown.code import MathError, highlight, is_language, language_of, math
from sula.markdown.links import may_link
from sula.markdown.parser import Converted, convert, find_links

FOLDER = Path(__file__).parent / "goldens"
GOLDENS = sorted(FOLDER.glob("*.md"))
TARGETS = {
    "posts/b.md": "/posts/bé/",
    "posts/a b.png": "/posts/a b.png",
    "images/i.png": "/images/i.png",
    "pages/about.md": "/about/",
}


def run(text: str, path: str = "posts/a.md") -> Converted:
    return convert(text, path=path, targets=TARGETS)


def body(text: str) -> str:
    converted = run(text)
    assert converted.findings == ()
    return converted.html.strip()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("*a* **b** `c`", "<p><em>a</em> <strong>b</strong> <code>c</code></p>"),
        ("~~a~~ ~b~", "<p><s>a</s> <s>b</s></p>"),
        ("a  \nb", "<p>a<br>\nb</p>"),
        ("Tom & <b>x</b> &copy; 1 < 2", "<p>Tom &amp; <b>x</b> © 1 &lt; 2</p>"),
        ("> [!OTHER]\n> x", "<blockquote>\n<p>[!OTHER]\nx</p>\n</blockquote>"),
        ("Term\n: Meaning", "<dl>\n<dt>Term</dt>\n<dd>Meaning</dd>\n</dl>"),
        ("[b](b.md){.button #x}", '<p><a href="/posts/b%C3%A9/" id="x" class="button">b</a></p>'),
        ("{.wide}\nText", '<p class="wide">Text</p>'),
        ("It costs $5, or $6.", "<p>It costs $5, or $6.</p>"),
        (r"a \$x\$ b", "<p>a $x$ b</p>"),
        ('"quoted" -- not...', "<p>&quot;quoted&quot; -- not...</p>"),
    ],
)
def test_the_dialect(text: str, expected: str) -> None:
    assert body(text) == expected


@pytest.mark.parametrize("source", GOLDENS, ids=lambda path: path.stem)
def test_the_dialect_in_files(source: Path) -> None:
    expected = source.with_suffix(".html").read_text("utf-8")
    assert body(source.read_text("utf-8")) == expected.strip()


def test_there_are_files_to_compare() -> None:
    assert len(GOLDENS) >= 7
    assert len(GOLDENS) == len(list(FOLDER.glob("*.html")))


def test_footnotes() -> None:
    text = body("A[^x] b[^x].\n\n[^x]: The *note*.")
    assert text.count('href="#fn1"') == 2
    tree = html.fromstring(f"<div>{text}</div>")
    assert tree.xpath("//section[@role='doc-endnotes']//li[@id='fn1']//em/text()") == ["note"]
    backs = tree.xpath("//a[@role='doc-backlink']/@href")
    assert backs == ["#fnref1", "#fnref1-2"]
    assert [tree.xpath(f"//*[@id='{back[1:]}']")[0].tag for back in backs] == ["a", "a"]


# --- headings ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("heading", "anchor"),
    [
        ("What's new?", "whats-new"),
        ("C & D", "c--d"),
        ("Über uns", "über-uns"),
        ("`code` and *more*", "code-and-more"),
        ("1.2 Version_x", "12-version_x"),
        ("!?", "section"),
        ("Main", "main-1"),
        ("Own {#own}", "own"),
        ("Kramdown {: #own .c}", "own"),
    ],
)
def test_headings_have_the_anchors_that_github_gives(heading: str, anchor: str) -> None:
    converted = run(f"## {heading}")
    assert converted.toc[0].anchor == anchor
    assert f'<h2 id="{anchor}"' in converted.html
    link = converted.html.partition(f'<a class="anchor" href="#{anchor}">')[2]
    assert link.endswith("</a></h2>\n")


@pytest.mark.parametrize(
    "inside", ["[a](https://a.example/)", "https://a.example/", "<b>x</b>", "a[^1]"]
)
def test_a_heading_that_links_elsewhere_is_no_link_to_itself(inside: str) -> None:
    converted = run(f"## Of {inside}\n\n[^1]: note\n")
    assert converted.html.startswith('<h2 id="')
    assert "anchor" not in converted.html


def test_anchors_are_unique_and_listed() -> None:
    converted = run('# A\n\n## A\n\n## A-1\n\n<i id="b">x</i>\n\n### B\n')
    assert [tuple(h) for h in converted.toc] == [
        (1, "a", "A"),
        (2, "a-1", "A"),
        (2, "a-1-1", "A-1"),
        (3, "b-1", "B"),
    ]


def test_attributes_of_a_heading_are_not_its_text() -> None:
    converted = run("## Title {#t .wide}")
    assert '<h2 id="t" class="wide"><a class="anchor" href="#t">Title</a></h2>' in converted.html
    assert converted.toc[0].text == "Title"


# --- more ----------------------------------------------------------------------------------


def test_what_stands_before_more_is_the_summary() -> None:
    text = body("One.\n\nTwo.[^1]\n\n<!-- more -->\n\nThree.\n\n[^1]: Note.")
    tree = html.fromstring(f"<div>{text}</div>")
    (summary,) = tree.xpath("./div[@class='p-summary']")
    assert summary.text_content().split() == ["One.", "Two.1"]
    assert tree.xpath("./p/text()") == ["Three."]
    assert tree.xpath("./section//li")
    assert "more" not in text


@pytest.mark.parametrize(
    ("text", "line", "why"),
    [
        ("a\n\n- b\n\n  <!--more-->\n", 5, "inside a list or quotation"),
        ("a\n\n<!--more-->\n\nb\n\n<!--more-->\n", 7, "a second one"),
        ("a <!--more--> b\n", 1, "a line of its own"),
    ],
)
def test_more_where_it_has_no_effect(text: str, line: int, why: str) -> None:
    (finding,) = run(text).findings
    assert (finding.line, finding.severity) == (line, "warning")
    assert why in finding.message


def test_more_in_code_is_code() -> None:
    assert "p-summary" not in body("`<!--more-->`\n\n```html\n<!--more-->\n```\n")


def test_nothing_before_more_is_no_summary() -> None:
    assert body("<!--more-->\n\nText") == "<p>Text</p>"


# --- code and math ---------------------------------------------------------------------------


def test_code_is_coloured_and_named() -> None:
    text = body("- item\n\n  ```python\n  def f(): return 1 < 2\n  ```\n")
    assert '<div class="highlight" data-language="python"><pre tabindex="0"><code>' in text
    assert '<span class="k">def</span>' in text
    assert '<span class="o">&lt;</span>' in text
    tree = html.fromstring(text)
    assert tree.xpath("//li//code")[0].text_content() == "def f(): return 1 < 2\n"


def test_an_unknown_language_is_plain_with_a_warning() -> None:
    converted = run("Text\n\n```klingon\na < b\n```\n")
    assert '<div class="highlight" data-language="klingon">' in converted.html
    assert "a &lt; b" in converted.html
    assert str(converted.findings[0]).startswith(
        'content/posts/a.md:3:4: warning: no colours are known for the language "klingon"'
    )


@pytest.mark.parametrize(
    ("info", "language"),
    [
        ("python", "python"),
        ("Python title=x", "python"),
        ("{.python .numbered}", "python"),
        ("c++", "c++"),
        ("", ""),
        ("js {1,3}", "js"),
    ],
)
def test_info_strings(info: str, language: str) -> None:
    assert language_of(info) == language
    assert is_language(language)


@given(
    st.text(alphabet="ab=<>&\"' \n\t#{}();:%$\\/*é", max_size=60),
    st.sampled_from(["python", "c++", "html", "console", "yaml", ""]),
)
def test_colouring_changes_no_character(code: str, language: str) -> None:
    shown = html.fromstring(highlight(code, language)).xpath("//code")[0].text_content()
    assert shown.rstrip("\n") == code.rstrip("\n")


def test_math() -> None:
    text = body("Say $a^2$ and:\n\n$$\n\\frac{1}{2}\n$$\n")
    assert '<math xmlns="http://www.w3.org/1998/Math/MathML" display="inline"><mrow><msup>' in text
    box = '<div class="math" role="group" aria-label="Formula" tabindex="0">'
    assert f'{box}<math xmlns="http://www.w3.org/1998/Math/MathML" display="block">' in text


@pytest.mark.parametrize(
    ("formula", "why"),
    [
        ("\\frac{1}", "missing"),
        ("\\nosuch", "unknown command \\nosuch"),
        ("{a", "not balanced"),
        ("\\left( a", "missing"),
        ("\\begin{matrix} 1", "missing end"),
    ],
)
def test_a_formula_that_cannot_be_set_is_shown_as_code(formula: str, why: str) -> None:
    converted = run(f"One\ntwo ${formula}$ three")
    (finding,) = converted.findings
    assert (finding.line, finding.severity) == (2, "warning")
    assert why in finding.message
    assert f'<code class="math-error">{formula}</code>' in converted.html


@given(st.text(alphabet="ab12+-=^_{}\\&<>frac sqrt", max_size=30), st.booleans())
def test_math_is_well_formed_or_refused(formula: str, block: bool) -> None:  # noqa: FBT001 - drawn
    with contextlib.suppress(MathError):
        tag = etree.fromstring(math(formula, block=block)).tag
        assert tag == "{http://www.w3.org/1998/Math/MathML}math"


# --- links -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "href"),
    [
        ("b.md", "/posts/b%C3%A9/"),
        ("./b.md#part", "/posts/b%C3%A9/#part"),
        ("b.md?x=1&y=2#z", "/posts/b%C3%A9/?x=1&y=2#z"),
        ("../posts/b.md", "/posts/b%C3%A9/"),
        ("../pages/about.md", "/about/"),
        ("{filename}b.md", "/posts/b%C3%A9/"),
        ("{filename}/posts/b.md#part", "/posts/b%C3%A9/#part"),
        ("|filename|b.md", "/posts/b%C3%A9/"),
        ("{static}/images/i.png", "/images/i.png"),
        ("{attach}../images/i.png", "/images/i.png"),
        ("a%20b.png", "/posts/a%20b.png"),
        ("<a b.png>", "/posts/a%20b.png"),
        ("{tag}C++", "/tags/cplusplus/"),
        ("{index}", "/"),
        ("/tags/", "/tags/"),
        ("https://x.example/b.md", "https://x.example/b.md"),
        ("//x.example/b.md", "//x.example/b.md"),
        ("mailto:ada@birds.example", "mailto:ada@birds.example"),
        ("?page=2", "?page=2"),
    ],
)
def test_links(written: str, href: str) -> None:
    (link,) = html.fromstring(body(f"[x]({written})")).xpath("//a/@href")
    assert link == href


def test_links_in_raw_html_and_by_reference() -> None:
    text = body(
        "<a class=x href=b.md>1</a> <img alt=\"\" src='../images/i.png' "
        'srcset="../images/i.png 1x, a%20b.png 2x">\n\n'
        '<video poster="../images/i.png">\n\n<!-- <a href="no.md"> -->\n\n'
        '[ref]\n\n[ref]: b.md "T"\n'
    )
    assert '<a class=x href="/posts/b%C3%A9/">' in text
    assert 'srcset="/images/i.png 1x, /posts/a%20b.png 2x"' in text
    assert 'poster="/images/i.png"' in text
    assert '<a href="/posts/b%C3%A9/" title="T">ref</a>' in text
    assert '<a href="no.md">' in text


@pytest.mark.parametrize(
    ("text", "line", "severity", "message"),
    [
        ("\n\nA\n[x](no.md)", 4, "error", "there is no posts/no.md in the content folder"),
        ('\n<img src="no.png" alt="x">', 2, "error", "there is no posts/no.png"),
        ("[x](../../no.md)", 1, "error", "leads out of the content folder"),
        ("[x]({category}a)", 1, "error", "{category} leads to no page here"),
        ("[x](../other/)", 1, "warning", "names no file"),
        ("[x](#nowhere)", 1, "warning", "no heading or id #nowhere on this page"),
        ("![](../images/i.png)", 1, "warning", "has no description"),
        ("Text[^1].", 1, "warning", "the footnote [^1] has no text"),
        ("Text.\n\n[^1]: Note.", 3, "warning", "[^1] is not referred to"),
    ],
)
def test_findings_have_their_line(text: str, line: int, severity: str, message: str) -> None:
    (finding,) = run(text).findings
    assert (finding.line, finding.severity) == (line, severity), finding
    assert message in finding.message


def test_links_within_the_page() -> None:
    assert (
        run('[a](#one) [b](#two) [c](#three)\n\n# One\n\n<i id="two"></i>\n\n{#three}\nx').findings
        == ()
    )


def test_finding_links_without_converting() -> None:
    text = (
        "A [x](b.md#y)\nand ![i](../images/i.png)\n\n<a href='c.md'>\n\n"
        "`[no](no.md)`\n\n[e]: d.md\n"
    )
    assert [(link.target, link.line) for link in find_links(text, "posts/a.md", 10)] == [
        ("posts/b.md", 10),
        ("images/i.png", 11),
        ("posts/c.md", 13),
    ]
    assert find_links("[e]\n\n[e]: d.md", "posts/a.md")[0].target == "posts/d.md"
    assert find_links("[e](https://x.example) and [f](/tags/)", "posts/a.md") == []


LINKISH = st.lists(
    st.sampled_from(
        ["[x](", "](", "b.md", ")", "[r]: ", "[r]", "[^1]: ", "[^1]", "<a href=", "'b.md'", ">",
         "<", "https://x.example", "/", " ", "\n", "\n\n", "`", "![", "]", "\\", "&#98;.md", "    ",
         "{filename}", "<img\nsrc=", "- ", "> ", "#x", "?y"]
    ),
    max_size=14,
).map("".join)  # fmt: skip


@given(LINKISH)
def test_a_text_is_only_passed_over_when_it_has_no_links_to_sources(text: str) -> None:
    converted = convert(text, path="posts/a.md", targets={})
    missing = [f for f in converted.findings if "there is no posts" in f.message]
    if missing:
        assert may_link(text)
        assert find_links(text, "posts/a.md")


# --- the text itself ---------------------------------------------------------------------------


def test_words_and_the_opening() -> None:
    converted = run(
        "# Title\n\n![x](../images/i.png)\n\nTwo *words*, `don't` $x$.\n\n- more words\n"
    )
    assert converted.opening == "Two words, don't x."
    assert converted.words == 1 + 4 + 2
    assert run("- only a list\n").opening == "only a list"
    assert run("日本語 text").words == 4
    assert run("").words == 0
    assert run("```python\nx = 1\n```").words == 0


COMMONMARK = st.lists(
    st.sampled_from(
        ["a", "b c", "*", "**", "_", " ", "\n", "\n\n", "- ", "1. ", "> ", "# ", "---\n",
         "[x](/y)", "[x]: /y\n", "[x]", "![i](/j)", "\\*", "&amp;", "<b>", "</b>", "***\n",
         "    ", "\t", "é", "  \n", "(", ")", "<https://x.example>", "+ ", "<!-- c -->"]
    ),
    max_size=16,
).map("".join)  # fmt: skip

reference = MarkdownIt("commonmark", {"xhtmlOut": False, "tasklists": True})


@given(COMMONMARK)
def test_commonmark_stays_commonmark(text: str) -> None:
    ours = run(text).html
    # Code and headings look different on purpose, and have tests of their own.
    code = re.compile(r'<div class="highlight"><pre tabindex="0">(.*?)</div>', re.DOTALL)
    ours = code.sub(r"<pre>\1", ours)
    ours = re.sub(r' aria-label="(?:Done|To do)"', "", ours)
    ours = ours.replace(' loading="lazy"', "")  # pictures after the first
    ours = re.sub(r'(?<=<h\d) id="[^"]*"', "", ours)
    link = re.compile(r'(<h\d>)<a class="anchor" [^>]*>(.*?)</a>(</h\d>)', re.DOTALL)
    ours = link.sub(r"\1\2\3", ours)
    assert ours == reference.render(text)


@given(st.text(alphabet="ab*_`~[](){}<>!#$|:-=^&\\\"' \n\t1.é", max_size=120))
def test_any_text_converts_and_always_the_same(text: str) -> None:
    first = run(text)
    run("## a[^1]\n\n[^1]: b")
    assert run(text) == first
    assert all(f.line >= 1 for f in first.findings)
