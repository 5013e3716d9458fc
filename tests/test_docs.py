"""The documentation is true: what it names exists, and what exists is named."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import unquote

import click
import msgspec
import pytest
from click.testing import CliRunner
from markdown_it import MarkdownIt
from tests.documentation import (
    CONTENT,
    DOCUMENTS,
    POSTS,
    ROOT,
    Command,
    commands,
    rows,
    section,
    spans_of,
    text_of,
)

from edgefeed.contract import Site, template_filters
from sula.authoring.init import Wanted, init
from sula.cli import cli
from sula.content.dates import DateError, parse_date
from sula.content.fields import KEYS
from sula.content.frontmatter import split
from sula.content.meta import read_source
from sula.rendering.post import PostData
from sula.site.settings import load_settings


def options_of(command: click.Command) -> dict[str, click.Option]:
    context = click.Context(command)
    params = [param for param in command.get_params(context) if isinstance(param, click.Option)]
    return {name: param for param in params for name in (*param.opts, *param.secondary_opts)}


def test_documents_show_commands() -> None:
    assert len(CONTENT) > 25
    assert all(path.is_file() for path in DOCUMENTS)
    programs = [command.program for command in commands() if command.whole]
    assert (programs.count("sula") > 15, programs.count("make") > 5) == (True, True)


@pytest.mark.parametrize("shown", commands(), ids=lambda c: f"{c.document}: {' '.join(c.words)}")
def test_a_command_that_is_shown_exists(shown: Command) -> None:
    words = list(shown.words)
    if shown.program == "python":
        assert words[0] == "-m"
        module = ROOT.joinpath(*words[1].split("."))
        assert (module / "__main__.py").is_file() or module.with_suffix(".py").is_file()
    elif shown.program == "make":
        makefile = (ROOT / "Makefile").read_text("utf-8")
        for word in words:
            name, _, value = word.partition("=")
            pattern = rf"^{name} \?= " if value else rf"^{name}:"
            assert re.search(pattern, makefile, re.MULTILINE), f"make has no {word}"
    else:
        sula_understands(words, whole=shown.whole)


def sula_understands(words: list[str], *, whole: bool) -> None:
    general = options_of(cli)
    while words and words[0].startswith("-"):
        option = general[words.pop(0)]
        if not option.is_flag and not option.is_eager:
            words.pop(0)
    if not words:
        return
    command = cli.commands[words.pop(0)]
    if whole:
        # What can be copied must be complete: an argument that is missing is an error here.
        command.make_context(command.name, words)
    known = options_of(command)
    for word in words:
        assert not word.startswith("-") or word.partition("=")[0] in known, f"no option {word}"


def test_the_commands_post_tells_of_every_command_and_of_no_option_that_there_is_not() -> None:
    post = text_of(POSTS / "commands.md")
    tables = [rows(text_of(ROOT / "README.md"), "command"), rows(post, "command")]
    for table in tables:
        listed = [cell[0].strip("`").split()[1] for cell in table]
        assert sorted(listed) == sorted(cli.commands)
    assert {"--site", "--stack", "--cloud", "--version"} <= spans_of(post.partition("\n## sula")[0])
    for name, command in cli.commands.items():
        spans = spans_of(section(post, f"sula {name}"))
        shown = {word for span in spans for word in span.split() if word.startswith("--")}
        known = {word for word in options_of(command) if word.startswith("--")}
        assert shown <= known, f"sula {name} has no {shown - known}"


# --- front matter, themes ----------------------------------------------------------------


def test_the_theming_post_lists_templates_filters_and_names() -> None:
    post = text_of(POSTS / "theming.md")
    templates = {path.name for path in (ROOT / "theme/templates").iterdir()}
    assert {row[0].strip("`") for row in rows(post, "template")} == templates
    filters = template_filters()
    table = rows(post, "filter")
    assert {row[0].strip("`") for row in table} == filters.keys()
    said = ""
    for name, given, told in table:
        said = given if given.startswith("`") else said
        if said.startswith("`") and name.strip("`") != "json_ld":
            shown = filters[name.strip("`")](said.strip("`"))
            assert unquote(shown) == unquote(told.strip("`")), name
    spans = spans_of(post)
    assert {name for name in PostData.__struct_fields__ if name not in spans} == set()
    hidden = {"revision", "renderer", "reader"}  # what only the function's deploys count
    names = {span.removeprefix("site.") for span in spans if span.startswith("site.")}
    assert names >= set(Site.__struct_fields__) - hidden


def test_every_struct_named_here_is_one() -> None:
    assert issubclass(PostData, msgspec.Struct)
    assert issubclass(Site, msgspec.Struct)


# --- the dialect of dates and tags ---------------------------------------------------------


def told(post: str, heading: str, header: str) -> list[list[str]]:
    table = rows(section(text_of(POSTS / post), heading).partition(header)[2], "you write")
    return [[cell.strip("`") for cell in row] for row in table]


def test_the_dates_that_are_shown_are_read_or_refused_as_told() -> None:
    zone = load_settings(ROOT).zone
    accepted = told("front-matter.md", "Dates", "time zone of the site.")
    assert len(accepted) > 6
    for written, _ in accepted:
        assert parse_date(written, zone).tzinfo is not None
    for written, why in told("front-matter.md", "Dates", "with the reason and an example:"):
        with pytest.raises(DateError) as refused:
            parse_date(written, zone)
        reasons = {"there was no such day": "no date", "it was a Wednesday": "no such day of the"}
        words = reasons.get(
            why, why.removeprefix("it ").removeprefix("a time zone by such a name ")
        )
        assert words.removeprefix("is ") in str(refused.value), (written, str(refused.value))


def test_the_tags_that_are_shown_mean_what_is_told() -> None:
    counts = {"two tags": 2, "one tag": 1, "the same": 1, "none": 0}
    shown = told("front-matter.md", "Tags", "\n")
    assert len(shown) > 4
    for written, means in shown:
        front = f"---\ntitle: T\ndate: 2026-01-01\n{written}\n---\n"
        source, findings = read_source("posts/x.md", front, load_settings(ROOT).rules)
        assert source is not None
        expected = next(number for words, number in counts.items() if means.startswith(words))
        assert len(source.meta.tags) == expected, written
        assert bool(findings) == ("warning" in means), written


def test_front_matter_that_is_shown_is_read() -> None:
    text = text_of(POSTS / "front-matter.md")
    tokens = [t for t in MarkdownIt().parse(text) if t.type == "fence"]
    shown = [t for t in tokens if t.info in {"yaml", "toml", "text"}]
    assert len(shown) >= 5
    for token in shown:
        content = token.content
        if token.info == "yaml" and not content.startswith("---"):
            content = f"---\n{content}---\n"
        front = split(content)
        assert front.kind, content
        assert front.problems == ()
        assert front.fields.keys() <= KEYS


# --- commands, run -------------------------------------------------------------------------


HERE = {"init", "new", "import", "check", "build", "stats", "schema", "completion"}
"""Commands that need no cloud. The others are run by the tests of the cloud, as they are shown."""


def shown_to_be_run() -> list[tuple[str, ...]]:
    whole = {c.words for c in commands() if c.whole and c.program == "sula"}
    return sorted(words for words in whole if words and words[0] in HERE)


def test_every_command_without_a_cloud_is_shown() -> None:
    assert {words[0] for words in shown_to_be_run()} == HERE


@pytest.mark.parametrize("words", shown_to_be_run(), ids=" ".join)
def test_a_command_that_is_shown_can_be_run(
    words: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = tmp_path / "site"
    init(site, Wanted(title="A site", timezone="UTC"))
    for name, files in {
        "old-blog": {"_config.yml": "url: https://old.example\n", "_posts/2020-01-02-x.md": "X\n"},
        "old": {"hugo.toml": "title = 'Old'\nbaseURL = 'https://old.example/'\n",
                "content/posts/x.md": "---\ntitle: X\ndate: 2020-01-02\n---\nX\n"},
        "site": {"feed.xml": "<rss><channel><item><guid>urn:x</guid><link>https://old.example/x/"
                 "</link></item></channel></rss>"},
    }.items():  # fmt: skip
        for path, text in files.items():
            (tmp_path / name / path).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name / path).write_text(text, "utf-8")
    monkeypatch.chdir(site)
    monkeypatch.setenv("VISUAL", "true")  # an editor that is closed at once
    done = CliRunner().invoke(cli, list(words))
    assert done.exit_code == 0, done.output
    assert done.output
