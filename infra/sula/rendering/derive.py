"""The bytes of derived pictures. The one module that draws; the same input, the same bytes.

What was made once is kept in ``.sula/``, by what it was made from.
"""

from __future__ import annotations

import functools
import io
import re
import unicodedata
from importlib import resources
from pathlib import Path
from typing import Final

from PIL import Image, ImageColor, ImageDraw, ImageFont, ImageOps

from edgefeed.contract import Site
from sula.content.pictures import FACE, Recipe, host_of
from sula.errors import ConfigError
from sula.scratch import keep, recall

_QUALITY: Final = 80
_SIZE: Final = (1200, 630)
_MARGIN: Final = 90
_LINES: Final = 4
_LEVELS: Final = 8  # of grey, twice: sixteen colours are half a byte
_PAPER, _INK, _ACCENT = "#fcfcfa", "#1b2327", "#0a6079"
_BASIC: Final = ImageFont.Layout.BASIC
_COLOUR: Final = re.compile(r"#[0-9a-fA-F]{3,8}")
Image.MAX_IMAGE_PIXELS = 120_000_000


def make(recipe: Recipe, content: Path, root: Path, site: Site) -> bytes:
    """A derived file. Raises `ConfigError` when its picture cannot be read."""
    name = f"derived/{recipe.mark}"
    body = recall(root, name)
    if body is None:
        body = (
            _preview(recipe.title, site) if recipe.kind == "preview" else _smaller(recipe, content)
        )
        keep(root, name, body)
    return body


def _smaller(recipe: Recipe, content: Path) -> bytes:
    try:
        with Image.open(content / recipe.path) as opened:
            image = ImageOps.exif_transpose(opened)
            image = image.convert("RGBA" if image.has_transparency_data else "RGB")
            height = max(1, round(image.height * recipe.width / image.width))
            image = image.resize((recipe.width, height), Image.Resampling.LANCZOS)
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise ConfigError(f"{content.name}/{recipe.path}: not a picture: {error}") from None
    target = io.BytesIO()
    image.save(target, "WEBP", quality=_QUALITY, method=4)
    return target.getvalue()


def _preview(title: str, site: Site) -> bytes:
    """The title on the site's colours, under its name: what a link to the post shows."""
    options = site.options
    paper, ink, accent = (
        _colour(options.get(name, ""), usual)
        for name, usual in (("paper", _PAPER), ("ink", _INK), ("accent", _ACCENT))
    )
    # Two greys, coloured by the palette at the end: a site of 10,000 posts draws 10,000 of these,
    # and finding the colours of a picture afterwards takes thirty times as long.
    inked, accented = Image.new("L", _SIZE), Image.new("L", _SIZE)
    draw = ImageDraw.Draw(inked)
    name = site.title if _has_all(site.title) else host_of(site)
    title = unicodedata.normalize("NFC", title)
    lines, font, size = _fitted(draw, title if _has_all(title) else name)
    top = (_SIZE[1] - 70 - len(lines) * size * 1.25) / 2
    for number, line in enumerate(lines):
        draw.text((_MARGIN, top + number * size * 1.25), line, font=font, fill=255)
    draw = ImageDraw.Draw(accented)
    draw.rectangle((0, 0, _SIZE[0], 18), fill=255)
    draw.text((_MARGIN, _SIZE[1] - 95), name, font=_font(36), fill=255)
    image = inked.point([grey * _LEVELS // 256 for grey in range(256)])
    over = accented.point([_LEVELS + grey * _LEVELS // 256 for grey in range(256)])
    image.paste(over, mask=accented.point([0] + [255] * 255))
    image.putpalette([*_shades(paper, ink), *_shades(paper, accent)])
    target = io.BytesIO()
    # Two thirds of the time that the usual level takes, for three hundredths more bytes.
    image.save(target, "PNG", bits=4, compress_level=4)
    return target.getvalue()


def _shades(paper: str, colour: str) -> list[int]:
    """From the one to the other, as red, green and blue in turn."""
    light, dark = (ImageColor.getcolor(each, "RGB") for each in (paper, colour))
    assert isinstance(light, tuple)  # noqa: S101 - RGB is three
    assert isinstance(dark, tuple)  # noqa: S101 - the same
    steps = _LEVELS - 1
    return [
        round(a + (b - a) * step / steps)
        for step in range(_LEVELS)
        for a, b in zip(light, dark, strict=True)
    ]


def _has_all(text: str) -> bool:
    """Whether the font has every letter: a title in boxes says less than the site's name.

    It has Latin, Greek and Cyrillic ones, and the usual marks.
    """
    return all(_has(letter) for letter in set(text) if not letter.isspace())


@functools.lru_cache(maxsize=4096)
def _has(letter: str) -> bool:
    font = _font(40)
    return bytes(font.getmask(letter)) != bytes(font.getmask("\uffff"))


@functools.lru_cache
def _font(size: int) -> ImageFont.FreeTypeFont:
    """Open Sans, in the basic layout: the same on every machine."""
    face = resources.files("ttf_opensans") / f"ttf/{FACE}.ttf"
    # The other layout needs a library of the system's, and is left out where that is missing.
    return ImageFont.truetype(io.BytesIO(face.read_bytes()), size, layout_engine=_BASIC)


def _fitted(draw: ImageDraw.ImageDraw, title: str) -> tuple[list[str], ImageFont.FreeTypeFont, int]:
    """The title in the largest letters that four lines hold; what does not fit is cut."""
    for size in (84, 72, 60, 50):
        font = _font(size)
        lines = _wrapped(draw, title, font)
        if len(lines) <= _LINES:
            return lines, font, size
    return [*lines[: _LINES - 1], lines[_LINES - 1].rstrip(" .,;:") + "…"], font, size


def _wrapped(draw: ImageDraw.ImageDraw, text: str, font: ImageFont.FreeTypeFont) -> list[str]:
    room = _SIZE[0] - 2 * _MARGIN
    lines = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        if draw.textlength(longer, font) <= room:
            lines[-1] = longer
            continue
        if lines[-1]:
            lines.append("")
        for letter in word:  # a word that is wider than the picture is broken
            if draw.textlength(lines[-1] + letter, font) > room:
                lines.append("")
            lines[-1] += letter
    return lines


def _colour(value: str, usual: str) -> str:
    """The light colour of an option such as ``light-dark(#8a2b2b, #f0a3a3)``."""
    found = _COLOUR.search(value)
    return found[0] if found else usual
