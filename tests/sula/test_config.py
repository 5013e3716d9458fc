"""Flags before environment before pyproject.toml before defaults, and exact messages."""

from __future__ import annotations

from pathlib import Path

import pytest

from sula.config import find_root, load_config
from sula.errors import ConfigError


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "pelicanconf.py").write_text("SITEURL = 'x'\n", "utf-8")
    return tmp_path


def write(root: Path, text: str) -> None:
    (root / "pyproject.toml").write_text(text, "utf-8")


def test_defaults_are_the_local_cloud(root: Path) -> None:
    config = load_config(root, environ={})
    assert (config.stack, config.cloud, config.branch) == ("sula", "local", "main")
    assert config.is_local
    assert config.root == config.local == root.resolve()


def test_each_source_beats_the_one_below_it(root: Path) -> None:
    write(root, '[tool.sula]\nstack = "file"\ncloud = "eu-central-1"\nbranch = "file"\n')
    environ = {"SULA_STACK": "env", "SULA_CLOUD": "us-gov-west-1", "SULA_LOCAL": str(root / "x")}
    config = load_config(root, {"stack": "flag", "cloud": None}, environ)
    assert (config.stack, config.cloud, config.branch) == ("flag", "us-gov-west-1", "file")
    assert config.local == (root / "x").resolve()
    assert not config.is_local


def test_the_site_is_found_upward(root: Path) -> None:
    deep = root / "content/posts"
    deep.mkdir(parents=True)
    assert find_root(deep) == root.resolve()


def test_no_site_is_said(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"no pelicanconf\.py in .* or above it; change into"):
        find_root(tmp_path)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[tool.sula]\nstak = 'x'\n", r"\[tool\.sula\] stak is not a setting; is stack meant\?"),
        ("[tool.sula]\nlocal = 'x'\n", r"local is not a setting"),
        ("[tool.sula]\nstack = 3\n", r'should be text, as in stack = "sula", not 3'),
        ("[tool.sula]\nstack = 'a b'\n", r"\[tool\.sula\] stack: 'a b' cannot name a stack"),
        ("[tool.sula]\ncloud = 'mars'\n", r'cloud: \'mars\' is neither "local" nor an AWS region'),
        ("[tool.sula]\nbranch = 'a b'\n", r"branch: 'a b' cannot name a branch"),
        ("# x\n[tool\n", r"^pyproject\.toml:2: Expected '\]'"),
        ("# x\ny =", r"^pyproject\.toml:2: Invalid value"),
        ("x = 1\n[tool]\nsula = 'a'\n", r"^pyproject\.toml:3: sula should be a table"),
        ("x = 1\ntool = 2\n", r"^pyproject\.toml:2: tool should be a table"),
        (
            "# x\n[tool.sula]\nstak = 'x'\n",
            r"pyproject\.toml:3: \[tool.sula\] stak is not",
        ),
    ],
)
def test_wrong_values_are_said_with_their_place(root: Path, text: str, message: str) -> None:
    write(root, text)
    with pytest.raises(ConfigError, match=message):
        load_config(root, environ={})


def test_a_wrong_variable_is_named(root: Path) -> None:
    with pytest.raises(ConfigError, match=r"^SULA_CLOUD: 'moon'"):
        load_config(root, environ={"SULA_CLOUD": "moon"})
    with pytest.raises(ConfigError, match=r"^--cloud: 'moon'"):
        load_config(root, {"cloud": "moon"}, {})
