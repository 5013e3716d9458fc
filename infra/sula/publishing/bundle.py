"""The function's code as one zip: the same inputs (and zlib) give the same bytes.

    index.py          what Lambda calls
    edgefeed/…        the package, from where it is installed
    site.json         the site's settings (`contract.Site`), as the function prints them
    templates/…       the theme's templates, as the Python that Jinja makes of them
    lxml/ jinja2/ …   edgefeed's dependencies (`sula.publishing.dependencies`)

For the local cloud the dependencies are left out: it runs functions with this
environment's Python, where they are installed. That is the only difference.
"""

from __future__ import annotations

import hashlib
import io
import re
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import msgspec

from edgefeed import contract
from sula.publishing import dependencies

# boto3 is imported at the start, for which Lambda lends a whole core, not in the first run.
_INDEX = b"""\
import edgefeed.aws
from edgefeed.handler import handler as handler
"""
_LEFT_OUT = frozenset({"__pycache__", "laptop"})
"""Folders of edgefeed: by the latter `sula build` writes a directory."""
_IMPORTED = re.compile(r"^from edgefeed(?:\.(\w+))? import", re.MULTILINE)
_EPOCH = (1980, 1, 1, 0, 0, 0)  # zip knows no earlier one
_FILE_MODE = 0o644 << 16
_UNIX = 3


@dataclass(frozen=True)
class Bundle:
    """A zip and the digest of its bytes (SHA-256, hex)."""

    code: bytes
    digest: str


def build(
    site: contract.Site,
    templates: Mapping[str, str],
    libraries: Mapping[str, bytes] | None = None,
) -> Bundle:
    """Zip everything the function needs; ``libraries`` are `dependencies.files`.

    Raises `jinja2.TemplateSyntaxError`.
    """
    from edgefeed.laptop.directory import compile_templates  # noqa: PLC0415 - loads lxml, feedgen, Jinja2

    contents = dict(libraries or {})
    contents |= edgefeed_files()
    contents["index.py"] = _INDEX
    contents["site.json"] = msgspec.json.format(msgspec.json.encode(site, order="sorted")) + b"\n"
    for name, text in compile_templates(templates, site).items():
        contents[f"templates/{name}"] = text.encode()
    code = zipped(contents)
    return Bundle(code, hashlib.sha256(code).hexdigest())


def code_fingerprint() -> str:
    """A digest of edgefeed's own source and its dependencies' versions: part of `renderer`."""
    digest = hashlib.sha256()
    for name, body in sorted(edgefeed_files().items()):
        digest.update(f"{name}\0{len(body)}\0".encode() + body)
    for pin in dependencies.pins():
        digest.update(pin.encode() + b"\n")
    return digest.hexdigest()[:20]


def reader_fingerprint(files: Mapping[str, bytes] | None = None) -> str:
    """Likewise of the modules by which a page is read: `edgefeed.page` and what it imports."""
    files = files or edgefeed_files()
    digest = hashlib.sha256()
    names, at = ["edgefeed/page.py"], 0
    while at < len(names):
        body = files[names[at]]
        digest.update(f"{names[at]}\0{len(body)}\0".encode() + body)
        found = {f"edgefeed/{name}.py" for name in _IMPORTED.findall(body.decode()) if name}
        names += sorted(found.difference(names))
        at += 1
    for pin in dependencies.pins():
        digest.update(pin.encode() + b"\n")
    return digest.hexdigest()[:20]


def zipped(files: Mapping[str, bytes]) -> bytes:
    """A zip whose bytes depend on nothing but names and contents."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name, _EPOCH)
            entry.create_system = _UNIX  # wherever this runs: Lambda reads the mode below
            entry.external_attr = _FILE_MODE
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, files[name])
    return target.getvalue()


def edgefeed_files() -> dict[str, bytes]:
    """Edgefeed's own source files, by their place in the bundle; not what is for a laptop."""
    package = Path(contract.__file__).parent
    return {
        f"edgefeed/{path.relative_to(package).as_posix()}": path.read_bytes()
        for path in sorted(package.rglob("*"))
        if path.is_file() and _LEFT_OUT.isdisjoint(path.relative_to(package).parts)
    }
