"""The function's bundle: when it must change, and what is in it then."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import msgspec

from edgefeed.contract import Site
from sula.gather import Checkout
from sula.installed import remembered
from sula.target import Target


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
    from sula.bundle import code_fingerprint  # noqa: PLC0415 - only after an installation

    return code_fingerprint()


def site_for(checkout: Checkout, renderer: str, revision: int) -> Site:
    """The site as the function gets it."""
    return msgspec.structs.replace(checkout.settings.site, renderer=renderer, revision=revision)


def bundle_for(checkout: Checkout, target: Target, renderer: str, revision: int) -> Bundled:
    """Zip the function."""
    from sula import bundle, dependencies  # noqa: PLC0415 - only where the function changes

    libraries = (
        dependencies.files(target.libraries, target.cache / "wheels") if target.libraries else None
    )
    site = site_for(checkout, renderer, revision)
    code = bundle.build(site, checkout.theme.templates, libraries).code
    return Bundled(code, renderer, revision)
