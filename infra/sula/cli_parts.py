"""What the commands share: configuration, console, JSON, examples. Nothing heavy loads here."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from sula.config import Config
    from sula.console import Console


NOBODY = "nobody answered, and nothing was changed; where nobody can, say --yes"


def example(*lines: str) -> str:
    """The end of a command's help."""
    return "\b\nExample:\n" + "\n".join(f"  {line}" for line in lines)


def require_utf8() -> None:
    """Names of files are UTF-8 everywhere else. Raises `ConfigError` where they are not here."""
    encoding = sys.getfilesystemencoding()
    if encoding != "utf-8":
        from sula.errors import ConfigError  # noqa: PLC0415 - only where it is raised

        raise ConfigError(
            f"this locale has names of files in {encoding}, and a site's are UTF-8; "
            "set PYTHONUTF8=1, or a locale such as C.UTF-8"
        )


def config(**flags: str | None) -> Config:
    """How Sula is run here. Raises `ConfigError`."""
    from sula.config import load_config  # noqa: PLC0415 - heavy modules inside commands

    require_utf8()
    given = click.get_current_context().obj
    return load_config(given["site"] or Path.cwd(), {**given["flags"], **flags})


def console() -> Console:
    """The process's own streams."""
    from sula.console import Console  # noqa: PLC0415 - the same

    return Console()


def print_json(data: Any) -> None:  # noqa: ANN401 - whatever JSON can say
    """For a program."""
    click.echo(json.dumps(data, ensure_ascii=False, indent=2))


def agreed(question: str) -> bool:
    """Ask the person at the terminal; `ConfigError` where nobody is there to answer."""
    from sula.errors import ConfigError  # noqa: PLC0415 - the same

    try:
        return click.confirm(question, default=False)
    except click.Abort as error:
        raise ConfigError(NOBODY) from error


def shown(path: Path) -> Path:
    """A path as short as it can be from here."""
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path
