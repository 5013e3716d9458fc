"""Rendering: through Pelican, in any number of shards, to the same bytes."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest
from lxml import html
from tests.small_site import SITE, copy_site, jobs_of, tree
from tests.sula.rendered import edit, errors, errors_of

from edgefeed.laptop.notes import Notes
from edgefeed.laptop.stores import DirectoryStore
from sula.errors import SulaError
from sula.model import Job, Reference, SeriesPart
from sula.rendering.post import shorten
from sula.rendering.render import _side_by_side, render, shard_of
from sula.rendering.shard import Shard, main, pack, render_shard
from sula.site.settings import SiteSettings, load_settings


@pytest.fixture
def settings(tmp_path: Path) -> SiteSettings:
    return load_settings(copy_site(tmp_path / "site"))


def page(out: Path, name: str) -> html.HtmlElement:
    return html.fromstring((out / name).read_text("utf-8"))


def facts(document: html.HtmlElement) -> dict[str, object]:
    (block,) = document.xpath("//head/script[@type='application/ld+json']/text()")
    found: dict[str, object] = json.loads(block)
    return found


def test_the_small_site(settings: SiteSettings, tmp_path: Path) -> None:
    done: list[int] = []
    out = tmp_path / "out"
    jobs = jobs_of(settings)
    assert render(jobs, settings, out, processes=1, progress=done.append) == []
    assert set(tree(out)) == {job.output for job in jobs}
    assert sum(done) == len(jobs) == 7


def test_what_a_post_prints(settings: SiteSettings, tmp_path: Path) -> None:
    render(jobs_of(settings), settings, tmp_path, processes=1)
    first = page(tmp_path, "posts/first/index.html")
    assert facts(first) == {
        "@type": "post",
        "@id": "urn:uuid:0a4c8f5e-6f0e-4b51-9a0c-31a9a5f1c001",
        "url": "https://birds.example/posts/first/",
        "headline": "The first morning",
        "datePublished": "2026-03-01T06:30:00+01:00",
        "dateModified": "2026-03-04T00:00:00+01:00",
        "keywords": ["wrens", "Überblick"],
        "description": "A wren, louder than its size. See the second and .",
        "position": 1,
        "series": "Mornings",
    }
    content = first.xpath("//div[@class='e-content']")[0]
    assert content.xpath("./div[@class='p-summary']//a/@href") == ["/posts/second/#later"]
    assert content.xpath(".//img/@src") == ["/images/wren%20at%20dawn.svg"]
    assert content.xpath(".//div[@class='highlight']/@data-language") == ["python"]
    assert first.xpath("//a[@rel='next']/text()") == ['The second: <fog> & "echo"']
    assert first.xpath("//li[@class='current']/text()") == ["The first morning"]
    assert first.xpath("//link[@rel='stylesheet']/@href")[0].startswith("/theme/style.")


def test_titles_cannot_break_out(settings: SiteSettings, tmp_path: Path) -> None:
    render(jobs_of(settings), settings, tmp_path, processes=1)
    text = (tmp_path / "posts/second/index.html").read_text("utf-8")
    assert "<fog>" not in text
    second = page(tmp_path, "posts/second/index.html")
    assert second.xpath("//h1/text()") == ['The second: <fog> & "echo"']
    known = facts(second)
    assert known["description"] == "Nothing to see, much to hear."
    assert known["image"] == "https://birds.example/posts/tit.svg"
    assert known["datePublished"] == "2026-03-02T07:00:00+02:00"


def test_other_kinds(settings: SiteSettings, tmp_path: Path) -> None:
    render(jobs_of(settings), settings, tmp_path, processes=1)
    assert "headline" not in facts(page(tmp_path, "posts/a-feather/index.html"))
    assert (
        facts(page(tmp_path, "posts/link/index.html"))["link"]
        == "https://maps.example/songs?x=1&y=2"
    )
    assert facts(page(tmp_path, "posts/hidden/index.html"))["@type"] == "hidden"
    assert facts(page(tmp_path, "404.html"))["@type"] == "error"
    about = page(tmp_path, "about/index.html")
    assert facts(about)["@type"] == "page"
    assert about.xpath("//div[@class='e-content']//a/@href") == ["/posts/first/"]


def test_any_number_of_shards_gives_the_same_bytes(settings: SiteSettings, tmp_path: Path) -> None:
    jobs = jobs_of(settings)
    render(jobs, settings, tmp_path / "one", processes=1)
    expected = tree(tmp_path / "one")
    for count in (2, 3):
        out = tmp_path / str(count)
        done: list[int] = []
        shards = [shard_of(jobs[start::count], settings, out) for start in range(count)]
        assert _side_by_side(shards, done.append) == []
        assert sum(done) == len(jobs)
        assert tree(out) == expected
    for job in jobs:
        render([job], settings, tmp_path / "each", processes=8)
    assert tree(tmp_path / "each") == expected


def test_what_pages_say_is_noted_by_whoever_makes_them(
    settings: SiteSettings, tmp_path: Path
) -> None:
    jobs = jobs_of(settings)
    out = tmp_path / "out"
    shards = [
        shard_of(jobs[n::2], settings, out / "pages", str(tmp_path / f"notes-{n}"))
        for n in range(2)
    ]
    assert _side_by_side(shards, lambda _: None) == []
    with (tmp_path / "notes-0").open("rb") as one, (tmp_path / "notes-1").open("rb") as other:
        notes = Notes(out, [one, other])
        keys = list(DirectoryStore(out).keys("pages/"))
        assert len(keys) == len(jobs)
        assert all(map(notes.recall, keys))


def test_bytes_know_nothing_of_the_place_or_the_hash_seed(tmp_path: Path) -> None:
    results = []
    for seed in ("1", "2"):
        settings = load_settings(copy_site(tmp_path / f"place-{seed}"))
        out = tmp_path / f"out-{seed}"
        shard = shard_of(jobs_of(settings), settings, out)
        (tmp_path / "shard.json").write_bytes(msgspec.json.encode(shard))
        subprocess.run(
            [sys.executable, "-m", "sula.rendering.shard", str(tmp_path / "shard.json")],
            env={"PYTHONHASHSEED": seed, "TZ": "Asia/Tokyo" if seed == "2" else "UTC"},
            check=True,
            capture_output=True,
        )
        results.append(tree(out))
    assert results[0] == results[1]
    assert not [name for name, body in results[0].items() if b"place-" in body]


def test_many_pages_use_processes(settings: SiteSettings, tmp_path: Path) -> None:
    for number in range(301):
        edit(settings, f"content/posts/n{number}.md", f"Title: n{number}\nDate: 2026-01-01\n\nx\n")
    jobs = jobs_of(settings)
    done: list[int] = []
    assert render(jobs, settings, tmp_path / "out", processes=2, progress=done.append) == []
    assert len(tree(tmp_path / "out")) == len(jobs) == sum(done) == 308
    assert len(done) < 100  # told in steps: other processes were at work


COPIES = """
import sys
from pathlib import Path
import msgspec
from sula.errors import SulaError
from sula.rendering.render import _side_by_side
from sula.rendering.shard import Shard
from sula.rendering.workers import may_copy
assert may_copy()
shards = msgspec.json.decode(Path(sys.argv[1]).read_bytes(), type=list[Shard])
done = []
try:
    findings = _side_by_side(shards, done.append)
