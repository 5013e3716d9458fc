"""The theme's words in other languages: complete, and in both programs."""

from __future__ import annotations

import re
from pathlib import Path

import polib
import pytest
from tests.browser.sample_site import FRAGMENTS, listings
from tests.browser.samples import ROOT, site, templates

from edgefeed.contract import _MONTHS, Words
from edgefeed.feeds import feed_documents
from edgefeed.lists import Theme
from sula.errors import ConfigError
from sula.site.words import read_words

THEME = ROOT / "theme"
LANGUAGES = sorted(path.stem for path in (THEME / "locale").glob("*.po"))
_IN_TEMPLATES = re.compile(r"""\b(?:_|ngettext)\(\s*'([^']+)'(?:,\s*'([^']+)')?""")
_IN_CODE = re.compile(r"""\bsay\(\s*"([^"]+)"(?: if .+? else "([^"]+)")?""")


def messages() -> set[str]:
    """Every message of the templates and of our own code."""
    found = {match[1] for text in templates().values() for match in _IN_TEMPLATES.finditer(text)}
    assert len(found) > 40
    for name in ("contract", "list_head", "lists", "page"):
        found |= said(ROOT / f"lambda/edgefeed/{name}.py")
    for name in ("render", "structure", "embeds"):
        found |= said(ROOT / f"infra/sula/markdown/{name}.py")
    alerts = {"Note", "Tip", "Important", "Warning", "Caution"}
    return found | alerts | {*_MONTHS} | {month[:3] for month in _MONTHS}


def said(path: Path) -> set[str]:
    matches = _IN_CODE.finditer(path.read_text("utf-8"))
    return {text for match in matches for text in match.groups() if text}


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_translation_has_every_message_and_no_other(language: str) -> None:
    catalogue = polib.pofile(str(THEME / f"locale/{language}.po"))
    assert catalogue.percent_translated() == 100
    assert {entry.msgid for entry in catalogue} == messages()


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_translation_keeps_the_places_to_fill_in(language: str) -> None:
    for entry in polib.pofile(str(THEME / f"locale/{language}.po")):
        due = sorted(re.findall(r"\{\w+\}", entry.msgid))
        for text in entry.msgstr_plural.values() or [entry.msgstr]:
            assert sorted(re.findall(r"\{\w+\}", text)) == due, entry.msgid


def test_a_colon_belongs_to_the_words_before_it() -> None:
    """French puts a space there that does not break."""
    for name, text in templates().items():
        assert not re.search(r"\b_\([^)]*\) }}:|{{ what }}:", text), name
    french = polib.pofile(str(THEME / "locale/fr.po"))
    colons = [entry.msgstr for entry in french if entry.msgstr.endswith(":")]
    assert len(colons) == 3
    assert all(text.endswith("\u00a0:") for text in colons)


def test_three_languages_come_with_the_theme() -> None:
    assert LANGUAGES == ["de", "fr"]  # and English, which needs no file


def test_numbers_take_the_form_of_their_language() -> None:
    words, plural = read_words([THEME], "fr-CA")
    french = Words(site(language="fr-CA", words=words, plural=plural))
    forms = [french.count("{n} post", "{n} posts", n) for n in (0, 1, 2)]
    assert forms == ["{n} billet", "{n} billet", "{n} billets"]
    assert [Words().count("{n} post", "{n} posts", n) for n in (0, 1)] == ["{n} posts", "{n} post"]
    assert french.date("2026-11-24T09:30:00+01:00") == "24 novembre 2026"
    assert french.say("never translated") == "never translated"


def test_lists_speak_the_sites_language() -> None:
    words, plural = read_words([THEME], "de")
    german = Theme(templates(), site(language="de", words=words, plural=plural))
    pages = [german.list_documents(listing, FRAGMENTS)[0].body.decode() for listing in listings()]
    for text in ("Weiterlesen", "24. November 2026", "<h1>Schlagwörter</h1>", "Zum Text springen"):
        assert any(text in page for page in pages), text
    assert not [page for page in pages if "Read more" in page or "Skip to" in page]


def test_feeds_speak_the_sites_language() -> None:
    words, plural = read_words([THEME], "de")
    german = site(language="de", words=words, plural=plural)
    (tag,) = (listing for listing in listings() if listing.unit == "tags/design")
    rss, atom, feed = (one.body.decode() for one in feed_documents(tag, FRAGMENTS, german))
    for text in (rss, atom, feed):
        assert "Beiträge zu Design auf Sula." in text
    assert all('xml:lang="de"' in text[:400] for text in (rss, atom))


def test_the_sentence_above_a_feed_is_there_in_each_language() -> None:
    style = (THEME / "static/feed.css").read_text("utf-8")
    assert sorted(re.findall(r":lang\((\w+)\)::before", style)) == LANGUAGES


def test_a_language_without_a_file_and_a_file_that_is_broken(tmp_path: Path) -> None:
    assert read_words([THEME], "eo") == ({}, "")
    (tmp_path / "locale").mkdir()
    (tmp_path / "locale/eo.po").write_text("nonsense\n", "utf-8")
    with pytest.raises(ConfigError, match=r"eo\.po"):
        read_words([tmp_path], "eo")
