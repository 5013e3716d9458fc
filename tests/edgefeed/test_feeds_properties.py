"""What holds for feeds of any posts: the formats agree, readers accept, bytes stand still."""

from __future__ import annotations

import os
import subprocess
import sys
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import example, given, settings
from lxml import etree
from tests.edgefeed import feedgen_items
from tests.edgefeed.feed_readers import NAMES, Trio, feeds, links, parsed
from tests.edgefeed.strategies import SITE, listing, posts, read, text, unique_posts

from edgefeed.atom import atom_item
from edgefeed.channel import Item, escaped
from edgefeed.channel import element as made
from edgefeed.contract import key_to_path, slugify
from edgefeed.feeds import weigh
from edgefeed.fragments import decode_fragment, encode_fragment, fragment_digest
from edgefeed.model import Post
from edgefeed.rss import rss_item
from edgefeed.text import legal


def from_rss(trio: Trio) -> list[tuple[Any, ...]]:
    rows = []
    for item in trio.rss.iter("item"):
        date = parsedate_to_datetime(item.findtext("pubDate") or "").isoformat()
        enclosure = item.find("enclosure")
        rows.append(
            (
                item.findtext("guid"),
                item.findtext("link"),
                item.findtext("title") or "",
                date,
                item.findtext("description") or "",
                item.findtext("c:encoded", namespaces=NAMES) or "",
                [node.text for node in item.findall("category")],
                None if enclosure is None else enclosure.get("url"),
            )
        )
    return rows


def from_atom(trio: Trio) -> list[tuple[Any, ...]]:
    rows = []
    for entry in trio.atom.findall("a:entry", NAMES):
        near = {link[0]: link[1] for link in links(entry)}

        def text(name: str, entry: Any = entry) -> str:
            return str(entry.findtext(f"a:{name}", namespaces=NAMES) or "")

        rows.append(
            (
                text("id"),
                near["alternate"],
                text("title"),
                text("published"),
                text("summary"),
                text("content"),
                [node.get("label") for node in entry.findall("a:category", NAMES)],
                near.get("enclosure"),
            )
        )
    return rows


def from_json(trio: Trio) -> list[tuple[Any, ...]]:
    return [
        (
            item["id"],
            item["url"],
            item.get("title", ""),
            item["date_published"],
            item.get("summary", ""),
            item["content_html"],
            item.get("tags", []),
            next((media["url"] for media in item.get("attachments", [])), None),
        )
        for item in trio.json["items"]
    ]


def from_index(found: list[Post]) -> list[tuple[Any, ...]]:
    newest = sorted(found, key=lambda p: (p.entry.instant, p.entry.id), reverse=True)
    return [
        (
            entry.id,
            SITE.absolute(key_to_path(entry.key)),
            entry.title,
            entry.published,
            fragment.summary,
            fragment.content,
            list(entry.tags),
            fragment.enclosure.url if fragment.enclosure else None,
        )
        for entry, fragment in ((post.entry, post.fragment) for post in newest)
    ]


@pytest.mark.long
@settings(max_examples=80, deadline=None)
@given(unique_posts())
def test_three_formats_agree_with_each_other_and_with_the_index(found: list[Post]) -> None:
    trio = feeds(listing(*found), *found)
    expected = from_index(found)
    assert from_rss(trio) == expected
    assert from_atom(trio) == expected
    assert from_json(trio) == expected
    updated = [node.text for node in trio.entries("a:updated")]
    assert updated == [item["date_modified"] for item in trio.json["items"]]


@settings(max_examples=60, deadline=None)
@given(unique_posts(max_size=3))
def test_an_independent_reader_understands_them(found: list[Post]) -> None:
    trio = feeds(listing(*found), *found)
    expected = from_index(found)
    for body in trio.bodies[:2]:
        seen = parsed(body)
        assert [row.id for row in seen.entries] == [row[0] for row in expected]
        assert [row.link for row in seen.entries] == [row[1] for row in expected]
        assert seen.feed.link == "https://blog.example/"
        assert seen.version in {"rss20", "atom10"}


