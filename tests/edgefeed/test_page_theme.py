"""The theme's own templates honour the contract: what they say is what is read."""

from __future__ import annotations

from tests.browser.samples import Enclosed, Sample, render_post, site

from edgefeed.contract import Person
from edgefeed.model import Enclosure, Post, StaticPage
from edgefeed.page import read_page


def observe(sample: Sample) -> object:
    key = f"pages{sample.url}index.html"
    return read_page(key, render_post(sample).encode(), site=site(), modified="")


def test_a_post_of_the_theme() -> None:
    sample = Sample(
        title='A <b> & "quoted" </script> title',
        tags=("C++", "Möwen"),
        series="On birds",
        position=2,
        link="https://other.example/?a=b&c=d",
        image="https://sula.example/a.png",
        authors=(Person("Bo", "bo@b.example", "https://b.example/"),),
        enclosure=Enclosed(url="https://sula.example/a.mp3", type="audio/mpeg", length=12),
        content='<div class="p-summary"><p>Lead.</p></div>\n<p>Rest, <a href="#x">there</a>.</p>',
    )
    found = observe(sample)
    assert isinstance(found, Post), found
    entry, fragment = found.entry, found.fragment
    assert (entry.id, entry.title, entry.tags) == (sample.id, sample.title, ("C++", "Möwen"))
    assert (entry.published, entry.updated) == (sample.published, sample.updated)
    assert (entry.series, entry.position) == ("On birds", 2)
    assert fragment.authors == tuple(sample.authors)
    assert (fragment.link, fragment.image) == (sample.link, sample.image)
    assert fragment.enclosure == Enclosure("https://sula.example/a.mp3", "audio/mpeg", 12)
    assert (fragment.excerpt, fragment.more) == ("<p>Lead.</p>", True)
    assert f'href="{sample.canonical}#x"' in fragment.content
    assert fragment.summary == sample.description


def test_a_note_a_page_and_a_hidden_post_of_the_theme() -> None:
    note = observe(Sample(title="", description="", content="<p>Just a note.</p>"))
    assert isinstance(note, Post), note
    assert (note.entry.title, note.fragment.summary) == ("", "Just a note.")
    about = observe(Sample(kind="page", url="/about/", title="About"))
    assert isinstance(about, StaticPage), about
    assert about.title == "About"
    assert observe(Sample(kind="hidden")) is None
