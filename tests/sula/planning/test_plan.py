"""What a deploy does and why, from inputs in memory."""

from __future__ import annotations

import msgspec
import pytest
from tests.sula.planned import SITE, Site, post, reasons

from edgefeed.contract import PAGES
from sula.content.files import is_source
from sula.planning.actions import TooManyRemovalsError
from sula.planning.identity import mint
from sula.publishing.publish import stored_of


@pytest.fixture
def site() -> Site:
    site = Site()
    for number, name in enumerate(("one", "two", "three", "four"), 1):
        site.write(post(f"posts/{name}.md", number))
    site.files["images/a.png"] = "png"
    return site


def test_a_first_plan_creates_everything_once(site: Site) -> None:
    assert set(reasons(site.deploy()).values()) == {"create: new"}
    again = site.plan()
    assert again.actions == ()
    assert again.jobs == ()
    assert again.kept == 5
    assert again.rows == site.record.sources


def test_a_body_edited_renders_that_page_alone(site: Site) -> None:
    site.deploy()
    site.write(site.metas["posts/two.md"], "mended")
    assert reasons(site.deploy()) == {"posts/two/index.html": "update: edited"}


def test_a_title_edited_renders_its_neighbours_too(site: Site) -> None:
    site.deploy()
    site.write(post("posts/two.md", 2, title="Second"))
    assert reasons(site.deploy()) == {
        "posts/one/index.html": "update: its next post changed title",
        "posts/two/index.html": "update: edited",
        "posts/three/index.html": "update: its previous post changed title",
    }


def test_a_post_removed_renders_those_on_both_sides(site: Site) -> None:
    site.deploy()
    site.remove("posts/four.md")
    assert reasons(site.deploy()) == {
        "posts/three/index.html": "update: it has no next post any more",
        "posts/four/index.html": "delete: removed",
    }
    site.remove("posts/two.md")
    assert reasons(site.deploy()) == {
        "posts/one/index.html": "update: another post is now its next one",
        "posts/two/index.html": "delete: removed",
        "posts/three/index.html": "update: another post is now its previous one",
    }


def test_a_new_slug_moves_the_page_and_follows_links_to_it(site: Site) -> None:
    site.write(post("posts/four.md", 4, links=["posts/one.md"]))
    site.deploy()
    site.write(post("posts/one.md", 1, slug="uno"))
    assert reasons(site.deploy()) == {
        "posts/uno/index.html": "create: moved from /posts/one/",
        "posts/one/index.html": "delete: moved to /posts/uno/",
        "posts/two/index.html": "update: its previous post changed address",
        "posts/four/index.html": "update: it links to a post that moved",
    }


def test_the_parts_of_a_series_follow_each_other(site: Site) -> None:
    site.write(post("posts/one.md", 1, series="Sewing", position=1))
    site.write(post("posts/four.md", 4, series="sewing", position=2))
    site.deploy()
    site.write(post("posts/four.md", 4, series="sewing", position=3))
    assert reasons(site.deploy()) == {
        "posts/one/index.html": "update: its series changed",
        "posts/four/index.html": "update: edited",
    }


def test_the_theme_the_settings_and_the_engine_touch_every_page_and_no_image(site: Site) -> None:
    site.deploy()
    for field, reason in (
        ("theme", "theme changed"),
        ("settings", "settings changed"),
        ("engine", "Sula or a library changed"),
    ):
        site.prints = msgspec.structs.replace(site.prints, **{field: "other"})
        assert set(reasons(site.deploy()).values()) == {f"update: {reason}"}
        assert site.plan().actions == ()


def test_an_asset_no_longer_used_is_retired_not_removed(site: Site) -> None:
    site.assets = {"theme/style.aaaaaaaaaa.css": stored_of("x", b"old").etag}
    site.deploy()
    site.record = msgspec.structs.replace(
        site.record,
        assets=tuple(
            msgspec.structs.replace(a, etag=site.assets[a.path]) for a in site.record.assets
        ),
    )
    site.assets = {"theme/style.bbbbbbbbbb.css": stored_of("x", b"new").etag}
    assert reasons(site.plan()) == {
        "theme/style.aaaaaaaaaa.css": "retire: no page uses it any more",
        "theme/style.bbbbbbbbbb.css": "create: new",
    }


def test_drafts_and_posts_of_the_future_wait(site: Site) -> None:
    site.write(post("posts/draft.md", 5, status="draft"))
    site.write(post("posts/later.md", 6, published="2030-01-01T00:00:00+00:00"))
    plan = site.deploy()
    assert plan.drafts == ("posts/draft.md",)
    assert plan.scheduled == ("posts/later.md",)
    assert "posts/draft/index.html" not in reasons(plan)
    assert site.plan().actions == ()
    site.now = 2_000_000_000
    assert reasons(site.deploy()) == {
        "posts/four/index.html": "update: it now has a next post",
        "posts/later/index.html": "create: now published",
    }
    site.write(post("posts/later.md", 6, status="draft"))
    assert reasons(site.deploy())["posts/later/index.html"] == "delete: now a draft"


def test_a_rename_keeps_the_identity_and_a_newcomer_at_the_old_path_gets_its_own(
    site: Site,
) -> None:
    site.deploy()
    kept = site.metas["posts/two.md"]
    site.remove("posts/two.md")
    site.write(msgspec.structs.replace(kept, path="posts/deux.md", slug="two"))
    blob = {row.path: row.blob for row in site.record.sources}["posts/two.md"]

    def blobs() -> dict[str, str]:
        return {**Site.blobs(site), "posts/deux.md": blob}

    site.blobs = blobs  # type: ignore[method-assign]
    plan = site.deploy()
    assert plan.renamed == {"posts/deux.md": "posts/two.md"}
    assert [job.id for job in plan.jobs] == [mint(SITE, "posts/two.md")]
    assert reasons(plan) == {"posts/two/index.html": "update: renamed from posts/two.md"}
    site.write(post("posts/two.md", 9, slug="other"))
    ids = {job.path: job.id for job in site.deploy().jobs}
    assert ids["posts/two.md"] == mint(SITE, "posts/two.md#2")


