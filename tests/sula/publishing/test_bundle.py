"""The function's zip: reproducible, complete, and free of what does not belong in it."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import time
import zipfile
from importlib import metadata
from pathlib import Path

import msgspec
import pytest

from edgefeed.contract import Person, Site
from sula.errors import CloudError
from sula.publishing import bundle, dependencies

SITE = Site(
    id="tag:x,2026:s", url="https://x.example", title="Ü", description="d", language="en",
    author=Person("A"), assets={"b.css": "2", "a.css": "1"},
)  # fmt: skip
TEMPLATES = {
    "base.html": "<p>é{{ a }}{{ b }}{{ c }}", "sub/x.html": "{% set y = z %}{{ y }}",
}  # fmt: skip
ROOT = Path(__file__).parents[3]
LOCK = ROOT / "requirements/run.lock"


def names(code: bytes) -> list[str]:
    with zipfile.ZipFile(io.BytesIO(code)) as archive:
        return archive.namelist()


def test_it_holds_code_site_and_templates() -> None:
    made = bundle.build(SITE, TEMPLATES)
    with zipfile.ZipFile(io.BytesIO(made.code)) as archive:
        assert archive.testzip() is None
        assert msgspec.json.decode(archive.read("site.json"), type=Site) == SITE
        templates = [n for n in archive.namelist() if n.startswith("templates/")]
        texts = [archive.read(name).decode() for name in templates]
        assert sorted("<p>é" in text for text in texts) == [False, True]
        assert all(compile(text, "template", "exec") for text in texts)
        assert (
            archive.read("edgefeed/contract.py")
            == (ROOT / "lambda/edgefeed/contract.py").read_bytes()
        )
        assert b"import handler" in archive.read("index.py")


def test_nothing_else_is_in_it() -> None:
    found = names(bundle.build(SITE, TEMPLATES).code)
    assert found == sorted(found)
    assert {name.split("/")[0] for name in found} == {
        "edgefeed", "index.py", "site.json", "templates",
    }  # fmt: skip
    assert not [name for name in found if "__pycache__" in name or name.endswith(".pyc")]


def test_the_reader_is_what_reads_a_page_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    files = bundle.edgefeed_files()
    before = bundle.reader_fingerprint()
    differs = set()
    for name in files:
        changed = {**files, name: files[name] + b"\n"}
        monkeypatch.setattr(bundle, "edgefeed_files", lambda changed=changed: changed)
        if bundle.reader_fingerprint() != before:
            differs.add(name.removeprefix("edgefeed/").removesuffix(".py"))
    assert {"page", "metadata", "content", "sanitize", "text", "rss", "contract"} <= differs
    assert differs.isdisjoint(
        {"lists", "listing", "reconcile", "gate", "aws", "handler", "outputs"}
    )


def test_the_same_inputs_give_the_same_bytes() -> None:
    first = bundle.build(SITE, TEMPLATES)
    time.sleep(2 - time.time() % 2)  # zip's times have a resolution of two seconds
    again = bundle.build(
        msgspec.structs.replace(SITE, assets=dict(reversed(SITE.assets.items()))),
        dict(reversed(TEMPLATES.items())),
    )
    assert again == first


def test_and_in_another_process_zone_and_umask() -> None:
    code = (
        "import os; os.umask(0o077); from edgefeed.contract import *;"
        "from sula.publishing import bundle;"
        f"print(bundle.build({SITE!r}, {TEMPLATES!r}).digest)"
    )
    found = {
        subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True,
            env={**os.environ, "PYTHONHASHSEED": seed, "TZ": zone},
        ).stdout.strip()
        for seed, zone in (("1", "UTC"), ("2", "Asia/Tokyo"))
    }  # fmt: skip
    assert found == {bundle.build(SITE, TEMPLATES).digest}


def test_whatever_shapes_the_lists_changes_the_digest() -> None:
    usual = bundle.build(SITE, TEMPLATES).digest
    other = msgspec.structs.replace(SITE, title="U")
    assert bundle.build(other, TEMPLATES).digest != usual
    assert bundle.build(SITE, {**TEMPLATES, "base.html": "<p>e"}).digest != usual
    assert bundle.build(SITE, TEMPLATES, {"jinja2/__init__.py": b""}).digest != usual


def test_libraries_never_replace_our_own_files() -> None:
    made = bundle.build(SITE, TEMPLATES, {"index.py": b"evil", "edgefeed/contract.py": b"evil"})
    with zipfile.ZipFile(io.BytesIO(made.code)) as archive:
        assert b"evil" not in archive.read("index.py") + archive.read("edgefeed/contract.py")


# --- dependencies ---------------------------------------------------------------------------


def test_it_knows_all_that_edgefeed_needs_and_nothing_of_sula() -> None:
    found = {pin.partition("==")[0] for pin in dependencies.pins()}
    assert set(dependencies.REQUIREMENTS) < found
    assert {"markupsafe", "soupsieve", "python-dateutil", "six"} < found
    assert not found & {"boto3", "botocore", "pelican", "click", "rich", "html5lib"}


def test_every_dependency_is_what_the_lock_names() -> None:
    lines = dependencies.hashed(dependencies.pins(), LOCK)
    assert len(lines) == len(dependencies.pins())
    assert all(" --hash=sha256:" in line for line in lines)


def test_a_version_that_the_lock_does_not_know_is_named() -> None:
    with pytest.raises(CloudError, match=r"lxml==0.1 .* run.lock names; run `make env`"):
        dependencies.hashed(["lxml==0.1"], LOCK)


def test_plain_python_comes_from_the_environment_without_ballast() -> None:
    found = dict(dependencies.installed([metadata.distribution("jinja2")]))
    assert "jinja2/__init__.py" in found
    assert not [name for name in found if name.endswith((".pyc", "RECORD", "METADATA"))]
    assert [name for name in found if "licen" in name.lower()]


def test_a_package_that_is_missing_comes_with_the_remedy() -> None:
    with pytest.raises(CloudError, match="no-such-thing, which the function needs"):
        dependencies.needed(["no-such-thing"])


def test_wheels_are_downloaded_once(tmp_path: Path) -> None:
    """The question's digest names the folder; what is complete is not asked for again."""
    pins = ("nh3==0.0",)
    lock = tmp_path / "run.lock"
    lock.write_text("nh3==0.0 \\\n    --hash=sha256:00\n    # via\n    #   sula\n")
    with pytest.raises(CloudError, match="could not be downloaded"):
        dependencies.wheels(pins, "arm64", tmp_path / "cache", lock)
    (place,) = (tmp_path / "cache").iterdir()
    (place / "nh3.whl").touch()
    (place / "complete").touch()
    assert dependencies.wheels(pins, "arm64", tmp_path / "cache", lock) == (place / "nh3.whl",)
    with pytest.raises(CloudError, match="could not be downloaded"):
        dependencies.wheels(pins, "x86_64", tmp_path / "cache", lock)
