"""The function's wheels for each processor, as a deploy downloads them: `make bundle`.

``python -m tests.edgefeed.wheels`` fetches them (network, once), makes this site's bundle for
both processors and prints their sizes and digests. They are kept where `sula deploy` looks.
"""

from __future__ import annotations

import sys
from importlib import metadata
from pathlib import Path

from sula.errors import CloudError
from sula.publishing import bundle, dependencies
from sula.site import settings
from sula.site.theme import read_theme

ROOT = Path(__file__).parents[2]
CACHE = ROOT / ".sula/wheels"
ARCHITECTURES = ("arm64", "x86_64")
OFFLINE = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": "", "PIP_EXTRA_INDEX_URL": ""}
"""An environment in which pip asks nobody."""
_LOCK = ROOT / "requirements/dev.lock"


def client() -> Path:
    """Lambda's runtime client for the function's own Python, on x86-64. Raises CloudError."""
    pinned = (dependencies.pin(metadata.distribution("awslambdaric")),)
    (wheel,) = dependencies.wheels(pinned, "x86_64", CACHE, _LOCK)
    return wheel


def main(arguments: list[str]) -> int:
    """Fetch and print. With ``--if-possible`` only fetch, and no network is no failure."""
    quietly = "--if-possible" in arguments
    site = settings.load_settings(ROOT)
    templates = dict(read_theme(site.theme).templates)
    try:
        client()
        for architecture in ARCHITECTURES:
            libraries = dependencies.files(architecture, CACHE)
            if quietly:
                continue
            made = bundle.build(site.site, templates, libraries)
            unpacked = sum(map(len, libraries.values()))
            sys.stdout.write(
                f"{architecture:<8}{len(made.code) / 1e6:>6.1f} MB zipped"
                f"{unpacked / 1e6:>6.1f} MB of libraries   sha256 {made.digest}\n"
            )
    except CloudError as error:
        sys.stdout.write(f"{error}\n")
        return 0 if quietly else 2
    if not quietly:
        sys.stdout.write(f"bundle: made for {' and '.join(ARCHITECTURES)} from PyPI wheels\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