def test_git_knows_renames_that_were_edited_on_the_way(site: Site) -> None:
    site.deploy()
    site.remove("posts/two.md")
    site.write(post("posts/deux.md", 2), "rewritten")
    site.hints = {"posts/deux.md": "posts/two.md"}
    assert {j.path: j.id for j in site.deploy().jobs}["posts/deux.md"] == mint(SITE, "posts/two.md")


def test_an_identity_once_stated_is_remembered(site: Site) -> None:
    site.write(post("posts/one.md", 1, id="urn:stated"))
    site.deploy()
    site.write(post("posts/one.md", 1), "and the id lost")
    (job,) = (job for job in site.deploy().jobs if job.path == "posts/one.md")
    assert job.id == "urn:stated"


def test_two_sources_with_one_address_are_both_named(site: Site) -> None:
    site.write(post("posts/uno.md", 8, slug="one"))
    errors = [r for r in site.plan().remarks if r.severity == "error"]
    assert [r.path for r in errors] == ["posts/one.md", "posts/uno.md"]
    assert "/posts/one/" in errors[0].message
    assert "posts/uno.md" in errors[0].message


@pytest.mark.parametrize(
    ("path", "address"), [("index.html", "/"), ("feed.xml", "/feed.xml"), ("tags/a.png", "/tags/a")]
)
def test_the_lists_addresses_are_reserved(site: Site, path: str, address: str) -> None:
    site.files[path] = "mine"
    (remark,) = site.plan().remarks
    assert remark.path == path
    assert address in remark.message
    site.files.clear()
    site.deploy()
    site.files[path] = "mine"
    assert [r.path for r in site.plan().remarks] == [path]


def test_a_link_into_the_void_is_an_error_wherever_the_void_opens(site: Site) -> None:
    site.write(post("posts/four.md", 4, links=["images/a.png", "posts/one.md", "posts/none.md"]))
    (remark,) = site.plan().remarks
    assert (remark.path, remark.about) == ("posts/four.md", "link:posts/none.md")
    site.write(post("posts/four.md", 4, links=["images/a.png", "posts/one.md"]))
    site.deploy()
    site.remove("posts/one.md")
    del site.files["images/a.png"]
    about = [(r.path, r.about) for r in site.plan().remarks]
    assert about == [("posts/four.md", "link:images/a.png"), ("posts/four.md", "link:posts/one.md")]


def test_a_link_to_a_draft_is_a_warning(site: Site) -> None:
    site.write(post("posts/draft.md", 5, status="draft"))
    site.write(post("posts/four.md", 4, links=["posts/draft.md"]))
    (remark,) = site.plan().remarks
    assert remark.severity == "warning"
    assert "a draft" in remark.message


def test_one_identity_twice_is_an_error(site: Site) -> None:
    site.write(post("posts/one.md", 1, id="urn:x"))
    site.write(post("posts/two.md", 2, id="urn:x"))
    (remark,) = site.plan().remarks
    assert (remark.path, remark.about) == ("posts/two.md", "id")
    assert "posts/one.md" in remark.message


def test_tags_that_differ_only_in_case_are_shown_as_the_most_used(site: Site) -> None:
    for number, tag in enumerate(("Python", "Python", "python", "C")):
        name = ("one", "two", "three", "four")[number]
        site.write(post(f"posts/{name}.md", number + 1, tags=[tag]))
    (remark,) = site.plan().remarks
    assert (remark.path, remark.severity) == ("posts/three.md", "warning")
    assert "'Python'" in remark.message


def test_the_safety_stop_names_number_threshold_and_remedy() -> None:
    site = Site()
    for number in range(1, 21):
        site.write(post(f"posts/p{number}.md", number))
    site.deploy()
    for number in range(1, 5):
        site.remove(f"posts/p{number}.md")
    site.plan().check_safety()
    site.remove("posts/p5.md")
    with pytest.raises(TooManyRemovalsError, match=r"5 of the site's 20 pages.*\(4\).*--force"):
        site.plan().check_safety()


def test_a_small_site_may_lose_a_large_share(site: Site) -> None:
    site.deploy()
    for name in ("one", "two", "three"):
        site.remove(f"posts/{name}.md")
    site.plan().check_safety()


def test_what_was_observed_is_believed_over_the_record(site: Site) -> None:
    site.deploy()
    key = PAGES + "posts/two/index.html"
    (row,) = (row for row in site.record.sources if row.path == "posts/two.md")
    good = site.record.stored(row)
    assert site.plan(observed={key: good}).actions == ()
    assert reasons(site.plan(observed={key: None})) == {
        "posts/two/index.html": "update: missing from the bucket"
    }
    stale = good._replace(cache_control="no-store")
    assert reasons(site.plan(observed={key: stale})) == {
        "posts/two/index.html": "update: not as it was published"
    }
    image = PAGES + "images/a.png"
    assert reasons(site.plan(observed={image: None, PAGES + "x.html": good})) == {
        "images/a.png": "update: missing from the bucket",
        "x.html": "delete: no part of the site",
    }


def test_sources_are_told_from_files() -> None:
    assert is_source("posts/a.md")
    assert not is_source("posts/a.png")
