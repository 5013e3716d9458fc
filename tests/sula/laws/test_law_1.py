"""Law 1: after any sequence of edits, incremental output equals a clean full build.

Byte for byte and header for header, with deploys in between that may die at any write, or
meet another deploy, in a folder or a git checkout, clean or not. The only thing a clean build may
know of the past is who is who.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)
from tests.authored import THEME, Authored, Post, clean_build, deploying, record_in
from tests.bucket import Crash, MemoryBucket, MemorySchedules

from sula.errors import ContentError
from sula.publishing.claims import CLAIMS_KEY

EXAMPLES = int(os.environ.get("SULA_LAW_EXAMPLES", "125"))
NAMES = [f"posts/{name}.md" for name in ("one", "One", "two", "three", "four", "fünf", "six+6")]
DATES = [f"2026-01-0{day} 0{hour}:00" for day in (1, 2, 3) for hour in (7, 8)] + [
    "2027-01-15 08:00", "2027-01-15 09:00", "2027-03-01 09:00",
]  # fmt: skip
TITLES = st.sampled_from(["Alpha", "Beta & <co>", "Gamma", "Δέλτα"])
IMAGES = ["images/a.svg", "posts/b.svg", "images/c.png"]


PATHS = st.sampled_from(NAMES)


def edit(method: str, **said: st.SearchStrategy[Any]) -> st.SearchStrategy[tuple[str, Any]]:
    return st.tuples(st.just(method), st.fixed_dictionaries(said))


EDITS = st.one_of(
    edit("write", path=PATHS, title=TITLES, date=st.sampled_from(DATES)),
    edit("change", path=PATHS, body=st.sampled_from(["New words.", "Other *words*.", "$x$"])),
    edit("change", path=PATHS, title=TITLES),
    edit("change", path=PATHS, date=st.sampled_from(DATES)),
    edit("change", path=PATHS, tags=st.sampled_from([["a"], ["A", "b+"], None])),
    edit("change", path=PATHS, draft=st.sampled_from([True, None])),
    edit("change", path=PATHS, pinned=st.sampled_from([True, None])),
    edit("change", path=PATHS, series=st.sampled_from("SsT"), position=st.sampled_from([1, 2])),
    edit("change", path=PATHS, series=st.none(), position=st.none()),
    edit("reslug", path=PATHS, slug=st.sampled_from(["x", "y", None])),
    edit("link", path=PATHS, to=st.sampled_from([*NAMES, *IMAGES])),
    edit("delete", path=PATHS),
    edit("commit"),
    edit("rename", old=PATHS, new=PATHS),
    edit(
        "draw",
        image=st.sampled_from(IMAGES),
        text=st.sampled_from(["<svg/>", "<svg viewBox='0 0 2 1'></svg>", None]),
    ),
    edit("write_page", title=TITLES),
    edit("restyle", name=st.sampled_from(sorted(THEME)), mark=st.sampled_from(["", "/* 1 */"])),
    edit(
        "reset",
        title=TITLES,
        zone=st.sampled_from(["UTC", "Europe/Vienna"]),
        pattern=st.sampled_from(["posts/{slug}/", "{date:%Y}/{slug}.html"]),
        previews=st.booleans(),
    ),
    edit("upgrade", engine=st.sampled_from(["engine 1", "engine 2"])),
    edit("wait", later=st.sampled_from([3600, 86_400 * 60]), fate=st.sampled_from("flt")),
)

BATCH = st.lists(EDITS, min_size=1, max_size=4)
Edits = list[tuple[str, dict[str, Any]]]


class Law1(RuleBasedStateMachine):
    """An author, a bucket, and deploys that may die."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="law-1-"))
        self.site = Authored(self.folder / "site")
        self.bucket = MemoryBucket()
        self.site.schedules = MemorySchedules(self.bucket)
        self.tampered = False

    def teardown(self) -> None:
        shutil.rmtree(self.folder)

    @initialize(count=st.integers(2, 6), in_git=st.booleans())
    def begin(self, count: int, in_git: bool) -> None:  # noqa: FBT001
        for number, path in enumerate(NAMES[:count]):
            self.site.save(Post(path, f"Post {number}", DATES[number]))
            if number:
                self.link(path, NAMES[number // 2])
        self.site.put("content/images/a.svg", "<svg/>")
        if in_git:
            self.site.begin_repository()

    # --- the author -----------------------------------------------------------------------

    def author(self, edits: Edits) -> None:
        for name, said in edits:
            getattr(self, name)(**said)

    def change(self, path: str, **said: Any) -> None:
        post = self.site.posts.get(path) or Post(path)
        for name in ("title", "date", "body"):
            setattr(post, name, said.pop(name, getattr(post, name)))
        post.more |= said
        self.site.save(post)

    def write(self, path: str, title: str, date: str) -> None:
        self.site.save(Post(path, title, date))

    def reslug(self, path: str, slug: str | None) -> None:
        stem = Path(path).stem.replace("+", "")
        self.change(path, slug=slug and f"{stem}-{slug}")

    def link(self, path: str, to: str) -> None:
        written = to.removeprefix("posts/").replace("images/", "../images/")
        self.change(path, body=f"See [it](<{written}>) and [this](<{written}#part>).")

    def commit(self) -> None:
        self.site.commit()

    def delete(self, path: str) -> None:
        self.site.remove(path)

    def rename(self, old: str, new: str) -> None:
        if old in self.site.posts and new not in self.site.posts:
            self.site.rename(old, new)

    def draw(self, image: str, text: str | None) -> None:
        if text is None:
            (self.site.root / "content" / image).unlink(missing_ok=True)
        elif image.endswith(".png"):
            self.site.draw(image, 490 + len(text))
        else:
            self.site.put(f"content/{image}", text)

    def write_page(self, title: str) -> None:
        text = f"---\ntitle: {title!r}\n---\n\nAbout.\n"
        self.site.put("content/pages/about.md", text)

    def restyle(self, name: str, mark: str) -> None:
        self.site.put(f"theme/{name}", THEME[name] + mark)

    def reset(self, title: str, zone: str, pattern: str, *, previews: bool) -> None:
        self.site.settings |= {"SITENAME": title, "TIMEZONE": zone, "ARTICLE_URL": pattern}
        self.site.settings["PREVIEWS"] = previews
        self.site.save_settings()

    def upgrade(self, engine: str) -> None:
        self.site.engine = engine

    def wait(self, later: int, fate: str) -> None:
        """Time passes. Schedules fire, or are lost, or fire and later everything fires twice."""
        self.site.now += later
        assert self.site.schedules is not None
        self.site.schedules.pass_time(self.site.now, lost=fate == "l")
        if fate == "t":
            self.site.schedules.fire_again()

    # --- the deploys ----------------------------------------------------------------------

    @rule(edits=BATCH)
    def edit_and_deploy(self, edits: Edits) -> None:
        self.author(edits)
        self.deploy()

    @rule(edits=BATCH)
    def deploy_all_anew(self, edits: Edits) -> None:
        self.author(edits)
        self.deploy(full=True)

    @rule(edits=BATCH, at=st.integers(0, 12), after=st.booleans())
    def die(self, edits: Edits, at: int, after: bool) -> None:  # noqa: FBT001
        """The next step edits and deploys over what a dead deploy has left."""
        self.author(edits)
        self.bucket.arm(at, after=after)
        try:
            self.site.deploy(self.bucket)
        except (Crash, ContentError):
            return
        finally:
            self.bucket.arm(None)

    @rule(edits=BATCH, at=st.integers(0, 12))
    def lose_an_answer(self, edits: Edits, at: int) -> None:
        self.author(edits)
        self.bucket.lost = at
        self.deploy()

    @rule(
        own=BATCH,
        edits=BATCH,
        at=st.integers(0, 8),
        other_dies_at=st.none() | st.integers(0, 6),
        dies_at=st.none() | st.integers(0, 3),
    )
    def meet_another(
        self, own: Edits, edits: Edits, at: int, other_dies_at: int | None, dies_at: int | None
    ) -> None:
        """At the Nth write of one deploy another one, of an edited copy, runs or dies.

        Then the first goes on, or dies as well.
        """
        copy = self.site.copy(self.folder / "copy")
        one, self.site = self.site, copy
        self.author(edits)
        self.site = one
        self.author(own)
        died, met_at, before_us = False, "", at == 0

        def interrupt(_verb: str, key: str) -> None:
            nonlocal at, died, met_at
            at -= 1
            if at < 0:
                self.bucket.before_write = None
                met_at = key
                self.bucket.arm(other_dies_at)
                try:
                    copy.deploy(self.bucket)
                except Crash:
                    died = True
                except ContentError:
                    pass
                self.bucket.arm(dies_at)

        self.bucket.before_write = interrupt
        mine = deploying(one, self.bucket)
        try:
            mine.run()
        except (ContentError, Crash):
            return
        finally:
            self.bucket.before_write = None
            self.bucket.arm(None)
            shutil.rmtree(copy.root)
        record = record_in(self.bucket)
        # A deploy that died before we claimed is mended by ours; one that came after our record
        # was written has the last word.
        mended = not died or (before_us and met_at == CLAIMS_KEY)
        if mended and not self.tampered and record.deploy == mine.token:
            assert self.bucket.public() == clean_build(one, record).public()
        self.deploy()

    def deploy(self, *, verify: bool = False, full: bool = False) -> None:
        before = dict(self.bucket.objects)
        try:
            self.site.deploy(self.bucket, verify=verify or self.tampered, full=full)
        except ContentError:
            assert self.bucket.objects == before
            return
        finally:
            self.bucket.lost = None
        self.tampered = False
        record = record_in(self.bucket)
        assert self.bucket.public() == clean_build(self.site, record).public()
        writes = len(self.bucket.writes)
        assert not self.site.deploy(self.bucket).changed
        assert len(self.bucket.writes) == writes

    @rule(data=st.data())
    def tamper_and_verify(self, data: st.DataObject) -> None:
        """A hand in the bucket: removed, changed, added; `--verify` mends all of it."""
        self.deploy()
        keys = sorted(self.bucket.public())
        if not keys:
            return
        self.tampered = True
        key = data.draw(st.sampled_from(keys))
        match data.draw(st.sampled_from(["remove", "change", "headers", "add"])):
            case "remove":
                del self.bucket.objects[key]
            case "change":
                self.bucket.put(key, b"by hand", content_type="x", cache_control="y")
            case "headers":
                body = self.bucket.objects[key].body
                self.bucket.put(key, body, content_type="x", cache_control="y")
            case _:
                self.bucket.put("pages/stray.html", b"?", content_type="", cache_control="")
        self.deploy(verify=True)

    @invariant()
    def nothing_is_left_armed(self) -> None:
        assert self.bucket.crash_at is None


@pytest.mark.long
@pytest.mark.timeout(1200)  # a failure takes a while to be made small
@pytest.mark.parametrize("shard", range(4))
def test_incremental_equals_clean(shard: int) -> None:
    del shard
    run_state_machine_as_test(
        Law1,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=10,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
