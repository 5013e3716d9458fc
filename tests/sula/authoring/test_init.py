"""A site of one's own: complete, checked before it is written, and nothing is written over."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import zipfile
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import yaml
from tests.small_site import tree
from tests.workflows import BROKEN_GITLAB, lint_gitlab

from sula.authoring.init import Wanted, init, init_lines
from sula.authoring.new import new_post
from sula.authoring.starters import WORKFLOWS
from sula.content.gather import look, prepare
from sula.errors import ConfigError
from sula.planning.record import Record
from sula.publishing.build import build
from sula.shipped import shipped
from sula.site.settings import load_settings

ROOT = Path(__file__).parents[3]
NOW = datetime(2026, 7, 8, 9, 10, 11, tzinfo=ZoneInfo("Europe/Vienna"))


def test_a_site_is_made_and_builds(tmp_path: Path) -> None:
    made = init(tmp_path / "field-notes", Wanted(timezone="Europe/Vienna"))
    assert made.kept == ()
    assert {"pelicanconf.py", "README.md", ".gitignore", "requirements.txt"} <= set(made.written)
    root = tmp_path / "field-notes"
    new_post(root / "content", "Hello", now=NOW)
    checkout = look(root, since=0)
    assert prepare(checkout, Record(), now=2e9).findings == ()
    assert checkout.settings.site.title == "Field notes"
    assert checkout.settings.site.url == "https://field-notes.example"
    built = build(checkout, tmp_path / "public", now=2e9)
    assert built.written
    assert "Hello" in (tmp_path / "public/feed.xml").read_text("utf-8")


def test_what_is_said_is_what_is_written(tmp_path: Path) -> None:
    title = 'Ada\'s "notes"  \\ & <more>'
    wanted = Wanted(title=title, url="https://a.example/", author="Ada", language="pt-BR",
                    timezone="America/New_York", requirement="sula @ file:///x.whl")  # fmt: skip
    init(tmp_path, wanted)
    settings = load_settings(tmp_path)
    assert settings.site.title == " ".join(title.split())
    assert (settings.site.url, settings.site.author.name) == ("https://a.example", "Ada")
    assert (settings.site.language, settings.zone.key) == ("pt-BR", "America/New_York")
    assert (tmp_path / "requirements.txt").read_text("utf-8") == "sula @ file:///x.whl\n"


@pytest.mark.parametrize("language", ["en", "de", "fr-CA", "DE", "pt-BR"])
def test_a_site_speaks_its_language_from_the_first_page_on(tmp_path: Path, language: str) -> None:
    init(tmp_path, Wanted(language=language))
    checkout = look(tmp_path, since=0)
    assert prepare(checkout, Record(), now=2e9).findings == ()
    menu = checkout.settings.site.menu
    assert [link.url for link in menu] == ["/", "/archive/", "/tags/", "/search/", "/about/"]
    build(checkout, tmp_path / "public", now=2e9)
    # What the menu calls a page is what the theme calls it.
    for link in menu[1:]:
        page = (tmp_path / f"public{link.url}index.html").read_text("utf-8")
        assert f"{link.label}</h1>" in page
    lost = (tmp_path / "public/404.html").read_text("utf-8")
    assert all(f'href="{link.url}"' in lost for link in menu)
    assert 'class="masthead"' in lost


def test_every_site_has_an_identity_of_its_own(tmp_path: Path) -> None:
    for name in ("one/blog", "two/blog"):
        init(tmp_path / name, Wanted())
    one, two = (load_settings(tmp_path / name).site.id for name in ("one/blog", "two/blog"))
    assert one != two


def test_nothing_is_written_over(tmp_path: Path) -> None:
    init(tmp_path, Wanted(title="First"))
    before = tree(tmp_path)
    (tmp_path / "README.md").unlink()
    made = init(tmp_path, Wanted(title="Second", workflow="gitlab"))
    assert made.written == (".gitlab-ci.yml", "README.md")
    assert "pelicanconf.py" in made.kept
    assert {k: v for k, v in tree(tmp_path).items() if k in before and k != "README.md"} == {
        k: v for k, v in before.items() if k != "README.md"
    }


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        (Wanted(url="blog.example"), r'--url: should be like "https://blog\.example"'),
        (Wanted(url="http://["), "--url: should be like"),
        (
            Wanted(url="https://x.example/blog"),
            "--url: a site has a host of its own: remove '/blog'",
        ),
        (Wanted(language="in German"), "--language: should be like"),
        (Wanted(timezone="Europe/Wien"), "--timezone: no such time zone: 'Europe/Wien'"),
    ],
    ids=["url", "brackets", "path", "language", "timezone"],
)
def test_a_wrong_value_leaves_no_trace(tmp_path: Path, wanted: Wanted, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        init(tmp_path / "new", wanted)
    assert not (tmp_path / "new").exists()


def test_a_new_site_has_pictures_of_its_titles(tmp_path: Path) -> None:
    init(tmp_path, Wanted())
    assert load_settings(tmp_path).site.previews


def test_a_theme_of_ones_own_is_a_copy(tmp_path: Path) -> None:
    init(tmp_path, Wanted(theme=True))
    assert load_settings(tmp_path).theme == tmp_path / "theme"
    assert tree(tmp_path / "theme") == tree(ROOT / "theme")


def test_workflows_are_yaml_that_deploys() -> None:
    assert WORKFLOWS.keys() == {"github", "gitlab"}
    for path, text in WORKFLOWS.values():
        data = yaml.safe_load(text)
        assert "sula deploy" in text, path
        assert text.index("sula check") < text.index("sula deploy")
        assert len(data) >= 1
    github = WORKFLOWS["github"][1]
    uses = [line.split("uses: ")[1] for line in github.splitlines() if "uses: " in line]
    assert len(uses) == 3
    assert all(len(use.split("@")[1].split()[0]) == 40 for use in uses), "pinned by commit"
    # One pin for each action, whichever workflow uses it.
    pins = dict(use.split()[0].split("@") for use in uses)
    for ours in (ROOT / ".github/workflows").glob("*.yml"):
        for use in re.findall(r"uses: (\S+)", ours.read_text("utf-8")):
            name, commit = use.split("@")
            assert pins.setdefault(name, commit) == commit, ours
    assert len(pins) == 3


def test_gitlab_takes_the_pipeline(tmp_path: Path) -> None:
    init(tmp_path, Wanted(workflow="gitlab"))
    fine, said = lint_gitlab(tmp_path / ".gitlab-ci.yml")
    assert fine, said
    (tmp_path / ".gitlab-ci.yml").write_text(BROKEN_GITLAB, "utf-8")
    assert not lint_gitlab(tmp_path / ".gitlab-ci.yml")[0]


def test_the_workflow_gives_nothing_away(tmp_path: Path) -> None:
    init(tmp_path, Wanted())
    zizmor = Path(sys.executable).with_name("zizmor")
    done = subprocess.run(
        [zizmor, "--offline", "--quiet", "--no-progress", tmp_path / ".github/workflows"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_series_goes_on_where_it_ended(tmp_path: Path) -> None:
    for title in ("One", "Two", "Three"):
        path = new_post(tmp_path, title, now=NOW, series="A long story")
    assert "series: A long story\nposition: 3\n" in path.read_text("utf-8")


def test_notes_and_links(tmp_path: Path) -> None:
    note = new_post(tmp_path, "", now=NOW, note=True, identity="urn:x")
    assert note.name == "20260708-091011.md"
    assert note.read_text("utf-8").startswith("---\nnote: true\ndate: 2026-07-08 09:10:11\n")
    link = new_post(tmp_path, "There", now=NOW, link="https://x.example/?a=1&b=2#c")
    assert "\nlink: https://x.example/?a=1&b=2#c\n" in link.read_text("utf-8")
    with pytest.raises(ConfigError, match="--link: should be a whole address"):
        new_post(tmp_path, "Here", now=NOW, link="x.example")


def test_what_to_type_next_survives_a_shell(tmp_path: Path) -> None:
    folder = tmp_path / 'Ada\'s "notes" $HOME'
    (line,) = [line for line in init_lines(init(folder, Wanted()), folder) if "cd " in line]
    done = subprocess.run(
        ["sh", "-c", f"{line} && pwd"], capture_output=True, text=True, check=True
    )
    assert done.stdout == f"{folder}\n"


def test_an_editor_that_fails_is_told_after_the_post_is_made(tmp_path: Path) -> None:
    init(tmp_path, Wanted())
    done = subprocess.run(
        [sys.executable, "-m", "sula", "new", "Edited", "--edit"], cwd=tmp_path, check=False,
        env={**os.environ, "VISUAL": "no-such-editor"}, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 2
    assert done.stderr.startswith("sula: content/posts/edited.md is made, and no editor opened it")
    assert done.stderr.endswith("say in VISUAL or EDITOR which to use\n")
    assert (tmp_path / "content/posts/edited.md").exists()


def test_the_editor_is_opened_when_it_is_asked_for(tmp_path: Path) -> None:
    init(tmp_path, Wanted())
    editor = tmp_path / "editor.sh"
    editor.write_text('#!/bin/sh\necho "Words." >> "$1"\n', "utf-8")
    editor.chmod(0o755)
    subprocess.run(
        [sys.executable, "-m", "sula", "new", "Edited", "--edit"], cwd=tmp_path, check=True,
        env={**os.environ, "VISUAL": str(editor)}, capture_output=True,
    )  # fmt: skip
    assert (tmp_path / "content/posts/edited.md").read_text("utf-8").endswith("\n\nWords.\n")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_shells_complete(shell: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "sula", "completion", shell], check=True, capture_output=True,
        text=True,
    )  # fmt: skip
    assert f"_SULA_COMPLETE={shell}_complete" in done.stdout


def test_the_wheel_alone_makes_and_builds_a_site(tmp_path: Path) -> None:
    """What a stranger installs: the wheel, and no checkout in sight."""
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)],
        cwd=ROOT, check=True, capture_output=True,
    )  # fmt: skip
    (wheel,) = tmp_path.glob("*.whl")
    zipfile.ZipFile(wheel).extractall(tmp_path / "installed")
    program = "import sula, sys; from sula.cli import main; print(sula.__file__); main()"

    def sula(folder: Path, *arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, "-c", program, *arguments], cwd=folder, text=True,
            env={**os.environ, "PYTHONPATH": str(tmp_path / "installed")}, capture_output=True,
            check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        where, _, rest = done.stdout.partition("\n")
        assert where.startswith(str(tmp_path)), where
        return rest

    sula(tmp_path, "init", "blog")
    sula(tmp_path / "blog", "new", "From the wheel")
    assert "files written" in sula(tmp_path / "blog", "build", "public")
    assert "From the wheel" in (tmp_path / "blog/public/atom.xml").read_text("utf-8")
    for name in ("theme", "infra/edge"):
        assert shipped(name) == ROOT / name
        assert tree(tmp_path / "installed/sula/data" / name) == tree(ROOT / name)
    for name in ("infra/template.yaml", "requirements/run.lock"):
        assert shipped(name) == ROOT / name
        packed = tmp_path / "installed/sula/data" / name
        assert packed.read_bytes() == (ROOT / name).read_bytes()