@settings(max_examples=80, deadline=None)
@given(posts())
def test_a_weight_is_what_an_item_takes_in_the_largest_format(post: Post) -> None:
    around = (b"<item>", b"</item>"), (b"<entry", b"</entry>"), (b'"items":[\n', b"\n]}")
    sizes = []
    for body, (start, end) in zip(feeds(listing(post), post).bodies, around, strict=True):
        first, last = body.index(start), body.rindex(end)
        sizes.append(last + len(end) - first if start[:1] == b"<" else last - first - len(start))
    assert post.entry.size == max(sizes)
    assert weigh(post.entry, post.fragment, SITE) == post.entry


@pytest.mark.parametrize(
    "body", ["&amp;" * 5_000, '<b title="&quot;">"</b>' * 2_000, "ü\\\n" * 9_000]
)
def test_a_weight_counts_what_escaping_adds(body: str) -> None:
    post = read(body=body)
    assert post.entry.size > len(post.fragment.content.encode())


@settings(max_examples=100, deadline=None)
@given(posts())
def test_a_fragment_is_stored_under_the_digest_of_its_bytes(post: Post) -> None:
    stored = encode_fragment(post.fragment)
    assert decode_fragment(stored) == post.fragment
    assert encode_fragment(decode_fragment(stored)) == stored
    other = msgspec.structs.replace(post.fragment, content=post.fragment.content + " ")
    assert fragment_digest(other) != post.entry.fragment == fragment_digest(post.fragment)


@settings(max_examples=25, deadline=None)
@given(unique_posts())
def test_every_tag_has_an_address_of_its_own_in_its_post(found: list[Post]) -> None:
    trio = feeds(listing(*found), *found)
    terms = [
        [node.get("term") for node in entry.findall("a:category", NAMES)]
        for entry in trio.atom.findall("a:entry", NAMES)
    ]
    assert all(len(set(row)) == len(row) for row in terms)
    labels = [item.get("tags", []) for item in trio.json["items"]]
    assert terms == [[slugify(label) for label in row] for row in labels]


PRINT_DIGEST = """
import hashlib, sys
from pathlib import Path
from tests.edgefeed.goldens.__main__ import CASES, make
found = [body for case in CASES for body in make(case).values()]
assert len(found) > 9
print(hashlib.sha256(b"".join(found)).hexdigest())
"""


def test_line_06_bytes_depend_on_no_hash_seed_locale_or_time_zone() -> None:
    surroundings = [
        {"PYTHONHASHSEED": "1", "LC_ALL": "C", "TZ": "UTC"},
        {"PYTHONHASHSEED": "2", "LC_ALL": "de_DE.UTF-8", "TZ": "Asia/Kathmandu"},
        {"PYTHONHASHSEED": "3", "LC_ALL": "C.UTF-8", "TZ": "America/St_Johns", "LANG": "tr_TR"},
    ]
    digests = {
        subprocess.run(
            [sys.executable, "-c", PRINT_DIGEST],
            env={"PATH": os.environ["PATH"], **around},
            cwd=Path(__file__).parents[2],
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for around in surroundings
    }
    assert len(digests) == 1
    assert len(next(iter(digests)).strip()) == 64


@given(text(400))
@example("\r\n\t\"'<p>&amp;\u2028")
def test_a_posts_text_is_escaped_as_lxml_does(value: str) -> None:
    element = etree.Element("x")
    element.text = legal(value)
    assert etree.tostring(element, encoding="UTF-8") == f"<x>{escaped(legal(value))}</x>".encode()
    attribute = etree.tostring(etree.Element("x", a=legal(value)), encoding="UTF-8")
    assert attribute == made("x", a=legal(value)).encode()


@settings(max_examples=200, deadline=None)
@given(posts())
def test_an_item_is_what_feedgen_makes_of_the_post(post: Post) -> None:
    url = SITE.absolute(key_to_path(post.entry.key))
    content = escaped(post.fragment.content)
    item = Item(post.entry, post.fragment, url, SITE.author, SITE.language, content)
    assert rss_item(item) == feedgen_items.rss_item(item)
    assert atom_item(item) == feedgen_items.atom_item(item)


@pytest.mark.parametrize("field", ["id", "title", "tags"])
def test_no_item_holds_what_xml_forbids(field: str) -> None:
    post = read()
    bad = "a\x08" if field != "tags" else ("a\ufffe",)
    with pytest.raises(ValueError, match="control characters"):
        weigh(msgspec.structs.replace(post.entry, **{field: bad}), post.fragment, SITE)
