"""The documentation is true: what it names exists, and what exists is named."""

from __future__ import annotations

import ast
import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

import click
import lxml.html
import msgspec
import pytest
from click.testing import CliRunner
from markdown_it import MarkdownIt

from edgefeed.contract import Site, template_filters
from sula import settings as site_settings
from sula.cli import cli
from sula.dates import DateError, parse_date
from sula.errors import ConfigError
from sula.fields import KEYS
from sula.frontmatter import split
from sula.init import Wanted, init
from sula.meta import read_source
from sula.post import PostData
from sula.settings import SiteSettings, load_settings

ROOT = Path(__file__).parents[1]
POSTS = ROOT / "content/posts"
CONTENT = sorted((ROOT / "content").rglob("*.md"))
DOCUMENTS = [ROOT / name for name in ("README.md", "infra/README.md", "lambda/README.md")] + CONTENT
_FRONT_MATTER = re.compile(r"---\n.*?\n---\n", re.DOTALL)
_COMMAND = re.compile(r"(?:\.venv/bin/)?(sula|make|python)(?=\s|$)(.*)")


@dataclass(frozen=True)
class Command:
    """A command as a document shows it; ``whole`` when it stands in a block, to be copied."""

    document: str
    program: str
    words: tuple[str, ...]
    whole: bool


def text_of(path: Path) -> str:
    return _FRONT_MATTER.sub("", path.read_text("utf-8"), count=1)


def code_in(text: str) -> Iterator[tuple[str, bool]]:
    """Code in Markdown: lines of blocks (True) and spans (False)."""
    for token in MarkdownIt("commonmark").enable("table").parse(text):
        if token.type in {"fence", "code_block"}:
            yield from ((line.strip(), True) for line in token.content.splitlines())
        for child in token.children or ():
            if child.type == "code_inline":
                yield " ".join(child.content.split()), False


def commands() -> list[Command]:
    found = []
    for path in DOCUMENTS:
        for line, whole in code_in(text_of(path)):
            match = _COMMAND.fullmatch(line)
            if match is not None:
                # What the shell does with the output is the shell's affair.
                asked = re.split(r"\s>{1,2}\s", match[2], maxsplit=1)[0]
                words = tuple(shlex.split(asked, comments=True))
                found.append(Command(path.name, match[1], words, whole))
    return found


def spans_of(text: str) -> set[str]:
    return {code for code, whole in code_in(text) if not whole}


def section(text: str, heading: str) -> str:
    """What stands under a heading of the second level."""
    pattern = rf"^## {re.escape(heading)}\n(.*?)(?=^## |\Z)"
    match = re.search(pattern, text, re.DOTALL | re.MULTILINE)
    assert match is not None, f"there is no section {heading!r}"
    return match[1]


def rows(text: str, header: str) -> list[list[str]]:
    """The cells of the table whose first line begins so, without the backticks around them."""
    lines = text.splitlines()
    start = next(at for at, line in enumerate(lines) if re.match(rf"\| {header} +\|", line))
    found = []
    for line in lines[start + 2 :]:
        if not line.startswith("|"):
            break
        found.append([cell.strip() for cell in line.strip("|").split("|")])
    assert found, f"the table {header!r} is empty"
    return found


# --- commands ----------------------------------------------------------------------------


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


# --- settings ----------------------------------------------------------------------------

REQUIRED = {
    "SITEURL": "https://blog.example",
    "SITENAME": "A Blog",
    "SITE_ID": "tag:blog.example,2026:site",
}
WORDS: dict[str, dict[str, object]] = {
    "none": {
        "MENU": (), "SOCIAL": (), "THEME_OPTIONS": {}, "FOOTER": "", "ICON": "", "HUB": "",
        "AUTHOR_EMAIL": "", "AUTHOR_URL": "", "SITE_DESCRIPTION": "", "CHECK_IGNORE": (),
    },
    "no": {"PREVIEWS": False},
    "the site's name": {"AUTHOR": REQUIRED["SITENAME"]},
    "the one that comes with Sula": {"THEME": str(ROOT / "theme")},
}  # fmt: skip
"""Usual values that are told in words, and what they mean."""
OTHERS: dict[str, object] = {
    "MENU": (("Home", "/"),), "SOCIAL": (("Home", "/"),), "THEME_OPTIONS": {"a": "b"},
    "FOOTER": "x", "ICON": "icon.svg", "HUB": "https://hub.example/", "AUTHOR_EMAIL": "a@b.example",
    "AUTHOR_URL": "https://a.example/", "SITE_DESCRIPTION": "x", "AUTHOR": "Ada",
    "DEFAULT_LANG": "de", "TIMEZONE": "Europe/Vienna", "PATH": "other", "THEME": "mine",
    "ARTICLE_URL": "{slug}/", "PAGE_URL": "p/{slug}/", "FEED_SIZE": 5, "PAGE_SIZE": 5,
    "HOME_SIZE": 5, "PREVIEWS": True, "FEED_FORMATS": ("atom",), "TAG_FEEDS": False,
    "SERIES_FEEDS": False, "CHECK_IGNORE": ("image-alt",),
}  # fmt: skip
"""Another value for each, which must make a difference."""


