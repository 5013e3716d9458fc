"""The schemas say what the code does: what it reads they accept, what they refuse it refuses."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from sula.authoring.schema import front_matter, machine, settings
from sula.cloud.manage import check_parameters, parameters
from sula.cloud.stack import load_template
from sula.config import load_config
from sula.content.fields import KEYS
from sula.content.meta import read_source
from sula.errors import ConfigError
from sula.site.settings import _KNOWN, _Checked, load_settings

ROOT = Path(__file__).parents[3]
FRONT = Draft202012Validator(front_matter())
SETTINGS = Draft202012Validator(settings())
RULES = load_settings(ROOT).rules


def test_they_are_schemas_of_every_name() -> None:
    for schema, names in ((front_matter(), KEYS), (settings(), _KNOWN)):
        Draft202012Validator.check_schema(schema)
        assert schema["properties"].keys() == names
        assert all(len(p["description"]) > 10 for p in schema["properties"].values())
        # What JavaScript's patterns do not know would be useless to an editor.
        assert "(?i" not in json.dumps(schema)


def test_the_sites_own_sources_pass() -> None:
    sources = sorted((ROOT / "content").rglob("*.md"))
    assert len(sources) > 25
    for path in sources:
        match = re.match(r"---\n(.*?)\n---\n", path.read_text("utf-8"), re.DOTALL)
        assert match is not None
        values = json.loads(json.dumps(yaml.safe_load(match[1]), default=str))
        assert list(FRONT.iter_errors(values)) == [], path


VALUES = st.one_of(
    st.sampled_from(["", "yes", "No", "perhaps", "de", "d", "https://a.example/", "x y", "7", "/x",
                     "urn:x:y", "draft", "Hidden", "2026-01-02", "page"]),
    st.integers(-5, 5), st.booleans(), st.none(),
    st.lists(st.sampled_from(["a", "b c"]), max_size=2), st.just({"url": "x.mp3", "length": 5}),
)  # fmt: skip


@given(st.sampled_from(sorted(KEYS)), VALUES)
def test_what_the_schema_refuses_the_reader_has_something_to_say_about(
    key: str, value: object
) -> None:
    if FRONT.is_valid({key: value}):
        return
    front = yaml.safe_dump({"title": "T", "date": "2026-01-01", key: value})
    _, findings = read_source("posts/x.md", f"---\n{front}---\n", RULES)
    assert findings, (key, value)


GOOD: dict[str, Any] = {
    "SITEURL": "https://a.example", "SITENAME": "A", "SITE_ID": "tag:a.example,2026:s",
}  # fmt: skip


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SITEURL", "a.example"), ("SITEURL", "https://a.example/blog"), ("SITE_ID", "nothing"),
        ("FEED_SIZE", 0), ("FEED_SIZE", "20"), ("MENU", [["a"]]), ("ARTICLE_URL", "x/"),
        ("THEME_OPTIONS", {"a": 1}), ("CHECK_IGNORE", "image-alt"), ("AUTHOR", 5),
        ("FEED_FORMATS", []), ("FEED_FORMATS", ["html"]), ("FEED_FORMATS", "rss"),
        ("FEED_FORMATS", ["rss", "rss"]), ("TAG_FEEDS", 1), ("SERIES_FEEDS", "no"),
    ],
)  # fmt: skip
def test_settings_that_are_refused_are_refused_by_both(
    tmp_path: Path, name: str, value: object
) -> None:
    (tmp_path / "content").mkdir()

    def read(values: dict[str, Any]) -> None:
        lines = [f"{key} = {given!r}" for key, given in values.items()]
        _Checked(tmp_path, "\n".join(lines)).settings()

    (tmp_path / "pelicanconf.py").write_text("", "utf-8")
    assert SETTINGS.is_valid(GOOD)
    read(GOOD)
    assert not SETTINGS.is_valid({**GOOD, name: value})
    with pytest.raises(ConfigError, match=name):
        read({**GOOD, name: value})


MACHINE = Draft202012Validator(machine(parameters(load_template())))


@pytest.mark.parametrize(
    ("line", "good"),
    [
        ('stack = "my-blog"', True),
        ('cloud = "eu-central-1"', True),
        ('cloud = "local"', True),
        ('branch = "release/1"', True),
        ("parameters = {Domain = 'blog.example', Www = false, MonthlyBudget = 5}", True),
        ("parameters = {Www = 'no', LogRetentionDays = 30}", True),
        ('stack = "my blog"', False),
        ('cloud = "Frankfurt"', False),
        ('branch = "-x"', False),
        ("stack = 5", False),
        ('stak = "x"', False),
        ("parameters = {Domian = 'blog.example'}", False),
        ("parameters = 5", False),
    ],
)
def test_the_machines_settings_are_understood_by_both(
    tmp_path: Path, line: str, *, good: bool
) -> None:
    (tmp_path / "pelicanconf.py").write_text("", "utf-8")
    (tmp_path / "pyproject.toml").write_text(f"[tool.sula]\n{line}\n", "utf-8")
    assert MACHINE.is_valid(tomllib.loads(line)) == good
    try:
        check_parameters(load_config(tmp_path, {}, {}).parameters, load_template())
    except ConfigError:
        assert not good
    else:
        assert good


@pytest.mark.parametrize("what", ["front-matter", "settings", "pyproject"])
def test_the_command_prints_them(what: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "sula", "schema", what], check=True, capture_output=True
    )
    made = {"front-matter": front_matter(), "settings": settings(), "pyproject": MACHINE.schema}
    assert json.loads(done.stdout) == json.loads(json.dumps(made[what]))
