"""A small real site on disk, and an author who edits it."""

from __future__ import annotations

import copy
import itertools
import os
import shutil
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
from PIL import Image
from tests.bucket import MemoryBucket, MemorySchedules
from tests.small_site import git

from edgefeed.contract import RECORD_KEY
from sula.cloud.target import Target
from sula.content.gather import Checkout, look
from sula.content.sources import Known
from sula.planning.record import Prints, Record, decode, encode
from sula.publishing.claims import Clock
from sula.publishing.deploy import Ahead, Deploy, Options, Outcome

NOW = 1_800_000_000.0  # 2027-01-15
THEME = {
    "templates/article.html": """\
<!doctype html>{% set s = site %}<title>{{ post.title }} - {{ s.title }}</title>
<link rel="stylesheet" href="/{{ s.assets['style.css'] }}">
<script type="application/ld+json">{{ {"@id": post.id, "url": post.canonical,
"keywords": post.tags, "datePublished": post.published,
"creativeWorkStatus": post.pinned} | json_ld }}</script>
<div class="e-content">{{ post.content | safe }}</div>
{% for part in post.series_parts %}
<i>{{ part.title }} {{ part.url }} {{ part.position }}</i>
{% endfor %}
<img alt="" src="{{ post.preview }}">
{% for near in (post.previous, post.next) if near %}
<a href="{{ near.url }}">{{ near.title }}</a>
{% endfor %}
""",
    "templates/page.html": "<title>{{ post.title }}</title>{{ post.content | safe }}\n",
    "static/style.css": "body { color: #222 }\n",
}
SETTINGS = {
    "SITEURL": "https://blog.example",
    "SITENAME": "A notebook",
    "SITE_ID": "tag:blog.example,2026:site",
    "TIMEZONE": "UTC",
    "THEME": "theme",
}


@dataclass
class Post:
    """What an author says in one file."""

    path: str
    title: str = "A post"
    date: str = "2026-01-01 09:00"
    body: str = "Some words."
    more: dict[str, object] = field(default_factory=dict)

    def text(self) -> str:
        front = {"title": self.title, "date": self.date, **self.more}
        lines = [
            f"{key}: {msgspec.json.encode(value).decode()}"
            for key, value in front.items()
            if value is not None
        ]
        return "\n".join(["---", *lines, "---", "", self.body, ""])


class Authored:
    """A site in a folder."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.posts: dict[str, Post] = {}
        self.settings: dict[str, object] = dict(SETTINGS)
        self.engine = "engine 1"
        self.now = NOW
        self.schedules: MemorySchedules | None = None
        self._times = itertools.count(1_600_000_000)
        (root / "content/posts").mkdir(parents=True)
        for name, text in THEME.items():
            self.put(f"theme/{name}", text)
        self.save_settings()

    def put(self, name: str, text: str) -> None:
        """Save a file. Its time moves on by a second, as it does when people type."""
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
        moment = next(self._times)
        os.utime(path, (moment, moment))

    def draw(self, name: str, width: int, height: int = 40) -> None:
        """Save a picture of one colour, which depends on its size."""
        path = self.root / "content" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (width, height), (width % 256, height % 256, 90)).save(path)
        moment = next(self._times)
        os.utime(path, (moment, moment))

    def save(self, post: Post) -> None:
        self.posts[post.path] = post
        self.put(f"content/{post.path}", post.text())

    def remove(self, path: str) -> None:
        self.posts.pop(path, None)
        (self.root / "content" / path).unlink(missing_ok=True)

    def rename(self, old: str, new: str) -> None:
        post = self.posts.pop(old)
        self.posts[new] = post
        post.path = new
        shutil.move(self.root / "content" / old, self.root / "content" / new)

    def save_settings(self) -> None:
        lines = [f"{name} = {value!r}" for name, value in self.settings.items()]
        self.put("pelicanconf.py", "\n".join(lines) + "\n")

    def copy(self, root: Path) -> Authored:
        """The same site in another folder, as another clone of a repository is."""
        other = copy.copy(self)
        shutil.copytree(self.root, root)
        other.root, other.settings = root, dict(self.settings)
        other.posts = copy.deepcopy(self.posts)
        return other

    def begin_repository(self) -> None:
        """From here on the author uses git."""
        (self.root / ".gitignore").write_text(".sula/\n", "utf-8")
        git(self.root, "init", "-q")
        self.commit()

    def commit(self) -> None:
        """Commit everything, where there is a repository."""
        if (self.root / ".git").exists():
            git(self.root, "add", "-A")
            git(self.root, "commit", "-q", "--allow-empty", "-m", "work")

    def look(self, known: Known = lambda: None) -> Checkout:
        return look(self.root, since=self.now, engine=self.engine, known=known)

    def deploy(self, bucket: MemoryBucket, **said: object) -> Outcome:
        return deploying(self, bucket, **said).run()


def deploying(site: Authored, bucket: MemoryBucket, **said: object) -> Deploy:
    """A deploy of a site to a bucket, on a clock that stands still."""
    clock = Clock(now=lambda: site.now, sleep=lambda _: None, jitter=lambda: 0.5)
    options = Options(force=True, **said)  # type: ignore[arg-type]
    schedules = site.schedules if site.schedules and site.schedules.bucket is bucket else None
    target = Target(bucket, schedules=schedules)
    ahead = Ahead(bucket, options)
    ahead.known()  # so that nothing depends on which of two threads is faster
    return Deploy(site.look(ahead.known), target, options, clock, workers=1, ahead=ahead)


def record_in(bucket: MemoryBucket) -> Record:
    """The build record in a bucket."""
    return decode(bucket.objects[RECORD_KEY].body)


def clean_build(site: Authored, memory: Record) -> MemoryBucket:
    """A clean full build: an empty bucket, and nothing known but who is who."""
    bucket = MemoryBucket()
    known = msgspec.structs.replace(
        memory,
        surveyed=None,
        prints=Prints(),
        files=(),
        assets=(),
        sources=tuple(msgspec.structs.replace(row, etag="") for row in memory.sources),
    )
    bucket.put(RECORD_KEY, encode(known), content_type="", cache_control="")
    site.deploy(bucket)
    return bucket
