"""Pictures: their size, and the smaller ones that are made of them. No image library here.

A picture of the content directory is published as it is, and beside it as WebP in several
widths, for browsers to choose from. Each derived file's name holds a digest of what it is made
from, so it never changes; that is also what the plan compares. `sula.rendering.derive`
makes the bytes.
"""

from __future__ import annotations

import hashlib
import re
import struct
from collections.abc import Iterator, Mapping
from functools import cache, lru_cache
from pathlib import Path
from typing import Final, Literal
from urllib.parse import urlsplit

import msgspec

from edgefeed.contract import Site
from sula.model import Picture

RECIPE: Final = 2
"""Grows when the same picture is to be made otherwise."""
WIDTHS: Final = (480, 960, 1440)
PREVIEWS: Final = "previews/"
FACE: Final = "OpenSans-SemiBold"
"""What previews are written in."""
_RASTER: Final = (".png", ".jpg", ".jpeg", ".webp")
_DRAWN: Final = (".gif", ".svg")
_RECORDED: Final = tuple(
    ".mp3 .m4a .aac .ogg .opus .flac .wav .mp4 .m4v .mov .webm .ogv .pdf .epub".split()
)
_SVG: Final = re.compile(r"<svg\b[^>]*>", re.DOTALL)
_NUMBER: Final = r"""\s*=\s*["']\s*([\d.]+)(?:px)?\s*["']"""
_BOX: Final = re.compile(r"""\bviewBox\s*=\s*["']\s*\S+[\s,]+\S+[\s,]+([\d.]+)[\s,]+([\d.]+)""")


class Recipe(msgspec.Struct, frozen=True):
    """How a derived file is made: a ``picture`` of a width, or the ``preview`` of a title."""

    kind: Literal["picture", "preview"]
    mark: str
    path: str = ""
    width: int = 0
    title: str = ""


def is_picture(path: str) -> bool:
    """Whether a file has a size that a page can state."""
    return path.lower().endswith((*_RASTER, *_DRAWN))


def is_recording(path: str) -> bool:
    """Whether a file is one that travels with a post, whose length its page states."""
    return path.lower().endswith(_RECORDED)


@cache
def _maker() -> str:
    from importlib import metadata  # noqa: PLC0415 - only where something is made

    return f"{RECIPE} {metadata.version('pillow')}"


@lru_cache(maxsize=65_536)
def _mark(text: str) -> str:
    return hashlib.sha256(f"{_maker()}\0{text}".encode()).hexdigest()[:10]


def picture_of(path: str, blob: str, size: tuple[int, int]) -> Picture | None:
    """What pages need to know of a picture; None where its size is not known."""
    if not all(size):
        return None
    smaller = path.lower().endswith(_RASTER)
    return Picture(*size, mark=_mark(blob) if smaller else "")


def variants(path: str, picture: Picture) -> Iterator[tuple[int, str]]:
    """The widths in which a picture is offered, each with its file, as WebP."""
    if not picture.mark or picture.width <= WIDTHS[0]:
        return
    stem = path.rpartition(".")[0]
    widths = [width for width in WIDTHS if width < picture.width]
    if picture.width < WIDTHS[-1]:
        widths.append(picture.width)
    for width in widths:
        yield width, f"{stem}-{width}.{picture.mark}.webp"


def recipes(pictures: Mapping[str, Picture]) -> dict[str, Recipe]:
    """Every file that is made of pictures, by its path."""
    return {
        file: Recipe("picture", f"{picture.mark}-{width}", path, width)
        for path, picture in pictures.items()
        for width, file in variants(path, picture)
    }


def preview_path(title: str, site: Site) -> str:
    """Where the preview of a title is published: named by all that it shows."""
    options = site.options
    colours = [options.get(name, "") for name in ("accent", "paper", "ink")]
    # The address stands for a name that the font cannot write, as from Hebrew on. Otherwise it
    # stays out: `sula up` and a deploy, which have two, need not draw everything twice.
    host = host_of(site) if max(site.title, default="") >= "\u0590" else ""
    shown = [FACE, title, site.title, host, colours]
    return f"{PREVIEWS}{_mark(msgspec.json.encode(shown).decode())}.png"


def host_of(site: Site) -> str:
    """The site's address, for a person to read."""
    return urlsplit(site.url).netloc


def motto_of(site: Site) -> str:
    """What the site's own preview says."""
    return site.description or site.title


def preview_recipe(path: str, title: str) -> Recipe:
    """How a preview is made."""
    return Recipe("preview", path.removeprefix(PREVIEWS).removesuffix(".png"), title=title)


# --- sizes -----------------------------------------------------------------------------------


def size_of(path: Path) -> tuple[int, int]:
    """A picture's width and height in pixels, as it is shown; (0, 0) where nothing tells them.

    Raises `OSError` when the file cannot be read.
    """
    if path.suffix.lower() == ".svg":
        return _svg_size(path.read_text("utf-8", "replace")[:4096])
    from PIL import Image  # noqa: PLC0415 - only where a picture is new

    try:
        with Image.open(path) as image:
            width, height = image.size
            turned = image.getexif().get(0x0112, 1) in {5, 6, 7, 8}
    except (OSError, ValueError, SyntaxError, struct.error, Image.DecompressionBombError):
        return (0, 0)  # no picture, whatever its name says: it is published as it is
    return (height, width) if turned else (width, height)


def _svg_size(text: str) -> tuple[int, int]:
    tag = _SVG.search(text)
    if tag is None:
        return (0, 0)
    stated = [re.search(rf"\b{name}{_NUMBER}", tag[0]) for name in ("width", "height")]
    box = _BOX.search(tag[0])
    if all(stated):
        width, height = (float(found[1]) for found in stated if found)
    elif box:
        width, height = float(box[1]), float(box[2])
    else:
        return (0, 0)
    return round(width), round(height)
