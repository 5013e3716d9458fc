"""How Sula is run here: flags > environment > ``[tool.sula]`` in pyproject.toml > defaults."""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from sula.errors import ConfigError
from sula.names import MACHINE

SETTINGS_FILE: Final = "pelicanconf.py"
LOCAL: Final = "local"
_DEFAULTS: Final = {one.name: str(one.default) for one in MACHINE} | {"local": ""}
_REGION = re.compile(r"[a-z]{2,3}(-[a-z]+)+-\d")
_STACK = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,127}")


@dataclass(frozen=True)
class Config:
    """How Sula is run.

    ``root`` is the site's folder. ``cloud`` is ``local`` or an AWS region. ``branch`` is what
    `sula remote` deploys. ``local`` is the folder of the site whose local cloud is meant: its
    own, but for a checkout that a git hook made. ``parameters`` are the stack's: what
    ``[tool.sula.parameters]`` says, by the template's own names.
    """

    root: Path
    stack: str = "sula"
    cloud: str = LOCAL
    branch: str = "main"
    local: Path = Path()
    parameters: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_local(self) -> bool:
        """Whether the local cloud is meant."""
        return self.cloud == LOCAL


def find_root(start: Path) -> Path:
    """The site around a folder: the nearest one, upward, with a ``pelicanconf.py``.

    Raises `ConfigError` where there is none.
    """
    here = start.resolve()
    for folder in (here, *here.parents):
        if (folder / SETTINGS_FILE).is_file():
            return folder
    raise ConfigError(
        f"there is no {SETTINGS_FILE} in {here} or above it; change into a site's folder first"
    )


def load_config(
    start: Path,
    flags: Mapping[str, str | None] | None = None,
    environ: Mapping[str, str] | None = None,
) -> Config:
    """Put a configuration together. Raises `ConfigError`, naming where a wrong value stands."""
    environ = os.environ if environ is None else environ
    root = find_root(start)
    values: dict[str, str] = dict(_DEFAULTS)
    places = dict.fromkeys(values, "the defaults")
    stated, parameters = _from_file(root / "pyproject.toml")
    for name, value in stated.items():
        values[name], places[name] = value, f"pyproject.toml: [tool.sula] {name}"
    for name in values:
        variable = f"SULA_{name.upper()}"
        if environ.get(variable):
            values[name], places[name] = environ[variable], variable
    for flag, given in (flags or {}).items():
        if given is not None:
            values[flag], places[flag] = given, f"--{flag}"
    _check(values, places)
    return Config(
        root=root,
        stack=values["stack"],
        cloud=values["cloud"],
        branch=values["branch"],
        local=Path(values["local"] or root).resolve(),
        parameters=parameters,
    )


def _from_file(path: Path) -> tuple[dict[str, str], dict[str, str]]:
    """The settings of ``[tool.sula]``, and the stack's parameters."""
    if not path.exists():
        return {}, {}
    import tomllib  # noqa: PLC0415 - many a site has no such file

    try:
        text = path.read_text("utf-8")
        table: Any = tomllib.loads(text)
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise ConfigError(f"pyproject.toml:{line}: not UTF-8: save it as UTF-8") from None
    except tomllib.TOMLDecodeError as error:
        found = re.search(r"at line (\d+)", str(error))
        last = text.count("\n") + 1
        raise ConfigError(f"pyproject.toml:{found[1] if found else last}: {error}") from error
    for name in ("tool", "sula"):
        table = table.get(name, {})
        if not isinstance(table, dict):
            where = _place(text, name)
            raise ConfigError(f"{where}: {name} should be a table: write [tool.sula] above a line")
    settings = dict(table)
    parameters = _parameters(settings.pop("parameters", {}))
    allowed = [name for name in _DEFAULTS if name != "local"]
    for name, value in settings.items():
        if name not in allowed:
            close = difflib.get_close_matches(name, allowed, 1)
            hint = f"is {close[0]} meant?" if close else f"there are: {', '.join(allowed)}"
            where = _place(text, name)
            raise ConfigError(f"{where}: [tool.sula] {name} is not a setting; {hint}")
        if not isinstance(value, str) or not value:
            raise ConfigError(
                f'{_place(text, name)}: [tool.sula] {name} should be text, as in {name} = "'
                f'{_DEFAULTS[name]}", not {value!r}'
            )
    return settings, parameters


def _place(text: str, name: str) -> str:
    """Where a name of ``[tool.sula]`` stands."""
    table = re.search(r"^[ \t]*\[tool\.sula\]", text, re.MULTILINE)
    pattern = re.compile(rf"^[ \t]*{re.escape(name)}[ \t]*=", re.MULTILINE)
    match = pattern.search(text, table.end() if table else 0)
    line = text.count("\n", 0, match.start()) + 1 if match else 0
    return f"pyproject.toml:{line}" if line else "pyproject.toml"


def _parameters(found: Any) -> dict[str, str]:  # noqa: ANN401 - whatever TOML can say
    form = '[tool.sula.parameters] should be names and values, as in Domain = "blog.example"'
    if not isinstance(found, dict):
        raise ConfigError(f"pyproject.toml: {form}")
    words = {True: "yes", False: "no"}
    said = {}
    for name, value in found.items():
        if not isinstance(value, str | int):
            raise ConfigError(f"pyproject.toml: {form}; {name} is {value!r}")
        said[name] = words[value] if isinstance(value, bool) else str(value)
    return said


def _check(values: Mapping[str, str], places: Mapping[str, str]) -> None:
    if values["cloud"] != LOCAL and not _REGION.fullmatch(values["cloud"]):
        raise ConfigError(
            f'{places["cloud"]}: {values["cloud"]!r} is neither "local" nor an AWS region such as '
            '"eu-central-1"'
        )
    if not _STACK.fullmatch(values["stack"]):
        raise ConfigError(
            f"{places['stack']}: {values['stack']!r} cannot name a stack: letters, digits and "
            "hyphens, beginning with a letter"
        )
    branch = values["branch"]
    if not branch or branch.startswith(("-", "/", ".")) or re.search(r"[\s~^:?*\[\\]|\.\.", branch):
        raise ConfigError(f"{places['branch']}: {branch!r} cannot name a branch")
