"""``sula init``: a site of one's own, in a folder of its own.

What is there already is never written over, so that a folder can be completed: after
`sula import`, or where a file was removed by mistake.
"""

from __future__ import annotations

import json
import re
import shlex
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from edgefeed.contract import slugify
from sula.authoring.starters import IGNORED, PAGES, README, SETTINGS, WORDS, WORKFLOWS
from sula.errors import ConfigError
from sula.site.settings import SETTINGS_FILE, load_settings
from sula.site.theme import shipped_theme

_ZONE_LINK: Final = Path("/etc/localtime")


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What the author says of the new site; what is empty is chosen.

    ``workflow`` is ``github``, ``gitlab`` or ``none``. ``theme``: a copy of the theme, to change.
    ``requirement`` is how pip finds Sula, if not by its name and version.
    """

    title: str = ""
    url: str = ""
    author: str = ""
    language: str = "en"
    timezone: str = ""
    theme: bool = False
    workflow: str = "github"
    requirement: str = ""


@dataclass(frozen=True)
class Made:
    """Paths relative to the folder, sorted: what was written, and what was there already."""

    written: tuple[str, ...]
    kept: tuple[str, ...]


def init(folder: Path, wanted: Wanted) -> Made:
    """Make a site in a folder, which need not exist. Raises `ConfigError`.

    The settings are checked before anything is written: a wrong value leaves no trace.
    """
    if folder.exists() and not folder.is_dir():
        raise ConfigError(f"{folder} is a file: choose a folder")
    files = _files(folder, wanted)
    written, kept = [], []
    try:
        for name in ("content/posts", "content/images"):
            (folder / name).mkdir(parents=True, exist_ok=True)
        for name, body in sorted(files.items()):
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            try:
                with path.open("xb") as file:
                    file.write(body)
            except FileExistsError:
                kept.append(name)
            else:
                written.append(name)
    except OSError as error:
        raise ConfigError(f"{error.filename} cannot be written: {error.strerror}") from error
    load_settings(folder)
    return Made(tuple(written), tuple(kept))


def _files(folder: Path, wanted: Wanted) -> dict[str, bytes]:
    name = folder.resolve().name or "site"
    title = " ".join(wanted.title.split()) or _titled(name)
    host = f"{slugify(name)}.example" if slugify(name).isascii() else "blog.example"
    url = _address(wanted.url or f"https://{host}")
    zone = _zone(wanted.timezone)
    language = _language(wanted.language)
    own = WORDS.get(language.partition("-")[0], WORDS["en"])
    values = {
        "url": _text(url),
        "title": _text(title),
        "author": _text(" ".join(wanted.author.split()) or title),
        # Not made from the address: that is invented until there is a domain.
        "id": _text(f"urn:uuid:{uuid.uuid4()}"),
        "language": _text(language),
        "zone": _text(zone),
        "theme": 'THEME = "theme"\n' if wanted.theme else "",
        **{name: _text(word) for name, word in own.items()},
    }
    requirement = wanted.requirement or f"sula[local]=={version('sula')}"
    words = {"title": title, "requirement": requirement}
    files = {
        SETTINGS_FILE: _fill(SETTINGS, values),
        ".gitignore": IGNORED,
        "README.md": _fill(README, words),
        "requirements.txt": f"{requirement}\n",
        **{path: _fill(page, own) for path, page in PAGES.items()},
    }
    if wanted.workflow != "none":
        path, text = WORKFLOWS[wanted.workflow]
        files[path] = text
    made = {name: text.encode() for name, text in files.items()}
    return made | (_theme() if wanted.theme else {})


def _fill(text: str, values: Mapping[str, str]) -> str:
    return re.sub(r"<<(\w+)>>", lambda match: values[match[1]], text)


def _theme() -> dict[str, bytes]:
    theme = shipped_theme()
    return {
        f"theme/{path.relative_to(theme).as_posix()}": path.read_bytes()
        for path in sorted(theme.rglob("*"))
        if path.is_file()
    }


def _text(value: str) -> str:
    """Python's literal for a text, in double quotes."""
    return json.dumps(value, ensure_ascii=False)


def _titled(name: str) -> str:
    words = " ".join(name.replace("-", " ").replace("_", " ").split())
    return words[:1].upper() + words[1:]


def _address(url: str) -> str:
    try:
        parts = urlsplit(url)
        good = parts.scheme in {"http", "https"} and parts.hostname
    except ValueError:
        good = None
    if not good:
        raise ConfigError(f'--url: should be like "https://blog.example", not {url!r}')
    if parts.path.strip("/"):
        raise ConfigError(f"--url: a site has a host of its own: remove {parts.path!r}")
    return url.rstrip("/")


def _language(language: str) -> str:
    if not re.fullmatch(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*", language):
        raise ConfigError(f'--language: should be like "en" or "pt-BR", not {language!r}')
    primary, *rest = language.split("-")
    return "-".join((primary.lower(), *rest))  # as the theme's translations are named


def _zone(name: str) -> str:
    """A time zone by its name; else this machine's, if it can be known; else UTC."""
    for zone in (name,) if name else (_local_zone(), "UTC"):
        try:
            return ZoneInfo(zone).key
        except (ZoneInfoNotFoundError, ValueError, OSError):
            continue
    raise ConfigError(f'--timezone: no such time zone: {name!r}; one is "Europe/Vienna"')


def _local_zone() -> str:
    """This machine's time zone, as its link into the tz database says."""
    try:
        return str(_ZONE_LINK.readlink()).rpartition("zoneinfo/")[2] or "UTC"
    except OSError:
        return "UTC"


def init_lines(made: Made, folder: Path) -> list[str]:
    """What was made, and what to do next."""
    lines = [f"  {name}" for name in made.written]
    lines += [f"  {name}: was there, and is left as it is" for name in made.kept]
    here = folder.resolve() == Path.cwd()
    lines.append("Next:")
    if not here:
        lines.append(f"  cd {shlex.quote(str(folder))}")
    return [*lines, '  sula new "Hello, world"', "  sula up"]
