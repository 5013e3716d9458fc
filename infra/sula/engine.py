"""What shapes pages besides sources, theme and settings: Sula itself and its libraries."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib import metadata
from pathlib import Path

from edgefeed import contract

LIBRARIES = (
    "pelican", "markdown-it-py", "mdit-py-plugins", "linkify-it-py", "pygments",
    "latex2mathml", "jinja2", "pillow", "markupsafe", "pyyaml", "tzdata", "ttf-opensans",
)  # fmt: skip


@cache
def engine_fingerprint() -> str:
    """A digest of Sula's own code and of the versions of what it renders with.

    All of Sula's code is in it: which modules shape a page is not worth deciding, for a
    page that renders to the bytes it had is not uploaded.
    """
    digest = hashlib.sha256()
    for name in LIBRARIES:
        digest.update(f"{name}=={metadata.version(name)}\n".encode())
    package = Path(__file__).parent
    for path in [*sorted(package.rglob("*.py")), Path(contract.__file__)]:
        body = path.read_bytes()
        digest.update(f"{path.name}\0{len(body)}\0".encode() + body)
    return digest.hexdigest()[:20]
