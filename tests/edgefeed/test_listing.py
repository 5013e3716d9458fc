from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.edgefeed.posts import SITE, entry, index_of, observations

from edgefeed.changes import advance, affected
from edgefeed.contract import key_to_path
from edgefeed.cut import FEED_BUDGET, cut, window
from edgefeed.index import Header, Index, apply
from edgefeed.listing import Catalogue
from edgefeed.model import Entry, Kind, Listing, Observed, Post
from edgefeed.units import SITEMAP_PART, YEAR_PAGE, YEARS, document_keys, unit_of
from sula.local.served import is_list_path


def listings(catalogue: Catalogue) -> dict[str, Listing | None]:
    return {unit: catalogue.resolve(unit) for unit in catalogue.units()}


def resolve(catalogue: Catalogue, unit: str) -> Listing:
    found = catalogue.resolve(unit)
    assert found is not None
    return found


def titles(listing: Listing) -> list[str]:
    return [post.title.removeprefix("Post ") for post in listing.entries]


# --- the law of changes ------------------------------------------------------------------


@given(st.lists(observations, min_size=1, max_size=4))
def test_affected_is_what_a_comparison_of_everything_finds(
    batches: list[dict[str, Observed]],
) -> None:
    catalogue = Catalogue(Index(), SITE)
    for batch in batches:
        fresh = Catalogue(catalogue.index, SITE)
        new = advance(catalogue, apply(catalogue.index, batch))
        units = {*fresh.units(), *Catalogue(new.index, SITE).units()}
        fresh_new = Catalogue(new.index, SITE)
        expected = {u for u in units if fresh.resolve(u) != fresh_new.resolve(u)}
        assert affected(catalogue, new) == expected
        assert affected(fresh, fresh_new) == expected
        catalogue = new


@given(st.lists(observations, min_size=1, max_size=4))
def test_what_is_worked_out_from_before_equals_what_is_counted_anew(
    batches: list[dict[str, Observed]],
) -> None:
    catalogue = Catalogue(Index(), SITE)
    for batch in batches:
        catalogue = advance(catalogue, apply(catalogue.index, batch))
    assert listings(catalogue) == listings(Catalogue(catalogue.index, SITE))
    assert not [unit for unit, listing in listings(catalogue).items() if listing is None]


# --- the law of the cut ------------------------------------------------------------------


@given(observations)
def test_every_post_is_on_one_page_of_each_of_its_lists(seen: dict[str, Observed]) -> None:
    catalogue = Catalogue(apply(Index(), seen), SITE)
    for front in ("", *(f for f in catalogue.fronts if not f.startswith(YEARS))):
        pages = [
            listing
            for listing in listings(catalogue).values()
            if listing is not None and listing.kind is Kind.PAGE and listing.front == front
        ]
        found = [post for page in pages for post in page.entries]
        assert sorted(found, key=lambda p: p.key) == sorted(
            catalogue.members(front), key=lambda p: p.key
        )
        for page in pages:
            assert 1 <= len(page.entries) <= SITE.page_size
            assert sum(post.size for post in page.entries) <= FEED_BUDGET or len(page.entries) == 1
            assert page.complete == (page.newer is not None)
            assert (page.older is None) == (page.number == 1)


