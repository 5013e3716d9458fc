"""A small site with every kind of page on it, made from `samples`."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from edgefeed import search
from edgefeed.contract import Person, Site, series_path, tag_path
from edgefeed.lists import Theme
from edgefeed.model import Count, Document, Entry, Kind, Listing
from sula.markdown.parser import convert
from sula.model import Reference, SeriesPart

from .samples import Sample, make, render_post, templates, theme, theme_assets

LONG = convert(
    (Path(__file__).parent / "long.md").read_text("utf-8"), path="posts/long.md", targets={}
).html
BARS = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="720" height="300"><rect fill="#cfe3ea" '
    'width="720" height="300"/><path stroke="#0a6079" stroke-width="300" d="M0 350H720" '
    'stroke-dasharray="26 10"/></svg>'
)
POSTS = (
    make(
        "constant-time", "Push to live in constant time", "2026-11-24T09:30:00+01:00",
        LONG, tags=("Design", "Python", "C++"), more=True, series="How Sula works", position=3,
        summary="A correction to one of a hundred thousand posts should be live as fast as a "
        "correction to one of ten.",
        excerpt="<p>A blog with a hundred thousand posts should publish a correction as fast as "
        "one with ten. It does not need a faster builder. It needs a page that embeds no list, "
        "a list that has stable page numbers, and a record of what was built from what.</p>"
        "<p>This part follows one edit from the editor to the feed, and counts the requests.</p>",
    ),
    make(
        "note-gannets", "", "2026-11-23T18:04:00+01:00",
        "<p>Counted eleven gannets from the pier before the rain came in. They fold their wings "
        "at the last moment, and hardly leave a splash.</p>",
        tags=("Birds",), summary="Counted eleven gannets from the pier before the rain came in. "
        "They fold their wings at the last moment, and hardly leave a splash.",
    ),
    make(
        "rfc-5005", "Feed Paging and Archiving", "2026-11-22T12:00:00+01:00",
        "<p>RFC 5005 is short, old, and still the best answer to “what happened before the "
        "newest twenty posts?”. Its idea of a <em>complete archive</em> is the same one that makes "
        "our lists cheap to keep.</p>",
        tags=("Feeds",), link="https://www.rfc-editor.example/rfc/rfc5005",
        summary="RFC 5005 is short, old, and still the best answer.",
    ),
    make(
        "zufaellig", "Über Möwen, Maße und <script>", "2026-11-20T08:15:00+01:00",
        "<p>Ein kurzer Beitrag auf Deutsch, ganz gezeigt. Er enthält <code>Code</code> und eine "
        "<a href='https://sula.example/'>Verknüpfung</a>.</p>",
        tags=("Vögel", "日本語"), language="de", authors=(Person("Änne Groß"),),
        summary="Ein kurzer Beitrag auf Deutsch.",
    ),
    make(
        "hebrew", "ציפורים מעל הים", "2026-11-19T08:15:00+01:00",
        "<p>פוסט קצר שנכתב מימין לשמאל, כדי לראות שהרשימה נשארת מסודרת.</p>",
        tags=("Birds",), language="he", summary="פוסט קצר שנכתב מימין לשמאל.",
    ),
    *(
        make(
            f"part-{n}", f"How Sula works, part {n}", f"2026-{11 - n:02}-1{n}T10:00:00+01:00",
            "<p>One part of the story.</p>", tags=("Design",), series="How Sula works",
            position=n, summary="One part of the story: where the bytes go, and who writes them.",
        )
        for n in (2, 1)
    ),
)  # fmt: skip
FRAGMENTS = {entry.fragment: fragment for entry, fragment in POSTS}
ENTRIES = tuple(entry for entry, _ in POSTS)


def tagged(tag: str) -> tuple[Entry, ...]:
    return tuple(entry for entry in ENTRIES if tag in entry.tags)


def listings() -> tuple[Listing, ...]:
    tags = sorted({tag for entry in ENTRIES for tag in entry.tags}, key=str.casefold)
    parts = tuple(sorted((e for e in ENTRIES if e.series), key=lambda e: e.position or 0))
    return (
        Listing(
            unit="", kind=Kind.HOME, entries=ENTRIES, total=len(ENTRIES), older="page/1",
            archive="page/1",
        ),
        Listing(
            unit="page/2", kind=Kind.PAGE, number=2, entries=ENTRIES[3:], older="page/1",
            newer="page/3", complete=True, total=60,
        ),
        *(
            Listing(
                unit=tag_path(tag).strip("/"), kind=Kind.TAG, title=tag, front_kind=Kind.TAG,
                entries=tagged(tag), total=len(tagged(tag)),
            )
            for tag in tags
        ),
        Listing(
            unit="tags/design/page/1", kind=Kind.PAGE, title="Design", front="tags/design",
            front_kind=Kind.TAG, number=1, entries=tagged("Design"), newer="tags/design/page/2",
            complete=True, total=30,
        ),
        Listing(
            unit="tags/gone", kind=Kind.TAG, title="Gone", front_kind=Kind.TAG,
        ),
        Listing(
            unit=series_path("How Sula works").strip("/"), kind=Kind.SERIES, total=len(parts),
            title="How Sula works", front_kind=Kind.SERIES, entries=tuple(reversed(parts)),
            parts=parts,
        ),
        search.front(ENTRIES),
        *filter(None, [search.shard("search/0/0.json", ENTRIES[::-1])]),
        Listing(
            unit="tags", kind=Kind.TAGS,
            counts=tuple(Count(tag, tag_path(tag), len(tagged(tag))) for tag in tags),
        ),
        Listing(
            unit="archive", kind=Kind.YEARS,
            counts=(Count("2026", "/archive/2026/", 128), Count("2025", "/archive/2025/", 1)),
        ),
        Listing(
            unit="archive/2026", kind=Kind.YEAR, title="2026", entries=ENTRIES,
            total=len(ENTRIES), older="archive/2025",
        ),
    )  # fmt: skip


def posts() -> tuple[Sample, ...]:
    parts = tuple(
        SeriesPart(f"How Sula works, part {n}" if n != 3 else "Push to live in constant time",
                   f"/posts/part-{n}/" if n != 3 else "/posts/constant-time/", n, n == 3)
        for n in (1, 2, 3, 5)
    )  # fmt: skip
    return (
        Sample(
            url="/posts/constant-time/", title="Push to live in constant time", content=LONG,
            updated="2026-12-02T10:00:00+01:00", tags=("Design", "Python", "C++"),
            series="How Sula works", position=3, series_parts=parts,
            previous=Reference("", "/posts/note-gannets/"),
            next=Reference("Über Möwen & andere Vögel über dem Meer", "/posts/über/"),
        ),
        Sample(
            url="/posts/note-gannets/", title="", tags=("Birds",),
            content=POSTS[1][1].content, description=POSTS[1][1].summary,
            next=Reference("Push to live in constant time", "/posts/constant-time/"),
        ),
        Sample(
            url="/posts/rfc-5005/", title="Feed Paging and Archiving", tags=("Feeds",),
            link="https://www.rfc-editor.example/rfc/rfc5005", content=POSTS[2][1].content,
        ),
        Sample(
            url="/posts/hebrew/", title="ציפורים מעל הים", language="he", tags=("Birds",),
            content=POSTS[4][1].content + "<blockquote><p>הים גדול.</p></blockquote>",
        ),
        Sample(
            url="/about/", title="About", kind="page",
            content="<p>Sula is a genus of seabirds: the boobies. They nest on the ground, dive "
            "from great heights, and are not afraid of people.</p>",
        ),
        Sample(
            url="/subscribe/", title="Subscribe", kind="page",
            content="<p>Give your reader one of these:</p>"
            '<div class="table" role="group" aria-label="Table" tabindex="0"><table><thead><tr>'
            "<th>feed</th><th>address</th></tr></thead><tbody>"
            '<tr><td>RSS</td><td><a href="/feed.xml">/feed.xml</a></td></tr>'
            '<tr><td>Atom</td><td><a href="/atom.xml">/atom.xml</a></td></tr></tbody></table>'
            "</div>",
        ),
        Sample(
            url="/404.html", title="There is no such page", kind="error",
            content='<p>The address may be misspelt, or the page has moved. The '
            '<a href="/archive/">archive</a> lists everything that is here.</p>',
        ),
    )  # fmt: skip


def documents(for_site: Site | None = None) -> tuple[Document, ...]:
    lists = Theme(templates(), for_site) if for_site else theme()
    return tuple(
        document for listing in listings() for document in lists.list_documents(listing, FRAGMENTS)
    )


def write(folder: Path, for_site: Site | None = None) -> None:
    """Write the whole sample site as plain files."""
    files = {one.key.removeprefix("lists/"): one.body for one in documents(for_site)}
    for post in posts():
        path = post.url.strip("/")
        name = path if path.endswith(".html") else f"{path}/index.html"
        if for_site:
            post = replace(post, language=for_site.language)  # noqa: PLW2901 - the same post
        files[name] = render_post(post, for_site).encode()
    files |= dict(theme_assets().values()) | {"theme/bars.svg": BARS.encode()}
    for name, body in files.items():
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(body)
