"""The command line, as a process: help, exit statuses, one clear message, nothing heavy."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from tests.authored import Authored, Post

from sula.checks.codes import CODES
from sula.cli import cli

COMMANDS = sorted(cli.commands)
HEAVY = ("boto3", "botocore", "pelican", "jinja2", "lxml", "markdown_it", "msgspec", "rich",
         "yaml", "bs4", "feedgen", "pygments", "watchfiles", "edgefeed")  # fmt: skip


@pytest.fixture
def site(tmp_path: Path) -> Authored:
    site = Authored(tmp_path / "site")
    site.settings.pop("THEME")
    site.save_settings()
    site.save(Post("posts/one.md", "One", "2026-01-01 09:00"))
    return site


def sula(folder: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("SULA_", "AWS_", "GIT_"))}
    return subprocess.run(
        [sys.executable, "-m", "sula", *arguments],
        cwd=folder, env={**kept, **environment}, capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_every_command_is_there() -> None:
    assert {"new", "up", "build", "check", "plan", "deploy", "status", "remote"} <= set(COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_helps_with_an_example(command: str, tmp_path: Path) -> None:
    done = sula(tmp_path, command, "--help")
    assert done.returncode == 0, done.stderr
    assert f"  sula {command}" in done.stdout.partition("Example")[2], done.stdout


def test_help_loads_nothing_heavy() -> None:
    program = (
        "import sys; sys.argv = ['sula', '--help']\n"
        "from sula.cli import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "print(*sys.modules, file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    loaded = {name.partition(".")[0] for name in done.stderr.split()}
    assert "click" in loaded
    assert not loaded & set(HEAVY)


def test_a_new_post_is_made_checked_and_built(site: Authored, tmp_path: Path) -> None:
    done = sula(site.root, "new", "Grüße: & <b>", "--tags", "a, b c")
    assert done.returncode == 0, done.stderr
    path = site.root / done.stdout.strip()
    assert path == site.root / "content/posts/grüße-b.md" or path.exists()
    again = sula(site.root, "new", "Grüße: & <b>")
    assert again.returncode == 2
    assert again.stderr.startswith("sula: ")
    assert "is there already" in again.stderr
    assert sula(site.root, "check").returncode == 0
    built = sula(site.root / "content", "build", str(tmp_path / "out"))
    assert built.returncode == 0, built.stderr
    assert "files written" in built.stdout
    feed = json.loads((tmp_path / "out/feed.json").read_text("utf-8"))
    assert "Grüße: & <b>" in {item["title"] for item in feed["items"]}
    assert (
        " 0 files written"
        in " " + sula(site.root, "build", str(tmp_path / "out")).stdout.rpartition(": ")[2]
    )


def test_findings_are_compiler_like_and_end_with_1(site: Authored) -> None:
    site.save(Post("posts/bad.md", "Bad", "someday"))
    site.save(Post("posts/math.md", "Math", "2026-01-02", "Well:\n\n$$\\frac{1}{$$\n"))
    done = sula(site.root, "check")
    assert done.returncode == 1
    assert "content/posts/bad.md:3:7: " in done.stdout
    assert not done.stderr
    found = json.loads(sula(site.root, "check", "--json").stdout)
    assert {"path": "content/posts/bad.md", "line": 3, "severity": "error"}.items() <= (
        found[0].items()
    )


def test_warnings_alone_end_with_0(site: Authored) -> None:
    site.save(Post("posts/a.md", "A", "2026-01-02", more={"tags": ["x"]}))
    site.save(Post("posts/b.md", "B", "2026-01-03", more={"tags": ["X"]}))
    done = sula(site.root, "check")
    assert done.returncode == 0
    assert "warning: tag" in done.stdout
    assert ":4:7: " in done.stdout


@pytest.mark.parametrize("command", ["deploy", "plan", "status"])
def test_without_a_cloud_the_remedy_is_said(site: Authored, command: str) -> None:
    done = sula(site.root, command)
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1
    assert "is not running; start it with `sula up`" in done.stderr


def test_outside_a_site_the_remedy_is_said(tmp_path: Path) -> None:
    done = sula(tmp_path, "check")
    assert done.returncode == 2
    assert "there is no pelicanconf.py" in done.stderr


def test_settings_that_do_not_run_are_placed(site: Authored) -> None:
    site.put("pelicanconf.py", "SITEURL = 'https://x.example'\nSITENAME = 1 / 0\n")
    done = sula(site.root, "check")
    assert done.returncode == 2
    assert "pelicanconf.py:2: ZeroDivisionError" in done.stderr


@pytest.mark.parametrize(
    "arguments",
    [("build", "{place}/out"), ("stats", "--svg", "{place}/out/a.svg"), ("remote", "{place}")],
)
def test_a_place_that_cannot_be_written_is_named(
    site: Authored, arguments: tuple[str, ...]
) -> None:
    place = site.root / "content/posts/one.md"
    done = sula(site.root, *(word.format(place=place) for word in arguments))
    assert done.returncode == 2
    assert done.stderr.startswith(f"sula: {place}")
    assert done.stderr.count("\n") == 1


def opened(gate: Path, process: subprocess.Popen[bytes]) -> int:
    """The end of a pipe to write to, once the process reads the other."""
    while process.poll() is None:
        try:
            return os.open(gate, os.O_WRONLY | os.O_NONBLOCK)
        except OSError:  # nobody reads it yet
            time.sleep(0.02)
    raise AssertionError(process.communicate())


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGHUP])
def test_a_command_that_is_told_to_end_leaves_nothing(
    site: Authored, tmp_path: Path, how: signal.Signals
) -> None:
    """A build puts the site together in the scratch folder; a gate holds it up there."""
    os.mkfifo(site.root / "gate")
    program = (
        # Whoever runs the tests may have hang-ups ignored (nohup), which is inherited.
        "import signal; signal.signal(signal.SIGHUP, signal.SIG_DFL)\n"
        "import sys; from pathlib import Path; import sula.rendering.render as render\n"
        "real = render.render_shard\n"
        "def slow(*given):\n"
        "    Path('gate').read_bytes()\n"
        "    return real(*given)\n"
        "render.render_shard = slow\n"
        "from sula.cli import main; main()"
    )
    command = [sys.executable, "-c", program, "build", str(tmp_path / "out")]
    with subprocess.Popen(command, cwd=site.root, stderr=subprocess.PIPE) as building:
        gate = opened(site.root / "gate", building)  # it has come that far
        assert list((site.root / ".sula").glob("build-*"))
        building.send_signal(how)
        _, said = building.communicate(timeout=30)
        os.close(gate)
    assert building.returncode == 128 + how
    assert said == b""
    assert not list((site.root / ".sula").glob("build-*"))


def test_a_locale_without_the_letters_of_a_name_is_told(site: Authored) -> None:
    site.save(Post("posts/größe.md", "Size", "2026-01-02"))
    plain = {"PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "LC_ALL": "C"}
    done = sula(site.root, "check", **plain)
    assert done.returncode == 2
    assert "set PYTHONUTF8=1, or a locale such as C.UTF-8" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_wrong_option_is_a_usage_error(site: Authored) -> None:
    done = sula(site.root, "build", "--no-such", "x")
    assert done.returncode == 2
    assert "No such option" in done.stderr


def test_what_a_terminal_cannot_show_is_told_otherwise(site: Authored) -> None:
    done = sula(site.root, "stats", PYTHONIOENCODING="latin-1", PYTHONUTF8="0")
    assert done.returncode == 0, done.stderr
    assert "\\u2588" in done.stdout


def test_no_colour_where_nobody_sees_it(site: Authored) -> None:
    site.save(Post("posts/bad.md", "Bad", "someday"))
    assert "\033" not in sula(site.root, "check", FORCE_COLOR="").stdout


def test_a_finding_is_explained_by_its_code(tmp_path: Path) -> None:
    told = sula(tmp_path, "explain", "image-alt")
    assert told.stdout.startswith("image-alt: a picture without a description\n\nWarning. ")
    assert "    | ![](https://media.example/gull.jpg)" in told.stdout
    assert "check_ignore: [image-alt]" in told.stdout
    every = sula(tmp_path, "explain").stdout
    assert all(re.search(rf"^  {code} +\S", every, re.MULTILINE) for code in CODES)
    slip = sula(tmp_path, "explain", "imagealt")
    assert (slip.returncode, slip.stdout) == (2, "")
    assert slip.stderr.endswith("'imagealt' is no code of a finding; is image-alt meant?\n")
