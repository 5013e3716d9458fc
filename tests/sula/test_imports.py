"""What is loaded when: heavy modules only where they are used, stand-ins only while importing."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from sula.installed import remembered

CLOUD = {"boto3", "botocore", "s3transfer"}
RENDERING = {"pelican", "jinja2", "markdown_it", "yaml", "pygments", "latex2mathml"}
NEVER = {"docutils", "feedgenerator", "watchfiles", "rich", "lxml", "bs4", "feedgen"}


def loaded_by(program: str) -> set[str]:
    """The packages in memory after a program."""
    done = subprocess.run(
        [sys.executable, "-c", f"import sys\n{program}\nprint(*sys.modules)"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    found = {name.partition(".")[0] for name in done.stdout.split()}
    assert "sula" in found
    return found


def test_what_a_deploy_starts_with_is_light() -> None:
    found = loaded_by("import sula.commands, sula.cloud.connect, sula.cloud.object_store")
    assert not found & (CLOUD | RENDERING | NEVER)


def test_rendering_loads_no_more_of_pelican_than_it_needs() -> None:
    found = loaded_by("import sula.rendering.pelican_run")
    assert {"pelican", "jinja2", "markdown_it"} <= found
    assert not found & (CLOUD | NEVER | {"pygments", "latex2mathml"})


def test_a_stand_in_is_gone_after_the_import() -> None:
    loaded_by(
        "import sula.rendering.pelican_parts\n"
        "from rich.progress import Progress\n"
        "import docutils.core\n"
        "assert docutils.core.publish_string('x')"
    )


def test_what_is_loaded_already_is_no_stand_in() -> None:
    loaded_by(
        "import pelican.readers\nbefore = pelican.readers.HTMLTranslator\n"
        "import sula.rendering.pelican_parts\nassert pelican.readers.HTMLTranslator is before\n"
        "assert before.__mro__[-2].__module__.startswith('docutils')"
    )


def test_an_installation_is_looked_at_once(tmp_path: Path) -> None:
    asked = []

    def compute() -> str:
        asked.append(1)
        return "digest"

    assert [remembered(tmp_path, "engine", compute) for _ in range(3)] == ["digest"] * 3
    assert len(asked) == 1
    assert remembered(tmp_path, "function", lambda: "other") == "other"
    assert remembered(tmp_path, "engine", compute) == "digest"
    assert len(asked) == 1


def test_another_installation_is_looked_at_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    packages = tmp_path / "site-packages"
    packages.mkdir()
    assert remembered(tmp_path, "engine", lambda: "one") == "one"
    monkeypatch.syspath_prepend(str(packages))
    assert remembered(tmp_path, "engine", lambda: "two") == "two"
    (packages / "pelican-99.dist-info").mkdir()
    assert remembered(tmp_path, "engine", lambda: "three") == "three"


@pytest.mark.parametrize("kept", [b"", b"{", b'{"look": 1}'])
def test_a_damaged_memory_is_none(tmp_path: Path, kept: bytes) -> None:
    (tmp_path / ".sula").mkdir()
    (tmp_path / ".sula/installed.json").write_bytes(kept)
    assert remembered(tmp_path, "engine", lambda: "digest") == "digest"