def test_where_posts_are_heavy_every_page_holds_as_many_as_it_can() -> None:
    posts = [entry(number, size=FEED_BUDGET // 3) for number in range(8)]
    heavy = entry(9, size=FEED_BUDGET + 1)
    assert cut(posts, 20) == [0, 3, 6, 8]
    assert cut([heavy, *posts], 20) == [0, 1, 4, 7, 9]
    assert window(posts, 20) == posts[-3:]
    assert window([*posts, heavy], 20) == [heavy]


@given(observations)
def test_between_them_a_front_and_its_archives_hold_every_post(seen: dict[str, Observed]) -> None:
    catalogue = Catalogue(apply(Index(), seen), SITE)
    for front in ("", *catalogue.fronts):
        listing = resolve(catalogue, front)
        held, page = {post.key for post in listing.entries}, listing.archive
        while page is not None:
            archive = resolve(catalogue, page)
            assert archive.complete
            held |= {post.key for post in archive.entries}
            page = archive.older
        assert held == {post.key for post in catalogue.members(front)}


def test_a_new_post_touches_the_newest_page_of_its_lists_and_no_other() -> None:
    posts = [entry(n, tags=("a", "b")[: 1 + n % 2]) for n in range(20)]
    old = Catalogue(index_of(*posts), SITE)
    new = advance(old, apply(old.index, {entry(20).key: Post(entry(20, tags=("a",)), None)}))  # type: ignore[arg-type]
    assert affected(old, new) == {
        "", "page/7", "tags/a", "tags/a/page/7", "tags", "archive", "archive/2026", "sitemap/1.xml",
        "search/0/0.json",
    }  # fmt: skip


def test_a_new_page_completes_the_one_before() -> None:
    old = Catalogue(index_of(*map(entry, range(6))), SITE)
    new = advance(old, apply(old.index, {entry(6).key: Post(entry(6), None)}))  # type: ignore[arg-type]
    assert {unit for unit in affected(old, new) if "page/" in unit} == {"page/2", "page/3"}


def test_a_changed_title_touches_only_where_it_is_shown() -> None:
    old = Catalogue(index_of(*(entry(n, tags=("a",)) for n in range(20))), SITE)
    edited = entry(4, tags=("a",), title="New")
    new = advance(old, apply(old.index, {edited.key: Post(edited, None)}))  # type: ignore[arg-type]
    assert affected(old, new) == {
        "page/2", "tags/a/page/2", "archive/2026", "search/0/0.json", "sitemap/1.xml",
    }  # fmt: skip


def test_a_pinned_posts_new_title_touches_home_however_old_it_is() -> None:
    old = Catalogue(index_of(*(entry(n, pinned=n == 4) for n in range(20))), SITE)
    edited = entry(4, pinned=True, title="New")
    new = advance(old, apply(old.index, {edited.key: Post(edited, None)}))  # type: ignore[arg-type]
    assert affected(old, new) == {"", "page/2", "archive/2026", "search/0/0.json", "sitemap/1.xml"}


# --- what each unit shows ----------------------------------------------------------------


def test_the_front_is_a_window_on_the_newest() -> None:
    catalogue = Catalogue(index_of(*map(entry, range(8))), SITE)
    home = resolve(catalogue, "")
    assert titles(home) == ["7", "6", "5", "4"]
    assert home.older == "page/2"  # the home page shows 7 and 6; 5 is on the second page
    assert home.archive == "page/2"
    assert home.total == 8
    page = resolve(catalogue, "page/2")
    assert titles(page) == ["5", "4", "3"]
    assert (page.older, page.newer, page.complete) == ("page/1", "page/3", True)
    assert resolve(catalogue, "page/3").newer is None
    assert catalogue.resolve("page/4") is None


def test_heavy_posts_are_cut_early() -> None:
    heavy = [entry(n, size=400_000) for n in range(5)]
    catalogue = Catalogue(index_of(*heavy), SITE)
    assert titles(resolve(catalogue, "page/1")) == ["1", "0"]
    assert titles(resolve(catalogue, "")) == ["4", "3"]


def test_a_feed_smaller_than_a_page_cuts_the_pages_too() -> None:
    site = msgspec.structs.replace(SITE, feed_size=2, page_size=20)
    catalogue = Catalogue(index_of(*map(entry, range(5))), site)
    assert titles(resolve(catalogue, "")) == ["4", "3"]
    assert titles(resolve(catalogue, "page/2")) == ["3", "2"]


def test_of_two_posts_with_one_id_the_smaller_key_is_shown() -> None:
    first, second = entry(1, id="same"), entry(2, id="same")
    index = index_of(first, second)
    catalogue = Catalogue(index, SITE)
    assert titles(resolve(catalogue, "")) == ["1"]
    (problem,) = resolve(catalogue, "problems").problems
    assert problem.key == second.key
    assert "same" in problem.reason
    assert first.key in problem.reason
    restored = Catalogue(apply(index, {first.key: None}), SITE)
    assert titles(resolve(restored, "")) == ["2"]
    assert not restored.problems


def test_a_tag_is_called_as_most_spell_it() -> None:
    posts = [entry(1, tags=("Python",)), entry(2, tags=("python",)), entry(3, tags=("PYTHON",))]
    catalogue = Catalogue(index_of(*posts), SITE)
    assert resolve(catalogue, "tags/python").title == "PYTHON"
    catalogue = Catalogue(index_of(*posts, entry(4, tags=("python", "Python"))), SITE)
    assert resolve(catalogue, "tags/python").title == "Python"
    (count,) = resolve(catalogue, "tags").counts
    assert (count.label, count.path, count.count) == ("Python", "/tags/python/", 4)


def test_an_emptied_tag_keeps_its_front_and_its_name() -> None:
    old = Catalogue(index_of(entry(1, tags=("Ärger",))), SITE)
    new = advance(old, apply(old.index, {entry(1).key: None}))
    front = resolve(new, "tags/ärger")
    assert (front.title, front.entries, front.total) == ("Ärger", (), 0)
    assert resolve(new, "tags").counts == ()
    assert new.resolve("tags/ärger/page/1") is None
    again = advance(new, apply(new.index, {entry(1).key: Post(entry(1, tags=("ärger",)), None)}))  # type: ignore[arg-type]
    assert again.index.header.emptied == {}


def test_what_is_pinned_stands_on_home_beside_the_newest_and_nowhere_else() -> None:
    posts = [entry(n, pinned=n in {1, 3}, tags=("a",)) for n in range(8)]
    catalogue = Catalogue(index_of(*posts), SITE)
    home = resolve(catalogue, "")
    assert [post.title for post in home.pinned] == ["Post 3", "Post 1"]
    assert titles(home) == ["7", "6", "5", "4"], "feeds do not know"
    assert home.older == "page/2"
    others = [found for unit, found in listings(catalogue).items() if unit and found]
    assert len(others) > 5
    assert not [found for found in others if found.pinned]


def test_home_has_no_more_pinned_posts_than_others() -> None:
    catalogue = Catalogue(index_of(*(entry(n, pinned=n < 5) for n in range(8))), SITE)
    assert [post.title for post in resolve(catalogue, "").pinned] == ["Post 4", "Post 3"]


def test_a_series_is_read_in_its_order() -> None:
    parts = [
        entry(1, series="S", position=3),
        entry(2, series="S", position=1),
        entry(3, series="S"),
        entry(4, series="S", position=7),
    ]
    front = resolve(Catalogue(index_of(*parts), SITE), "series/s")
    assert [part.title for part in front.parts] == ["Post 2", "Post 1", "Post 4", "Post 3"]
    assert front.older is None


def test_years_are_the_posts_own() -> None:
    late = entry(1, published="2025-12-31T23:30:00-02:00")
    catalogue = Catalogue(index_of(late, entry(5)), SITE)
    assert [c.label for c in resolve(catalogue, "archive").counts] == ["2026", "2025"]
    assert titles(resolve(catalogue, "archive/2025")) == ["1"]


def busy(count: int) -> list[Entry]:
    """So many posts of one year."""
    return [
        entry(n, published=f"2026-01-01T{n // 60:02}:{n % 60:02}:00+00:00") for n in range(count)
    ]


@pytest.mark.parametrize("count", [1, 2 * YEAR_PAGE - 1, 2 * YEAR_PAGE, 3 * YEAR_PAGE + 7])
def test_a_year_of_any_size_is_shown_in_parts_of_a_bounded_one(count: int) -> None:
    catalogue = Catalogue(index_of(*busy(count)), SITE)
    listing, held = resolve(catalogue, "archive/2026"), []
    assert listing.total == count
    assert len(listing.entries) < 2 * YEAR_PAGE
    newer = None
    while True:
        held += titles(listing)
        assert listing.newer == newer
        if listing.older is None:
            break
        newer, listing = listing.unit, resolve(catalogue, listing.older)
        assert (listing.kind, len(listing.entries)) == (Kind.YEAR, YEAR_PAGE)
    assert held == [str(n) for n in reversed(range(count))]
    units = {unit for unit in catalogue.units() if unit.startswith("archive/2026")}
    assert len(units) == max(count // YEAR_PAGE, 1)


@pytest.mark.parametrize("place", [0, YEAR_PAGE, 2 * YEAR_PAGE, 3 * YEAR_PAGE])
@pytest.mark.parametrize("count", [2 * YEAR_PAGE - 1, 2 * YEAR_PAGE, 3 * YEAR_PAGE + 7])
def test_a_change_of_a_large_year_touches_what_it_shifts(count: int, place: int) -> None:
    posts = busy(count)
    at = min(place, count - 1)
    edited = msgspec.structs.replace(posts[at], title="New")
    added = entry(9_999, published=posts[at].published)
    old = Catalogue(index_of(*posts), SITE)
    for key, seen in ((at, edited), (9_999, added), (at, None)):
        observed = {entry(key).key: Post(seen, None) if seen else None}  # type: ignore[arg-type]
        new = advance(old, apply(old.index, observed))
        units = {u for u in (*old.units(), *new.units()) if u.startswith(YEARS)}
        expected = {u for u in units if old.resolve(u) != new.resolve(u)}
        assert {u for u in affected(old, new) if u.startswith(YEARS)} == expected
        if at == count - 1:
            assert len(expected) == 1 or len(posts) % YEAR_PAGE in {0, YEAR_PAGE - 1}


def test_the_sitemap_is_cut_from_the_oldest() -> None:
    posts = [entry(n) for n in range(SITEMAP_PART + 1)]
    catalogue = Catalogue(index_of(*posts), SITE)
    assert [c.path for c in resolve(catalogue, "sitemap.xml").counts] == [
        "/sitemap/pages.xml",
        "/sitemap/1.xml",
        "/sitemap/2.xml",
    ]
    assert titles(resolve(catalogue, "sitemap/2.xml")) == [str(SITEMAP_PART)]


def test_an_empty_site_has_its_overviews() -> None:
    catalogue = Catalogue(Index(), SITE)
    assert [*catalogue.units()] == [
        "", "tags", "archive", "search", "sitemap.xml", "sitemap/pages.xml", "problems",
    ]  # fmt: skip
    assert all(catalogue.resolve(unit) is not None for unit in catalogue.units())


# --- names -------------------------------------------------------------------------------


@given(observations)
def test_every_document_is_served_from_lists_and_leads_back_to_its_unit(
    seen: dict[str, Observed],
) -> None:
    catalogue = Catalogue(apply(Index(), seen), SITE)
    keys: list[str] = []
    for unit in catalogue.units():
        keys += document_keys(unit)
        if unit != "problems":
            assert all(is_list_path(key_to_path(key)) for key in document_keys(unit))
            assert {unit_of(key) for key in document_keys(unit)} == {unit}
    assert len(keys) == len(set(keys))


@pytest.mark.parametrize(
    "unit",
    [
        "page/0", "page/01", "page/x", "page/", "tags/none", "series/none", "archive/1999",
        "archive/", "sitemap/0.xml", "sitemap/9.xml", "sitemap/x", "tags/page/1", "nonsense",
        "page/٣", "tags/", "series/",
    ],
)  # fmt: skip
def test_what_is_no_unit_resolves_to_nothing(unit: str) -> None:
    assert Catalogue(index_of(*map(entry, range(8))), SITE).resolve(unit) is None


@pytest.mark.parametrize("key", ["lists/robots.txt", "lists/tags/feed.xml", "lists/archive/x.html"])
def test_what_is_not_ours_belongs_to_no_unit(key: str) -> None:
    assert unit_of(key) is None


def test_a_tag_called_page_is_a_tag() -> None:
    posts: list[Entry] = [entry(n, tags=("Page",)) for n in range(5)]
    catalogue = Catalogue(index_of(*posts, emptied={}), SITE)
    assert resolve(catalogue, "tags/page").kind is Kind.TAG
    assert resolve(catalogue, "tags/page/page/2").number == 2


def test_the_header_alone_brings_emptied_fronts() -> None:
    catalogue = Catalogue(Index(header=Header(emptied={"series/old": "Old"})), SITE)
    assert resolve(catalogue, "series/old").title == "Old"
