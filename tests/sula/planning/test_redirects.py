"""Old addresses: what the file may say, what the edge looks up, and what stays a page's."""

from __future__ import annotations

import pytest
from tests.sula.planned import Site, post

from sula.planning.redirects import key_of, parse
from sula.planning.remarks import Remark


@pytest.mark.parametrize(
    ("path", "key"),
    [
        ("/old/", "/old"),
        ("/old", "/old"),
        ("/old.html", "/old.html"),
        ("/old/index.html", "/old"),
        ("/an-index.html", "/an-index.html"),
        ("/gr%C3%BC%C3%9Fe/", "/grüße"),
        ("/index.html", "/"),
        ("/", "/"),
    ],
)
def test_an_address_is_looked_up_in_whatever_way_it_is_written(path: str, key: str) -> None:
    assert key_of(path) == key


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("/old/ /new/", {"/old": "301 /new/"}),
        ("/old/ /new/ 301", {"/old": "301 /new/"}),
        ("/old/ /new/ 302", {"/old": "302 /new/"}),
        ("/old/index.html http://example.net/x", {"/old": "301 http://example.net/x"}),
        ("/old https://example.net/ü", {"/old": "301 https://example.net/ü"}),
        ("/gone/ 410", {"/gone": "410"}),
        ("/a/ /grüße/", {"/a": "301 /gr%C3%BC%C3%9Fe/"}),
        ("/a/ /gr%C3%BC%C3%9Fe/", {"/a": "301 /gr%C3%BC%C3%9Fe/"}),
        ("# /old/ /new/", {}),
        ("   ", {}),
        ("/" + "o" * 511 + " /" + "n" * 999, {"/" + "o" * 511: "301 /" + "n" * 999}),
    ],
)
def test_a_line_of_the_file_is_what_the_edge_reads(line: str, found: dict[str, str]) -> None:
    assert parse(line) == (found, [])


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("/old/", "a line is"),
        ("old/ /new/", "a line is"),
        ("/old/ /new/ 301 302", "a line is"),
        ("/old/ 410 301", "a line is"),
        ("/old/ /new/ 307", "the status is 301, 302 or 410, not 307"),
        ("/old/ new/", "neither a path from the root nor a web address"),
        ("/old/ ftp://example.net/", "neither a path from the root nor a web address"),
        ("/old/ https:///new/", "neither a path from the root nor a web address"),
        ("/old/ //example.net/", "would lead to another site"),
        ("/old/ /\\example.net/", "would lead to another site"),
        ("/" + "o" * 512 + " /new/", "512 bytes of an old address"),
        ("/" + "ü" * 256 + " /new/", "512 bytes of an old address"),
        ("/old/ /" + "n" * 1000, "1000 of a new"),
        ("/feed.xml /new/", "belongs to the lists"),
        ("/tags/ /new/", "belongs to the lists"),
    ],
)
def test_what_is_wrong_is_said_with_its_line_and_is_not_used(line: str, message: str) -> None:
    found, (finding,) = parse(f"# old addresses\n\n{line}\n/other/ /new/\n")
    assert found == {"/other": "301 /new/"}
    assert (finding.path, finding.line, finding.code) == ("redirects.txt", 3, "redirects-file")
    assert message in finding.message


def test_of_two_lines_for_one_address_the_first_is_used_and_the_second_named() -> None:
    found, (finding,) = parse("/old/ /one/\n/old/index.html /two/\n")
    assert found == {"/old": "301 /one/"}
    assert (finding.line, finding.message) == (
        2, "/old/index.html is redirected on an earlier line already",
    )  # fmt: skip


def test_the_file_goes_before_a_post_and_a_page_before_both() -> None:
    site = Site()
    site.write(post("posts/a.md", redirect_from=["/old/", "/older/"]))
    site.redirects = {"/old": "302 /elsewhere/", "/posts/a": "410"}
    assert site.deploy().redirects == {"/old": "302 /elsewhere/", "/older": "301 /posts/a/"}


def test_an_old_address_where_there_is_a_page_today_stays_the_page() -> None:
    site = Site()
    site.write(post("posts/a.md"))
    site.write(post("posts/b.md", 2, redirect_from=["/old/", "/posts/a/"]))
    said = Remark(
        "posts/b.md", "redirect_from", "redirect-wrong",
        "redirect_from: /posts/a/ is the address of posts/a.md; it stays that", "warning",
    )  # fmt: skip
    first = site.deploy()
    assert first.redirects == {"/old": "301 /posts/b/"}
    assert first.remarks == (said,)
    site.write(post("posts/c.md", 3))
    assert site.deploy().remarks == ()  # of what did not change all was said
    site.write(site.metas["posts/b.md"], "Another text.")
    assert site.deploy().remarks == (said,)
