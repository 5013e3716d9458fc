"""The function's bundle: when it must change, and what is in it then."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Final

import msgspec

from edgefeed.contract import Site
from sula.cloud.target import Target
from sula.content.gather import Checkout
from sula.installed import remembered

READS: Final = ("url", "author", "language", "words", "plural", "feed_formats")
"""Settings that the reader of pages looks at."""


@dataclass(frozen=True)
class Bundled:
    """A bundle to deploy; ``renderer`` is the digest of everything that shapes its lists."""

    code: bytes
    renderer: str
    revision: int


def renderer_of(checkout: Checkout, libraries: str) -> str:
    """A digest of templates, settings and code: equal, the lists need no new function."""
    code = remembered(checkout.root, "function", _code_fingerprint)
    bare = msgspec.structs.replace(checkout.settings.site, revision=0, renderer="")
    parts = [sorted(checkout.theme.templates.items()), bare, code, libraries]
    return hashlib.sha256(msgspec.json.encode(parts, order="deterministic")).hexdigest()[:20]


def _code_fingerprint() -> str:
    from sula.publishing.bundle import code_fingerprint  # noqa: PLC0415 - only after an installation

    return code_fingerprint()


def site_for(checkout: Checkout, renderer: str, revision: int) -> Site:
    """The site as the function gets it."""
    site = checkout.settings.site
    return msgspec.structs.replace(
        site, renderer=renderer, reader=reader_of(site), revision=revision
    )


def reader_of(site: Site) -> str:
    """A digest of all that decides how a page is read: equal, the index can stay."""
    from sula.publishing.bundle import reader_fingerprint  # noqa: PLC0415 - only where the function changes

    parts = [reader_fingerprint(), *(getattr(site, name) for name in READS)]
    return hashlib.sha256(msgspec.json.encode(parts, order="deterministic")).hexdigest()[:20]


def bundle_for(checkout: Checkout, target: Target, renderer: str, revision: int) -> Bundled:
    """Zip the function."""
    from sula.publishing import bundle, dependencies  # noqa: PLC0415 - only where the function changes

    libraries = (
        dependencies.files(target.libraries, target.cache / "wheels") if target.libraries else None
    )
    site = site_for(checkout, renderer, revision)
    code = bundle.build(site, checkout.theme.templates, libraries).code
    return Bundled(code, renderer, revision)