except SulaError as error:
    sys.exit(str(error))
print(len(findings), sum(done))
"""


@pytest.mark.skipif(sys.platform == "darwin", reason="processes are not copied there")
def test_copies_of_a_process_render_the_same(settings: SiteSettings, tmp_path: Path) -> None:
    jobs = jobs_of(settings)
    render(jobs, settings, tmp_path / "one", processes=1)
    shards = [shard_of(jobs[n::2], settings, tmp_path / "copies") for n in range(2)]
    file = tmp_path / "shards.json"

    def run(shards: list[Shard]) -> subprocess.CompletedProcess[str]:
        file.write_bytes(msgspec.json.encode(shards))
        command = [sys.executable, "-c", COPIES, str(file)]
        return subprocess.run(command, check=False, capture_output=True, text=True)

    done = run(shards)
    assert (done.stdout, done.stderr) == (f"0 {len(jobs)}\n", "")
    assert tree(tmp_path / "copies") == tree(tmp_path / "one")
    broken = msgspec.structs.replace(shards[1], timezone="No/Zone")
    done = run([shards[0], broken])
    assert done.returncode == 1
    assert "a rendering process ended (status 2)" in done.stderr
    assert "No/Zone" in done.stderr


# --- a shard as a unit -----------------------------------------------------------------------


def test_a_packed_shard_needs_no_folder(settings: SiteSettings, tmp_path: Path) -> None:
    render(jobs_of(settings), settings, tmp_path / "here", processes=1)
    packed = pack(shard_of(jobs_of(settings), settings, tmp_path / "there"))
    sent = msgspec.json.encode(msgspec.structs.replace(packed, root="/nowhere", theme="/nowhere"))
    assert render_shard(msgspec.json.decode(sent, type=Shard)) == []
    assert tree(tmp_path / "there") == tree(tmp_path / "here")


def test_a_packed_shard_cannot_write_elsewhere(settings: SiteSettings, tmp_path: Path) -> None:
    packed = pack(shard_of(jobs_of(settings), settings, tmp_path / "out"))
    hostile = msgspec.structs.replace(packed, sources={"../../x.md": "x"})
    with pytest.raises(SulaError, match="outside of its folder"):
        render_shard(hostile)


def test_the_command_reports_what_it_found(
    settings: SiteSettings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    edit(settings, "content/posts/bad.md", "Title: x\nDate: 2026-01-01\n\n[x](no.md)\n")
    job = Job(path="posts/bad.md", output="posts/bad/index.html", id="urn:x")
    file = tmp_path / "shard.json"
    file.write_bytes(msgspec.json.encode(shard_of([job], settings, tmp_path / "out")))
    assert main([str(file)]) == 1
    report = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert report["done"] == 1
    assert report["findings"][0]["path"] == "content/posts/bad.md"
    assert main([]) == main([str(tmp_path / "none.json")]) == 2
    file.write_text("{}", "utf-8")
    assert main([str(file)]) == 2


def test_a_shard_of_another_version_is_refused(settings: SiteSettings, tmp_path: Path) -> None:
    shard = msgspec.structs.replace(shard_of([], settings, tmp_path), version=99)
    with pytest.raises(SulaError, match="version 99"):
        render_shard(shard)


def test_a_process_that_dies_is_not_overlooked(settings: SiteSettings, tmp_path: Path) -> None:
    shards = [shard_of(jobs_of(settings), settings, tmp_path / "out")]
    broken = msgspec.structs.replace(shards[0], timezone="No/Zone")
    with pytest.raises(SulaError, match="a rendering process ended"):
        _side_by_side([shards[0], broken], lambda _: None)


# --- what can go wrong -------------------------------------------------------------------------


def test_errors_of_all_pages_are_gathered(settings: SiteSettings, tmp_path: Path) -> None:
    edit(settings, "content/posts/w.md", "Title: w\nDate: 2026-01-01\n\nGood.\n")
    edit(settings, "content/posts/x.md", "Title: x\nDate: 2026-01-01\n\n[a](no.md)\n")
    edit(settings, "content/posts/y.md", "Title: y\n\nNo date.\n")
    (settings.root / "content/posts/z.md").write_bytes(b"Title: z\nDate: 2026-01-01\n\n\xff\n")
    paths = [f"posts/{name}.md" for name in "wxyz"]
    found = errors(settings, tmp_path / "out", *paths, "posts/gone.md")
    assert [(f.path, f.line) for f in found] == [
        ("content/posts/gone.md", 1),
        ("content/posts/x.md", 4),
        ("content/posts/y.md", 1),
        ("content/posts/z.md", 4),
    ]
    assert set(tree(tmp_path / "out")) == {"posts/w/index.html"}


def test_errors_of_all_shards_come_together(settings: SiteSettings, tmp_path: Path) -> None:
    broken = {7, 8, 200, 301}
    for number in range(302):
        link = "[a](no.md)" if number in broken else "Good."
        text = f"Title: n{number}\nDate: 2026-01-01\n\n{link}\n"
        edit(settings, f"content/posts/n{number}.md", text)
    paths = [f"posts/n{number}.md" for number in range(302)]
    found = render(errors_of(paths), settings, tmp_path / "out", processes=2)
    assert {f.path for f in found} == {f"content/posts/n{number}.md" for number in broken}
    assert found == sorted(found)
    assert len(tree(tmp_path / "out")) == len(paths) - len(broken)


def test_a_warning_is_told_and_the_page_is_written(settings: SiteSettings, tmp_path: Path) -> None:
    edit(settings, "content/posts/w.md", "Title: w\nDate: 2026-01-01\n\n```klingon\nx\n```\n")
    (finding,) = errors(settings, tmp_path / "out", "posts/w.md")
    assert (finding.line, finding.severity) == (4, "warning")
    assert "posts/w/index.html" in tree(tmp_path / "out")
    # Pelican counts and drops repeated messages; findings must not be.
    assert errors(settings, tmp_path / "out", "posts/w.md") == [finding]


def test_a_source_that_changed_its_address_meanwhile(
    settings: SiteSettings, tmp_path: Path
) -> None:
    job = Job(path="posts/first.md", output="posts/other/index.html", id="urn:x")
    (finding,) = render([job], settings, tmp_path, processes=1)
    assert "changed while it was rendered" in finding.message


def test_pelican_keeps_to_itself(
    settings: SiteSettings, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path = list(sys.path)
    render(jobs_of(settings), settings, tmp_path, processes=1)
    assert capfd.readouterr() == ("", "")
    assert logging.getLoggerClass() is logging.Logger
    assert type(logging.getLogger()) is logging.RootLogger
    assert type(logging.getLogger("sula.test")) is logging.Logger
    assert sys.path == path


def test_nothing_to_do(settings: SiteSettings, tmp_path: Path) -> None:
    assert render([], settings, tmp_path / "out", processes=4) == []
    assert not (tmp_path / "out").exists()


def test_stand_ins_come_from_the_job_alone(settings: SiteSettings, tmp_path: Path) -> None:
    job = Job(
        path="posts/second.md",
        output="posts/second/index.html",
        id="urn:x",
        previous=Reference("Before & after", "/posts/ä b/"),
        series=(SeriesPart("Elsewhere", "/posts/e/", 7),),
        targets={"posts/first.md": "/posts/moved/", "posts/tit.svg": "/posts/tit.svg"},
    )
    render([job], settings, tmp_path, processes=1)
    second = page(tmp_path, "posts/second/index.html")
    (before,) = second.xpath("//a[@rel='prev']")
    assert (before.get("href"), before.text) == ("/posts/%C3%A4%20b/", "Before & after")
    assert second.xpath("//li/text()")[0] == "Elsewhere"
    assert "/posts/moved/" in second.xpath("//a/@href")


@pytest.mark.parametrize(
    ("text", "limit", "cut"),
    [
        ("short  text", 300, "short text"),
        ("one two three", 9, "one two…"),
        ("one two three", 8, "one two…"),
        ("one, two", 6, "one…"),
        ("日本語日本語", 4, "日本語…"),
        ("", 10, ""),
    ],
)
def test_descriptions_are_cut_at_a_word(text: str, limit: int, cut: str) -> None:
    assert shorten(text, limit) == cut
    assert len(cut) <= limit


def test_the_site_in_the_repository_is_not_written_to() -> None:
    assert not (SITE / ".sula").exists()