def settings_with(root: Path, values: dict[str, object]) -> SiteSettings:
    lines = [f"{name} = {value!r}\n" for name, value in {**REQUIRED, **values}.items()]
    (root / "pelicanconf.py").write_text("".join(lines), "utf-8")
    return load_settings(root)


@pytest.fixture
def blog(tmp_path: Path) -> Path:
    for folder in ("content", "other", "mine/templates", "mine/static"):
        (tmp_path / folder).mkdir(parents=True)
    for name in ("templates", "static"):
        for file in (ROOT / "theme" / name).iterdir():
            (tmp_path / "mine" / name / file.name).write_bytes(file.read_bytes())
    return tmp_path


def told_settings() -> dict[str, str]:
    tables = text_of(POSTS / "settings.md").partition("## Where it is deployed to")[0]
    found = re.findall(r"^\| `([A-Z_]+)` +\|.*\| *([^|]+?) *\|$", tables, re.MULTILINE)
    return dict(found)


def test_the_settings_post_lists_every_setting_with_its_default(blog: Path) -> None:
    told = told_settings()
    # SITESUBTITLE is Pelican's word for SITE_DESCRIPTION; the text says so.
    assert told.keys() == site_settings._KNOWN - {"SITESUBTITLE"}
    assert "SITESUBTITLE" in spans_of(text_of(POSTS / "settings.md"))
    plain = settings_with(blog, {})
    for name, usual in told.items():
        if name in REQUIRED:
            assert usual == "you say", name
            continue
        value: object = usual.strip("`")
        if usual in WORDS:
            value = WORDS[usual][name]
        elif usual.isdigit() or usual.startswith(("`(", "`True`")):
            value = ast.literal_eval(usual.strip("`"))
        assert settings_with(blog, {name: value}) == plain, f"{name} is not usually {value!r}"
        assert settings_with(blog, {name: OTHERS[name]}) != plain, f"{name} makes no difference"


@pytest.mark.parametrize("name", sorted(REQUIRED))
def test_a_setting_that_you_say_must_be_said(blog: Path, name: str) -> None:
    values = {key: value for key, value in REQUIRED.items() if key != name}
    text = "".join(f"{key} = {value!r}\n" for key, value in values.items())
    (blog / "pelicanconf.py").write_text(text, "utf-8")
    with pytest.raises(ConfigError, match=name):
        load_settings(blog)


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


def test_a_picture_says_what_it_shows() -> None:
    drawings = sorted((ROOT / "content").rglob("*.svg"))
    assert len(drawings) > 4
    for path in drawings:
        drawing = lxml.html.fromstring(path.read_bytes())
        assert drawing.findtext(".//title"), path.name
        assert len(drawing.findtext(".//desc") or "") > 20, path.name


# --- the built site ----------------------------------------------------------------------


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site") / "public"
    with pytest.raises(SystemExit) as end:
        cli.main(["--site", str(ROOT), "build", str(folder)])
    assert end.value.code == 0
    return folder


@pytest.fixture(scope="module")
def pages(site: Path) -> dict[str, lxml.html.HtmlElement]:
    """Every page of the built site by its URL path."""
    found = {}
    for path in sorted(site.rglob("*.html")):
        url = "/" + path.relative_to(site).as_posix().removesuffix("index.html")
        found[url] = lxml.html.fromstring(path.read_text("utf-8"))
    assert len(found) > 60
    return found


def test_every_internal_link_resolves(site: Path, pages: dict[str, lxml.html.HtmlElement]) -> None:
    base = load_settings(ROOT).site.url
    anchors = {url: {*page.xpath("//@id")} for url, page in pages.items()}
    seen, broken = 0, []
    for url, page in pages.items():
        for link in page.xpath("//@href | //@src | //@poster"):
            path = link.removeprefix(base) if f"{link}/".startswith(f"{base}/") else link
            if urlsplit(path).scheme or path.startswith("//"):
                continue
            parts = urlsplit(path or "/")
            target = unquote(parts.path) or url
            assert target.startswith("/"), f"{url} links relatively, to {link}"
            seen += 1
            file = site / (target[1:] + "index.html" if target.endswith("/") else target[1:])
            anchor = unquote(parts.fragment)
            if not file.is_file() or (anchor and anchor not in anchors[target]):
                broken.append(f"{url} ▶ {link}")
    assert (broken, seen > 2_000) == ([], True)


def test_every_image_has_alternative_text(pages: dict[str, lxml.html.HtmlElement]) -> None:
    # The icon beside the site's name is decoration: its name stands next to it.
    images = [(url, image) for url, page in pages.items() for image in page.xpath("//main//img")]
    assert len(images) > 5
    for url, image in images:
        assert len((image.get("alt") or "").split()) > 3, f"{url}: {image.get('src')}"


def test_no_anchor_stands_twice(pages: dict[str, lxml.html.HtmlElement]) -> None:
    for url, page in pages.items():
        names = page.xpath("//@id")
        assert len(names) == len(set(names)), url


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
