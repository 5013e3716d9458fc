"""This site at the local edge: the stack from the template, deployed to, served as by `sula up`.

The function makes the lists there, the edge function rewrites addresses, and every header is the
template's.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from edgefeed.contract import LISTS, PAGES
from sula.cloud import stack
from sula.cloud.connect import target_of
from sula.cloud.services import CloudFormation
from sula.content.gather import look
from sula.local.cloud import LocalCloud
from sula.local.edge_proxy import EdgeProxy
from sula.publishing.claims import Clock
from sula.publishing.deploy import Deploy, Options

from .screenshots import ROOT

_PATIENCE = 120.0


@contextmanager
def published(place: Path) -> Iterator[tuple[str, Path]]:
    """Deploy a copy of this site and serve it.

    Gives its address, without a final slash, and the folder in ``place`` that holds
    what is served there as plain files.
    """
    site, folder = place / "site", place / "public"
    site.mkdir()
    shutil.copy(ROOT / "pelicanconf.py", site)
    for name in ("content", "theme"):
        shutil.copytree(ROOT / name, site / name)
    with LocalCloud() as local:
        made = stack.ensure(
            CloudFormation(local.cloud), "browser", stack.load_template(), {},
            progress=lambda _: None,
        )  # fmt: skip
        domain = made.distribution_domain
        with EdgeProxy(port=0, cloud_port=local.port, domain=domain) as edge:
            target = target_of(local.cloud, made, url=edge.url)
            # At its public address, so that every byte is what readers will get.
            Deploy(look(site, since=0), target, Options(patience=_PATIENCE), Clock()).run()
            objects = local.cloud.objects(made.bucket)
            for prefix in (PAGES, LISTS):
                for one in objects.list(prefix):
                    stored = objects.get(one.key)
                    assert stored is not None
                    file = folder / one.key.removeprefix(prefix)
                    file.parent.mkdir(parents=True, exist_ok=True)
                    file.write_bytes(stored.body)
            yield edge.url, folder
